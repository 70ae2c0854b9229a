//! HTTP exchanges → model calls.
//!
//! Comes in: the [`wire::Message`]s of one connection, in order. Goes out: one [`Call`] for each exchange that was a
//! model call, when it ends. Exchanges that are not model calls give nothing but a count. What the peer did not say
//! is absent, never 0 and never guessed.
//!
//! # Layout
//!
//! - [`interpreter`] – drives the exchanges of one connection; what is thought of the connection
//! - `exchange` – one exchange, from its first message to its [`Call`]
//! - `recognise` – which provider and API an exchange is, by host, path and body shape
//! - `provider` – one file per provider: what its requests, responses and events mean
//! - `hosts` – whose host it is
//! - [`headers`] – what headers tell of a call, whoever the provider is
//! - `json_scan` – JSON read as it streams by, in bounded memory
//! - `json_check` – whether a text is JSON, told as it streams by
//! - [`memory`] – what is remembered of a process's calls: retries, caches, tools
//! - [`finish`] – why answers end, in the same words for all
//! - [`digest`] – keyed digests of what must not be kept
//! - [`call`] – what comes out
//! - [`price`] – what a call cost
//! - [`intervals`] – the times between content events
//! - [`limits`] – every cap, with its reason
#![warn(missing_docs, clippy::indexing_slicing, clippy::string_slice)]

pub mod call;
pub mod digest;
mod exchange;
pub mod finish;
pub mod headers;
mod hosts;
pub mod interpreter;
pub mod intervals;
mod json_check;
mod json_scan;
pub mod limits;
pub mod memory;
pub mod price;
mod provider;
mod recognise;
mod settings;

pub use call::{
    Api, Attempt, AttemptBy, Beside, CacheMiss, Call, Failure, Http, KnownBy, Mcp, Outcome, Part, Prompt,
    Provider, Request, Response, Stream, Times, ToolCall, ToolReturn, Usage,
};
pub use digest::{Digest, Digester, Key};
pub use finish::FinishClass;
pub use interpreter::{Interpreter, Verdict};
pub use memory::{Memory, Traces};
pub use settings::{NamedHost, NamedHostError, Settings};

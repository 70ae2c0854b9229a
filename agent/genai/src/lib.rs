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
//! - [`headers`] – what headers tell of a call, whoever the provider is
//! - `json_scan` – JSON read as it streams by, in bounded memory
//! - [`call`] – what comes out
//! - [`intervals`] – the times between content events
//! - [`limits`] – every cap, with its reason
#![warn(missing_docs, clippy::indexing_slicing, clippy::string_slice)]

pub mod call;
mod exchange;
pub mod headers;
pub mod interpreter;
pub mod intervals;
mod json_scan;
pub mod limits;
mod provider;
mod recognise;

pub use call::{
    Api, Call, Failure, Http, Outcome, Provider, Request, Response, Stream, Times, ToolCall, Usage,
};
pub use interpreter::{Interpreter, Verdict};

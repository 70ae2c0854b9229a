//! Bytes of one plaintext connection → HTTP messages and stream events.
//!
//! Comes in: the bytes of both directions as the process handed them to its TLS library, in order per direction,
//! each piece with the kernel time at which it crossed; gaps where bytes were lost. Goes out: [`Message`]s.
//! Peer bytes are data: nothing here returns an error, panics, or grows past [`limits`].
//!
//! No I/O, no clock, no threads, no async: time arrives as [`Time`], output is polled.
//!
//! # Layout
//!
//! - [`connection`] – both directions of a connection; which protocol it is (`sniff`)
//! - `h1/` – HTTP/1: heads, bodies, resynchronisation, pairing of requests and responses
//! - `sink` – what becomes of a body's content, whatever protocol framed it; `sse` – server-sent events
//! - [`message`] – what comes out; `secret` – what of it must not
//! - [`limits`] – every cap, with its reason
//! - `piece`, `output`, `both` – bytes with their place and time, the queue of messages, a pair of directions
//!
//! Not handled yet: HTTP/2, which gets a state of [`connection`] of its own; NDJSON, event stream and content codings,
//! which are kinds of `sink`; WebSocket, which takes over where `h1` says [`Notice::Upgraded`].
#![warn(missing_docs, clippy::indexing_slicing, clippy::string_slice)]

mod both;
pub mod connection;
mod h1;
pub mod limits;
pub mod message;
mod output;
mod piece;
mod secret;
mod sink;
mod sniff;
mod sse;
#[cfg(test)]
mod tests;

pub use connection::Connection;
pub use message::{
    Direction, End, ExchangeId, Header, Headers, Kind, Message, Notice, Protocol, RequestHead, ResponseHead,
    SseEvent, StreamOffset, Time,
};
pub use secret::clean_target;

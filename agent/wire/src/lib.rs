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
//! - [`connection`] – both directions of a connection; which protocol it is; pairing of requests and responses
//! - [`h1`] – HTTP/1.1: heads, bodies, resynchronisation
//! - [`sse`] – server-sent events inside a response body
//! - [`message`] – what comes out
//! - [`limits`] – every cap, with its reason
//!
//! HTTP/2, NDJSON, event stream, WebSocket and content codings are further files beside these.
#![warn(missing_docs, clippy::indexing_slicing, clippy::string_slice)]

pub mod connection;
pub mod h1;
pub mod limits;
pub mod message;
pub mod sse;

pub use connection::Connection;
pub use message::{
    Direction, End, ExchangeId, Header, Headers, Kind, Message, Notice, Protocol, RequestHead, ResponseHead,
    SseEvent, StreamOffset, Time,
};

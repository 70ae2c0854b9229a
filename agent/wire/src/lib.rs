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
//! - `h2/` – HTTP/2: frames, header compression, streams, resynchronisation
//! - `websocket/` – one direction of a WebSocket, which takes over where a head says so
//! - `sink` – what becomes of a body's content, whatever protocol framed it: `content` is what its head says of it,
//!   `guess` what its first bytes say; `coded` and `coding/` remove content codings
//! - `sse`, `json_lines`, `json_array`, `event_stream`, `grpc` – bodies of many items; `gather` – one item under way;
//!   `json_text` – where a JSON text ends
//! - [`message`] – what comes out, with `head` and `item`; `secret` – what of it must not
//! - [`limits`] – every cap, with its reason
//! - `piece`, `output`, `both` – bytes with their place and time, the queue of messages, a pair of directions
#![warn(missing_docs, clippy::indexing_slicing, clippy::string_slice)]

mod both;
mod coded;
mod coding;
pub mod connection;
mod content;
mod event_stream;
mod gather;
mod grpc;
mod guess;
mod h1;
mod h2;
mod head;
mod item;
mod json_array;
mod json_lines;
mod json_text;
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
mod websocket;

pub use connection::Connection;
pub use head::{Header, Headers, RequestHead, ResponseHead, Value};
pub use item::{EventFrame, FrameValue, GrpcMessage, JsonItem, SseEvent, WebSocketKind, WebSocketMessage};
pub use message::{Direction, End, ExchangeId, Kind, Message, Notice, Protocol, StreamOffset, Time};
pub use secret::clean_target;

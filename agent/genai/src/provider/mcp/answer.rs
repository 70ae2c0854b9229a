//! The answer: the message that has the request's id. In a stream others come before it.

use super::id::Id;
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::fields;

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    at_hand: Message,
    /// The message that is the answer.
    answer: Option<Message>,
    /// There was a message of JSON-RPC.
    spoken: bool,
    pub(super) unknown_shape: u32,
}

/// One message.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    rpc: bool,
    id: Id,
    /// It asks for something itself.
    asks: bool,
    result: bool,
    error: bool,
    pub(super) error_code: Option<i64>,
    pub(super) tool_error: bool,
    /// What the result of `initialize` says.
    pub(super) protocol_version: Option<String>,
}

impl Message {
    /// Whether it tells of an error instead of a result.
    pub(super) fn is_error(&self) -> bool {
        self.error
    }

    /// Whether it answers to anything.
    fn is_answer(&self) -> bool {
        self.rpc && !self.asks && (self.result || self.error)
    }
}

impl Answer {
    pub(super) fn begin_event(&mut self) {
        self.at_hand = Message::default();
    }

    /// Whether the event was the answer to a request with this id; what failed before the id was read is answered
    /// without one.
    pub(super) fn end_event(&mut self, asked: &Id) -> bool {
        let message = std::mem::take(&mut self.at_hand);
        self.spoken |= message.rpc;
        let ours = message.is_answer() && (message.id == *asked || (message.error && message.id == Id::None));
        if ours {
            self.answer = Some(message);
        }
        ours
    }

    /// Whether what came is of the protocol: the answer, or what comes before it in a stream.
    pub(super) fn is_spoken(&self) -> bool {
        self.spoken || self.at_hand.is_answer()
    }

    /// The answer, or what there is of the one document.
    pub(super) fn message(&self) -> &Message {
        self.answer.as_ref().unwrap_or(&self.at_hand)
    }

    /// The answer of a stream came.
    pub(super) fn is_answered(&self) -> bool {
        self.answer.is_some()
    }
}

/// Where things stand in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Rpc,
    Id,
    Method,
    Result,
    IsError,
    Version,
    Error,
    Code,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        Some(match (place, key) {
            (Place::Root, b"jsonrpc") => Place::Rpc,
            (Place::Root, b"id") => Place::Id,
            (Place::Root, b"method") => Place::Method,
            (Place::Root, b"result") => Place::Result,
            (Place::Root, b"error") => Place::Error,
            (Place::Result, b"isError") => Place::IsError,
            (Place::Result, b"protocolVersion") => Place::Version,
            (Place::Error, b"code") => Place::Code,
            _ => return None,
        })
    }

    fn element(_place: Place) -> Option<Place> {
        None
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Rpc | Place::Id | Place::Version)
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        let message = &mut self.at_hand;
        match (place, container) {
            (Place::Root, Container::Object) => true,
            (Place::Result, _) => {
                message.result = true;
                container == Container::Object
            }
            (Place::Error, Container::Object) => {
                message.error = true;
                true
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, _place: Place) {}

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        let message = &mut self.at_hand;
        if place == Place::Result {
            message.result = true;
            return;
        }
        if *scalar == Scalar::Null {
            return;
        }
        let known = match place {
            Place::Rpc => {
                let version = scalar.as_text();
                message.rpc = version.as_deref() == Some("2.0");
                version.is_some()
            }
            Place::Id => message.id.read(scalar),
            Place::Method => {
                message.asks = true;
                true
            }
            Place::IsError => {
                message.tool_error = scalar.as_bool() == Some(true);
                scalar.as_bool().is_some()
            }
            Place::Version => fields::text(&mut message.protocol_version, scalar),
            Place::Code => match scalar {
                Scalar::Number(code) => fields::value(&mut message.error_code, code.parse().ok()),
                Scalar::Null | Scalar::Bool(_) | Scalar::Text { .. } | Scalar::Unknown => false,
            },
            Place::Root | Place::Result | Place::Error => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

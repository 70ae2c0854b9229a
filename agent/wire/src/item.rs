//! Items of bodies that hold many: stream events, lines, messages.

use std::fmt;

use bytes::Bytes;

/// One event of a `text/event-stream` body.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// The `event:` field, where there was one.
    pub event: Option<String>,
    /// The `data:` lines joined with `\n`.
    pub data: Bytes,
    /// The data was longer than the cap, and this is only its beginning.
    pub truncated: bool,
}

impl fmt::Debug for SseEvent {
    /// Sizes only: data is content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseEvent")
            .field("event", &self.event)
            .field("data_len", &self.data.len())
            .field("truncated", &self.truncated)
            .finish()
    }
}

/// One JSON text out of a body that holds many.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct JsonItem {
    /// The text, without what separates it from others.
    pub data: Bytes,
    /// It was longer than the cap, and this is only its beginning.
    pub truncated: bool,
}

impl fmt::Debug for JsonItem {
    /// Sizes only: data is content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, truncated } = self;
        f.debug_struct("JsonItem").field("data_len", &data.len()).field("truncated", truncated).finish()
    }
}

/// One message of an AWS event stream.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EventFrame {
    /// Its headers, in order.
    pub headers: Vec<(String, FrameValue)>,
    /// Its payload.
    pub payload: Bytes,
    /// The payload was longer than the cap, and this is only its beginning.
    pub truncated: bool,
}

/// The value of a header of an AWS event stream message.
#[derive(Clone, PartialEq, Eq)]
pub enum FrameValue {
    /// A truth value.
    Bool(bool),
    /// An integer of 8 to 64 bits.
    Int(i64),
    /// Bytes.
    Bytes(Bytes),
    /// Text; bytes that are not UTF-8 are replaced.
    Text(String),
    /// Milliseconds since 1970.
    Timestamp(i64),
    /// A UUID.
    Uuid([u8; 16]),
    /// There was a value, and it is a credential.
    Secret,
}

impl EventFrame {
    /// The first header of that name that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(known, value)| match value {
            FrameValue::Text(text) if known == name => Some(text.as_str()),
            FrameValue::Text(_)
            | FrameValue::Bool(_)
            | FrameValue::Int(_)
            | FrameValue::Bytes(_)
            | FrameValue::Timestamp(_)
            | FrameValue::Uuid(_)
            | FrameValue::Secret => None,
        })
    }
}

impl fmt::Debug for EventFrame {
    /// Names and sizes only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { headers, payload, truncated } = self;
        let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("EventFrame")
            .field("headers", &names)
            .field("payload_len", &payload.len())
            .field("truncated", truncated)
            .finish()
    }
}

/// One length-prefixed message of gRPC.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct GrpcMessage {
    /// It is compressed by the coding of `grpc-encoding`, which is not removed.
    pub compressed: bool,
    /// Its bytes.
    pub data: Bytes,
    /// It was longer than the cap, and this is only its beginning.
    pub truncated: bool,
}

impl fmt::Debug for GrpcMessage {
    /// Sizes only: data is content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { compressed, data, truncated } = self;
        f.debug_struct("GrpcMessage")
            .field("compressed", compressed)
            .field("data_len", &data.len())
            .field("truncated", truncated)
            .finish()
    }
}

/// One message of a WebSocket, out of all its fragments and without compression.
#[derive(Clone, PartialEq, Eq)]
pub struct WebSocketMessage {
    /// What it is.
    pub what: WebSocketKind,
    /// Its data; of a close, the reason.
    pub data: Bytes,
    /// It was longer than the cap, or could not be decompressed after a loss, and this is only its beginning.
    pub truncated: bool,
}

/// The kinds of [`WebSocketMessage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebSocketKind {
    /// A text message.
    Text,
    /// A binary message.
    Binary,
    /// Asks whether the other side is there.
    Ping,
    /// Answers that.
    Pong,
    /// No more messages of this direction come; the code, where one is given.
    Close(Option<u16>),
}

impl fmt::Debug for WebSocketMessage {
    /// Sizes only: data is content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, data, truncated } = self;
        f.debug_struct("WebSocketMessage")
            .field("what", what)
            .field("data_len", &data.len())
            .field("truncated", truncated)
            .finish()
    }
}

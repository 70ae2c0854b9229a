//! What the decoders give: one [`Message`] for each head, body piece, item of a stream, and end. What is in a head is in
//! `head`, what is in an item in `item`.

use std::fmt;

use bytes::Bytes;

use crate::head::{Headers, RequestHead, ResponseHead};
use crate::item::{EventFrame, GrpcMessage, JsonItem, SseEvent, WebSocketMessage};

/// A kernel timestamp: nanoseconds of `CLOCK_MONOTONIC`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// Nanoseconds from `earlier` to `self`; 0 when `self` is not later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Position of a byte in one direction of a connection, counted from the first byte that the kernel side saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamOffset(pub u64);

impl StreamOffset {
    /// The offset `bytes` further on.
    #[must_use]
    pub fn plus(self, bytes: u64) -> Self {
        Self(self.0.saturating_add(bytes))
    }
}

/// Which way bytes travel. Independent of who we observe: a request always goes to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Client → server: requests.
    ToServer,
    /// Server → client: responses.
    ToClient,
}

impl Direction {
    /// The other one.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }
}

/// One request with its response, numbered from 0 in order of their requests on the connection. A response whose
/// request was not seen gets a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u64);

/// The protocol that a connection turned out to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.0 or HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// One decoded piece, in the order in which its last byte crossed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The exchange that it belongs to.
    pub exchange: ExchangeId,
    /// The direction of the bytes that it was decoded from.
    pub direction: Direction,
    /// When its first byte crossed.
    pub first_at: Time,
    /// When the bytes that completed it crossed.
    pub at: Time,
    /// Where its first byte stands in its direction. What was decoded out of a content coding stands where the piece
    /// began that its first byte was decoded out of.
    pub offset: StreamOffset,
    /// Bytes of this exchange's direction were lost before this message, so it may not be all there was.
    pub lossy: bool,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of [`Message`].
#[derive(Clone, PartialEq, Eq)]
pub enum Kind {
    /// A request line (or pseudo-headers) with its header fields.
    RequestHead(RequestHead),
    /// The final response head. Informational (1xx) heads come as [`Notice::Informational`].
    ResponseHead(ResponseHead),
    /// A piece of a body, of either direction, with transfer and content codings removed. Not given for what comes as
    /// one of the kinds below.
    Body(Bytes),
    /// One server-sent event of a response.
    Sse(SseEvent),
    /// One line of a response in lines of JSON, or one element of a response that is a JSON array.
    Json(JsonItem),
    /// One message of an AWS event stream, of either direction.
    Frame(EventFrame),
    /// One length-prefixed message of gRPC, of either direction.
    Grpc(GrpcMessage),
    /// One message of a WebSocket, of either direction. It follows the [`Notice::Upgraded`] of its exchange, and those
    /// to the server follow the [`Kind::End`] of the request; the response's end is that of the WebSocket, and comes
    /// after all of them.
    WebSocket(WebSocketMessage),
    /// Header fields after the body.
    Trailers(Headers),
    /// The exchange's direction is finished. Comes once for the request of every [`Kind::RequestHead`], and once for
    /// the response of every exchange, also when no response was seen.
    End(End),
    /// Something about the stream that is not content.
    Notice(Notice),
}

impl fmt::Debug for Kind {
    /// Sizes instead of content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RequestHead(head) => head.fmt(f),
            Self::ResponseHead(head) => head.fmt(f),
            Self::Body(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Self::Sse(event) => event.fmt(f),
            Self::Json(item) => item.fmt(f),
            Self::Frame(frame) => frame.fmt(f),
            Self::Grpc(message) => message.fmt(f),
            Self::WebSocket(message) => message.fmt(f),
            Self::Trailers(headers) => write!(f, "Trailers({headers:?})"),
            Self::End(end) => write!(f, "End({end:?})"),
            Self::Notice(notice) => notice.fmt(f),
        }
    }
}

/// Why a direction of an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its framing said so: Content-Length reached, last chunk, END_STREAM, a body that is not allowed, or the Close
    /// frame of a WebSocket's server.
    Complete,
    /// The connection closed, and closing is how this body ends.
    Closed,
    /// The connection closed, or the stream was reset, before the framing said that it was whole.
    Cut,
    /// Framing was lost to a gap or to malformed bytes; what follows belongs to nobody.
    Lost,
}

/// Things worth counting that are not content.
///
/// A notice about bytes that belong to no exchange carries the id that the next exchange will get, and one may follow
/// the [`Kind::End`] of its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A 1xx response with this status.
    Informational(u16),
    /// Bytes of this direction were lost: how many.
    Gap(u64),
    /// Framing was lost and found again at a believable head or frame; how many bytes were passed over.
    Resync(u64),
    /// Bytes that the protocol does not allow; the decoder went on as best it could.
    Malformed(&'static str),
    /// A cap of [`crate::limits`] was reached: its name.
    Limit(&'static str),
    /// Both sides agreed to leave HTTP (101, CONNECT). What follows is a WebSocket, or is not decoded.
    Upgraded,
    /// HTTP/2: the sender of this direction gave up the stream, with this error code.
    Reset(u32),
    /// HTTP/2: the sender of this direction takes no new streams, with this error code.
    GoAway(u32),
    /// Something that was recognised and that nothing here decodes: its name. What can be given raw is given raw.
    Unsupported(&'static str),
}

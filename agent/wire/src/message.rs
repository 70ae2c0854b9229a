//! What the decoders give: one [`Message`] for each head, body piece, stream event and end.

use std::fmt;

use bytes::Bytes;

use crate::secret;

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
    /// Where its first byte stands in its direction (before decoding of content codings).
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
    /// A piece of a body, of either direction, with transfer and content codings removed. Not given for a response
    /// whose content type is an event stream: that comes as [`Kind::Sse`] alone.
    Body(Bytes),
    /// One server-sent event.
    Sse(SseEvent),
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
            Self::End(end) => write!(f, "End({end:?})"),
            Self::Notice(notice) => notice.fmt(f),
        }
    }
}

/// Why a direction of an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its framing said so: Content-Length reached, last chunk, END_STREAM, or a body that is not allowed.
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
    /// Framing was lost and found again at a believable head; how many bytes were passed over.
    Resync(u64),
    /// Bytes that the protocol does not allow; the decoder went on as best it could.
    Malformed(&'static str),
    /// A cap of [`crate::limits`] was reached: its name.
    Limit(&'static str),
    /// Both sides agreed to leave HTTP (101, CONNECT); bytes after this are not decoded.
    Upgraded,
    /// Something that was recognised and that nothing here decodes: its name. What can be given raw is given raw.
    Unsupported(&'static str),
}

/// The first lines of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestHead {
    /// The method as sent.
    pub method: String,
    /// The request target: `/v1/chat/completions?x=1`, or absolute form through a proxy. As sent, but for credentials:
    /// see [`crate::clean_target`].
    pub target: String,
    /// The protocol.
    pub protocol: Protocol,
    /// Header fields in order.
    pub headers: Headers,
}

impl fmt::Debug for RequestHead {
    /// Without the query of the target and without header values, which may be content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, target, protocol, headers } = self;
        let path = target.split(['?', '#']).next().unwrap_or_default();
        f.debug_struct("RequestHead")
            .field("method", method)
            .field("path", &path)
            .field("protocol", protocol)
            .field("headers", headers)
            .finish()
    }
}

/// The first lines of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// Header fields in order.
    pub headers: Headers,
}

/// One header field. Values of credential headers never get here: see [`Headers::push`].
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Lower-case name.
    pub name: String,
    /// Value without surrounding white space; bytes that are not UTF-8 are replaced. `None`: present, but a secret.
    pub value: Option<String>,
}

/// Header fields in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// Adds a field. The name is lower-cased; the value of a field that carries credentials is dropped here, so that
    /// it exists nowhere after. Values that are URLs lose the credentials in them.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let value = if secret::is_secret(&name) {
            None
        } else {
            let value = String::from_utf8_lossy(value.trim_ascii());
            Some(if secret::is_url(&name) { secret::clean_target(&value) } else { value.into_owned() })
        };
        self.0.push(Header { name, value });
    }

    /// The first value of a field, by lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|h| h.name == name).and_then(|h| h.value.as_deref())
    }

    /// Whether a field is there, secret or not.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|h| h.name == name)
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = &Header> {
        self.0.iter()
    }

    /// How many fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Header {
    /// Names only: a value may be a prompt or an identity, and `Debug` ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

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

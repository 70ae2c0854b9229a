//! Length-prefixed messages of gRPC and gRPC-Web.
//!
//! Comes in: pieces of a body, without its codings. Goes out: one [`GrpcMessage`] for each message, at the time at which
//! its last byte crossed, as a slice where it lies whole within one piece. Trailer fields of gRPC-Web, which come as a
//! message, become [`Kind::Trailers`].
//!
//! ```text
//! flags u8: 0, 1 compressed, 0x80 trailers │ length u32, big-endian │ message
//! Prefix ─5 bytes─→ Message ─its last byte─→ Prefix        Message ─gap within it─→ Skip ─its last byte─→ Prefix
//!   └ other flags, or a gap: Off
//! ```
//!
//! - Nothing marks where a message begins but the length of the one before it. So other flags lose the framing for
//!   good, and so does a gap that may hide the end of a message; one within a message costs only that.
//! - A message longer than [`limits::GRPC_MESSAGE_BYTES`] is truncated and marked.
//!
//! Not handled: decompression of messages, compressed trailers, `application/grpc-web-text` (base64), Protocol Buffers.

use crate::gather::{Gather, Gathered};
use crate::head::Headers;
use crate::item::GrpcMessage;
use crate::limits;
use crate::message::{End, Kind, Notice, Time};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};

/// A decoder of one body.
#[derive(Default)]
pub(crate) struct Grpc {
    state: State,
    message: Gather,
    /// When the last byte crossed.
    last_at: Time,
}

enum State {
    /// So many of 5 bytes came: the first one, and all as a number.
    Prefix { seen: u32, first: Origin, bytes: u64 },
    /// So many more bytes of a message.
    Message { what: What, first: Origin, left: u32 },
    /// So many more bytes of a message that is not given.
    Skip(u64),
    /// Bytes that nothing is known about since a gap, which is to be said.
    Torn,
    /// The same, and it was said.
    Off,
}

#[derive(Clone, Copy)]
enum What {
    Message { compressed: bool },
    Trailers,
}

impl Default for State {
    fn default() -> Self {
        Self::Prefix { seen: 0, first: Origin::default(), bytes: 0 }
    }
}

impl Grpc {
    /// The next bytes of the body.
    pub(crate) fn push(&mut self, piece: &Piece, tag: Tag, out: &mut Output) {
        self.last_at = piece.at;
        let mut rest: &[u8] = &piece.bytes;
        while let Some((byte, after)) = rest.split_first() {
            let here = piece.origin_of(rest);
            match self.state {
                State::Prefix { seen, first, bytes } => {
                    let first = if seen == 0 { here } else { first };
                    self.prefix(seen + 1, first, bytes << 8 | u64::from(*byte), tag, piece.at, out);
                    rest = after;
                }
                State::Message { what, first, left } => {
                    let (part, after) = rest.split_at_checked(left as usize).unwrap_or((rest, &[]));
                    self.message.append(piece, part, here, what.cap());
                    let left = left - u32::try_from(part.len()).unwrap_or(left);
                    self.state = State::Message { what, first, left };
                    if left == 0 {
                        self.give(what, first, tag, piece.at, out);
                    }
                    rest = after;
                }
                State::Skip(left) => {
                    let skipped = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    self.state = State::skip(left - skipped as u64);
                    rest = rest.get(skipped..).unwrap_or_default();
                }
                State::Torn => {
                    out.notice(tag, here, Notice::Unsupported("grpc after a gap"));
                    self.state = State::Off;
                    return;
                }
                State::Off => return,
            }
        }
        self.message.detach();
    }

    /// `missing` bytes of the body were lost.
    pub(crate) fn gap(&mut self, missing: u64) {
        self.message = Gather::default();
        let left = match self.state {
            State::Prefix { .. } | State::Torn => None,
            State::Message { left, .. } => u64::from(left).checked_sub(missing),
            State::Skip(left) => left.checked_sub(missing),
            State::Off => return,
        };
        self.state = left.map_or(State::Torn, State::skip);
    }

    /// The body ended.
    pub(crate) fn finish(&mut self, end: End, tag: Tag, out: &mut Output) {
        let known = match end {
            End::Complete | End::Closed => true,
            End::Cut | End::Lost => false,
        };
        let amid = match self.state {
            State::Prefix { seen, first, .. } => (seen > 0).then_some(first),
            State::Message { first, .. } => Some(first),
            State::Skip(_) | State::Torn | State::Off => None,
        };
        if let Some(first) = amid.filter(|_| known) {
            out.notice_from(tag, first, self.last_at, Notice::Malformed("grpc message"));
        }
    }

    /// Memory taken.
    pub(crate) fn held(&self) -> usize {
        self.message.held()
    }

    /// With one more byte of the prefix.
    fn prefix(&mut self, seen: u32, first: Origin, bytes: u64, tag: Tag, at: Time, out: &mut Output) {
        // A flag that is none should not wait for the length behind it.
        let flags = bytes >> (8 * (seen - 1));
        let what = match flags {
            0 | 1 => What::Message { compressed: flags == 1 },
            0x80 => What::Trailers,
            _ => {
                out.notice_from(tag, first, at, Notice::Malformed("grpc flags"));
                self.state = State::Off;
                return;
            }
        };
        if seen < PREFIX_BYTES {
            self.state = State::Prefix { seen, first, bytes };
            return;
        }
        let left = u32::try_from(bytes & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        self.state = State::Message { what, first, left };
        if left == 0 {
            self.give(what, first, tag, at, out);
        }
    }

    /// The message is whole.
    fn give(&mut self, what: What, first: Origin, tag: Tag, at: Time, out: &mut Output) {
        self.state = State::default();
        let Gathered { data, truncated, .. } = self.message.take();
        match what {
            What::Message { compressed } => {
                if truncated {
                    out.notice_from(tag, first, at, Notice::Limit("grpc message"));
                }
                out.emit(tag, first, at, Kind::Grpc(GrpcMessage { compressed, data, truncated }));
            }
            What::Trailers => {
                if truncated {
                    out.notice_from(tag, first, at, Notice::Limit("trailer bytes"));
                }
                let (headers, trouble) = trailers(&data, truncated);
                if let Some(trouble) = trouble {
                    out.notice_from(tag, first, at, trouble);
                }
                out.emit(tag, first, at, Kind::Trailers(headers));
            }
        }
    }
}

impl State {
    fn skip(left: u64) -> Self {
        if left == 0 { Self::default() } else { Self::Skip(left) }
    }
}

impl What {
    fn cap(self) -> usize {
        match self {
            Self::Message { .. } => limits::GRPC_MESSAGE_BYTES,
            Self::Trailers => limits::HEAD_BYTES,
        }
    }
}

/// Field lines as in HTTP/1, without an empty line after them (gRPC-Web protocol), and what is wrong with them. The last
/// line of truncated ones is not whole.
fn trailers(block: &[u8], truncated: bool) -> (Headers, Option<Notice>) {
    let mut headers = Headers::default();
    let mut trouble = None;
    for line in block.split_inclusive(|byte| *byte == b'\n') {
        if truncated && !line.ends_with(b"\n") {
            break;
        }
        let line = line.trim_ascii();
        let colon = line.iter().position(|byte| *byte == b':');
        match colon.and_then(|colon| line.split_at_checked(colon)) {
            Some((name, [_, value @ ..])) if !name.is_empty() => {
                if headers.len() >= limits::HEADER_FIELDS {
                    return (headers, Some(Notice::Limit("header fields")));
                }
                headers.push(name.trim_ascii_end(), value);
            }
            Some(_) | None if line.is_empty() => {}
            Some(_) | None => trouble = Some(Notice::Malformed("header field")),
        }
    }
    (headers, trouble)
}

const PREFIX_BYTES: u32 = 5;

//! Messages of an AWS event stream (`application/vnd.amazon.eventstream`).
//!
//! Comes in: pieces of a body, without its codings. Goes out: one [`EventFrame`] for each message whose checksum is
//! right, at the time at which its last byte crossed. A payload that lies whole within one piece, with the checksum
//! after it, is a slice of that piece. Numbers are big-endian, checksums are CRC-32 of IEEE 802.3:
//!
//! ```text
//! total length u32 │ headers length u32 │ checksum of these 8 │ headers │ payload │ checksum of all before it
//! └──────────────────── prelude ────────────────────────────┘
//! Prelude ─right─→ Message ─its last byte─→ Prelude        Message ─gap within it─→ Skip ─its last byte─→ Prelude
//!   └ wrong: every next byte may begin the next prelude
//! ```
//!
//! - A prelude whose checksum or lengths are wrong loses the framing. It is found again where 12 bytes are a prelude,
//!   which random bytes are less than once in 2^40; [`Notice::Resync`] says what was passed over. A payload that holds
//!   a whole message could be taken for one after a gap; JSON cannot hold one.
//! - A gap within a message costs that message, for its end is known; one that may hide the end costs the framing.
//! - A message whose own checksum is wrong is not given, nor is one that a gap or the end of the body tore.
//!
//! Not handled: signed messages inside of messages (requests of Amazon Transcribe), which are payload.

mod headers;
mod prelude;

use crate::gather::{Gather, Gathered};
use crate::item::EventFrame;
use crate::limits;
use crate::message::{End, Kind, Notice, Time};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};
use prelude::{Found, Prelude};

/// A decoder of one body.
#[derive(Default)]
pub(crate) struct EventStream {
    state: State,
    /// When the last byte crossed.
    last_at: Time,
}

enum State {
    Prelude(Prelude),
    Message(Box<Message>),
    /// So many more bytes of a message that is not given.
    Skip(u64),
}

impl Default for State {
    fn default() -> Self {
        Self::Prelude(Prelude::default())
    }
}

/// A message behind its prelude.
struct Message {
    first: Origin,
    headers_left: u32,
    payload_left: u32,
    crc_left: u32,
    headers: Gather,
    payload: Gather,
    /// Of all bytes so far.
    computed: crc32fast::Hasher,
    /// What of the checksum came.
    said: u32,
}

impl EventStream {
    /// The next bytes of the body.
    pub(crate) fn push(&mut self, piece: &Piece, tag: Tag, out: &mut Output) {
        self.last_at = piece.at;
        let mut rest: &[u8] = &piece.bytes;
        while !rest.is_empty() {
            rest = match &mut self.state {
                State::Prelude(prelude) => match prelude.push(piece, rest, tag, out) {
                    Some((found, after)) => {
                        self.state = State::Message(Box::new(Message::new(found)));
                        after
                    }
                    None => return,
                },
                State::Message(message) => {
                    let after = message.push(piece, rest);
                    if message.left() == 0 {
                        message.give(tag, piece.at, out);
                        self.state = State::default();
                    } else {
                        message.headers.detach();
                        message.payload.detach();
                    }
                    after
                }
                State::Skip(left) => {
                    let skipped = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= skipped as u64;
                    if *left == 0 {
                        self.state = State::default();
                    }
                    rest.get(skipped..).unwrap_or_default()
                }
            };
        }
    }

    /// `missing` bytes of the body were lost.
    pub(crate) fn gap(&mut self, missing: u64) {
        let left = match &self.state {
            State::Prelude(_) => None,
            State::Message(message) => Some(message.left()),
            State::Skip(left) => Some(*left),
        };
        self.state = match left.and_then(|left| left.checked_sub(missing)) {
            Some(0) => State::default(),
            Some(left) => State::Skip(left),
            None => State::Prelude(Prelude::lost()),
        };
    }

    /// The body ended.
    pub(crate) fn finish(&mut self, end: End, tag: Tag, out: &mut Output) {
        let known = match end {
            End::Complete | End::Closed => true,
            End::Cut | End::Lost => false,
        };
        let amid = match &self.state {
            State::Prelude(prelude) => prelude.begun(),
            State::Message(message) => Some(message.first),
            State::Skip(_) => None,
        };
        if let Some(first) = amid.filter(|_| known) {
            out.notice_from(tag, first, self.last_at, Notice::Malformed("event stream message"));
        }
    }

    /// Memory taken.
    pub(crate) fn held(&self) -> usize {
        match &self.state {
            State::Prelude(prelude) => prelude.held(),
            State::Message(message) => message.headers.held() + message.payload.held() + size_of::<Message>(),
            State::Skip(_) => 0,
        }
    }
}

impl Message {
    fn new(found: Found) -> Self {
        let Found { first, headers, payload, computed } = found;
        Self {
            first,
            headers_left: headers,
            payload_left: payload,
            crc_left: CRC_BYTES,
            headers: Gather::default(),
            payload: Gather::default(),
            computed,
            said: 0,
        }
    }

    /// Bytes to its end.
    fn left(&self) -> u64 {
        u64::from(self.headers_left) + u64::from(self.payload_left) + u64::from(self.crc_left)
    }

    /// Takes what belongs to it from the front of `rest`, which is the end of `piece`. Gives what is after it.
    fn push<'a>(&mut self, piece: &Piece, rest: &'a [u8]) -> &'a [u8] {
        let from = piece.origin_of(rest);
        let (part, rest) = front(rest, &mut self.headers_left);
        self.computed.update(part);
        self.headers.append(piece, part, from, limits::FRAME_HEADERS_BYTES as usize);

        let from = piece.origin_of(rest);
        let (part, rest) = front(rest, &mut self.payload_left);
        self.computed.update(part);
        self.payload.append(piece, part, from, limits::FRAME_PAYLOAD_BYTES);

        let (part, rest) = front(rest, &mut self.crc_left);
        self.said = part.iter().fold(self.said, |said, byte| said << 8 | u32::from(*byte));
        rest
    }

    /// It is whole.
    fn give(&mut self, tag: Tag, at: Time, out: &mut Output) {
        let first = self.first;
        if std::mem::take(&mut self.computed).finalize() != self.said {
            out.notice_from(tag, first, at, Notice::Malformed("event stream message"));
            return;
        }
        let (headers, trouble) = headers::read(&self.headers.take().data);
        if let Some(trouble) = trouble {
            out.notice_from(tag, first, at, trouble);
        }
        let Gathered { data: payload, truncated, .. } = self.payload.take();
        if truncated {
            out.notice_from(tag, first, at, Notice::Limit("event stream payload"));
        }
        out.emit(tag, first, at, Kind::Frame(EventFrame { headers, payload, truncated }));
    }
}

/// The first `left` bytes of `bytes` and what is after them.
fn front<'a>(bytes: &'a [u8], left: &mut u32) -> (&'a [u8], &'a [u8]) {
    let (part, rest) = bytes.split_at_checked(*left as usize).unwrap_or((bytes, &[]));
    *left = left.saturating_sub(u32::try_from(part.len()).unwrap_or(u32::MAX));
    (part, rest)
}

const CRC_BYTES: u32 = 4;

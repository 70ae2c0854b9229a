//! HTTP/2 (RFC 9113), with WebSocket over it (RFC 8441).
//!
//! Comes in: pieces and gaps of both directions. Goes out: messages. Each direction has a [`framer`] of its own and the
//! state of its header compression; both share the [`streams`].
//!
//! ```text
//! pieces ─► framer ─► DATA ────────────────────► streams ─► sink ─► messages
//!              └────► HEADERS… ─► block ─► hpack ─┘
//! ```
//!
//! **Joined late**, or after a loss: frames are searched for ([`search`]), fields compressed against bytes that were not
//! seen are unknown ([`hpack`]), and streams whose heads were not seen still yield their content. What a loss may have
//! touched is marked: the one stream whose frame it began and ended in, else all that were open in its direction.
//!
//! Not handled: PRIORITY, flow control and extensions, which change nothing that is told; pushed streams are decoded
//! as responses to requests that nobody sent.

mod control;
mod frame;
mod framer;
mod head;
pub(crate) mod hpack;
mod search;
mod streams;

use bytes::Bytes;

use control::{Bound, Headers};
use framer::{Event, Framer, Within};
use hpack::Decoder;
use streams::Streams;

use crate::both::Both;
use crate::limits;
use crate::message::{Direction, Notice, StreamOffset, Time};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};

/// Both directions of one HTTP/2 connection.
pub(crate) struct H2 {
    lanes: Both<Lane>,
    streams: Streams,
    believed: bool,
    reversed: bool,
    /// Frames were found in either direction.
    found: bool,
    /// Bytes that came before it was believed.
    passed: u64,
    /// Bytes of fields that may still come of this piece: one byte of a header block may stand for thousands.
    room: usize,
}

/// One direction.
struct Lane {
    framer: Framer,
    hpack: Decoder,
    /// A header block that goes on in CONTINUATION frames.
    headers: Option<Headers>,
    /// Where the next byte will stand.
    end: StreamOffset,
}

impl H2 {
    /// A connection seen from its first byte (`whole`), or one that may be amid anything.
    pub(crate) fn new(whole: bool) -> Self {
        let lane = |direction| Lane {
            framer: Framer::new(direction, whole),
            hpack: Decoder::new(whole),
            headers: None,
            end: StreamOffset(0),
        };
        Self {
            lanes: Both::new(lane(Direction::ToServer), lane(Direction::ToClient)),
            streams: Streams::new(whole),
            believed: whole,
            reversed: false,
            found: whole,
            passed: 0,
            room: limits::DECODED_BYTES,
        }
    }

    /// Whether a head was seen.
    pub(crate) fn believed(&self) -> bool {
        self.believed
    }

    /// Whether frames were found in either direction, be they lost again since.
    pub(crate) fn found(&self) -> bool {
        self.found
    }

    /// Whether requests were seen that go to the client: what we call client is the server.
    pub(crate) fn reversed(&self) -> bool {
        self.reversed
    }

    /// Bytes in which no head was found.
    pub(crate) fn passed(&self) -> u64 {
        if self.believed { 0 } else { self.passed }
    }

    pub(crate) fn push(&mut self, direction: Direction, mut piece: Piece, out: &mut Output) {
        self.lanes.of(direction).end = piece.offset.plus(piece.len() as u64);
        self.passed = self.passed.saturating_add(piece.len() as u64);
        self.room = limits::DECODED_BYTES;
        let at = piece.at;
        self.read(direction, &mut piece, out);
        self.give_up(at, out);
    }

    pub(crate) fn gap(&mut self, direction: Direction, missing: u64, at: Time, out: &mut Output) {
        let lane = self.lanes.of(direction);
        let here = Origin { offset: lane.end, at };
        lane.end = lane.end.plus(missing);
        let after = lane.end;
        let torn = lane.framer.gap(missing);
        self.room = limits::DECODED_BYTES;
        match torn.within {
            // What else was lost tells below.
            Some(Within::Data(..)) if torn.lost => {}
            Some(Within::Data(stream, gone)) => {
                self.streams.lose_data(stream, direction, missing, gone, here, out);
            }
            Some(Within::Control(frame, first, payload)) => {
                self.control(direction, frame, Bound { first, here }, payload, out);
                if !torn.lost {
                    self.streams.lose_frame(frame.stream, direction, missing, here, out);
                }
            }
            None if torn.lost => {}
            None => self.streams.lose_frame(0, direction, missing, here, out),
        }
        if torn.lost {
            self.lose_headers(direction, here, out);
            self.streams.lose(direction, missing, here, out);
        }
        // The frame may have ended with the gap.
        let mut nothing = Piece { bytes: Bytes::new(), offset: after, at, decoded: false };
        self.read(direction, &mut nothing, out);
        self.give_up(at, out);
    }

    pub(crate) fn close(&mut self, at: Time, out: &mut Output) {
        let [to_server, to_client] = [Direction::ToServer, Direction::ToClient].map(|direction| {
            let here = Origin { offset: self.lanes.of(direction).end, at };
            self.lose_headers(direction, here, out);
            here
        });
        self.streams.close(&Both::new(to_server, to_client), out);
    }

    pub(crate) fn held(&self) -> usize {
        let lane = |lane: &Lane| {
            let headers = lane.headers.as_ref().map_or(0, Headers::held);
            lane.framer.held() + lane.hpack.held() + headers
        };
        self.lanes.iter().map(lane).sum::<usize>() + self.streams.held()
    }

    /// Ends what is open where nobody will listen any more.
    fn give_up(&mut self, at: Time, out: &mut Output) {
        if self.reversed || self.passed() >= limits::FOREIGN_AFTER_BYTES {
            self.close(at, out);
        }
    }

    fn read(&mut self, direction: Direction, piece: &mut Piece, out: &mut Output) {
        while let Some((event, mut here)) = self.lanes.of(direction).framer.next(piece) {
            match event {
                Event::Data(stream, data) => {
                    self.interrupt(direction, data.origin(), out);
                    if self.reversed {
                        here = data.origin();
                    } else {
                        self.streams.data(stream, direction, &data, out);
                    }
                }
                Event::End(stream) => self.streams.end(stream, direction, here, out),
                Event::Control(frame, first, payload) => {
                    self.control(direction, frame, Bound { first, here }, payload, out);
                }
                Event::Resync(passed, first) => {
                    self.found = true;
                    let tag = Tag { lossy: true, ..self.streams.between(direction) };
                    out.notice_from(tag, first, here.at, Notice::Resync(passed));
                }
                Event::Malformed(what) => {
                    self.lose_headers(direction, here, out);
                    self.streams.confuse(direction, here, Notice::Malformed(what), out);
                }
            }
            if self.reversed {
                // Nobody reads on.
                self.lanes.of(direction).end = here.offset;
                return;
            }
        }
        if direction == Direction::ToServer {
            let searching = self.lanes.of(direction).framer.is_lost();
            self.streams.set_searching(searching);
        }
    }
}

//! A connection that leaves HTTP for a WebSocket (RFC 6455 §4).
//!
//! Comes in: what a 101 says, and the bytes of both directions after it. Goes out: messages of the exchange that asked
//! for it, and the end of its response, which is the end of the WebSocket:
//!
//! - [`End::Complete`] when the server's Close frame came, given when the client's came too, or at the close;
//! - [`End::Cut`] when the connection closed without it;
//! - [`End::Lost`] when framing was lost in either direction, given when the other one is over too, or at the close.
//!
//! A client may send frames only after the 101, but the two directions are seen in order of time only as well as the
//! caller could tell. So what a client sends between its request for a WebSocket and the answer is held, up to
//! [`limits::UPGRADE_HELD_BYTES`], until the answer says whether it is frames or the next request.
//!
//! Not handled: other protocols, whose bytes are dropped.

use super::head::{Facts, Upgrade};
use super::pairing::Asked;
use super::{H1, State};
use crate::both::Both;
use crate::head::Headers;
use crate::limits;
use crate::message::{Direction, End, ExchangeId, Notice, StreamOffset, Time};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};
use crate::websocket::{self, Progress, WebSocket};

use bytes::Bytes;

/// Bytes to the server that wait for the answer to a request for a WebSocket.
pub(super) struct Hold {
    begun: StreamOffset,
    parts: Vec<Part>,
    bytes: usize,
    gaps: usize,
}

enum Part {
    /// Copied, so that the buffer of a piece is not kept.
    Bytes {
        bytes: Vec<u8>,
        offset: StreamOffset,
        at: Time,
    },
    Gap(u64, Time),
}

/// A WebSocket that took over and has not ended.
pub(super) struct Upgraded {
    exchange: ExchangeId,
    lossy: Both<bool>,
    over: Both<Option<Over>>,
}

/// How a direction of it ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Closed,
    Lost,
}

impl Hold {
    pub(super) fn new(begun: StreamOffset) -> Self {
        Self { begun, parts: Vec::new(), bytes: 0, gaps: 0 }
    }

    /// Takes the piece; or nothing, where that would be too much, which does not depend on how bytes were cut.
    fn push(&mut self, piece: &mut Piece) -> bool {
        let sum = self.bytes + piece.len();
        if sum > limits::UPGRADE_HELD_BYTES {
            return false;
        }
        self.bytes = sum;
        let full = self.parts.len() >= limits::UPGRADE_HELD_PARTS;
        match self.parts.last_mut() {
            // So many pieces are not told apart any more.
            Some(Part::Bytes { bytes, .. }) if full => bytes.extend_from_slice(&piece.bytes),
            Some(Part::Bytes { .. } | Part::Gap(..)) | None => {
                let Piece { ref bytes, offset, at, .. } = *piece;
                self.parts.push(Part::Bytes { bytes: bytes.to_vec(), offset, at });
            }
        }
        piece.clear();
        true
    }

    pub(super) fn gap(&mut self, missing: u64, at: Time) -> bool {
        let room = self.gaps < limits::UPGRADE_HELD_PARTS;
        if room {
            self.gaps += 1;
            self.parts.push(Part::Gap(missing, at));
        }
        room
    }

    /// How many bytes are nobody's when it is given up.
    pub(super) fn passed(&self) -> u64 {
        self.bytes as u64
    }

    pub(super) fn held(&self) -> usize {
        // Bytes twice, for a vector that grew.
        2 * self.bytes + self.parts.capacity() * size_of::<Part>()
    }
}

impl Upgraded {
    fn tag(&mut self, direction: Direction) -> Tag {
        Tag { exchange: self.exchange, direction, lossy: *self.lossy.of(direction) }
    }

    fn end(&mut self) -> End {
        match (*self.over.of(Direction::ToServer), *self.over.of(Direction::ToClient)) {
            (Some(Over::Lost), _) | (_, Some(Over::Lost)) => End::Lost,
            (Some(Over::Closed) | None, Some(Over::Closed)) => End::Complete,
            (Some(Over::Closed) | None, None) => End::Cut,
        }
    }
}

/// Whether a 101 with these facts begins a WebSocket. One that does not say what it begins is what was asked for.
pub(super) fn to_websocket(facts: &Facts, asked: Option<Asked>) -> bool {
    match facts.upgrade {
        Upgrade::WebSocket => true,
        Upgrade::Absent => asked == Some(Asked::WebSocket),
        Upgrade::Other => false,
    }
}

impl H1 {
    /// More bytes to the server while it is not known what they are.
    pub(super) fn in_hold(&mut self, mut hold: Hold, piece: &mut Piece, out: &mut Output) -> State {
        if hold.push(piece) {
            return State::Held(hold);
        }
        // Nobody sends so much to a server that did not answer, but who takes it for HTTP/1.
        let end = self.lanes.of(Direction::ToServer).end;
        self.replay(hold, State::awaiting_head(), out);
        let lane = self.lanes.of(Direction::ToServer);
        lane.end = end;
        std::mem::replace(&mut lane.state, State::Off)
    }

    /// What is held is HTTP after all, unless another request for a WebSocket waits.
    pub(super) fn release(&mut self, out: &mut Output) {
        if !self.pairing.awaits_websocket() {
            self.release_now(out);
        }
    }

    /// What is held is HTTP.
    pub(super) fn release_now(&mut self, out: &mut Output) {
        let lane = self.lanes.of(Direction::ToServer);
        match std::mem::replace(&mut lane.state, State::Off) {
            State::Held(hold) => self.replay(hold, State::awaiting_head(), out),
            state @ (State::Head(_)
            | State::Body(_)
            | State::Doubt(_)
            | State::Search(_)
            | State::WebSocket(_)
            | State::Off) => lane.state = state,
        }
    }

    /// Hands over what was held.
    fn replay(&mut self, hold: Hold, to: State, out: &mut Output) {
        let lane = self.lanes.of(Direction::ToServer);
        lane.state = to;
        lane.end = hold.begun;
        for part in hold.parts {
            match part {
                Part::Bytes { bytes, offset, at } => {
                    let piece = Piece { bytes: Bytes::from(bytes), offset, at, decoded: false };
                    self.push(Direction::ToServer, piece, out);
                }
                Part::Gap(missing, at) => self.gap(Direction::ToServer, missing, at, out),
            }
        }
    }

    /// A 101 came with these fields: both directions are a WebSocket from here on. `asked` as for its response.
    pub(super) fn take_over(
        &mut self,
        tag: Tag,
        headers: &Headers,
        asked: Option<Asked>,
        here: Origin,
        out: &mut Output,
    ) -> State {
        let Tag { exchange, lossy, .. } = tag;
        self.upgraded = Some(Upgraded { exchange, lossy: Both::new(false, lossy), over: Both::default() });
        self.give_up_waiting(here.at, out);
        let mut deflate = websocket::extensions(headers);
        let to_server = State::WebSocket(Box::new(WebSocket::new(*deflate.of(Direction::ToServer))));
        let lane = self.lanes.of(Direction::ToServer);
        let end = Origin { offset: lane.end, at: here.at };
        let begins = match std::mem::replace(&mut lane.state, State::Off) {
            State::Held(hold) => {
                self.replay(hold, to_server, out);
                true
            }
            // Nothing came after the request, or on a connection that was joined late nothing that is known.
            State::Head(awaited) if awaited.buffer.len() == 0 => {
                lane.state = to_server;
                true
            }
            State::Search(_) if asked.is_none() => {
                lane.state = to_server;
                true
            }
            State::Body(body) => {
                body.finish(End::Cut, end, out);
                false
            }
            State::Doubt(doubt) => {
                doubt.body.finish(End::Cut, end, out);
                false
            }
            State::Head(_) | State::Search(_) | State::WebSocket(_) | State::Off => false,
        };
        if !begins {
            let tag = Tag { direction: Direction::ToServer, lossy: false, ..tag };
            out.notice(tag, end, Notice::Malformed("websocket beginning"));
            self.over(Direction::ToServer, Over::Lost, end, out);
        }
        State::WebSocket(Box::new(WebSocket::new(*deflate.of(Direction::ToClient))))
    }

    pub(super) fn in_websocket(
        &mut self,
        direction: Direction,
        mut websocket: Box<WebSocket>,
        piece: &mut Piece,
        out: &mut Output,
    ) -> State {
        let Some(upgraded) = &mut self.upgraded else {
            return State::Off;
        };
        let progress = websocket.push(piece, upgraded.tag(direction), out);
        self.after_websocket(direction, websocket, progress, piece.origin(), out)
    }

    /// Bytes from `here` to `after` were lost.
    pub(super) fn gap_in_websocket(
        &mut self,
        direction: Direction,
        mut websocket: Box<WebSocket>,
        missing: u64,
        [here, after]: [Origin; 2],
        out: &mut Output,
    ) -> State {
        let Some(upgraded) = &mut self.upgraded else {
            return State::Off;
        };
        *upgraded.lossy.of(direction) = true;
        out.notice(upgraded.tag(direction), here, Notice::Gap(missing));
        let progress = websocket.gap(missing);
        self.after_websocket(direction, websocket, progress, after, out)
    }

    fn after_websocket(
        &mut self,
        direction: Direction,
        websocket: Box<WebSocket>,
        progress: Progress,
        here: Origin,
        out: &mut Output,
    ) -> State {
        match progress {
            Progress::More => return State::WebSocket(websocket),
            Progress::Closed => self.over(direction, Over::Closed, here, out),
            Progress::Lost(None) => self.over(direction, Over::Lost, here, out),
            Progress::Lost(Some((why, first))) => {
                if let Some(upgraded) = &mut self.upgraded {
                    out.notice_from(upgraded.tag(direction), first, here.at, why);
                }
                self.over(direction, Over::Lost, Origin { offset: first.offset, at: here.at }, out);
            }
        }
        State::Off
    }

    /// A direction is over, at `here` of it.
    fn over(&mut self, direction: Direction, how: Over, here: Origin, out: &mut Output) {
        let Some(upgraded) = &mut self.upgraded else {
            return;
        };
        *upgraded.over.of(direction) = Some(how);
        if upgraded.over.iter().all(Option::is_some) {
            let offset = match direction {
                Direction::ToClient => here.offset,
                Direction::ToServer => self.lanes.of(Direction::ToClient).end,
            };
            self.end_websocket(Origin { offset, at: here.at }, out);
        }
    }

    /// Both directions are over, or the connection is.
    pub(super) fn end_websocket(&mut self, here: Origin, out: &mut Output) {
        if let Some(mut upgraded) = self.upgraded.take() {
            let end = upgraded.end();
            out.end(upgraded.tag(Direction::ToClient), here, end);
        }
    }
}

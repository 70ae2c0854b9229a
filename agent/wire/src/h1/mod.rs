//! HTTP/1.0 and HTTP/1.1.
//!
//! Comes in: pieces and gaps of both directions. Goes out: messages. Each direction is a lane of its own, which
//! waits for one of:
//!
//! ```text
//!   ┌───────── body absent ──────────┬───────── body ended ─────────┐
//!   ▼                                │                              │
//! Head ─── whole head ──► (exchange.rs decides) ─── body present ─► Body
//!   │ ▲                              │                              │
//!   │ └───── believable head ─────┐  │ contradictory head           │ bad chunk, gap past its end
//!   │ no head, gap                │  ▼                              │
//!   └──────────────────────────► Search ◄───────────────────────────┘
//!
//! any ─── 101 to a WebSocket ──► WebSocket ─── Close frame, lost framing ──► Off
//! any ─── other 101, CONNECT, close ──► Off
//! ```
//!
//! Only to the server, where the answer decides what comes: after a request for a WebSocket the lane is `Held` (see
//! [`upgrade`]), and a body that was announced with `Expect` may be in `Doubt` (see [`doubt`]).
//!
//! A gap within a body is counted through its framing where that can be done: within `Content-Length`, within one
//! chunk, or until close. Otherwise the exchange's direction ends as [`End::Lost`] and the lane searches for the next
//! head. What belongs to what after that is in [`pairing`].
//!
//! Not handled: chunk extensions (passed over), content and transfer codings other than chunked (given raw), what
//! follows CONNECT and an upgrade to anything but a WebSocket.

mod body;
mod chunked;
mod doubt;
mod exchange;
mod framing;
mod head;
mod pairing;
mod search;
pub(crate) mod start_line;
mod upgrade;

use body::{BodyReader, Progress};
use doubt::Doubt;
use head::{Collected, HeadBuffer};
use pairing::Pairing;
use search::Search;
use upgrade::{Hold, Upgraded};

use crate::both::Both;
use crate::limits;
use crate::message::{Direction, End, Notice, StreamOffset, Time};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};
use crate::websocket::WebSocket;

/// Both directions of one HTTP/1 connection.
pub(crate) struct H1 {
    lanes: Both<Lane>,
    pairing: Pairing,
    believed: bool,
    /// Until its end.
    upgraded: Option<Upgraded>,
}

/// One direction.
struct Lane {
    state: State,
    /// Where the next byte will stand.
    end: StreamOffset,
}

/// What a lane waits for.
enum State {
    Head(Awaited),
    Body(BodyReader),
    Doubt(Doubt),
    Search(Search),
    Held(Hold),
    WebSocket(Box<WebSocket>),
    Off,
}

/// A head to come.
#[derive(Default)]
struct Awaited {
    buffer: HeadBuffer,
    /// How many bytes were passed over to find it, where that is worth saying.
    resync: Option<u64>,
}

impl H1 {
    /// A connection seen from its first byte (`whole`), or one that may be amid anything.
    pub(crate) fn new(whole: bool) -> Self {
        let lane = || Lane {
            state: if whole { State::awaiting_head() } else { State::Search(Search::new(false)) },
            end: StreamOffset(0),
        };
        let mut pairing = Pairing::default();
        if !whole {
            pairing.doubt();
        }
        Self { lanes: Both::new(lane(), lane()), pairing, believed: whole, upgraded: None }
    }

    /// Whether a head was seen.
    pub(crate) fn believed(&self) -> bool {
        self.believed
    }

    /// Bytes in which no head was found by searches that go on.
    pub(crate) fn passed(&self) -> u64 {
        let passed = |lane: &Lane| match &lane.state {
            State::Search(search) => search.passed(),
            State::Head(_)
            | State::Body(_)
            | State::Doubt(_)
            | State::Held(_)
            | State::WebSocket(_)
            | State::Off => 0,
        };
        self.lanes.iter().map(passed).fold(0, u64::saturating_add)
    }

    pub(crate) fn push(&mut self, direction: Direction, mut piece: Piece, out: &mut Output) {
        self.lanes.of(direction).end = piece.offset.plus(piece.len() as u64);
        while !piece.is_empty() {
            let state = std::mem::replace(&mut self.lanes.of(direction).state, State::Off);
            let next = match state {
                State::Head(awaited) => self.in_head(direction, awaited, &mut piece, out),
                State::Body(body) => self.in_body(direction, body, &mut piece, out),
                State::Doubt(doubt) => self.in_doubt(doubt, &mut piece, out),
                State::Search(search) => in_search(direction, search, &mut piece),
                State::Held(hold) => self.in_hold(hold, &mut piece, out),
                State::WebSocket(websocket) => self.in_websocket(direction, websocket, &mut piece, out),
                State::Off => return,
            };
            self.lanes.of(direction).state = next;
        }
    }

    pub(crate) fn gap(&mut self, direction: Direction, missing: u64, at: Time, out: &mut Output) {
        let lane = self.lanes.of(direction);
        let here = Origin { offset: lane.end, at };
        lane.end = lane.end.plus(missing);
        let after = Origin { offset: lane.end, at };
        let state = std::mem::replace(&mut lane.state, State::Off);
        let next = match state {
            State::Off => return,
            State::Head(awaited) => {
                self.gap_between(direction, missing, here, out);
                State::Search(Search::after(awaited.passed(awaited.buffer.len())))
            }
            State::Search(mut search) => {
                self.gap_between(direction, missing, here, out);
                search.gap();
                State::Search(search)
            }
            State::Held(mut hold) => {
                if hold.gap(missing, at) {
                    State::Held(hold)
                } else {
                    self.gap_between(direction, missing, here, out);
                    State::Search(Search::after(hold.passed()))
                }
            }
            State::WebSocket(websocket) => {
                self.gap_in_websocket(direction, websocket, missing, [here, after], out)
            }
            // Nobody knows whether what was lost was the body or the next request.
            State::Doubt(Doubt { mut body, .. }) => {
                body.tag.lossy = true;
                out.notice(body.tag, here, Notice::Gap(missing));
                body.finish(End::Lost, after, out);
                State::Search(Search::new(true))
            }
            State::Body(mut body) => {
                let progress = body.gap(missing);
                out.notice(body.tag, here, Notice::Gap(missing));
                match progress {
                    Some(Progress::More) => State::Body(body),
                    Some(Progress::Done) => {
                        body.finish(End::Complete, after, out);
                        State::awaiting_head()
                    }
                    Some(Progress::Lost(_)) | None => {
                        body.finish(End::Lost, after, out);
                        self.lose_responses(direction);
                        State::Search(Search::new(true))
                    }
                }
            }
        };
        self.lanes.of(direction).state = next;
    }

    pub(crate) fn close(&mut self, at: Time, out: &mut Output) {
        self.release_now(out);
        self.settle_doubt(at, out);
        for direction in [Direction::ToServer, Direction::ToClient] {
            let lane = self.lanes.of(direction);
            let here = Origin { offset: lane.end, at };
            if let State::Body(body) = std::mem::replace(&mut lane.state, State::Off) {
                let end = body.end_at_close();
                body.finish(end, here, out);
            }
        }
        let offset = self.lanes.of(Direction::ToClient).end;
        self.end_websocket(Origin { offset, at }, out);
        self.give_up_waiting(at, out);
    }

    pub(crate) fn held(&self) -> usize {
        let held = |lane: &Lane| match &lane.state {
            State::Head(awaited) => awaited.buffer.held(),
            State::Body(body) => body.held(),
            State::Doubt(doubt) => doubt.held(),
            State::Search(search) => search.held(),
            State::Held(hold) => hold.held(),
            State::WebSocket(websocket) => websocket.held(),
            State::Off => 0,
        };
        self.lanes.iter().map(held).sum::<usize>() + self.pairing.held()
    }

    fn in_head(
        &mut self,
        direction: Direction,
        mut awaited: Awaited,
        piece: &mut Piece,
        out: &mut Output,
    ) -> State {
        match awaited.buffer.push(direction, piece) {
            Collected::More => State::Head(awaited),
            Collected::Whole(raw) => match direction {
                Direction::ToServer => self.on_request(&raw, &awaited, piece.origin(), out),
                Direction::ToClient => self.on_response(&raw, &awaited, piece.origin(), out),
            },
            Collected::NotAHead(carry) => {
                let first = if carry.is_empty() { piece.origin() } else { carry.origin(0) };
                let what = Notice::Malformed(first_line_of(direction));
                out.notice_from(self.between(direction), first, piece.at, what);
                self.lose_responses(direction);
                State::Search(Search::of(carry))
            }
            Collected::TooLong => {
                out.notice(self.between(direction), piece.origin(), Notice::Limit("head bytes"));
                self.lose_responses(direction);
                State::Search(Search::after(awaited.passed(limits::HEAD_BYTES)))
            }
        }
    }

    fn in_body(
        &mut self,
        direction: Direction,
        mut body: BodyReader,
        piece: &mut Piece,
        out: &mut Output,
    ) -> State {
        match body.push(piece, out) {
            Progress::More => State::Body(body),
            Progress::Done => {
                // What is left of the piece tells where the body ended, what is left of time when.
                body.finish(End::Complete, piece.origin(), out);
                State::awaiting_head()
            }
            Progress::Lost(why) => {
                out.notice(body.tag, piece.origin(), why);
                body.finish(End::Lost, piece.origin(), out);
                self.lose_responses(direction);
                State::Search(Search::new(true))
            }
        }
    }

    /// No response comes any more.
    fn give_up_waiting(&mut self, at: Time, out: &mut Output) {
        let direction = Direction::ToClient;
        let here = Origin { offset: self.lanes.of(direction).end, at };
        for waiting in self.pairing.drain() {
            let tag = Tag { exchange: waiting.exchange, direction, lossy: waiting.lossy };
            out.end(tag, here, End::Cut);
        }
    }

    fn gap_between(&mut self, direction: Direction, missing: u64, here: Origin, out: &mut Output) {
        self.lose_responses(direction);
        let tag = Tag { lossy: true, ..self.between(direction) };
        out.notice(tag, here, Notice::Gap(missing));
    }

    /// The exchange of bytes that are not in a body: that of the response which comes next, or the next to begin.
    fn between(&self, direction: Direction) -> Tag {
        let waiting = match direction {
            Direction::ToServer => None,
            Direction::ToClient => self.pairing.asked(),
        };
        let exchange = waiting.map_or_else(|| self.pairing.upcoming(), |waiting| waiting.exchange);
        Tag { exchange, direction, lossy: waiting.is_some_and(|waiting| waiting.lossy) }
    }

    /// Framing was lost. Only lost responses leave a doubt; a lost request makes its response nobody's.
    fn lose_responses(&mut self, direction: Direction) {
        match direction {
            Direction::ToServer => {}
            Direction::ToClient => self.pairing.lose(),
        }
    }
}

impl State {
    fn awaiting_head() -> Self {
        Self::Head(Awaited::default())
    }
}

impl Awaited {
    /// How many bytes were passed over, when `bytes` that seemed to be this head turn out to be none.
    fn passed(&self, bytes: usize) -> u64 {
        self.resync.unwrap_or(0).saturating_add(bytes as u64)
    }
}

fn in_search(direction: Direction, mut search: Search, piece: &mut Piece) -> State {
    match search.push(direction, piece) {
        None => State::Search(search),
        Some(buffer) => {
            let passed = search.passed();
            let resync = (search.after_loss || passed > 0).then_some(passed);
            State::Head(Awaited { buffer, resync })
        }
    }
}

fn first_line_of(direction: Direction) -> &'static str {
    match direction {
        Direction::ToServer => "request line",
        Direction::ToClient => "status line",
    }
}

//! Both directions of one connection.
//!
//! Comes in: bytes, gaps, the close. Goes out: messages, by [`Connection::poll`]. This file finds out which protocol
//! is spoken and hands everything to its decoder; what came before the verdict is kept and handed over then.
//!
//! A connection that is seen from its first byte is foreign as soon as these cannot begin HTTP. One that was joined
//! late, or whose first bytes were lost, may be amid anything: heads of HTTP/1 and frames of HTTP/2 are searched for at
//! the same time, what is found first decides, and it is foreign after [`limits::FOREIGN_AFTER_BYTES`] without either.

use std::fmt;

use bytes::Bytes;

use crate::both::Both;
use crate::h1::H1;
use crate::h2::H2;
use crate::limits;
use crate::message::{Direction, Message, Protocol, StreamOffset, Time};
use crate::output::Output;
use crate::piece::Piece;
use crate::sniff::{self, Verdict};

/// A passive decoder of both directions of one plaintext connection.
///
/// The caller pushes each direction's bytes in order, and both directions in order of time as well as it can. Bytes
/// that are missing must be announced by [`Self::gap`]; offsets are passed through and not checked.
pub struct Connection {
    state: State,
    out: Output,
    closed: bool,
}

/// What is known about the protocol.
enum State {
    Unknown(Unknown),
    /// Bytes from amid something.
    Late(Box<Late>),
    Http1(Box<H1>),
    Http2(Box<H2>),
    Foreign,
}

/// Both protocols, searching.
struct Late {
    h1: H1,
    h2: H2,
}

impl Connection {
    /// A connection seen from its first byte (`whole`), or joined while it was running.
    pub fn new(whole: bool) -> Self {
        Self { state: State::Unknown(Unknown::new(whole)), out: Output::default(), closed: false }
    }

    /// The next bytes of a direction, which crossed at `at`, and stand at `offset` of it.
    pub fn push(&mut self, direction: Direction, bytes: Bytes, offset: StreamOffset, at: Time) {
        if !bytes.is_empty() {
            self.take(Arrival::Piece(direction, Piece { bytes, offset, at, decoded: false }));
        }
    }

    /// `missing` bytes of a direction were lost.
    pub fn gap(&mut self, direction: Direction, missing: u64, at: Time) {
        if missing > 0 {
            self.take(Arrival::Gap(direction, missing, at));
        }
    }

    /// The connection ended. Whatever comes after is ignored.
    pub fn close(&mut self, at: Time) {
        self.closed = true;
        match &mut self.state {
            State::Unknown(unknown) => *unknown = Unknown::new(true),
            State::Late(late) => late.h1.close(at, &mut self.out),
            State::Http1(h1) => h1.close(at, &mut self.out),
            State::Http2(h2) => h2.close(at, &mut self.out),
            State::Foreign => {}
        }
    }

    /// The next message. To be called after each of the other calls until there is none.
    pub fn poll(&mut self) -> Option<Message> {
        self.out.pop()
    }

    /// When [`Self::tick`] wants to be called, if nothing else happens: never. HTTP ends by bytes or by close, and how
    /// long a silent call is waited for is for those to say who know what a call is.
    pub fn deadline(&self) -> Option<Time> {
        None
    }

    /// Time has come to `now`. Nothing waits for that: see [`Self::deadline`].
    pub fn tick(&mut self, _now: Time) {}

    /// What the connection speaks; `None`: not known yet, or nothing that we know.
    pub fn protocol(&self) -> Option<Protocol> {
        match &self.state {
            State::Http1(h1) => h1.believed().then_some(Protocol::Http1),
            State::Http2(h2) => h2.believed().then_some(Protocol::Http2),
            State::Unknown(_) | State::Late(_) | State::Foreign => None,
        }
    }

    /// The connection surely is no HTTP that we could ever decode, or its client and server were mistaken for one
    /// another.
    pub fn is_foreign(&self) -> bool {
        match self.state {
            State::Foreign => true,
            State::Unknown(_) | State::Late(_) | State::Http1(_) | State::Http2(_) => false,
        }
    }

    /// Bytes held in buffers now, for the budget of the table; at most [`limits::HELD_BYTES`]. Messages that wait
    /// for [`Self::poll`] are not among them.
    pub fn held(&self) -> usize {
        match &self.state {
            State::Unknown(unknown) => unknown.held(),
            State::Late(late) => late.h1.held() + late.h2.held(),
            State::Http1(h1) => h1.held(),
            State::Http2(h2) => h2.held(),
            State::Foreign => 0,
        }
    }

    fn take(&mut self, arrival: Arrival) {
        let Self { state, out, closed: false } = self else {
            return;
        };
        match state {
            State::Unknown(unknown) => {
                let verdict = unknown.take(arrival);
                let decided = match verdict {
                    Verdict::More => return,
                    Verdict::Http1 => State::Http1(Box::new(H1::new(true))),
                    // Its preface is the first thing there is, however late we think we are.
                    Verdict::Http2 => State::Http2(Box::new(H2::new(true))),
                    Verdict::Late => State::Late(Box::new(Late { h1: H1::new(false), h2: H2::new(false) })),
                    Verdict::Foreign => State::Foreign,
                };
                let arrived = std::mem::take(&mut unknown.arrived);
                *state = decided;
                for arrival in arrived {
                    self.take(arrival);
                }
            }
            State::Late(late) => {
                let mut found = Output::default();
                arrival.clone().give_h2(&mut late.h2, &mut found);
                arrival.give_h1(&mut late.h1, out);
                if late.h1.believed() || late.h2.found() || late.h1.passed() >= limits::FOREIGN_AFTER_BYTES {
                    let late = std::mem::replace(state, State::Foreign);
                    let State::Late(late) = late else { return };
                    let Late { h1, h2 } = *late;
                    if h1.believed() {
                        *state = State::Http1(Box::new(h1));
                    } else if h2.found() {
                        out.append(&mut found);
                        *state = State::Http2(Box::new(h2));
                    }
                }
            }
            State::Http1(h1) => {
                arrival.give_h1(h1, out);
                if !h1.believed() && h1.passed() >= limits::FOREIGN_AFTER_BYTES {
                    *state = State::Foreign;
                }
            }
            State::Http2(h2) => {
                arrival.give_h2(h2, out);
                if h2.reversed() || !h2.believed() && h2.passed() >= limits::FOREIGN_AFTER_BYTES {
                    *state = State::Foreign;
                }
            }
            State::Foreign => {}
        }
    }
}

impl fmt::Debug for Connection {
    /// Sizes only: buffers hold content and credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("protocol", &self.protocol())
            .field("foreign", &self.is_foreign())
            .field("held", &self.held())
            .field("messages", &self.out.len())
            .finish_non_exhaustive()
    }
}

/// What was pushed.
#[derive(Clone)]
enum Arrival {
    Piece(Direction, Piece),
    Gap(Direction, u64, Time),
}

impl Arrival {
    fn direction(&self) -> Direction {
        match self {
            Self::Piece(direction, _) | Self::Gap(direction, _, _) => *direction,
        }
    }

    fn give_h1(self, h1: &mut H1, out: &mut Output) {
        match self {
            Self::Piece(direction, piece) => h1.push(direction, piece, out),
            Self::Gap(direction, missing, at) => h1.gap(direction, missing, at, out),
        }
    }

    fn give_h2(self, h2: &mut H2, out: &mut Output) {
        match self {
            Self::Piece(direction, piece) => h2.push(direction, piece, out),
            Self::Gap(direction, missing, at) => h2.gap(direction, missing, at, out),
        }
    }
}

/// A connection before the verdict.
struct Unknown {
    /// All first bytes were seen.
    whole: bool,
    /// In order, to be handed to the decoder.
    arrived: Vec<Arrival>,
    prefixes: Both<Prefix>,
}

/// The first bytes of a direction.
#[derive(Default)]
struct Prefix {
    bytes: Vec<u8>,
    /// Bytes were lost before or within them, so they tell nothing.
    torn: bool,
}

impl Unknown {
    fn new(whole: bool) -> Self {
        Self { whole, arrived: Vec::new(), prefixes: Both::default() }
    }

    fn take(&mut self, arrival: Arrival) -> Verdict {
        let prefix = self.prefixes.of(arrival.direction());
        let verdict = match &arrival {
            Arrival::Gap(..) | Arrival::Piece(..) if prefix.torn => Verdict::Late,
            Arrival::Gap(..) => {
                prefix.torn = true;
                self.whole = false;
                Verdict::More
            }
            Arrival::Piece(direction, piece) => {
                let room = limits::START_LINE_BYTES.saturating_sub(prefix.bytes.len());
                prefix.bytes.extend_from_slice(piece.peek(room));
                if self.whole {
                    sniff::sniff(*direction, &prefix.bytes)
                } else {
                    sniff::sniff_late(*direction, &prefix.bytes)
                }
            }
        };
        self.arrived.push(arrival);
        verdict
    }

    fn held(&self) -> usize {
        let pieces = self.arrived.iter().map(|arrival| match arrival {
            Arrival::Piece(_, piece) => piece.len(),
            Arrival::Gap(..) => 0,
        });
        let prefixes = self.prefixes.iter().map(|prefix| prefix.bytes.capacity());
        pieces.chain(prefixes).sum::<usize>() + self.arrived.capacity() * size_of::<Arrival>()
    }
}

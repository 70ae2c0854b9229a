//! Both directions of one connection.
//!
//! Comes in: bytes, gaps, the close. Goes out: messages, by [`Connection::poll`]. This file finds out which protocol
//! is spoken and hands everything to its decoder; what came before the verdict is kept and handed over then.
//!
//! A connection that is seen from its first byte is foreign as soon as these cannot begin HTTP. One that was joined
//! late, or whose first bytes were lost, may be amid a body: its HTTP/1 decoder searches for heads, and it is foreign
//! after [`limits::FOREIGN_AFTER_BYTES`] without one.
//!
//! Not handled: HTTP/2 is recognised, said as [`Notice::Unsupported`], and its bytes are dropped.

use std::fmt;

use bytes::Bytes;

use crate::both::Both;
use crate::h1::H1;
use crate::limits;
use crate::message::{Direction, ExchangeId, Message, Notice, Protocol, StreamOffset, Time};
use crate::output::{Output, Tag};
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
    Http1(Box<H1>),
    Http2,
    Foreign,
}

impl Connection {
    /// A connection seen from its first byte (`whole`), or joined while it was running.
    pub fn new(whole: bool) -> Self {
        Self { state: State::Unknown(Unknown::new(whole)), out: Output::default(), closed: false }
    }

    /// The next bytes of a direction, which crossed at `at`, and stand at `offset` of it.
    pub fn push(&mut self, direction: Direction, bytes: Bytes, offset: StreamOffset, at: Time) {
        if !bytes.is_empty() {
            self.take(Arrival::Piece(direction, Piece { bytes, offset, at }));
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
            State::Http1(h1) => h1.close(at, &mut self.out),
            State::Http2 | State::Foreign => {}
        }
    }

    /// The next message. To be called after each of the other calls until there is none.
    pub fn poll(&mut self) -> Option<Message> {
        self.out.pop()
    }

    /// When [`Self::tick`] wants to be called, if nothing else happens: never. HTTP/1 ends by bytes or by close, and
    /// how long a silent call is waited for is for those to say who know what a call is.
    pub fn deadline(&self) -> Option<Time> {
        None
    }

    /// Time has come to `now`. Nothing waits for that: see [`Self::deadline`].
    pub fn tick(&mut self, _now: Time) {}

    /// What the connection speaks; `None`: not known yet, or nothing that we know.
    pub fn protocol(&self) -> Option<Protocol> {
        match &self.state {
            State::Http1(h1) => h1.believed().then_some(Protocol::Http1),
            State::Http2 => Some(Protocol::Http2),
            State::Unknown(_) | State::Foreign => None,
        }
    }

    /// The connection surely is no HTTP that we could ever decode.
    pub fn is_foreign(&self) -> bool {
        match self.state {
            State::Foreign => true,
            State::Unknown(_) | State::Http1(_) | State::Http2 => false,
        }
    }

    /// Bytes held in buffers now, for the budget of the table; at most [`limits::HELD_BYTES`]. Messages that wait
    /// for [`Self::poll`] are not among them.
    pub fn held(&self) -> usize {
        match &self.state {
            State::Unknown(unknown) => unknown.held(),
            State::Http1(h1) => h1.held(),
            State::Http2 | State::Foreign => 0,
        }
    }

    fn take(&mut self, arrival: Arrival) {
        let Self { state, out, closed: false } = self else {
            return;
        };
        match state {
            State::Unknown(unknown) => {
                let direction = arrival.direction();
                let verdict = unknown.take(arrival);
                let whole = unknown.whole;
                let arrived = match verdict {
                    Verdict::More => return,
                    Verdict::Http1 | Verdict::Http2 | Verdict::Foreign => {
                        std::mem::take(&mut unknown.arrived)
                    }
                };
                *state = match verdict {
                    Verdict::Http2 => {
                        say_unsupported(direction, &arrived, out);
                        State::Http2
                    }
                    Verdict::Http1 => State::Http1(Box::new(H1::new(whole))),
                    Verdict::Foreign | Verdict::More => State::Foreign,
                };
                for arrival in arrived {
                    self.take(arrival);
                }
            }
            State::Http1(h1) => {
                match arrival {
                    Arrival::Piece(direction, piece) => h1.push(direction, piece, out),
                    Arrival::Gap(direction, missing, at) => h1.gap(direction, missing, at, out),
                }
                if !h1.believed() && h1.passed() >= limits::FOREIGN_AFTER_BYTES {
                    *state = State::Foreign;
                }
            }
            State::Http2 | State::Foreign => {}
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
            Arrival::Gap(..) | Arrival::Piece(..) if prefix.torn => Verdict::Http1,
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

fn say_unsupported(direction: Direction, arrived: &[Arrival], out: &mut Output) {
    let first = arrived.iter().find_map(|arrival| match arrival {
        Arrival::Piece(of, piece) if *of == direction => Some(piece.origin()),
        Arrival::Piece(..) | Arrival::Gap(..) => None,
    });
    let tag = Tag { exchange: ExchangeId(0), direction, lossy: false };
    out.notice(tag, first.unwrap_or_default(), Notice::Unsupported("http2"));
}

//! Finding frames in bytes whose framing is lost.
//!
//! Comes in: pieces that begin anywhere. Goes out: the bytes from the first believable frame on, with their times.
//!
//! One header is nine bytes that nearly nothing else looks like, but a header that is read a byte too late may still
//! look like one. So a frame is believed when the frames after it follow: [`CHAIN`] plausible headers, each where the
//! one before it ends; or fewer, when they have some payload, and the last one begins in the piece in which it ends, and
//! ends with it, for that is how frames are written, and chance does not. Payload, because without it the end of a
//! frame proves nothing about its beginning.
//!
//! All chains that are not yet refuted are followed at the same time, and the one that is believed first wins. Bytes are
//! kept from the beginning of the oldest one on.

use super::frame::{FRAME_HEADER, Frame};
use crate::limits;
use crate::message::Direction;
use crate::piece::{Carry, Piece};

/// A search under way.
pub(super) struct Search {
    direction: Direction,
    window: Carry,
    /// Every place in the window before this one was tried.
    tried: usize,
    chains: Vec<Chain>,
    passed: u64,
}

/// Frames that may be frames.
struct Chain {
    /// Where in the window the first one begins.
    start: usize,
    /// Where the next one must begin; past the window's end when that has not come yet.
    next: usize,
    /// Where the last one begins.
    last: usize,
    frames: u32,
    payload: usize,
}

/// What became of a chain.
enum Fate {
    Refuted,
    Open,
    Believed,
}

impl Search {
    pub(super) fn new(direction: Direction) -> Self {
        Self { direction, window: Carry::default(), tried: 0, chains: Vec::new(), passed: 0 }
    }

    /// Bytes that belong to no frame that was found.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// Takes the whole piece. Gives the bytes from the first frame on, when that is believed.
    pub(super) fn push(&mut self, piece: &mut Piece) -> Option<Carry> {
        let begun = self.window.len();
        self.window.push(&piece.bytes, piece.origin());
        piece.clear();
        let found = self.follow(begun).or_else(|| self.try_places(begun));
        if let Some(start) = found {
            self.pass(start);
            return Some(std::mem::take(&mut self.window));
        }
        self.let_go();
        None
    }

    /// Bytes were lost: what was kept leads nowhere.
    pub(super) fn gap(&mut self) {
        self.passed = self.passed.saturating_add(self.window.len() as u64);
        *self = Self { passed: self.passed, ..Self::new(self.direction) };
    }

    pub(super) fn held(&self) -> usize {
        self.window.held() + self.chains.capacity() * size_of::<Chain>()
    }

    /// Follows the chains that are known. `begun` is where the piece begins that came now.
    fn follow(&mut self, begun: usize) -> Option<usize> {
        let Self { direction, window, chains, .. } = self;
        let mut found = None;
        chains.retain_mut(|chain| match chain.follow(*direction, window.bytes(), begun) {
            Fate::Refuted => false,
            Fate::Open => true,
            Fate::Believed => {
                found.get_or_insert(chain.start);
                true
            }
        });
        found
    }

    /// Begins chains at places that were not tried.
    fn try_places(&mut self, begun: usize) -> Option<usize> {
        let Self { direction, window, tried, chains, .. } = self;
        while let Some(rest) = window.bytes().get(*tried..).filter(|rest| rest.len() >= FRAME_HEADER) {
            // The lengths of plausible frames have a first byte of 0, so that is what to look for.
            match memchr::memchr(0, rest) {
                Some(0) => {}
                Some(zero) => {
                    *tried += zero;
                    continue;
                }
                None => {
                    *tried += rest.len();
                    continue;
                }
            }
            let mut chain = Chain { start: *tried, next: *tried, last: *tried, frames: 0, payload: 0 };
            *tried += 1;
            match chain.follow(*direction, window.bytes(), begun) {
                Fate::Refuted => {}
                Fate::Believed => return Some(chain.start),
                Fate::Open if chains.len() < limits::FRAME_CHAINS => chains.push(chain),
                Fate::Open => {}
            }
        }
        None
    }

    /// Drops bytes that no chain needs.
    fn let_go(&mut self) {
        let end = self.window.len();
        self.chains.retain(|chain| end - chain.start <= limits::FRAME_SEARCH_BYTES);
        let oldest = self.chains.iter().map(|chain| chain.start).min();
        let needed = oldest.unwrap_or(self.tried).min(self.tried).min(end);
        self.pass(needed);
        self.tried -= needed;
        for chain in &mut self.chains {
            chain.start -= needed;
            chain.next -= needed;
            chain.last -= needed;
        }
    }

    fn pass(&mut self, bytes: usize) {
        self.passed = self.passed.saturating_add(bytes as u64);
        self.window.advance(bytes);
    }
}

impl Chain {
    fn follow(&mut self, direction: Direction, window: &[u8], begun: usize) -> Fate {
        loop {
            let Some(header) = window.get(self.next..).and_then(|rest| rest.first_chunk()) else {
                let ends = self.payload >= PAYLOAD && self.next == window.len() && self.last >= begun;
                return if ends { Fate::Believed } else { Fate::Open };
            };
            let frame = Frame::read(header);
            if !frame.is_plausible(header, direction) {
                return Fate::Refuted;
            }
            self.frames += 1;
            if self.frames >= CHAIN {
                return Fate::Believed;
            }
            self.last = self.next;
            self.next += FRAME_HEADER + frame.length as usize;
            self.payload += frame.length as usize;
        }
    }
}

/// Frames that follow one another by chance are as rare as this many coincidences of some thirty bits.
const CHAIN: u32 = 3;

/// The shortest header block of a request that nobody has sent before has more.
const PAYLOAD: usize = 16;

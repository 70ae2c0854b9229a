//! The 12 bytes before a message, where they should be or wherever they are next.

use crate::limits;
use crate::message::Notice;
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};

/// Looks for one prelude.
#[derive(Default)]
pub(super) struct Prelude {
    /// The last 12 bytes, the last one lowest.
    window: u128,
    /// How many bytes came.
    seen: u64,
    /// Where those of the last 11 stand that came before this piece.
    before: Vec<Origin>,
    /// It is not known to begin with the first byte.
    lost: bool,
    /// That is known of bytes, not of a gap, and was said.
    said: bool,
}

/// A prelude that is right.
pub(super) struct Found {
    /// Of its first byte.
    pub(super) first: Origin,
    /// Lengths.
    pub(super) headers: u32,
    pub(super) payload: u32,
    /// The checksum of the message so far.
    pub(super) computed: crc32fast::Hasher,
}

impl Prelude {
    /// Somewhere after a gap.
    pub(super) fn lost() -> Self {
        Self { lost: true, said: true, ..Self::default() }
    }

    /// Looks on in `rest`, which is the end of `piece`. Gives a prelude and what is after it.
    pub(super) fn push<'a>(
        &mut self,
        piece: &Piece,
        rest: &'a [u8],
        tag: Tag,
        out: &mut Output,
    ) -> Option<(Found, &'a [u8])> {
        for (index, byte) in rest.iter().enumerate() {
            self.window = self.window << 8 | u128::from(*byte);
            self.seen += 1;
            if self.seen < BYTES {
                continue;
            }
            if let Some((headers, payload, computed)) = read(self.window) {
                let first = self.origin(piece, rest, index);
                if self.lost {
                    out.notice_from(tag, first, piece.at, Notice::Resync(self.seen - BYTES));
                }
                let after = rest.get(index + 1..).unwrap_or_default();
                return Some((Found { first, headers, payload, computed }, after));
            }
            self.lost = true;
            if !std::mem::replace(&mut self.said, true) {
                let first = self.origin(piece, rest, index);
                out.notice_from(tag, first, piece.at, Notice::Malformed("event stream prelude"));
            }
        }
        self.remember(piece, rest);
        None
    }

    /// The first byte of a prelude of which some bytes came.
    pub(super) fn begun(&self) -> Option<Origin> {
        self.before.first().copied().filter(|_| !self.lost)
    }

    pub(super) fn held(&self) -> usize {
        self.before.capacity() * size_of::<Origin>()
    }

    /// Of the first of 12 bytes, of which the last is `index` in `rest`.
    fn origin(&self, piece: &Piece, rest: &[u8], index: usize) -> Origin {
        match index.checked_sub(OTHERS) {
            Some(first) => piece.origin_of(rest.get(first..).unwrap_or_default()),
            None => {
                let back = OTHERS - index;
                let known = self.before.len().checked_sub(back).and_then(|first| self.before.get(first));
                known.copied().unwrap_or_default()
            }
        }
    }

    fn remember(&mut self, piece: &Piece, rest: &[u8]) {
        for start in rest.len().saturating_sub(OTHERS)..rest.len() {
            self.before.push(piece.origin_of(rest.get(start..).unwrap_or_default()));
        }
        let old = self.before.len().saturating_sub(OTHERS);
        self.before.drain(..old);
    }
}

/// The lengths of headers and payload, if these 12 bytes are a prelude. Lengths are looked at first, for that is cheap
/// where preludes are searched for.
fn read(window: u128) -> Option<(u32, u32, crc32fast::Hasher)> {
    let [_, _, _, _, bytes @ ..] = window.to_be_bytes();
    let [t0, t1, t2, t3, h0, h1, h2, h3, c0, c1, c2, c3] = bytes;
    let total = u32::from_be_bytes([t0, t1, t2, t3]);
    let headers = u32::from_be_bytes([h0, h1, h2, h3]);
    if total > limits::FRAME_BYTES || headers > limits::FRAME_HEADERS_BYTES {
        return None;
    }
    let payload = total.checked_sub(AROUND)?.checked_sub(headers)?;
    let mut computed = crc32fast::Hasher::new();
    computed.update(&[t0, t1, t2, t3, h0, h1, h2, h3]);
    let right = computed.clone().finalize() == u32::from_be_bytes([c0, c1, c2, c3]);
    computed.update(&[c0, c1, c2, c3]);
    right.then_some((headers, payload, computed))
}

const BYTES: u64 = 12;

/// Bytes of a prelude but one.
const OTHERS: usize = 11;

/// Bytes of a message that are neither headers nor payload: prelude and checksum.
const AROUND: u32 = 16;

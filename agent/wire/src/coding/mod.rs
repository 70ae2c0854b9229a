//! Content codings removed (RFC 9110 §8.4): gzip, deflate, br (RFC 7932) and zstd (RFC 8878), one or stacked.
//!
//! Comes in: the bytes of one body, without its transfer coding, and the codings that its header lists. Goes out:
//! the decoded bytes, in pieces of at most [`limits::CODING_PIECE_BYTES`]. Whatever the bytes so far determine is
//! given before [`Decoder::push`] returns: an encoder that flushes after each event of a stream keeps each event's
//! own time.
//!
//! ```text
//!        first bytes name the coding             end of a member
//! Front ─────────────────────────────→ Member ─────────────────────→ Front   gzip and zstd: another may follow
//!   │ not this coding, but text           │                       └→ Over    deflate and br; gzip and zstd once
//!   └──────────→ Plain                    └ error → stopped                  what follows is no member: ignored
//! ```
//!
//! - A body that is labelled gzip or zstd, or br and JSON, but is plain text, is given as it is, and
//!   [`Decoder::mislabelled`] says so. Proxies that decode a body and forget its header do this. Clients fail on it,
//!   and whoever looks for the reason is helped by the text. Anything else that is not what its label says stops.
//! - Bytes after the end, padding or garbage, are ignored, as gzip(1) and browsers do.
//! - A wrong checksum stops the body as malformed; the content was given out before it was known.
//!
//! What a body costs, measured: next to nothing before its first byte; gzip and deflate 47 KiB, for good; br 20 KiB
//! while events are small, then a window that grows with the content up to what the header declares (4 MiB as
//! encoders have it, at most 16) and at most 4 MiB of tables; zstd 94 KiB, a block, and the window that a frame
//! declares (2 MiB by default, at most 8), of which pages count as they are written. All of it is freed when a body
//! stops.
//!
//! Not handled: `compress`, which nobody sends; shared dictionaries (`dcb`, `dcz`, RFC 9842), which are codings of
//! their own; large-window brotli, which is not `br`.

mod brotli;
mod inflate;
mod layer;
#[cfg(test)]
mod tests;
mod zstd;

use bytes::Bytes;

use self::layer::{Layer, Step, Then};
use crate::limits;

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    /// zlib's format by the standard; what browsers take for it too is the raw format inside.
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// By its registered name, in any case.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        let names: [(&[u8], Self); 5] = [
            (b"gzip", Self::Gzip),
            (b"x-gzip", Self::Gzip),
            (b"deflate", Self::Deflate),
            (b"br", Self::Brotli),
            (b"zstd", Self::Zstd),
        ];
        names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, coding)| *coding)
    }
}

/// Undoes the codings of one body.
pub(crate) struct Decoder {
    state: State,
    /// Bytes that came in.
    coded: u64,
}

enum State {
    /// The outermost coding first.
    Decoding(Vec<Layer>),
    /// More codings than anybody stacks. The first push says so.
    TooMany,
    /// Stopped, or bytes were lost.
    Gone,
}

/// What became of pushed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// All that they determine was given.
    Going,
    /// What was decoded before the reason was given; no more of this body will be. Said once.
    Stopped(Stop),
    /// Dropped: an earlier push stopped, or a gap came before.
    Dropped,
}

/// Why a body stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It is not what its label says: which coding, and what of it.
    Malformed(&'static str),
    /// A cap was passed: its name.
    Limit(&'static str),
}

impl Decoder {
    /// The codings in the order in which they were applied, as the header lists them.
    pub(crate) fn new(applied: &[Coding]) -> Self {
        let state = if applied.len() <= limits::CODINGS {
            State::Decoding(applied.iter().rev().copied().map(Layer::new).collect())
        } else {
            State::TooMany
        };
        Self { state, coded: 0 }
    }

    /// The next bytes of the body. `room` is how many decoded bytes are still taken; what was given is subtracted.
    pub(crate) fn push(&mut self, bytes: &[u8], room: &mut usize, give: &mut dyn FnMut(Bytes)) -> Fate {
        self.coded = self.coded.saturating_add(bytes.len() as u64);
        let stop = match &mut self.state {
            // zstd's decoder takes several calls without input for a broken loop.
            State::Decoding(_) if bytes.is_empty() => return Fate::Going,
            State::Decoding(layers) => {
                let ceiling = limits::CODING_FLOOR_BYTES
                    .saturating_add(self.coded.saturating_mul(limits::CODING_RATIO));
                match run(layers, bytes, &mut Output { ceiling, room, give }) {
                    Ok(()) => return Fate::Going,
                    Err(stop) => stop,
                }
            }
            State::TooMany => Stop::Limit("codings"),
            State::Gone => return Fate::Dropped,
        };
        self.state = State::Gone;
        Fate::Stopped(stop)
    }

    /// Bytes were lost: nothing after this can be decoded.
    pub(crate) fn gap(&mut self) {
        self.state = State::Gone;
    }

    /// Whether the body, if it ends here, is whole.
    pub(crate) fn is_whole(&self) -> bool {
        match &self.state {
            State::Decoding(layers) => layers.iter().all(Layer::is_whole),
            State::TooMany | State::Gone => false,
        }
    }

    /// A coding that the header lists and the body does not have. Known with the first bytes.
    pub(crate) fn mislabelled(&self) -> Option<Coding> {
        match &self.state {
            State::Decoding(layers) => layers.iter().find_map(Layer::mislabelled),
            State::TooMany | State::Gone => None,
        }
    }

    /// Memory taken.
    pub(crate) fn held(&self) -> usize {
        match &self.state {
            State::Decoding(layers) => layers.iter().map(Layer::held).sum(),
            State::TooMany | State::Gone => 0,
        }
    }
}

/// Where decoded bytes go, and how many.
struct Output<'a> {
    /// Bytes that one layer may have made of the body so far. For inner layers too: what is decoded to nothing is
    /// work all the same.
    ceiling: u64,
    room: &'a mut usize,
    give: &'a mut dyn FnMut(Bytes),
}

/// Bytes through the first layer, what comes of them through the others, and out.
fn run(layers: &mut [Layer], bytes: &[u8], output: &mut Output<'_>) -> Result<(), Stop> {
    let Some((layer, inner)) = layers.split_first_mut() else {
        return output.give(bytes);
    };
    let mut rest = bytes;
    // Clearing the buffer would cost more than decoding one event does, so a small piece gets a small one.
    let usual = bytes.len().saturating_mul(USUAL_RATIO);
    let mut buffer = vec![0; usual.clamp(SMALL_BUFFER, limits::CODING_PIECE_BYTES)];
    loop {
        let left = usize::try_from(output.ceiling.saturating_sub(layer.made())).unwrap_or(usize::MAX);
        let taken = if inner.is_empty() { left.min(*output.room) } else { left };
        // One byte more than is taken: only if it comes, a cap was passed.
        let space = buffer.len().min(taken.saturating_add(1));
        let Step { read, written, then } = layer.step(rest, buffer.get_mut(..space).unwrap_or_default());
        rest = rest.get(read..).unwrap_or_default();
        let piece = buffer.get(..written.min(left)).unwrap_or_default();
        if !piece.is_empty() {
            run(inner, piece, output)?;
        }
        if written > left {
            return Err(Stop::Limit("coding ratio"));
        }
        match then {
            Then::More | Then::Turn if rest.is_empty() && written < space => return Ok(()),
            Then::More if read == 0 && written == 0 => return Err(Stop::Malformed("no progress")),
            Then::More | Then::Turn => {}
            Then::Stop(stop) => return Err(stop),
        }
        if written == buffer.len() && written < limits::CODING_PIECE_BYTES {
            buffer.resize(limits::CODING_PIECE_BYTES, 0);
        }
    }
}

impl Output<'_> {
    /// Gives as much as there is room for.
    fn give(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let (fits, over) = bytes.split_at_checked(*self.room).unwrap_or((bytes, &[]));
        for piece in fits.chunks(limits::CODING_PIECE_BYTES) {
            *self.room -= piece.len();
            (self.give)(Bytes::copy_from_slice(piece));
        }
        if over.is_empty() { Ok(()) } else { Err(Stop::Limit("decoded bytes")) }
    }
}

/// What a piece of coded text becomes, usually at most. Wrong, and a buffer is cleared in vain or grown once.
const USUAL_RATIO: usize = 8;

/// The smallest buffer: an event of usual length fits.
const SMALL_BUFFER: usize = 1024;

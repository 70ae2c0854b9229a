//! The chunked transfer coding (RFC 9112 §7.1).
//!
//! Comes in: pieces from the first chunk-size line on. Goes out: the data between the lines, sliced, until the empty
//! line after the trailer fields, and these with it.
//!
//! ```text
//! Size ─digits─ Extension ─LF→ Data(n) ─n bytes→ DataEnd ─LF→ Size      size 0: Trailer ─empty line→ done
//! ```
//!
//! Chunk extensions are passed over and given to nobody. A bare `\n` ends any line.

use memchr::memchr;

use crate::limits;
use crate::piece::{Carry, Piece};

/// What it waits for.
pub(crate) enum Chunked {
    /// Digits of a size.
    Size { size: u64, digits: u32 },
    /// The end of a chunk-size line.
    Extension { size: u64, line: u32 },
    /// So many more bytes of data.
    Data(u64),
    /// The line end after data.
    DataEnd { after_cr: bool },
    /// The empty line after those that came. The last one begins at `start`.
    Trailer { lines: Carry, start: usize },
}

/// What the front of a piece was.
pub(crate) enum Step {
    /// The piece is used up.
    More,
    Data(Piece),
    /// The end, with the lines of trailer fields and the empty one.
    Done(Carry),
    /// No chunked coding: what is wrong.
    Malformed(&'static str),
    /// A cap was passed: its name.
    Limit(&'static str),
}

impl Chunked {
    pub(crate) fn new() -> Self {
        Self::Size { size: 0, digits: 0 }
    }

    /// Takes bytes from the front of the piece, up to the next data or the end of the piece.
    pub(crate) fn next(&mut self, piece: &mut Piece) -> Step {
        while !piece.is_empty() {
            // Nearly all that comes is data, and plain lines that are whole: those go without a step for each byte.
            match self {
                Self::Data(left) => {
                    let (next, step) = in_data(*left, piece);
                    *self = next;
                    return step.unwrap_or(Step::More);
                }
                Self::DataEnd { after_cr: false } if piece.bytes.starts_with(b"\r\n") => {
                    piece.advance(2);
                    *self = Self::new();
                    continue;
                }
                Self::Size { size: 0, digits: 0 } => {
                    if let Some((size, length)) = plain_line(&piece.bytes) {
                        piece.advance(length);
                        *self = Self::Data(size);
                        continue;
                    }
                }
                Self::Size { .. } | Self::Extension { .. } | Self::DataEnd { .. } | Self::Trailer { .. } => {}
            }
            let (next, step) = match std::mem::replace(self, Self::new()) {
                Self::Size { size, digits } => in_size(size, digits, piece),
                Self::Extension { size, line } => in_extension(size, line, piece),
                Self::Data(left) => in_data(left, piece),
                Self::DataEnd { after_cr } => in_data_end(after_cr, piece),
                Self::Trailer { lines, start } => in_trailer(lines, start, piece),
            };
            *self = next;
            if let Some(step) = step {
                return step;
            }
        }
        Step::More
    }

    /// `missing` bytes were lost. Whether it is known what comes after them.
    pub(crate) fn gap(&mut self, missing: u64) -> bool {
        match self {
            Self::Data(left) if missing < *left => {
                *left -= missing;
                true
            }
            Self::Data(left) if missing == *left => {
                *self = Self::DataEnd { after_cr: false };
                true
            }
            Self::Size { .. }
            | Self::Extension { .. }
            | Self::Data(_)
            | Self::DataEnd { .. }
            | Self::Trailer { .. } => false,
        }
    }

    pub(crate) fn held(&self) -> usize {
        match self {
            Self::Trailer { lines, .. } => lines.held(),
            Self::Size { .. } | Self::Extension { .. } | Self::Data(_) | Self::DataEnd { .. } => 0,
        }
    }
}

type Next = (Chunked, Option<Step>);

/// The size and length of a chunk-size line of digits alone, when it is whole and not the last one.
fn plain_line(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut size = 0;
    for (digits, byte) in bytes.iter().take(PLAIN_DIGITS + 1).enumerate() {
        match char::from(*byte).to_digit(16) {
            Some(digit) => size = size << 4 | u64::from(digit),
            None => {
                let ends = bytes.get(digits..).is_some_and(|end| end.starts_with(b"\r\n"));
                return (ends && size > 0).then_some((size, digits + 2));
            }
        }
    }
    None
}

/// Digits of sizes that are really sent: a gigabyte has this many.
const PLAIN_DIGITS: usize = 8;

fn in_size(size: u64, digits: u32, piece: &mut Piece) -> Next {
    let state = Chunked::Size { size, digits };
    let Some(first) = piece.bytes.first().copied() else {
        return (state, Some(Step::More));
    };
    match char::from(first).to_digit(16) {
        Some(_) if size >> 60 != 0 => (state, Some(Step::Malformed("chunk size"))),
        // Leading zeros do not overflow, so only this bounds them.
        Some(_) if digits >= limits::CHUNK_LINE_BYTES => (state, Some(Step::Limit("chunk line"))),
        Some(digit) => {
            piece.advance(1);
            (Chunked::Size { size: size << 4 | u64::from(digit), digits: digits + 1 }, None)
        }
        None if digits > 0 && matches!(first, b' ' | b'\t' | b';' | b'\r' | b'\n') => {
            (Chunked::Extension { size, line: digits }, None)
        }
        None => (state, Some(Step::Malformed("chunk size"))),
    }
}

fn in_extension(size: u64, line: u32, piece: &mut Piece) -> Next {
    let end = memchr(b'\n', &piece.bytes);
    let length = end.map_or(piece.len(), |end| end + 1);
    let room = limits::CHUNK_LINE_BYTES.saturating_sub(line) as usize;
    piece.advance(length.min(room));
    let line = line + u32::try_from(length.min(room)).unwrap_or(u32::MAX);
    match end {
        Some(_) | None if length > room => (Chunked::new(), Some(Step::Limit("chunk line"))),
        Some(_) if size == 0 => (Chunked::Trailer { lines: Carry::default(), start: 0 }, None),
        Some(_) => (Chunked::Data(size), None),
        None => (Chunked::Extension { size, line }, None),
    }
}

fn in_data(left: u64, piece: &mut Piece) -> Next {
    let data = piece.split_to(usize::try_from(left).unwrap_or(usize::MAX));
    let left = left - data.len() as u64;
    let next = if left == 0 { Chunked::DataEnd { after_cr: false } } else { Chunked::Data(left) };
    (next, Some(Step::Data(data)))
}

fn in_data_end(after_cr: bool, piece: &mut Piece) -> Next {
    match piece.bytes.first() {
        Some(b'\n') => {
            piece.advance(1);
            (Chunked::new(), None)
        }
        Some(b'\r') if !after_cr => {
            piece.advance(1);
            (Chunked::DataEnd { after_cr: true }, None)
        }
        Some(_) | None => (Chunked::DataEnd { after_cr }, Some(Step::Malformed("chunk end"))),
    }
}

fn in_trailer(mut lines: Carry, start: usize, piece: &mut Piece) -> Next {
    let end = memchr(b'\n', &piece.bytes);
    let length = end.map_or(piece.len(), |end| end + 1);
    let line = piece.split_to(length.min(limits::HEAD_BYTES.saturating_sub(lines.len())));
    lines.push(&line.bytes, line.origin());
    match (end, lines.bytes().get(start..)) {
        (Some(_) | None, _) if line.len() < length => (Chunked::new(), Some(Step::Limit("trailer bytes"))),
        (Some(_), Some(b"\n" | b"\r\n")) => (Chunked::new(), Some(Step::Done(lines))),
        (Some(_), _) => {
            let start = lines.len();
            (Chunked::Trailer { lines, start }, None)
        }
        (None, _) => (Chunked::Trailer { lines, start }, None),
    }
}

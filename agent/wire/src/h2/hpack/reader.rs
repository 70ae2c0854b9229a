//! Integers and strings out of a block (RFC 7541 §5).
//!
//! ```text
//!   0   1   2   3   4   5   6   7              0   1   2   3   4   5   6   7
//! +---+---+---+---+---+---+---+---+          +---+---+---+---+---+---+---+---+
//! | ?   ?   ? | 1   1   1   1   1 |          | H |      length (7+)          |
//! +---+---+---+-------------------+          +---+---------------------------+
//! | 1 |   value - 31, low 7 bits  |          |     bytes, Huffman if H       |
//! +---+---------------------------+          +-------------------------------+
//! | 0 |   next 7 bits             |
//! +---+---------------------------+
//! ```

use std::ops::Range;

use super::huffman;
use crate::limits;

/// The unread rest of a block.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// What strings of one field are decoded into.
#[derive(Default)]
pub(super) struct Scratch {
    bytes: Vec<u8>,
}

/// A string of a block.
pub(super) struct Text<'a> {
    len: usize,
    place: Place<'a>,
}

enum Place<'a> {
    Block(&'a [u8]),
    Scratch(Range<usize>),
    /// It was too long for the scratch.
    Nowhere,
}

impl<'a> Reader<'a> {
    pub(super) fn new(block: &'a [u8]) -> Self {
        Self { rest: block }
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// The integer that begins in the last `bits` bits of `first`. Up to 32 bits: nothing has a size beyond.
    pub(super) fn integer(&mut self, first: u8, bits: u32) -> Result<usize, &'static str> {
        let prefix = (1_u64 << bits) - 1;
        let mut value = u64::from(first) & prefix;
        if value < prefix {
            return in_range(value);
        }
        for shift in (0..INTEGER_BITS).step_by(7) {
            let byte = self.byte().ok_or(TRUNCATED)?;
            value += u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return in_range(value);
            }
        }
        // §5.1 leaves it to the decoder how many continuation bytes it takes.
        Err(INTEGER)
    }

    /// A string, decoded.
    pub(super) fn text(&mut self, scratch: &mut Scratch) -> Result<Text<'a>, &'static str> {
        let (huffman, bytes) = self.raw_text()?;
        if !huffman {
            return Ok(Text { len: bytes.len(), place: Place::Block(bytes) });
        }
        let start = scratch.bytes.len();
        // The shortest code has five bits.
        scratch.bytes.reserve((bytes.len() * 8 / 5).min(limits::HEAD_BYTES.saturating_sub(start)));
        let mut decoded = |byte| {
            if scratch.bytes.len() < limits::HEAD_BYTES {
                scratch.bytes.push(byte);
            }
        };
        let len = huffman::decode(bytes, &mut decoded).ok_or(HUFFMAN)?;
        let end = scratch.bytes.len();
        let place = if end - start == len { Place::Scratch(start..end) } else { Place::Nowhere };
        Ok(Text { len, place })
    }

    /// The length that a string has when decoded. It is checked like any other, but its bytes go nowhere.
    pub(super) fn pass_text(&mut self) -> Result<usize, &'static str> {
        match self.raw_text()? {
            (false, bytes) => Ok(bytes.len()),
            (true, bytes) => huffman::decode(bytes, &mut |_| {}).ok_or(HUFFMAN),
        }
    }

    /// A string as it stands, and whether that is Huffman coded.
    fn raw_text(&mut self) -> Result<(bool, &'a [u8]), &'static str> {
        let first = self.byte().ok_or(TRUNCATED)?;
        let length = self.integer(first, 7)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok((first & 0x80 != 0, bytes))
    }
}

impl Scratch {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }
}

impl Text<'_> {
    /// `None`: it is longer than [`limits::HEAD_BYTES`], or its field is.
    pub(super) fn bytes<'s>(&'s self, scratch: &'s Scratch) -> Option<&'s [u8]> {
        match &self.place {
            Place::Block(bytes) => Some(bytes),
            Place::Scratch(range) => scratch.bytes.get(range.clone()),
            Place::Nowhere => None,
        }
    }

    /// Decoded, also when nothing else is known.
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

fn in_range(value: u64) -> Result<usize, &'static str> {
    u32::try_from(value).ok().and_then(|value| usize::try_from(value).ok()).ok_or(INTEGER)
}

/// Five continuation bytes hold 32 bits.
const INTEGER_BITS: u32 = 35;

const TRUNCATED: &str = "hpack end";
const INTEGER: &str = "hpack integer";
const HUFFMAN: &str = "hpack huffman";

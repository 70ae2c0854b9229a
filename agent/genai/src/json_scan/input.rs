//! A piece of a document, as the scan goes through it.
//!
//! Comes in: bytes. Goes out: the next byte, word, or stretch up to a quote or backslash. It ends where the piece ends;
//! whether the document does is not known here.

use memchr::memchr2;

/// A piece and its rest.
pub(super) struct Input<'a> {
    piece: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) fn new(piece: &'a [u8]) -> Self {
        Self { piece, rest: piece }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How much of the piece is behind us.
    pub(super) fn at(&self) -> usize {
        self.piece.len() - self.rest.len()
    }

    /// What was taken since then.
    pub(super) fn since(&self, at: usize) -> &'a [u8] {
        self.piece.get(at..self.at()).unwrap_or_default()
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// The bytes that belong to a number or literal.
    pub(super) fn word(&self) -> &'a [u8] {
        let belongs =
            |byte: &u8| matches!(byte, b'+' | b'-' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z');
        let end = self.rest.iter().position(|byte| !belongs(byte)).unwrap_or(self.rest.len());
        self.rest.get(..end).unwrap_or_default()
    }

    /// The bytes before the next quote or backslash, and which of them it is.
    pub(super) fn until_quote_or_backslash(&self) -> Option<(&'a [u8], u8)> {
        let end = match near_quote_or_backslash(self.rest) {
            Near::At(end) => end,
            Near::NotBefore(from) => from + memchr2(b'"', b'\\', self.rest.get(from..)?)?,
        };
        let (before, from) = self.rest.split_at_checked(end)?;
        Some((before, from.first().copied()?))
    }
}

enum Near {
    At(usize),
    NotBefore(usize),
}

/// Looks at the first 16 bytes by words of 8: keys and most strings of chunks end there, before `memchr` gets going.
fn near_quote_or_backslash(bytes: &[u8]) -> Near {
    const ONES: u64 = u64::MAX / 255;
    // The high bit of each byte that is zero; above the lowest such byte also of others, so only the lowest counts.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let (words, _) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().take(2).enumerate() {
        let word = u64::from_le_bytes(*word);
        let hits = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if hits != 0 {
            return Near::At(index * 8 + hits.trailing_zeros() as usize / 8);
        }
    }
    Near::NotBefore(words.len().min(2) * 8)
}

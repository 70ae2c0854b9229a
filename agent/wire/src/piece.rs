//! Bytes that know where they stand and when they crossed.
//!
//! [`Piece`] is what was pushed, cut smaller without copying; [`Carry`] is the copy of pieces that did not hold
//! what was looked for to its end.

use bytes::{Buf, Bytes};

use crate::limits;
use crate::message::{StreamOffset, Time};

/// Where a byte stands, and when it crossed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Origin {
    pub(crate) offset: StreamOffset,
    pub(crate) at: Time,
}

/// Contiguous bytes of one direction that crossed together.
#[derive(Clone)]
pub(crate) struct Piece {
    pub(crate) bytes: Bytes,
    /// Where the first of them stands.
    pub(crate) offset: StreamOffset,
    pub(crate) at: Time,
    /// They were decoded out of the bytes at `offset`, so all of them stand there.
    pub(crate) decoded: bool,
}

impl Piece {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Of the first byte.
    pub(crate) fn origin(&self) -> Origin {
        Origin { offset: self.offset, at: self.at }
    }

    /// Of the first byte of `rest`, which is the end of this piece.
    pub(crate) fn origin_of(&self, rest: &[u8]) -> Origin {
        Origin { offset: self.offset.plus(self.moved(self.len().saturating_sub(rest.len()))), at: self.at }
    }

    /// A piece of what was decoded out of this one.
    pub(crate) fn decoded(&self, bytes: Bytes) -> Self {
        Self { bytes, offset: self.offset, at: self.at, decoded: true }
    }

    /// The first `max` bytes, to look at.
    pub(crate) fn peek(&self, max: usize) -> &[u8] {
        self.bytes.get(..max).unwrap_or(&self.bytes)
    }

    /// Drops the first `count` bytes.
    pub(crate) fn advance(&mut self, count: usize) {
        let count = count.min(self.len());
        self.bytes.advance(count);
        self.offset = self.offset.plus(self.moved(count));
    }

    /// Takes the first `count` bytes, or all there are.
    pub(crate) fn split_to(&mut self, count: usize) -> Self {
        let count = count.min(self.len());
        let front = Self { bytes: self.bytes.split_to(count), ..*self };
        self.offset = self.offset.plus(self.moved(count));
        front
    }

    /// How much further the byte stands that is `count` bytes on.
    fn moved(&self, count: usize) -> u64 {
        if self.decoded { 0 } else { count as u64 }
    }

    /// Drops all bytes.
    pub(crate) fn clear(&mut self) {
        self.advance(self.len());
    }
}

/// Contiguous bytes out of several pieces.
#[derive(Default)]
pub(crate) struct Carry {
    bytes: Vec<u8>,
    start: StreamOffset,
    /// From which index on bytes crossed at which time.
    times: Vec<(usize, Time)>,
}

impl Carry {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Appends bytes that follow those held; `from` is of their first one.
    pub(crate) fn push(&mut self, bytes: &[u8], from: Origin) {
        if self.bytes.is_empty() {
            self.start = from.offset;
            self.times.clear();
        }
        let known = self.times.last().is_some_and(|(_, at)| *at == from.at);
        if !known && self.times.len() < limits::CARRIED_TIMES {
            self.times.push((self.bytes.len(), from.at));
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Of the byte at `index`.
    pub(crate) fn origin(&self, index: usize) -> Origin {
        let at = self.times.iter().rev().find(|(from, _)| *from <= index).map_or(Time(0), |(_, at)| *at);
        Origin { offset: self.start.plus(index as u64), at }
    }

    /// Drops the first `count` bytes.
    pub(crate) fn advance(&mut self, count: usize) {
        let count = count.min(self.bytes.len());
        let Origin { offset, at } = self.origin(count);
        self.bytes.drain(..count);
        self.start = offset;
        self.times.retain(|(from, _)| *from > count);
        for (from, _) in &mut self.times {
            *from -= count;
        }
        self.times.insert(0, (0, at));
    }

    /// Drops all but the first `count` bytes.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.bytes.truncate(count);
        self.times.retain(|(from, _)| *from < count);
    }

    /// The pieces that it was made of.
    pub(crate) fn into_pieces(self) -> impl DoubleEndedIterator<Item = Piece> {
        let Self { bytes, start, times } = self;
        let bytes = Bytes::from(bytes);
        let ends: Vec<_> = times.iter().skip(1).map(|(from, _)| *from).chain([bytes.len()]).collect();
        times.into_iter().zip(ends).filter(|((from, _), end)| from < end).map(move |((from, at), end)| {
            Piece { bytes: bytes.slice(from..end), offset: start.plus(from as u64), at, decoded: false }
        })
    }

    /// The bytes, as something that can be shared.
    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from(self.bytes)
    }

    /// Memory taken.
    pub(crate) fn held(&self) -> usize {
        self.bytes.capacity() + self.times.capacity() * size_of::<(usize, Time)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carry_knows_the_origin_of_every_byte() {
        let mut carry = Carry::default();
        carry.push(b"ab", Origin { offset: StreamOffset(10), at: Time(1) });
        carry.push(b"cd", Origin { offset: StreamOffset(12), at: Time(2) });
        carry.push(b"ef", Origin { offset: StreamOffset(14), at: Time(3) });
        carry.advance(3);
        let origins: Vec<_> = (0..3).map(|i| (carry.origin(i).offset.0, carry.origin(i).at.0)).collect();
        assert_eq!(carry.bytes(), b"def");
        assert_eq!(origins, [(13, 2), (14, 3), (15, 3)]);
        carry.truncate(1);
        carry.push(b"x", Origin { offset: StreamOffset(14), at: Time(9) });
        assert_eq!((carry.origin(1).offset.0, carry.origin(1).at.0), (14, 9));
    }

    #[test]
    fn carry_keeps_a_bounded_number_of_times() {
        let mut carry = Carry::default();
        for i in 0..10_000_u64 {
            carry.push(b"x", Origin { offset: StreamOffset(i), at: Time(i) });
        }
        assert!(carry.times.len() <= limits::CARRIED_TIMES);
        assert_eq!(carry.origin(9_999).offset, StreamOffset(9_999));
    }
}

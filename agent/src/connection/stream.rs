//! One direction of a connection: where it stands, what is missing.
//!
//! ```text
//!            expected                     offset of the record
//!   ────────────┼── missing: a gap ───────────┼── bytes ──
//!   ────────────┼───────── known already ─────┼── (overlap: only what is new goes on)
//! ```

use bytes::{Buf as _, Bytes};
use wire::StreamOffset;

/// The position in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// Where the next byte should stand. `None`: not seen yet, any place is right.
    expected: Option<u64>,
}

/// What a record's bytes are to this direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Bytes that were lost before these.
    pub missing: u64,
    /// Place of the first byte.
    pub offset: StreamOffset,
    /// The bytes that are new.
    pub bytes: Bytes,
}

impl Stream {
    /// A direction seen from its first byte, or joined at whatever comes first.
    pub fn new(whole: bool) -> Self {
        Self { expected: whole.then_some(0) }
    }

    /// Takes a record's bytes.
    pub fn take(&mut self, offset: StreamOffset, mut bytes: Bytes) -> Arrived {
        let StreamOffset(mut at) = offset;
        let expected = self.expected.unwrap_or(at);
        let missing = at.saturating_sub(expected);
        let known = expected.saturating_sub(at).min(bytes.len() as u64);
        bytes.advance(known as usize);
        at = at.saturating_add(known);
        self.expected = Some(expected.max(at.saturating_add(bytes.len() as u64)));
        Arrived { missing, offset: StreamOffset(at), bytes }
    }

    /// The kernel side says that the direction stands here: bytes that are missing up to it are lost.
    pub fn stands_at(&mut self, offset: StreamOffset) -> u64 {
        let StreamOffset(at) = offset;
        let expected = self.expected.unwrap_or(at);
        self.expected = Some(expected.max(at));
        at.saturating_sub(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `(offset, bytes)`; renders `missing:bytes@offset`.
    fn check(whole: bool, records: &[(u64, &'static str)], expect: &[&str]) {
        let mut stream = Stream::new(whole);
        let found: Vec<_> = records
            .iter()
            .map(|&(at, bytes)| {
                let arrived = stream.take(StreamOffset(at), Bytes::from_static(bytes.as_bytes()));
                format!(
                    "{}:{}@{}",
                    arrived.missing,
                    String::from_utf8_lossy(&arrived.bytes),
                    arrived.offset.0
                )
            })
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn bytes_in_order_have_no_gap() {
        check(true, &[(0, "abc"), (3, "d"), (4, "ef")], &["0:abc@0", "0:d@3", "0:ef@4"]);
    }

    #[test]
    fn a_lost_record_is_a_gap_and_never_a_shift() {
        check(true, &[(0, "abc"), (10, "x"), (11, "y")], &["0:abc@0", "7:x@10", "0:y@11"]);
        check(true, &[(5, "abc")], &["5:abc@5"]);
    }

    #[test]
    fn a_late_joiner_begins_where_it_begins() {
        check(false, &[(500, "abc"), (503, "d")], &["0:abc@500", "0:d@503"]);
    }

    #[test]
    fn what_is_known_is_not_given_again() {
        check(true, &[(0, "abc"), (1, "bcd"), (0, "ab"), (4, "e")], &["0:abc@0", "0:d@3", "0:@2", "0:e@4"]);
    }

    #[test]
    fn a_mark_shows_what_was_lost_at_the_end() {
        let mut stream = Stream::new(true);
        stream.take(StreamOffset(0), Bytes::from_static(b"abc"));
        assert_eq!(stream.stands_at(StreamOffset(3)), 0);
        assert_eq!(stream.stands_at(StreamOffset(9)), 6);
        assert_eq!(stream.stands_at(StreamOffset(9)), 0);
    }

    #[test]
    fn offsets_at_the_end_of_all_numbers() {
        let mut stream = Stream::new(true);
        let arrived = stream.take(StreamOffset(u64::MAX - 1), Bytes::from_static(b"abc"));
        assert_eq!(arrived.missing, u64::MAX - 1);
        assert_eq!(stream.take(StreamOffset(0), Bytes::from_static(b"x")).bytes.len(), 0);
    }
}

//! What all decoders of bodies with many items have in common.

use bytes::Bytes;

use crate::content::ContentFacts;
use crate::message::{Direction, ExchangeId, Kind, StreamOffset, Time};
use crate::output::{Output, Tag};
use crate::piece::Piece;
use crate::sink::Sink;

const TAG: Tag = Tag { exchange: ExchangeId(0), direction: Direction::ToClient, lossy: false };

/// Media type, a body of three items, and where they begin.
fn bodies() -> Vec<(&'static str, Vec<u8>, [u64; 3])> {
    let frame = |payload: &[u8]| {
        let mut bytes = [(16 + payload.len() as u32).to_be_bytes(), [0; 4]].concat();
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes.extend_from_slice(payload);
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes
    };
    vec![
        ("text/event-stream", b"data: a\n\ndata: b\n\ndata: c\n\n".to_vec(), [0, 9, 18]),
        ("application/x-ndjson", b"{\"a\":1}\n\n [2] \n\"c\"\n".to_vec(), [0, 10, 15]),
        ("application/json", b"[{\"a\":1}\n,\r\n[2],3]".to_vec(), [1, 12, 16]),
        (
            "application/vnd.amazon.eventstream",
            [frame(b"ab"), frame(b"cde"), frame(b"f")].concat(),
            [0, 18, 37],
        ),
        ("application/grpc", b"\0\0\0\0\x02ab\x01\0\0\0\x01c\0\0\0\0\x01d".to_vec(), [0, 7, 13]),
    ]
}

fn sink(media: &str) -> Sink {
    let mut facts = ContentFacts::default();
    facts.note(b"content-type", media.as_bytes());
    Sink::new(Direction::ToClient, &facts)
}

/// Offsets of the items of `bytes` cut in two.
fn offsets(media: &str, bytes: &[u8], cut: usize, decoded: bool) -> Vec<u64> {
    let mut sink = sink(media);
    let mut out = Output::default();
    let mut offsets = Vec::new();
    for (part, start, at) in [(&bytes[..cut], 0, 1), (&bytes[cut..], cut as u64, 2)] {
        let offset = StreamOffset(if decoded { at * 1_000 } else { start });
        // A new allocation, which nobody else has.
        let bytes = Bytes::from(part.to_vec());
        sink.push(&Piece { bytes: bytes.clone(), offset, at: Time(at), decoded }, TAG, &mut out);
        while let Some(message) = out.pop() {
            assert!(
                !matches!(message.kind, Kind::Notice(_) | Kind::Body(_)),
                "{media} cut at {cut}: {message:?}"
            );
            offsets.push(message.offset.0);
        }
        assert!(bytes.is_empty() || bytes.is_unique(), "{media} cut at {cut}: keeps its piece");
    }
    offsets
}

#[test]
fn no_piece_is_kept_and_items_stand_where_they_begin() {
    for (media, bytes, starts) in bodies() {
        for cut in 0..=bytes.len() {
            assert_eq!(offsets(media, &bytes, cut, false), starts, "{media} cut at {cut}");
            // What is decoded stands where the bytes stand that it was decoded from.
            let decoded = starts.map(|start| if start < cut as u64 { 1_000 } else { 2_000 });
            assert_eq!(offsets(media, &bytes, cut, true), decoded, "{media} cut at {cut}");
        }
    }
}

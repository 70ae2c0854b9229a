//! Codings against encoders that are not ours: of flate2, brotli and zstd, and what Python's `gzip` and `zlib` made.

mod caps;
mod flushes;
mod hostile;
mod members;
mod properties;
mod splits;

use std::io::Write;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

use super::{Coding, Decoder, Fate, Stop};
use crate::limits;

/// An encoder and its level.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Encoder {
    Gzip(u32),
    Zlib(u32),
    Raw(u32),
    Brotli(u32),
    Zstd(i32),
}

const ENCODERS: [Encoder; 5] =
    [Encoder::Gzip(6), Encoder::Zlib(6), Encoder::Raw(6), Encoder::Brotli(5), Encoder::Zstd(3)];

impl Encoder {
    fn coding(self) -> Coding {
        match self {
            Self::Gzip(_) => Coding::Gzip,
            Self::Zlib(_) | Self::Raw(_) => Coding::Deflate,
            Self::Brotli(_) => Coding::Brotli,
            Self::Zstd(_) => Coding::Zstd,
        }
    }

    fn encode(self, content: &[u8]) -> Vec<u8> {
        self.flushed(&[content]).concat()
    }

    /// What was written after each part, and at the end.
    fn flushed(self, parts: &[&[u8]]) -> Vec<Vec<u8>> {
        match self {
            Self::Gzip(level) => deflated(Compress::new_gzip(Compression::new(level), 15), SYNC, parts),
            Self::Zlib(level) => deflated(Compress::new(Compression::new(level), true), SYNC, parts),
            Self::Raw(level) => deflated(Compress::new(Compression::new(level), false), SYNC, parts),
            Self::Brotli(level) => {
                let encoder = brotli::CompressorWriter::new(Vec::new(), 4096, level, 22);
                cut(encoder, parts, |encoder| encoder.get_mut(), |encoder| encoder.into_inner())
            }
            Self::Zstd(level) => {
                let mut encoder = zstd::Encoder::new(Vec::new(), level).unwrap();
                encoder.include_checksum(true).unwrap();
                cut(encoder, parts, |encoder| encoder.get_mut(), |encoder| encoder.finish().unwrap())
            }
        }
    }
}

const SYNC: FlushCompress = FlushCompress::Sync;

/// Not by way of `flate2::write`: its flush keeps some back when much was written since the last.
fn deflated(mut encoder: Compress, flush: FlushCompress, parts: &[&[u8]]) -> Vec<Vec<u8>> {
    // All of it may come at the end.
    let content: usize = parts.iter().map(|part| part.len()).sum();
    let mut coded = |part: &[u8], flush| {
        let mut coded = Vec::with_capacity(content + content / 100 + 1000);
        encoder.compress_vec(part, &mut coded, flush).unwrap();
        assert!(coded.len() < coded.capacity());
        coded.shrink_to_fit();
        coded
    };
    let flush = if parts.len() > 1 { flush } else { FlushCompress::None };
    let mut written: Vec<_> = parts.iter().map(|part| coded(part, flush)).collect();
    written.push(coded(&[], FlushCompress::Finish));
    written
}

fn cut<W: Write>(
    mut encoder: W,
    parts: &[&[u8]],
    sink: impl Fn(&mut W) -> &mut Vec<u8>,
    finish: impl FnOnce(W) -> Vec<u8>,
) -> Vec<Vec<u8>> {
    let mut written = Vec::new();
    for part in parts {
        encoder.write_all(part).unwrap();
        if parts.len() > 1 {
            encoder.flush().unwrap();
        }
        written.push(std::mem::take(sink(&mut encoder)));
    }
    written.push(finish(encoder));
    written
}

/// What a body became.
#[derive(Debug, PartialEq)]
struct Decoded {
    content: Vec<u8>,
    stop: Option<Stop>,
    whole: bool,
    mislabelled: Option<Coding>,
}

/// The content and nothing to remark.
fn whole(content: &[u8]) -> Decoded {
    Decoded { content: content.to_vec(), stop: None, whole: true, mislabelled: None }
}

fn decode<'a>(applied: &[Coding], pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoder = Decoder::new(applied);
    let (mut content, mut stop) = (Vec::new(), None);
    for piece in pieces {
        let mut room = usize::MAX;
        let before = content.len();
        let fate = decoder.push(piece, &mut room, &mut |bytes: Bytes| {
            assert!(!bytes.is_empty() && bytes.len() <= limits::CODING_PIECE_BYTES, "{}", bytes.len());
            content.extend_from_slice(&bytes);
        });
        assert_eq!(usize::MAX - room, content.len() - before);
        match fate {
            Fate::Going => assert_eq!(stop, None),
            Fate::Stopped(why) => assert_eq!(stop.replace(why), None, "said once"),
            Fate::Dropped => assert!(stop.is_some() && content.len() == before && decoder.held() == 0),
        }
    }
    Decoded { content, stop, whole: decoder.is_whole(), mislabelled: decoder.mislabelled() }
}

/// In one piece, cut in two at each place, and byte by byte.
#[track_caller]
fn check(applied: &[Coding], body: &[u8], expect: &Decoded) {
    assert_eq!(&decode(applied, [body]), expect, "in one piece");
    for at in 0..=body.len() {
        let (left, right) = body.split_at(at);
        assert_eq!(&decode(applied, [left, right]), expect, "cut at {at} of {}", body.len());
    }
    assert_eq!(&decode(applied, body.chunks(1)), expect, "byte by byte");
}

/// Events as a model sends them, which compress well.
fn events(count: usize) -> Vec<Vec<u8>> {
    let event = |index: usize| {
        let word = ["bee", "Ωmega", "the ", " of\\n", "42", "…"][index * 7 % 6];
        format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{index},\
             \"delta\":{{\"type\":\"text_delta\",\"text\":\"{word}{}\"}},\"id\":\"chatcmpl-{:x}\"}}\n\n",
            index * 31 % 97,
            index.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        )
    };
    (0..count).map(|index| event(index).into_bytes()).collect()
}

/// Bytes that do not compress.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(count)
    .collect()
}

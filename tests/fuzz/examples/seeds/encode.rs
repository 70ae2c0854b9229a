//! Encoders of what seeds are made of: scripts, frames, content codings.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use fuzz::prologue;

/// A step of a script in both directions.
#[derive(Clone)]
pub enum Op {
    ToServer(Vec<u8>),
    ToClient(Vec<u8>),
    GapToServer(u8),
    GapToClient(u8),
    /// Milliseconds.
    Tick(u8),
    Close,
}

/// As `Script::both_ways` reads it.
pub fn both_ways(late: bool, piece: u8, ops: &[Op]) -> Vec<u8> {
    let mut bytes = vec![u8::from(late) | piece << 1];
    for op in ops {
        match op {
            Op::ToServer(content) => push(&mut bytes, 0, content),
            Op::ToClient(content) => push(&mut bytes, 1, content),
            Op::GapToServer(missing) => bytes.extend([2, *missing]),
            Op::GapToClient(missing) => bytes.extend([6, *missing]),
            Op::Tick(by) => bytes.extend([3, *by]),
            Op::Close => bytes.extend([7, 0]),
        }
    }
    bytes
}

fn push(bytes: &mut Vec<u8>, op: u8, content: &[u8]) {
    for part in content.chunks(255) {
        bytes.extend([op, part.len() as u8]);
        bytes.extend_from_slice(part);
    }
}

/// As `script::frames` reads it: cut where the payload is longer than its length can say.
pub fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    if payload.is_empty() {
        return vec![kind, flags, stream, 0];
    }
    payload.chunks(255).flat_map(|part| [&[kind, flags, stream, part.len() as u8], part].concat()).collect()
}

pub fn h2_field(name: &str, value: &str) -> Vec<u8> {
    prologue::field(name, value)
}

pub fn chunk(content: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", content.len()).as_bytes(), content, b"\r\n"].concat()
}

pub fn grpc_message(compressed: bool, content: &[u8]) -> Vec<u8> {
    [&[u8::from(compressed)], (content.len() as u32).to_be_bytes().as_slice(), content].concat()
}

/// RFC 6455 §5.2, up to 64 KiB; `first` is FIN, the reserved bits and the opcode.
pub fn websocket_frame(first: u8, key: Option<[u8; 4]>, content: &[u8]) -> Vec<u8> {
    let mask = if key.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match content.len() {
        short @ 0..126 => bytes.push(mask | short as u8),
        long => {
            bytes.push(mask | 126);
            bytes.extend((long as u16).to_be_bytes());
        }
    }
    let key = key.map(|key| {
        bytes.extend(key);
        key
    });
    let key = key.unwrap_or_default();
    bytes.extend(content.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// One message of `application/vnd.amazon.eventstream`: lengths, their checksum, headers of type string, payload,
/// checksum of all.
pub fn event_stream(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    const STRING: u8 = 7;
    let mut fields = Vec::new();
    for (name, value) in headers {
        fields.push(name.len() as u8);
        fields.extend(name.as_bytes());
        fields.push(STRING);
        fields.extend((value.len() as u16).to_be_bytes());
        fields.extend(value.as_bytes());
    }
    let total = 12 + fields.len() + payload.len() + 4;
    let mut bytes = (total as u32).to_be_bytes().to_vec();
    bytes.extend((fields.len() as u32).to_be_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
    bytes.extend(fields);
    bytes.extend(payload);
    bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

/// Flushed after each part, as servers do after each event.
pub fn gzip(parts: &[&str]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for part in parts {
        encoder.write_all(part.as_bytes()).and_then(|()| encoder.flush()).expect("memory takes everything");
    }
    encoder.finish().expect("memory takes everything")
}

/// What RFC 9110 §8.4.1.2 means by `deflate`.
pub fn zlib(parts: &[&str]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    for part in parts {
        encoder.write_all(part.as_bytes()).and_then(|()| encoder.flush()).expect("memory takes everything");
    }
    encoder.finish().expect("memory takes everything")
}

/// What some servers take it for, and what WebSocket has; flushed, not finished.
pub fn raw_deflate(parts: &[&str]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    for part in parts {
        encoder.write_all(part.as_bytes()).and_then(|()| encoder.flush()).expect("memory takes everything");
    }
    encoder.get_ref().clone()
}

pub fn brotli(parts: &[&str]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 18);
    for part in parts {
        encoder.write_all(part.as_bytes()).and_then(|()| encoder.flush()).expect("memory takes everything");
    }
    encoder.into_inner()
}

pub fn zstd(parts: &[&str]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).expect("level 3 exists");
    for part in parts {
        encoder.write_all(part.as_bytes()).and_then(|()| encoder.flush()).expect("memory takes everything");
    }
    encoder.finish().expect("memory takes everything")
}

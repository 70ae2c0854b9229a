//! What crosses, made by hand.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Chunks of a chat completion, about 300 bytes each, no two alike.
pub(crate) fn events(count: usize) -> Vec<Vec<u8>> {
    let event = |index: usize| {
        let words = ["light", " travels", " as", " a", " wave", " and", " is", " counted", ",", " always"];
        let word = words.get(index * 7 % words.len()).unwrap_or(&"");
        format!(
            "data: {{\"id\":\"chatcmpl-9f1c27a4b3d84e6a91\",\"object\":\"chat.completion.chunk\",\"created\":1763712467,\
             \"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_{:08x}\",\
             \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}},\"logprobs\":null,\"finish_reason\":null}}],\
             \"obfuscation\":\"{:08x}\"}}\n\n",
            index.wrapping_mul(2_654_435_761) as u32,
            index.wrapping_mul(40_503) as u32,
        )
    };
    (0..count).map(|index| event(index).into_bytes()).collect()
}

/// One gzip stream in parts: flushed after each event, as servers must for a client to see it at once.
pub(crate) fn gzip(events: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let mut parts = Vec::new();
    for event in events {
        encoder.write_all(event).unwrap();
        encoder.flush().unwrap();
        parts.push(std::mem::take(encoder.get_mut()));
    }
    parts.push(encoder.finish().unwrap());
    parts
}

pub(crate) fn h1_request() -> Vec<u8> {
    let body = "{\"model\":\"gpt-4o\",\"stream\":true}";
    let length = body.len();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into()
}

/// The head; `fields` end their own lines.
pub(crate) fn h1_response(fields: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{fields}\r\n").into()
}

pub(crate) fn chunk(content: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", content.len()).as_bytes(), content, b"\r\n"].concat()
}

/// Embeddings: one JSON body of numbers.
pub(crate) fn json_response(bytes: usize) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {bytes}\r\n\r\n");
    let mut response = head.into_bytes();
    let end = response.len() + bytes;
    response.extend(b"{\"data\":[{\"embedding\":[");
    let mut number = 0_u32;
    while response.len() < end {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        writeln!(response, "-0.0{number:010},").unwrap();
    }
    response.truncate(end);
    response
}

/// A client's preface and SETTINGS, and a finished request on each of the first `streams` streams.
pub(crate) fn h2_request(streams: u32) -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, b""));
    // Indexed fields of the static table: `:method: POST`, `:scheme: https` (RFC 7541 appendix A).
    let block = [
        vec![0x83, 0x87],
        field(":path", "/v1/chat/completions"),
        field(":authority", "api.openai.com"),
        field("content-type", "application/json"),
    ]
    .concat();
    for stream in (0..streams).map(number) {
        bytes.extend(frame(HEADERS, END_HEADERS, stream, &block));
        bytes.extend(frame(DATA, END_STREAM, stream, b"{\"model\":\"gpt-4o\",\"stream\":true}"));
    }
    bytes
}

/// One response on stream 1, a DATA frame for each part.
pub(crate) fn h2_response(parts: &[Vec<u8>], gzip: bool) -> Vec<Vec<u8>> {
    let mut frames = vec![frame(SETTINGS, 0, 0, b""), h2_response_head(1, gzip)];
    frames.extend(parts.iter().map(|part| frame(DATA, 0, 1, part)));
    frames.push(frame(DATA, END_STREAM, 1, b""));
    frames
}

/// As many responses at once, which take turns.
pub(crate) fn h2_interleaved(streams: u32, events: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let all = || (0..streams).map(number);
    let mut frames = vec![frame(SETTINGS, 0, 0, b"")];
    frames.extend(all().map(|stream| h2_response_head(stream, false)));
    frames.extend(events.iter().zip(all().cycle()).map(|(event, stream)| frame(DATA, 0, stream, event)));
    frames.extend(all().map(|stream| frame(DATA, END_STREAM, stream, b"")));
    frames
}

pub(crate) fn h2_response_head(stream: u32, gzip: bool) -> Vec<u8> {
    // `:status: 200`.
    let mut block = [vec![0x88], field("content-type", "text/event-stream")].concat();
    if gzip {
        block.extend(field("content-encoding", "gzip"));
    }
    frame(HEADERS, END_HEADERS, stream, &block)
}

pub(crate) fn h2_settings() -> Vec<u8> {
    frame(SETTINGS, 0, 0, b"")
}

pub(crate) fn h2_data(stream: u32, content: &[u8]) -> Vec<u8> {
    frame(DATA, 0, stream, content)
}

/// The id of a client's stream.
pub(crate) fn number(index: u32) -> u32 {
    index * 2 + 1
}

/// RFC 9113 §4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, high, middle, low] = (payload.len() as u32).to_be_bytes();
    let [a, b, c, d] = stream.to_be_bytes();
    [&[high, middle, low, kind, flags, a, b, c, d], payload].concat()
}

/// A literal field without indexing and without Huffman coding (RFC 7541 §6.2.2), name and value below 127 bytes.
fn field(name: &str, value: &str) -> Vec<u8> {
    [&[0, name.len() as u8], name.as_bytes(), &[value.len() as u8], value.as_bytes()].concat()
}

/// Frame types and flags (RFC 9113 §6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

//! The fixed beginnings of connections, which the input then continues.

use wire::Direction::{self, ToClient, ToServer};

/// What crossed, and which way.
pub type Prologue = [(Direction, Vec<u8>); 2];

/// An HTTP/1 request and the head of its response; `fields` end their own lines.
pub fn h1(fields: &str) -> Prologue {
    let request = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
    let response = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
    [(ToServer, request.into()), (ToClient, response.into_bytes())]
}

/// An upgrade to WebSocket (RFC 6455 §4) with compression (RFC 7692).
pub fn websocket() -> Prologue {
    let request = "GET /v1/realtime HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    let response = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
        Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    [(ToServer, request.into()), (ToClient, response.into())]
}

/// An HTTP/2 client's preface, its SETTINGS, and a finished request on each of `streams`.
pub fn h2_client(streams: &[u32]) -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(h2_settings());
    let block = request_block("/v1/chat/completions", "application/json");
    for stream in streams {
        bytes.extend(frame_header(block.len(), HEADERS, END_STREAM | END_HEADERS, *stream));
        bytes.extend_from_slice(&block);
    }
    bytes
}

/// A server's first frame, or the one after a client's preface: no setting differs from its default.
pub fn h2_settings() -> Vec<u8> {
    frame_header(0, SETTINGS, 0, 0).to_vec()
}

/// A gRPC call on stream 1, up to the head of its response.
pub fn grpc() -> Prologue {
    let mut request = h2_client(&[]);
    let block =
        [request_block("/pkg.Service/Method", "application/grpc"), field("grpc-encoding", "gzip")].concat();
    request.extend(frame_header(block.len(), HEADERS, END_HEADERS, 1));
    request.extend(block);
    // Uncompressed, four bytes (the gRPC protocol's length-prefixed message).
    request.extend(frame_header(9, DATA, END_STREAM, 1));
    request.extend(b"\0\0\0\0\x04\x0a\x02hi");
    let mut response = h2_settings();
    let block = [vec![STATUS_200], field("content-type", "application/grpc"), field("grpc-encoding", "gzip")]
        .concat();
    response.extend(frame_header(block.len(), HEADERS, END_HEADERS, 1));
    response.extend(block);
    [(ToServer, request), (ToClient, response)]
}

/// RFC 9113 §4.1.
pub fn frame_header(length: usize, kind: u8, flags: u8, stream: u32) -> [u8; 9] {
    let [_, high, middle, low] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let [a, b, c, d] = (stream & 0x7fff_ffff).to_be_bytes();
    [high, middle, low, kind, flags, a, b, c, d]
}

fn request_block(path: &str, content_type: &str) -> Vec<u8> {
    let method_and_scheme = vec![METHOD_POST, SCHEME_HTTPS];
    [method_and_scheme, field(":path", path), field(":authority", "a"), field("content-type", content_type)]
        .concat()
}

/// A literal field without indexing, with a new name, without Huffman coding (RFC 7541 §6.2.2). Both are shorter than
/// 127 bytes, so that each length is one byte.
pub fn field(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap_or(0) & 0x7f;
    let mut bytes = vec![0, length(name)];
    bytes.extend(name.as_bytes());
    bytes.push(length(value));
    bytes.extend(value.as_bytes());
    bytes
}

/// Frame types and flags (RFC 9113 §6).
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const SETTINGS: u8 = 4;
pub const END_STREAM: u8 = 0x1;
pub const END_HEADERS: u8 = 0x4;

/// Fields of the static table (RFC 7541 appendix A).
pub const METHOD_POST: u8 = 0x83;
pub const SCHEME_HTTPS: u8 = 0x87;
pub const STATUS_200: u8 = 0x88;

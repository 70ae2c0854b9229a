//! Writes the samples that fuzzing starts from: `corpus/TARGET/seed-NAME`.
//!
//! In: nothing. Out: for each target a few valid streams, as `src/script.rs` reads them, made by encoders that share no
//! code with our decoders. The same files every time. `cargo xtask fuzz --seeds` runs it.

#[path = "seeds/calls.rs"]
mod calls;
#[path = "seeds/encode.rs"]
mod encode;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use encode::{Op, both_ways, chunk, event_stream, frame, grpc_message, h2_field, websocket_frame};
use fuzz::prologue::{DATA, END_HEADERS, END_STREAM, HEADERS, METHOD_POST, SCHEME_HTTPS, STATUS_200};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let seeds: Vec<(&str, Vec<Seed>)> = vec![
        ("brotli", coded(&encode::brotli)),
        ("chunked", chunked()),
        ("deflate", [coded(&encode::zlib), renamed("raw", coded(&encode::raw_deflate))].concat()),
        ("eventstream", event_streams()),
        ("grpc", grpc()),
        ("gzip", coded(&encode::gzip)),
        ("h1", h1()),
        ("h2_client", h2_client()),
        ("h2_late", h2_late()),
        ("h2_server", h2_server()),
        ("hpack", hpack()),
        ("json_array", json_array()),
        ("ndjson", ndjson()),
        ("sse", sse()),
        ("websocket", websocket()),
        ("zstd", coded(&encode::zstd)),
    ];
    for (target, seeds) in seeds.into_iter().chain(calls::all()) {
        let directory = corpus.join(target);
        fs::create_dir_all(&directory)?;
        for (name, bytes) in &seeds {
            fs::write(directory.join(format!("seed-{name}")), bytes)?;
        }
        writeln!(io::stdout(), "{target}: {} seeds", seeds.len())?;
    }
    Ok(())
}

type Seed = (String, Vec<u8>);

fn seed(name: &str, bytes: impl Into<Vec<u8>>) -> Seed {
    (name.to_owned(), bytes.into())
}

/// A `stream` script: whole, in pieces over several steps, and with a loss.
fn streams(name: &str, content: &[u8]) -> Vec<Seed> {
    let with = |pieces: u8, gap: u8| [&[pieces, gap], content].concat();
    vec![
        seed(name, with(6, 0)),
        seed(&format!("{name}-steps"), with(0xe2, 0)),
        seed(&format!("{name}-gap"), with(0x42, 0x85)),
    ]
}

fn renamed(prefix: &str, seeds: Vec<Seed>) -> Vec<Seed> {
    seeds.into_iter().map(|(name, bytes)| (format!("{prefix}-{name}"), bytes)).collect()
}

const CHAT: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n\
    data: {\"choices\":[],\"usage\":{\"total_tokens\":9}}\n\ndata: [DONE]\n\n";
const NAMED: &str = ": ping\r\nevent: message_start\r\ndata: {\"type\":\"message_start\"}\r\nid: 1\r\nretry: 9\r\n\r\n\
    event: message_stop\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\n";

fn coded(encode: &dyn Fn(&[&str]) -> Vec<u8>) -> Vec<Seed> {
    let chat: Vec<&str> = CHAT.split_inclusive("\n\n").collect();
    [
        streams("flushed", &encode(&chat)),
        streams("whole", &encode(&[CHAT])),
        streams("named", &encode(&[NAMED])),
        streams("empty", &encode(&[])),
        streams("twice", &[encode(&chat), encode(&chat)].concat()),
        vec![seed("repeated", [&[31, 0], encode(&[&CHAT.repeat(40)]).as_slice()].concat())],
    ]
    .concat()
}

fn sse() -> Vec<Seed> {
    let mixed = "\u{feff}data\r\rdata:a\rdata: b\n\n\n:c\nevent:x\ndata:{}\r\n\r\nunknown: 1\n\ndata: torn";
    [streams("chat", CHAT.as_bytes()), streams("named", NAMED.as_bytes()), streams("mixed", mixed.as_bytes())]
        .concat()
}

fn chunked() -> Vec<Seed> {
    let plain = [chunk(b"hello"), chunk(b"world, this is longer"), b"0\r\n\r\n".to_vec()].concat();
    let extended = b"5;a=\"1\"\r\nhello\r\n0005\r\nworld\r\n00;last\r\nTrailer: x\r\n\r\n";
    let next = [plain.as_slice(), b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"].concat();
    [
        streams("plain", &plain),
        streams("extended", extended),
        streams("next", &next),
        streams("wrong", b"zz\r\nhello\r\n"),
        streams("huge", b"ffffffffffffffff\r\nhello\r\n"),
    ]
    .concat()
}

fn h1() -> Vec<Seed> {
    let request = b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
    let events = format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n{CHAT}");
    let lengths = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let empty = b"HTTP/1.1 204 No Content\r\n\r\n";
    let chunked = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
        chunk(b"hello"),
        b"0\r\n\r\n".to_vec(),
    ]
    .concat();
    let get = b"GET /v1/models HTTP/1.1\r\n\r\n";
    let push = |bytes: &[u8]| Op::ToServer(bytes.to_vec());
    let answer = |bytes: &[u8]| Op::ToClient(bytes.to_vec());
    let calls = [
        ("events", vec![push(request), answer(events.as_bytes())]),
        ("lengths", vec![push(request), answer(lengths), push(get), answer(empty)]),
        ("pipelined", vec![push(get), push(get), answer(lengths), answer(&chunked)]),
        (
            "gap",
            vec![
                push(request),
                answer(lengths),
                Op::GapToClient(60),
                answer(lengths),
                push(get),
                answer(&chunked),
            ],
        ),
        ("gap-server", vec![push(request), Op::GapToServer(99), push(get), answer(lengths)]),
        (
            "upgrade",
            vec![
                push(b"CONNECT a:1 HTTP/1.1\r\n\r\n"),
                answer(b"HTTP/1.1 200 OK\r\n\r\n"),
                push(b"\x16\x03\x01"),
            ],
        ),
        ("foreign", vec![push(b"\x16\x03\x01\x00\xa5"), answer(b"SSH-2.0-x\r\n")]),
        ("closed", vec![push(request), Op::Tick(200), Op::Close, answer(lengths)]),
        (
            "gzip",
            vec![push(get), answer(&[
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/event-stream\r\n\r\n".to_vec(),
            encode::gzip(&[CHAT]),
        ].concat())],
        ),
    ];
    let scripts = calls.into_iter().flat_map(|(name, ops)| {
        let late = both_ways(true, 4, &ops);
        [seed(name, both_ways(false, 6, &ops)), seed(&format!("{name}-late"), late)]
    });
    scripts.collect()
}

fn request_block(path: &str) -> Vec<u8> {
    [vec![METHOD_POST, SCHEME_HTTPS], h2_field(":path", path), h2_field(":authority", "a")].concat()
}

fn response_block(content_type: &str) -> Vec<u8> {
    [vec![STATUS_200], h2_field("content-type", content_type)].concat()
}

/// Trailers of gRPC.
fn trailers() -> Vec<u8> {
    h2_field("grpc-status", "0")
}

fn h2_server() -> Vec<Seed> {
    let head = frame(HEADERS, END_HEADERS, 1, &response_block("text/event-stream"));
    let events: Vec<u8> =
        CHAT.split_inclusive("\n\n").flat_map(|event| frame(DATA, 0, 1, event.as_bytes())).collect();
    let end = frame(DATA, END_STREAM, 1, b"");
    let one = [head.clone(), events.clone(), end.clone()].concat();
    let block = response_block("application/json");
    let (first, rest) = block.split_at(3);
    let interleaved = [
        frame(HEADERS, 0, 3, first),
        frame(9, END_HEADERS, 3, rest),
        head.clone(),
        frame(DATA, 0, 3, b"{\"a\":"),
        events.clone(),
        frame(DATA, END_STREAM, 3, b"1}"),
        end.clone(),
        frame(HEADERS, END_HEADERS | END_STREAM, 5, &[0x8d]),
    ]
    .concat();
    let control = [
        frame(4, 0, 0, &[0, 1, 0, 0, 0, 0, 0, 5, 0, 0, 0x40, 0]),
        frame(4, 1, 0, b""),
        frame(8, 0, 0, &[0, 0, 1, 0]),
        frame(6, 0, 0, b"12345678"),
        head.clone(),
        // Padded, then reset, then gone.
        frame(DATA, 8, 1, b"\x03data: x\n\n\0\0\0"),
        frame(3, 0, 1, &[0, 0, 0, 8]),
        frame(7, 0, 0, &[0, 0, 0, 3, 0, 0, 0, 0]),
    ]
    .concat();
    [streams("events", &one), streams("interleaved", &interleaved), streams("control", &control)].concat()
}

fn h2_client() -> Vec<Seed> {
    let head = |stream, flags| frame(HEADERS, flags, stream, &request_block("/v1/chat/completions"));
    let calls = [
        head(1, END_HEADERS),
        frame(DATA, 0, 1, b"{\"model\":"),
        frame(DATA, END_STREAM, 1, b"\"m\"}"),
        head(3, END_HEADERS | END_STREAM),
    ]
    .concat();
    let priority = [&[0, 0, 0, 0, 16], request_block("/").as_slice()].concat();
    let odd = [
        frame(2, 0, 1, &[0, 0, 0, 0, 15]),
        frame(HEADERS, END_HEADERS | 0x20, 1, &priority),
        frame(3, 0, 1, &[0, 0, 0, 8]),
        frame(10, 0, 0, b"unknown"),
        frame(HEADERS, END_HEADERS, 2, &request_block("/even")),
        frame(DATA, 0, 77, b"nobody's"),
    ]
    .concat();
    [streams("calls", &calls), streams("odd", &odd)].concat()
}

fn h2_late() -> Vec<Seed> {
    let request = [
        frame(HEADERS, END_HEADERS, 9, &request_block("/v1/messages")),
        frame(DATA, END_STREAM, 9, b"{\"model\":\"m\"}"),
    ]
    .concat();
    let events = [
        frame(HEADERS, END_HEADERS, 9, &response_block("text/event-stream")),
        frame(DATA, 0, 9, CHAT.as_bytes()),
        frame(DATA, END_STREAM, 9, b""),
    ]
    .concat();
    // What remains of a frame that began before: type FF passes it on as it is.
    let torn = [&[0xff, 0, 0, 9], b"rest\"}}]}\n\n".split_at(9).0, &events].concat();
    // An index of the dynamic table, whose entry was not seen.
    let unknown =
        [frame(HEADERS, END_HEADERS, 9, &[STATUS_200, 0xbe, 0xbf]), frame(DATA, 0, 9, CHAT.as_bytes())]
            .concat();
    let scripts = [
        ("calls", vec![Op::ToServer(request.clone()), Op::ToClient(events.clone())]),
        ("torn", vec![Op::ToClient(torn), Op::ToServer(request.clone()), Op::ToClient(events.clone())]),
        ("unknown", vec![Op::ToServer(request), Op::ToClient(unknown)]),
        ("gap", vec![Op::ToClient(events.clone()), Op::GapToClient(33), Op::ToClient(events)]),
    ];
    scripts.map(|(name, ops)| seed(name, both_ways(true, 6, &ops))).to_vec()
}

fn hpack() -> Vec<Seed> {
    let blocks = |blocks: &[&[u8]]| -> Vec<u8> {
        blocks.iter().flat_map(|block| [&[block.len() as u8], *block].concat()).collect()
    };
    // RFC 7541 appendix C.3 and C.4: three requests that share the table, plain and in Huffman code.
    let plain = blocks(&[
        b"\x82\x86\x84\x41\x0fwww.example.com",
        b"\x82\x86\x84\xbe\x58\x08no-cache",
        b"\x82\x87\x85\xbf\x40\x0acustom-key\x0ccustom-value",
    ]);
    let huffman = blocks(&[
        b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff",
        b"\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf",
        b"\x82\x87\x85\xbf\x40\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x89\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf",
    ]);
    // Table sizes, an entry that is never indexed, an integer of many bytes, an index that nothing has.
    let edges = blocks(&[
        b"\x20\x3f\xe1\x1f\x82\x87\x84",
        b"\x82\x87\x84\x10\x0dauthorization\x01x",
        b"\x82\x87\x84\x3f\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x82\xff\xff\xff\x7f",
        b"\x82\x41\x82\xff\xff",
    ]);
    [streams("plain", &plain), streams("huffman", &huffman), streams("edges", &edges)].concat()
}

fn grpc() -> Vec<Seed> {
    let messages = [grpc_message(false, b"\x0a\x05hello"), grpc_message(false, b"")].concat();
    let plain =
        [frame(DATA, 0, 1, &messages), frame(HEADERS, END_HEADERS | END_STREAM, 1, &trailers())].concat();
    let whole = grpc_message(true, &encode::gzip(&["\n\u{5}hello"]));
    let (first, rest) = whole.split_at(7);
    let compressed = [
        frame(DATA, 0, 1, first),
        frame(DATA, 0, 1, rest),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &trailers()),
    ]
    .concat();
    let huge = frame(DATA, 0, 1, b"\0\xff\xff\xff\xffabc");
    [streams("plain", &plain), streams("compressed", &compressed), streams("huge", &huge)].concat()
}

fn ndjson() -> Vec<Seed> {
    let chat = "{\"message\":{\"content\":\"Hi\"},\"done\":false}\n{\"done\":true,\"eval_count\":9}\n";
    [
        streams("chat", chat.as_bytes()),
        streams("crlf", b"{\"a\":1}\r\n\r\n \n{\"b\":\"\\n\"}\r\n"),
        streams("torn", b"{\"a\":1}\n{\"b\":"),
    ]
    .concat()
}

fn json_array() -> Vec<Seed> {
    let gemini = "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi, ]}\"}]}}]}\n,\r\n\
        {\"usageMetadata\":{\"totalTokenCount\":9}}\n]\n";
    [
        streams("gemini", gemini.as_bytes()),
        streams("values", b" [1,\"a\\\"],\", [[],{}], null , -1.5e3]"),
        streams("object", b"{\"id\":\"x\",\"usage\":{\"total_tokens\":9}}"),
        streams("torn", b"[{\"a\":[1,2"),
    ]
    .concat()
}

fn event_streams() -> Vec<Seed> {
    let start = event_stream(
        &[(":event-type", "messageStart"), (":message-type", "event")],
        b"{\"role\":\"assistant\"}",
    );
    let delta = event_stream(
        &[
            (":event-type", "contentBlockDelta"),
            (":content-type", "application/json"),
            (":message-type", "event"),
        ],
        b"{\"delta\":{\"text\":\"Hi\"}}",
    );
    let exception =
        event_stream(&[(":exception-type", "throttlingException"), (":message-type", "exception")], b"{}");
    let mut broken = delta.clone();
    if let Some(byte) = broken.get_mut(30) {
        *byte ^= 1;
    }
    [
        streams("events", &[start.clone(), delta.clone(), exception].concat()),
        streams("broken", &[start, broken, delta].concat()),
        streams("empty", &event_stream(&[], b"")),
    ]
    .concat()
}

fn websocket() -> Vec<Seed> {
    let key = [1, 2, 3, 4];
    let text = "{\"type\":\"response.create\"}";
    let hello = encode::raw_deflate(&[text]);
    let hello = hello.strip_suffix(b"\0\0\xff\xff").unwrap_or(&hello);
    let plain = vec![
        Op::ToServer(websocket_frame(0x81, Some(key), text.as_bytes())),
        Op::ToClient(websocket_frame(0x81, None, b"{\"type\":\"response.done\"}")),
        Op::ToClient(websocket_frame(0x89, None, b"ping")),
        Op::ToServer(websocket_frame(0x8a, Some(key), b"ping")),
        Op::ToClient(websocket_frame(0x88, None, b"\x03\xe8")),
    ];
    let compressed = vec![
        Op::ToServer(websocket_frame(0xc1, Some(key), hello)),
        Op::ToClient(websocket_frame(0xc1, None, hello)),
    ];
    let (first, rest) = text.split_at(9);
    let fragments = vec![
        Op::ToClient(websocket_frame(0x01, None, first.as_bytes())),
        Op::ToClient(websocket_frame(0x89, None, b"")),
        Op::ToClient(websocket_frame(0x80, None, rest.as_bytes())),
        Op::ToClient(websocket_frame(0x82, None, &[7; 300])),
    ];
    let gap = vec![
        Op::ToClient(websocket_frame(0x81, None, text.as_bytes())),
        Op::GapToClient(40),
        Op::ToClient(websocket_frame(0xc1, None, hello)),
    ];
    let huge = vec![Op::ToClient(b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff".to_vec())];
    let scripts = [
        ("plain", plain),
        ("compressed", compressed),
        ("fragments", fragments),
        ("gap", gap),
        ("huge", huge),
    ];
    scripts.map(|(name, ops)| seed(name, both_ways(false, 6, &ops))).to_vec()
}

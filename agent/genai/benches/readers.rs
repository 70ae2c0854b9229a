//! What reading costs: `cargo xtask bench readers`.
//!
//! In: a chat as OpenAI streams it, made by hand. Out: criterion's measurements and one table. Before anything is
//! measured, the pipeline must give the call that went into it: a reader that reads nothing is not fast.
//!
//! - `scan/…`: the scanner over one chunk, by a shape that wants three members, beside two parsers that build values
//! - `reader/…`: decoded events into an interpreter: recognition, times and the chat reader
//! - `pipeline/…`: bytes as captured, through the decoder into an interpreter
//!
//! The scanner is private, so its file is compiled in here.
#![allow(clippy::print_stdout, reason = "its output is a table")]
#![allow(clippy::unwrap_used, reason = "what cannot be measured must fail")]
#![allow(dead_code, reason = "of the files that are compiled in, only a part is measured")]

#[path = "../src/json_scan.rs"]
mod json_scan;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use genai::{Call, Interpreter, limits};
use serde::Deserialize;
use wire::{Connection, Direction, Message, StreamOffset, Time};

use crate::json_scan::{Container, Scalar, Scanner, Shape};

/// Events of a stream.
const EVENTS: usize = 2000;
/// As TLS libraries give them to a busy process.
const READ: usize = 16 * 1024;

fn main() {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let mut criterion = Criterion::default()
        .output_directory(directory())
        .without_plots()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(20);
    let mut rows = Vec::new();
    let mut run = |name: &str, bytes: usize, events: usize, work: &mut dyn FnMut()| {
        if name.contains(&filter) {
            let (group, of) = name.split_once('/').unwrap();
            let mut group = criterion.benchmark_group(group);
            group.throughput(Throughput::Bytes(bytes as u64));
            group.bench_function(of, |bencher| bencher.iter(&mut *work));
            group.finish();
            rows.push((name.to_owned(), bytes, events));
        }
    };

    let chunk = long_chunk(r#"{"content":" word"}"#, "null");
    let mut scanner = Scanner::new::<Wanted>();
    let mut wanted = Wanted::default();
    run("scan/json_scan", chunk.len(), 1, &mut || {
        scanner.restart::<Wanted>();
        scanner.push(black_box(chunk.as_bytes()), &mut wanted);
        assert!(scanner.is_done());
    });
    assert_eq!(wanted.said, 2 * wanted.seen);
    run("scan/sonic_value", chunk.len(), 1, &mut || {
        black_box(sonic_rs::from_slice::<sonic_rs::Value>(black_box(chunk.as_bytes())).unwrap());
    });
    run("scan/serde_typed", chunk.len(), 1, &mut || {
        black_box(serde_json::from_slice::<Chunk>(black_box(chunk.as_bytes())).unwrap());
    });

    for (name, response) in [
        ("openai", stream(long_chunk)),
        ("short", stream(short_chunk)),
        // What is passed over has text in it.
        ("logprobs", stream(unlike_chunk)),
    ] {
        let pieces = pieces(&response);
        let messages = messages(&pieces);
        let bytes = response.len();
        assert_sound(&read(messages.clone()));
        let mut copies = Vec::new();
        run(&format!("reader/{name}"), bytes, EVENTS, &mut || {
            // A copy of a message counts references; it is part of neither reader nor pipeline, and costs 30 ns.
            copies.clone_from(&messages);
            black_box(read(std::mem::take(&mut copies)));
        });
        run(&format!("pipeline/{name}"), bytes, EVENTS, &mut || {
            black_box(pipeline(&pieces));
        });
        assert_sound(&pipeline(&pieces));
    }

    println!("\n{:<20} {:>9} {:>10} {:>9}", "what", "MB/s", "events/s", "ns/event");
    for (name, bytes, events) in rows {
        let seconds = estimate(&name);
        let (bytes, events) = (bytes as f64, events as f64);
        let each = seconds * 1e9 / events;
        println!("{name:<20} {:>9.0} {:>10.0} {each:>9.0}", bytes / seconds / 1e6, events / seconds);
    }
    println!("MB/s: of the bytes on the wire; of `scan`, of the chunk alone");
}

/// The call is all there.
fn assert_sound(calls: &[Call]) {
    let [call] = calls else { panic!("{} calls", calls.len()) };
    let stream = call.stream.as_ref().unwrap();
    assert_eq!((stream.chunks, stream.content_chunks), (EVENTS as u64, EVENTS as u64 - 3));
    assert_eq!((call.usage.output, call.unknown_shape), (Some(1997), 0));
    assert_eq!(call.response.finish_reasons, ["stop"]);
}

fn pipeline(pieces: &[(Direction, Bytes)]) -> Vec<Call> {
    let mut interpreter = Interpreter::default();
    decode(pieces, |message| interpreter.push(message));
    std::iter::from_fn(|| interpreter.poll()).collect()
}

fn read(messages: Vec<Message>) -> Vec<Call> {
    let mut interpreter = Interpreter::default();
    messages.into_iter().for_each(|message| interpreter.push(message));
    std::iter::from_fn(|| interpreter.poll()).collect()
}

fn messages(pieces: &[(Direction, Bytes)]) -> Vec<Message> {
    let mut messages = Vec::new();
    decode(pieces, |message| messages.push(message));
    messages
}

fn decode(pieces: &[(Direction, Bytes)], mut take: impl FnMut(Message)) {
    let mut connection = Connection::new(true);
    let mut offsets = [0_u64; 2];
    for (now, (direction, piece)) in pieces.iter().enumerate() {
        let [to_server, to_client] = &mut offsets;
        let offset = if *direction == Direction::ToServer { to_server } else { to_client };
        connection.push(*direction, piece.clone(), StreamOffset(*offset), Time(now as u64));
        *offset += piece.len() as u64;
        while let Some(message) = connection.poll() {
            take(message);
        }
    }
}

/// The bytes of a call as they are captured.
fn pieces(response: &[u8]) -> Vec<(Direction, Bytes)> {
    let body = r#"{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Count."}]}"#;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Type: application/json";
    let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut pieces = vec![(Direction::ToServer, Bytes::from(request))];
    let response = response.chunks(READ).map(|read| (Direction::ToClient, Bytes::copy_from_slice(read)));
    pieces.extend(response);
    pieces
}

/// A response of [`EVENTS`] events: a role first, a finish and usage last, each event in an HTTP chunk of its own.
fn stream(chunk: fn(&str, &str) -> String) -> Vec<u8> {
    let mut events = vec![chunk(r#"{"role":"assistant","content":""}"#, "null")];
    let words = ["The", " quick", " brown", " fox", " jumps", " over", "\\n", " it", " again", "."];
    let words = words.iter().cycle().take(EVENTS - 3);
    events.extend(words.map(|word| chunk(&format!(r#"{{"content":"{word}"}}"#), "null")));
    events.push(chunk("{}", r#""stop""#));
    events.push(r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1997,"total_tokens":2006,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}"#.to_owned());
    events.push("[DONE]".to_owned());
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut text = head.to_owned();
    for event in events {
        let event = format!("data: {event}\n\n");
        text.push_str(&format!("{:x}\r\n{event}\r\n", event.len()));
    }
    text.push_str("0\r\n\r\n");
    text.into_bytes()
}

fn long_chunk(delta: &str, finish: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_44709d6fcb","choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null,"obfuscation":"xA1bC3"}}"#
    )
}

fn short_chunk(delta: &str, finish: &str) -> String {
    format!(
        r#"{{"id":"a1","object":"chat.completion.chunk","created":1741569952,"model":"m","choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}"#
    )
}

fn unlike_chunk(delta: &str, finish: &str) -> String {
    let probability = r#""logprobs":{"content":[{"token":" a","logprob":-0.25,"top_logprobs":[]}]}"#;
    long_chunk(delta, finish).replace(r#""logprobs":null"#, probability)
}

/// What a reader cannot do without: the model, the text, the reason.
#[derive(Debug, Default)]
struct Wanted {
    seen: u64,
    said: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Model,
    Choices,
    Choice,
    Delta,
    Content,
    Finish,
}

impl Shape for Wanted {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"choices") => Some(Place::Choices),
            (Place::Choice, b"delta") => Some(Place::Delta),
            (Place::Choice, b"finish_reason") => Some(Place::Finish),
            (Place::Delta, b"content") => Some(Place::Content),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        (place == Place::Choices).then_some(Place::Choice)
    }

    fn reads_text(place: Place) -> bool {
        place == Place::Model
    }

    fn open(&mut self, _: Place, _: Container) -> bool {
        true
    }

    fn close(&mut self, _: Place) {}

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        self.seen += u64::from(place == Place::Model);
        self.said += u64::from(matches!(scalar, Scalar::Text { empty: false, .. }));
    }
}

/// The same by a parser that makes values.
#[derive(Deserialize)]
struct Chunk {
    model: String,
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

/// Where criterion leaves its estimates: beside what it is built to.
fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/criterion"))
}

/// Seconds of one pass: the median, which a busy machine moves least.
fn estimate(name: &str) -> f64 {
    let path: PathBuf = directory().join(name).join("new/estimates.json");
    #[expect(clippy::disallowed_methods, reason = "criterion gives its estimates in no other way")]
    let text = std::fs::read_to_string(&path).unwrap();
    let estimates: serde_json::Value = serde_json::from_str(&text).unwrap();
    estimates.pointer("/median/point_estimate").and_then(serde_json::Value::as_f64).unwrap() / 1e9
}

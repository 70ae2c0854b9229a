//! What each provider's streams cost, from bytes to calls: `cargo xtask bench providers`.
//!
//! In: a stream of each family, made by hand after the formats that providers document. Out: one table: MB/s of the
//! bytes on the wire, events/s, ns per event, and how that compares to nothing but building a value of each event's JSON.
//! Both are measured in turn, several times, and the best of each counts: what is wanted is a ratio within one run.
//!
//! Before anything is measured, the call must be what went in: its content events, its usage, and nothing not understood.
#![allow(clippy::disallowed_types, reason = "it measures")]
#![allow(clippy::print_stdout, reason = "its output is a table")]
#![allow(clippy::unwrap_used, reason = "what cannot be measured must fail")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use genai::{Call, Interpreter};
use wire::{Connection, Direction, StreamOffset, Time};

/// Content events of a stream.
const EVENTS: usize = 2000;
/// As TLS libraries give them to a busy process.
const READ: usize = 16 * 1024;
/// How long each is run, in turns of [`TURN`].
const FOR: Duration = Duration::from_millis(1500);
const TURN: usize = 5;
const OUTPUT: u64 = 1997;

/// How events are framed.
#[derive(Clone, Copy)]
enum Framing {
    /// `data:`, with `event:` where the event has a name.
    Sse,
    Lines,
    Array,
    /// AWS event stream.
    Frames,
}

/// A family: who is asked, what, and the events of the answer as (name, JSON).
struct Family {
    name: &'static str,
    host: &'static str,
    path: &'static str,
    request: &'static str,
    framing: Framing,
    before: Vec<(&'static str, String)>,
    content: fn(&str) -> (&'static str, String),
    after: Vec<(&'static str, String)>,
    end: &'static str,
}

fn families() -> Vec<Family> {
    let own = |all: &[(&'static str, &str)]| {
        all.iter().map(|(name, json)| (*name, (*json).to_owned())).collect::<Vec<_>>()
    };
    let chat_request = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Count."}]}"#;
    vec![
        Family {
            name: "openai chat",
            host: "api.openai.com",
            path: "/v1/chat/completions",
            request: chat_request,
            framing: Framing::Sse,
            before: Vec::new(),
            content: |word| {
                (
                    "",
                    format!(
                        r#"{{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_44709d6fcb","choices":[{{"index":0,"delta":{{"content":"{word}"}},"logprobs":null,"finish_reason":null}}],"usage":null,"obfuscation":"xA1bC3"}}"#
                    ),
                )
            },
            after: own(&[
                ("", r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#),
                (
                    "",
                    r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1997,"total_tokens":2006}}"#,
                ),
            ]),
            end: "data: [DONE]\n\n",
        },
        Family {
            name: "openai responses",
            host: "api.openai.com",
            path: "/v1/responses",
            request: r#"{"model":"m","stream":true,"input":"Count."}"#,
            framing: Framing::Sse,
            before: own(&[
                (
                    "response.created",
                    r#"{"type":"response.created","response":{"id":"resp_1","object":"response","status":"in_progress","model":"m"},"sequence_number":0}"#,
                ),
                (
                    "response.output_item.added",
                    r#"{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]},"sequence_number":1}"#,
                ),
            ]),
            content: |word| {
                (
                    "response.output_text.delta",
                    format!(
                        r#"{{"type":"response.output_text.delta","item_id":"msg_67c9fdcf37fc8190ba82116e33fb28c5","output_index":0,"content_index":0,"delta":"{word}","sequence_number":4,"obfuscation":"a7"}}"#
                    ),
                )
            },
            after: own(&[(
                "response.completed",
                r#"{"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","model":"m","output":[{"id":"msg_1","type":"message","role":"assistant","content":[]}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":0},"output_tokens":1997,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":2006}},"sequence_number":9}"#,
            )]),
            end: "",
        },
        Family {
            name: "anthropic",
            host: "api.anthropic.com",
            path: "/v1/messages",
            request: r#"{"model":"m","max_tokens":4096,"stream":true,"messages":[{"role":"user","content":"Count."}]}"#,
            framing: Framing::Sse,
            before: own(&[
                (
                    "message_start",
                    r#"{"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":2}}}"#,
                ),
                (
                    "content_block_start",
                    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
                ),
            ]),
            content: |word| {
                (
                    "content_block_delta",
                    format!(
                        r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{word}"}}}}"#
                    ),
                )
            },
            after: own(&[
                ("content_block_stop", r#"{"type":"content_block_stop","index":0}"#),
                (
                    "message_delta",
                    r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1997}}"#,
                ),
                ("message_stop", r#"{"type":"message_stop"}"#),
            ]),
            end: "",
        },
        Family {
            name: "gemini sse",
            host: "generativelanguage.googleapis.com",
            path: "/v1beta/models/m:streamGenerateContent?alt=sse",
            request: r#"{"contents":[{"role":"user","parts":[{"text":"Count."}]}]}"#,
            framing: Framing::Sse,
            before: Vec::new(),
            content: gemini,
            after: own(&[(
                "",
                r#"{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1997,"totalTokenCount":2006},"modelVersion":"m","responseId":"r"}"#,
            )]),
            end: "",
        },
        Family {
            name: "gemini array",
            host: "generativelanguage.googleapis.com",
            path: "/v1beta/models/m:streamGenerateContent",
            request: r#"{"contents":[{"role":"user","parts":[{"text":"Count."}]}]}"#,
            framing: Framing::Array,
            before: Vec::new(),
            content: gemini,
            after: own(&[(
                "",
                r#"{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1997,"totalTokenCount":2006},"modelVersion":"m","responseId":"r"}"#,
            )]),
            end: "",
        },
        Family {
            name: "bedrock converse",
            host: "bedrock-runtime.us-east-1.amazonaws.com",
            path: "/model/m/converse-stream",
            request: r#"{"messages":[{"role":"user","content":[{"text":"Count."}]}]}"#,
            framing: Framing::Frames,
            before: own(&[("messageStart", r#"{"role":"assistant"}"#)]),
            content: |word| {
                (
                    "contentBlockDelta",
                    format!(r#"{{"contentBlockIndex":0,"delta":{{"text":"{word}"}},"p":"abcdefgh"}}"#),
                )
            },
            after: own(&[
                ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
                ("messageStop", r#"{"stopReason":"end_turn"}"#),
                (
                    "metadata",
                    r#"{"usage":{"inputTokens":9,"outputTokens":1997,"totalTokens":2006},"metrics":{"latencyMs":321}}"#,
                ),
            ]),
            end: "",
        },
        Family {
            name: "cohere",
            host: "api.cohere.com",
            path: "/v2/chat",
            request: chat_request,
            framing: Framing::Sse,
            before: own(&[
                (
                    "message-start",
                    r#"{"id":"c1","type":"message-start","delta":{"message":{"role":"assistant","content":[]}}}"#,
                ),
                (
                    "content-start",
                    r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
                ),
            ]),
            content: |word| {
                (
                    "content-delta",
                    format!(
                        r#"{{"type":"content-delta","index":0,"delta":{{"message":{{"content":{{"text":"{word}"}}}}}}}}"#
                    ),
                )
            },
            after: own(&[
                ("content-end", r#"{"type":"content-end","index":0}"#),
                (
                    "message-end",
                    r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":9,"output_tokens":1997},"tokens":{"input_tokens":9,"output_tokens":1997}}}}"#,
                ),
            ]),
            end: "",
        },
        Family {
            name: "ollama",
            host: "127.0.0.1:11434",
            path: "/api/chat",
            request: r#"{"model":"m","messages":[{"role":"user","content":"Count."}]}"#,
            framing: Framing::Lines,
            before: Vec::new(),
            content: |word| {
                (
                    "",
                    format!(
                        r#"{{"model":"m","created_at":"2026-08-04T08:52:19.385406455-07:00","message":{{"role":"assistant","content":"{word}"}},"done":false}}"#
                    ),
                )
            },
            after: own(&[(
                "",
                r#"{"model":"m","created_at":"2026-08-04T08:52:19.385406455-07:00","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":4883583458,"load_duration":1334875,"prompt_eval_count":9,"prompt_eval_duration":342546000,"eval_count":1997,"eval_duration":4535599000}"#,
            )]),
            end: "",
        },
    ]
}

fn gemini(word: &str) -> (&'static str, String) {
    let json = format!(
        r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{word}"}}],"role":"model"}},"index":0}}],"usageMetadata":{{"promptTokenCount":9,"totalTokenCount":9,"promptTokensDetails":[{{"modality":"TEXT","tokenCount":9}}]}},"modelVersion":"m","responseId":"r"}}"#
    );
    ("", json)
}

fn main() {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    println!(
        "{:<18} {:>8} {:>11} {:>9} {:>12} {:>7}",
        "stream", "MB/s", "events/s", "ns/event", "JSON ns/ev.", "ratio"
    );
    for family in families().iter().filter(|family| family.name.contains(&filter)) {
        let events = events(family);
        let pieces = pieces(family, &events);
        let [call] = &pipeline(&pieces)[..] else { panic!("{}: no call", family.name) };
        assert_sound(family.name, call);
        let mut best = [Duration::MAX; 2];
        let begun = Instant::now();
        while begun.elapsed() < FOR {
            let [ours, parsed] = &mut best;
            *ours = (*ours).min(timed(|| {
                black_box(pipeline(black_box(&pieces)));
            }));
            *parsed = (*parsed).min(timed(|| {
                for (_, json) in &events {
                    black_box(sonic_rs::from_slice::<sonic_rs::Value>(black_box(json.as_bytes())).unwrap());
                }
            }));
        }
        let bytes: usize = pieces.iter().map(|(_, piece)| piece.len()).sum();
        let [ours, parsed] = best.map(|best| best.as_secs_f64());
        let each = |seconds: f64| seconds * 1e9 / events.len() as f64;
        println!(
            "{:<18} {:>8.0} {:>11.0} {:>9.0} {:>12.0} {:>7.2}",
            family.name,
            bytes as f64 / ours / 1e6,
            events.len() as f64 / ours,
            each(ours),
            each(parsed),
            ours / parsed
        );
    }
    println!("ratio: from bytes to calls, divided by building a value of each event's JSON and nothing else");
}

/// The shortest of a few.
fn timed(mut work: impl FnMut()) -> Duration {
    let one = |()| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    std::iter::repeat_n((), TURN).map(one).min().unwrap_or_default()
}

fn assert_sound(name: &str, call: &Call) {
    let stream = call.stream.as_ref().unwrap();
    let told = (stream.content_chunks, call.usage.output, call.unknown_shape);
    assert_eq!(told, (EVENTS as u64, Some(OUTPUT), 0), "{name}: {call:#?}");
    assert_eq!(call.failure, None, "{name}");
}

fn events(family: &Family) -> Vec<(&'static str, String)> {
    let words = ["The", " quick", " brown", " fox", " jumps", " over", "\\n", " it", " again", "."];
    let content = words.iter().cycle().take(EVENTS).map(|word| (family.content)(word));
    family.before.iter().cloned().chain(content).chain(family.after.iter().cloned()).collect()
}

/// The bytes of a call as they are captured.
fn pieces(family: &Family, events: &[(&'static str, String)]) -> Vec<(Direction, Bytes)> {
    let Family { host, path, request, framing, end, .. } = family;
    let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json");
    let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{request}", request.len());
    let media_type = match framing {
        Framing::Sse => "text/event-stream",
        Framing::Lines => "application/x-ndjson",
        Framing::Array => "application/json",
        Framing::Frames => "application/vnd.amazon.eventstream",
    };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut response = head.into_bytes();
    let mut chunk = |bytes: &[u8]| {
        response.extend(format!("{:x}\r\n", bytes.len()).bytes());
        response.extend(bytes);
        response.extend(b"\r\n");
    };
    for (index, (name, json)) in events.iter().enumerate() {
        match framing {
            Framing::Sse if name.is_empty() => chunk(format!("data: {json}\n\n").as_bytes()),
            Framing::Sse => chunk(format!("event: {name}\ndata: {json}\n\n").as_bytes()),
            Framing::Lines => chunk(format!("{json}\n").as_bytes()),
            Framing::Array if index == 0 => chunk(format!("[{json}").as_bytes()),
            Framing::Array => chunk(format!(",\r\n{json}").as_bytes()),
            Framing::Frames => chunk(&frame(name, json)),
        }
    }
    match framing {
        Framing::Array => chunk(b"]"),
        Framing::Sse if !end.is_empty() => chunk(end.as_bytes()),
        Framing::Sse | Framing::Lines | Framing::Frames => {}
    }
    response.extend(b"0\r\n\r\n");
    let mut pieces = vec![(Direction::ToServer, Bytes::from(request))];
    let response = response.chunks(READ).map(|read| (Direction::ToClient, Bytes::copy_from_slice(read)));
    pieces.extend(response);
    pieces
}

/// A message of an AWS event stream.
fn frame(name: &str, json: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    for (key, value) in
        [(":event-type", name), (":content-type", "application/json"), (":message-type", "event")]
    {
        headers.push(u8::try_from(key.len()).unwrap());
        headers.extend(key.bytes());
        headers.push(7);
        headers.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend(value.bytes());
    }
    let length = u32::try_from(16 + headers.len() + json.len()).unwrap();
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend(u32::try_from(headers.len()).unwrap().to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(json.bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

fn pipeline(pieces: &[(Direction, Bytes)]) -> Vec<Call> {
    let mut interpreter = Interpreter::default();
    let mut connection = Connection::new(true);
    let mut offsets = [0_u64; 2];
    for (now, (direction, piece)) in pieces.iter().enumerate() {
        let [to_server, to_client] = &mut offsets;
        let offset = if *direction == Direction::ToServer { to_server } else { to_client };
        connection.push(*direction, piece.clone(), StreamOffset(*offset), Time(now as u64));
        *offset += piece.len() as u64;
        while let Some(message) = connection.poll() {
            interpreter.push(message);
        }
    }
    std::iter::from_fn(|| interpreter.poll()).collect()
}

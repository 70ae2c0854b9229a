//! From bytes to calls, through the real decoder.

use bytes::Bytes;
use genai::{Call, Interpreter, Outcome, Verdict};
use wire::{Connection, Direction, StreamOffset, Time};

use crate::samples::{ANSWER, REQUEST, STREAM, TOOL_STREAM};

/// One side's bytes, each at its time.
struct Side {
    direction: Direction,
    bytes: Vec<u8>,
}

fn ask(body: &str) -> Side {
    let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nAuthorization: Bearer sk-CANARY\r\n\
                Content-Type: application/json\r\nx-stainless-retry-count: 0\r\n";
    let bytes = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes();
    Side { direction: Direction::ToServer, bytes }
}

fn answer(status: &str, body: &str) -> Side {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nx-request-id: req_1\r\n");
    let bytes = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes();
    Side { direction: Direction::ToClient, bytes }
}

/// An event stream, a chunk of the transfer coding for each event.
fn stream(events: &[&str]) -> Side {
    let mut text = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: req_1\r\n\
                    Transfer-Encoding: chunked\r\n\r\n"
        .to_owned();
    for data in events.iter().chain(&["[DONE]"]) {
        let event = format!("data: {data}\n\n");
        text.push_str(&format!("{:x}\r\n{event}\r\n", event.len()));
    }
    text.push_str("0\r\n\r\n");
    Side { direction: Direction::ToClient, bytes: text.into_bytes() }
}

/// The calls of a connection whose sides come one after the other, each in pieces that `cut` makes; all at one time,
/// so that times do not depend on the cut.
fn calls(sides: &[Side], cut: impl Fn(&[u8]) -> Vec<&[u8]>) -> Vec<Call> {
    let mut connection = Connection::new(true);
    let mut interpreter = Interpreter::default();
    let mut calls = Vec::new();
    let mut ends = [0_u64; 2];
    let mut now = 0;
    for side in sides {
        now += 1000;
        for piece in cut(&side.bytes) {
            let offset = match side.direction {
                Direction::ToServer => &mut ends[0],
                Direction::ToClient => &mut ends[1],
            };
            connection.push(side.direction, Bytes::copy_from_slice(piece), StreamOffset(*offset), Time(now));
            *offset += piece.len() as u64;
            while let Some(message) = connection.poll() {
                interpreter.push(message);
            }
            calls.extend(std::iter::from_fn(|| interpreter.poll()));
        }
    }
    assert_eq!(interpreter.verdict(), Verdict::Model);
    connection.close(Time(now + 1000));
    while let Some(message) = connection.poll() {
        interpreter.push(message);
    }
    interpreter.finish(Time(now + 1000), true);
    calls.extend(std::iter::from_fn(|| interpreter.poll()));
    calls
}

/// The calls, which must be the same for every way to cut the bytes.
#[track_caller]
fn check(sides: &[Side]) -> Vec<Call> {
    let whole = calls(sides, |bytes| vec![bytes]);
    for size in [1, 2, 3, 7, 100, 1400] {
        assert_eq!(calls(sides, |bytes| bytes.chunks(size).collect()), whole, "in pieces of {size}");
    }
    let longest = sides.iter().map(|side| side.bytes.len()).max().unwrap_or(0);
    for at in 0..longest {
        let cut = |bytes: &[u8]| bytes.len().min(at);
        assert_eq!(
            calls(sides, |bytes| {
                let (a, b) = bytes.split_at(cut(bytes));
                vec![a, b]
            }),
            whole,
            "cut at {at}"
        );
    }
    whole
}

#[test]
fn a_stream_and_an_answer_on_one_connection() {
    let calls = check(&[
        ask(REQUEST),
        stream(&STREAM),
        ask(REQUEST),
        answer("200 OK", ANSWER),
        ask("{}"),
        stream(&TOOL_STREAM),
    ]);
    assert_eq!(calls.len(), 3);
    for call in &calls {
        assert_eq!((call.outcome, &call.failure, call.unknown_shape), (Outcome::Complete, &None, 0));
        assert_eq!((call.lossy, call.joined_late), (false, false));
        assert_eq!(call.http.request_id.as_deref(), Some("req_1"));
        assert!(!format!("{call:?}").contains("CANARY"));
    }
    assert_eq!(calls[0].request.message_count, Some(3));
    assert_eq!(calls[0].usage.output, Some(10));
    assert_eq!(calls[0].stream.as_ref().map(|stream| (stream.chunks, stream.content_chunks)), Some((6, 3)));
    assert_eq!(calls[1].usage.input, Some(11));
    assert_eq!(calls[2].response.tool_calls.len(), 2);
    assert_eq!(calls[0].times.request_last_byte, Some(Time(1000)));
    assert_eq!(calls[0].times.last_byte, Some(Time(2000)));
}

#[test]
fn an_error() {
    let error =
        r#"{"error":{"message":"CANARY","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#;
    let calls = check(&[ask(REQUEST), answer("429 Too Many Requests", error)]);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].failure.as_ref().map(|failure| failure.kind.as_str()), Some("rate_limit_exceeded"));
}

#[test]
fn a_stream_that_is_cut_at_any_byte_is_one_call() {
    let whole = stream(&STREAM);
    let head = whole.bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    let done = whole.bytes.windows(14).position(|window| window == b"data: [DONE]\n\n").expect("an end") + 14;
    for at in 0..whole.bytes.len() {
        let cut = Side { direction: Direction::ToClient, bytes: whole.bytes[..at].to_vec() };
        let calls = calls(&[ask(REQUEST), cut], |bytes| vec![bytes]);
        assert_eq!(calls.len(), 1, "at {at}");
        let expect = match at {
            _ if at < head => Outcome::NoResponse,
            _ if at < done => Outcome::Cut,
            _ => Outcome::Complete,
        };
        assert_eq!((calls[0].outcome, calls[0].lossy), (expect, false), "at {at}");
    }
}

#[test]
fn a_hole_anywhere_in_a_stream_marks_its_call_only() {
    let response = stream(&STREAM);
    let len = response.bytes.len();
    let end_mark = b"data: [DONE]\n\n";
    let done = response.bytes.windows(14).position(|window| window == end_mark).expect("an end") + 14;
    for at in (0..len - 20).step_by(7) {
        let mut connection = Connection::new(true);
        let mut interpreter = Interpreter::default();
        let request = ask(REQUEST).bytes;
        let mut push = |direction, bytes: &[u8], offset: usize, at| {
            connection.push(direction, Bytes::copy_from_slice(bytes), StreamOffset(offset as u64), Time(at));
            while let Some(message) = connection.poll() {
                interpreter.push(message);
            }
        };
        push(Direction::ToServer, &request, 0, 1000);
        push(Direction::ToClient, &response.bytes[..at], 0, 2000);
        connection.gap(Direction::ToClient, 20, Time(2000));
        let mut push = |direction, bytes: &[u8], offset: usize, at| {
            connection.push(direction, Bytes::copy_from_slice(bytes), StreamOffset(offset as u64), Time(at));
            while let Some(message) = connection.poll() {
                interpreter.push(message);
            }
        };
        push(Direction::ToClient, &response.bytes[at + 20..], at + 20, 2000);
        push(Direction::ToServer, &request, request.len(), 3000);
        push(Direction::ToClient, &answer("200 OK", ANSWER).bytes, len, 4000);
        connection.close(Time(5000));
        while let Some(message) = connection.poll() {
            interpreter.push(message);
        }
        interpreter.finish(Time(5000), true);
        let calls: Vec<Call> = std::iter::from_fn(|| interpreter.poll()).collect();
        let marked: Vec<bool> = calls.iter().map(|call| call.lossy).collect();
        assert_eq!(marked, [at < done, false], "at {at}: {calls:?}");
        assert!(calls.iter().all(|call| call.lossy || call.failure.is_none()), "at {at}: {calls:?}");
        assert_eq!(calls.last().map(|call| call.usage.input), Some(Some(11)), "at {at}: {calls:?}");
    }
}

#[test]
fn an_id_that_is_unknown_has_no_other_in_its_place() {
    use wire::{Direction, End, Headers, Kind, Protocol, ResponseHead};

    let mut headers = Headers::default();
    headers.push(b"cf-ray", b"8f0a1b2c3d4e5f60-SJC");
    headers.push(b"x-github-request-id", b"other");
    let talk = crate::talk::Talk::ask(REQUEST).json(200);
    let of = |partial: bool| {
        let mut talk = talk.clone();
        let head =
            ResponseHead { status: Some(200), protocol: Protocol::Http2, headers: headers.clone(), partial };
        let last = talk.messages.last_mut().expect("a head");
        assert_eq!(last.direction, Direction::ToClient);
        last.kind = Kind::ResponseHead(head);
        talk.answer(ANSWER).end(End::Complete).call().http.request_id
    };
    assert_eq!((of(true), of(false).as_deref()), (None, Some("other")));
}

//! An exchange as bytes, through the real decoder, cut in every way.

use bytes::Bytes;
use genai::{Call, Interpreter};
use wire::{Connection, Direction, StreamOffset, Time};

use crate::talk::Talk;

/// A POST with a JSON body.
pub(crate) fn post(host: &str, target: &str, body: &str) -> Vec<u8> {
    let head = format!("POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n");
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A response whose body comes in these chunks.
pub(crate) fn chunked(media_type: &str, chunks: &[String]) -> Vec<u8> {
    let mut text =
        format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n");
    for chunk in chunks {
        text.push_str(&format!("{:x}\r\n{chunk}\r\n", chunk.len()));
    }
    text.push_str("0\r\n\r\n");
    text.into_bytes()
}

/// A response with a length.
pub(crate) fn plain(status: &str, body: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json; charset=UTF-8\r\n");
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The calls of a request and its response, each in pieces that `cut` makes; all of one side at one time, so that times
/// do not depend on the cut. The connection closes at the end.
pub(crate) fn calls(request: &[u8], response: &[u8], cut: impl Fn(&[u8]) -> Vec<&[u8]>) -> Vec<Call> {
    let mut connection = Connection::new(true);
    let mut interpreter = Interpreter::default();
    for (direction, bytes, at) in
        [(Direction::ToServer, request, 1000), (Direction::ToClient, response, 2000)]
    {
        let mut offset = 0;
        for piece in cut(bytes) {
            connection.push(direction, Bytes::copy_from_slice(piece), StreamOffset(offset), Time(at));
            offset += piece.len() as u64;
            while let Some(message) = connection.poll() {
                interpreter.push(message);
            }
        }
    }
    connection.close(Time(3000));
    while let Some(message) = connection.poll() {
        interpreter.push(message);
    }
    interpreter.finish(Time(3000), true);
    std::iter::from_fn(|| interpreter.poll()).collect()
}

/// The call, which must be the same for every way to cut the bytes.
#[track_caller]
pub(crate) fn check(request: &[u8], response: &[u8]) -> Call {
    let mut whole = calls(request, response, |bytes| vec![bytes]);
    assert_eq!(whole.len(), 1, "{whole:?}");
    for size in [1, 2, 3, 7, 100] {
        assert_eq!(
            calls(request, response, |bytes| bytes.chunks(size).collect()),
            whole,
            "in pieces of {size}"
        );
    }
    for at in 0..request.len().max(response.len()) {
        let cut = |bytes: &[u8]| bytes.len().min(at);
        let cut_calls = calls(request, response, |bytes| {
            let (a, b) = bytes.split_at(cut(bytes));
            vec![a, b]
        });
        assert_eq!(cut_calls, whole, "cut at {at}");
    }
    whole.remove(0)
}

/// The interpreter shows nothing of what is said while it runs, after each message and in the middle of each body; nor
/// does the call.
#[track_caller]
pub(crate) fn shows_nothing(talk: &Talk) {
    let talk = talk.cut(5);
    for kept in 0..=talk.messages.len() {
        let mut part = talk.clone();
        part.messages.truncate(kept);
        assert!(!format!("{:?}", part.interpreter()).contains("CANARY"), "after {kept}");
    }
    assert!(!format!("{:?}", talk.call()).contains("CANARY"));
}

//! What is read of AWS Bedrock.

mod converse;
mod endings;
mod invoke;
mod prompts;
mod properties;
mod recognition;
mod samples;
mod vectors;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use genai::{Call, ToolCall, Usage};
use wire::{Direction, End, Kind};

use self::samples::HOST;
use crate::talk::Talk;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn tool(id: &str, name: &str) -> ToolCall {
    ToolCall { id: some(id), name: some(name) }
}

/// Usage without the figures as they were told.
fn counts(usage: Usage) -> Usage {
    Usage { raw: Vec::new(), ..usage }
}

fn told(usage: &Usage, path: &str) -> Option<f64> {
    usage.raw.iter().find(|(known, _)| known == path).map(|(_, number)| *number)
}

fn ask(path: &str, body: &str) -> Talk {
    Talk::new().request("POST", HOST, path).body(Direction::ToServer, body).end_request(End::Complete)
}

/// The head of a stream.
fn streams(talk: Talk) -> Talk {
    talk.response(
        200,
        &[("content-type", "application/vnd.amazon.eventstream"), ("x-amzn-requestid", "0b4c-1")],
    )
}

fn event(talk: Talk, name: &str, payload: impl AsRef<[u8]>) -> Talk {
    let headers = [(":event-type", name), (":content-type", "application/json"), (":message-type", "event")];
    talk.frame(&headers, payload)
}

fn events(talk: Talk, all: &[(&str, &str)]) -> Talk {
    all.iter().fold(talk, |talk, (name, payload)| event(talk, name, payload))
}

fn exception(talk: Talk, name: &str) -> Talk {
    let headers = [(":exception-type", name), (":message-type", "exception")];
    talk.frame(&headers, r#"{"message":"CANARY"}"#)
}

/// A piece of the stream of an invoked model.
fn chunk(talk: Talk, inner: &str) -> Talk {
    event(talk, "chunk", format!(r#"{{"bytes":"{}","p":"abcdefgh"}}"#, STANDARD.encode(inner)))
}

fn chunks(talk: Talk, all: &[&str]) -> Talk {
    all.iter().fold(talk, |talk, inner| chunk(talk, inner))
}

/// The talk's call; it must be the same however the bodies are cut.
#[track_caller]
fn check(talk: &Talk) -> Call {
    let whole = talk.call();
    for size in [1, 2, 3, 7, 64, 1000] {
        assert_eq!(talk.cut(size).call(), whole, "in pieces of {size}");
    }
    for (index, message) in talk.messages.iter().enumerate() {
        if let Kind::Body(bytes) = &message.kind {
            for at in 0..=bytes.len() {
                assert_eq!(talk.cut_at(index, at).call(), whole, "message {index} cut at {at}");
            }
        }
    }
    whole
}

//! What is read of the own APIs of TGI, SGLang and llama.cpp.

mod llama_cpp;
mod recognition;
mod sglang;
mod tgi;
mod workers_ai;

use genai::{Call, Part, Prompt};
use wire::{Direction, End};

use crate::talk::Talk;

const HOST: &str = "10.0.0.7:8080";

fn asked(target: &str, body: &str) -> Talk {
    Talk::new().request("POST", HOST, target).body(Direction::ToServer, body).end_request(End::Complete)
}

/// A stream, whose framing ends.
fn streamed(target: &str, body: &str, events: &[&str]) -> Talk {
    asked(target, body).sse().events(events).end(End::Complete)
}

fn answered(target: &str, body: &str, answer: &str) -> Call {
    asked(target, body).json(200).answer(answer).end(End::Complete).call()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// One text of a user.
fn said(chars: u64) -> Option<Prompt> {
    Some(Prompt { user: Part { count: 1, chars }, ..Prompt::default() })
}

fn raw(figures: &[(&str, f64)]) -> Vec<(String, f64)> {
    figures.iter().map(|(path, figure)| ((*path).to_owned(), *figure)).collect()
}

fn sse(events: &[&str]) -> Vec<u8> {
    let events: Vec<String> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    crate::bytes_of::chunked("text/event-stream", &events)
}

/// Cut after any byte, it has not failed exactly from the end of `last` on, and never surprises.
#[track_caller]
fn whole_from(request: &[u8], response: &[u8], last: &[u8]) {
    let done = response.windows(last.len()).position(|window| window == last).expect("an end") + last.len();
    for at in 0..response.len() {
        let calls = crate::bytes_of::calls(request, &response[..at], |bytes| vec![bytes]);
        assert_eq!(calls.len(), 1, "at {at}");
        assert_eq!(calls[0].failure.is_none(), at >= done, "at {at}");
        assert_eq!(calls[0].unknown_shape, 0, "at {at}");
    }
}

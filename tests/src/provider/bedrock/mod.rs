//! AWS Bedrock's runtime: `/model/{id}/…`, whole or as messages of an AWS event stream.
//!
//! In: a request and its script. Out: what Bedrock says to it. What all of its operations share is here; bodies are in
//! the file of their operation. Signatures are not checked, guardrails and other models' inner formats are not played.

mod converse;
mod count_tokens;
mod frame;
mod invoke;

use std::borrow::Cow;

use self::{
    converse::Converse,
    count_tokens::CountTokens,
    frame::{Message, frame},
    invoke::Invoke,
};
use super::{
    dialect::{Address, Dialect, Event, Facts, Fields, Identity},
    json::{Json, object},
    material::Counts,
    script::Script,
    truth::{Tokens, Told},
};

/// What it can be asked for.
pub(super) static OPERATIONS: [&dyn Dialect; 5] = [
    &Converse { stream: false },
    &Converse { stream: true },
    &Invoke { stream: false },
    &Invoke { stream: true },
    &CountTokens,
];

/// The content type of a streamed answer.
const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";
/// What ends a stream by script. The kind that has more than a sentence in it.
const EXCEPTION: &str = "modelStreamErrorException";

/// The model of a request to `/model/{id}/{operation}`, as people write it: its colon comes coded.
fn model<'a>(address: &Address<'a>, operation: &str) -> Option<Cow<'a, str>> {
    let (model, asked) = address.path.strip_prefix("/model/")?.rsplit_once('/')?;
    (address.method == "POST" && asked == operation).then(|| decoded(model))
}

/// Without percent-encoding, as far as it is ASCII: ids and ARNs are.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(u8::is_ascii) {
            Some(byte) => {
                plain.push(char::from(byte));
                plain.push_str(&part[2..]);
            }
            None => {
                plain.push('%');
                plain.push_str(part);
            }
        }
    }
    Cow::Owned(plain)
}

/// The id of a request: a UUID.
fn request_id(call: &Identity) -> String {
    let part = |range| call.request.get(range).unwrap_or_default();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

/// The body of an error. What it is called is in its head.
fn error(message: &str) -> Vec<u8> {
    object! { "message": message }.bytes()
}

/// The header fields of every response.
fn fields(facts: &Facts<'_>) -> Fields {
    let mut fields = vec![("x-amzn-RequestId", request_id(facts.call))];
    let exception = match facts.status {
        200 => return fields,
        403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        408 => "ModelTimeoutException",
        424 => "ModelErrorException",
        429 => "ThrottlingException",
        503 => "ServiceUnavailableException",
        400..=499 => "ValidationException",
        _ => "InternalServerException",
    };
    // The part after the colon is the service's own; clients cut it off.
    let namespace = "http://internal.amazon.com/coral/com.amazon.bedrock/";
    fields.push(("x-amzn-ErrorType", format!("{exception}:{namespace}")));
    fields
}

/// Tokens as a client must find them.
fn tokens(script: &Script, counts: &Counts) -> Tokens {
    Tokens {
        input: Some(counts.input()),
        output: Some(counts.output()),
        // Bedrock is silent of caches that are not used.
        cached: script.cached.map(u64::from),
        cache_write: script.cache_write.map(u64::from),
        // It does not tell reasoning apart from the rest of the output.
        reasoning: None,
    }
}

/// A message of a stream, before it is framed.
struct Piece {
    name: &'static str,
    body: Json,
    /// Whether it carries text, reasoning, or part of a tool call.
    content: bool,
    counts: Option<Counts>,
}

impl Piece {
    fn silent(name: &'static str, body: Json) -> Self {
        Self { name, body, content: false, counts: None }
    }

    fn content(name: &'static str, body: Json) -> Self {
        Self { content: true, ..Self::silent(name, body) }
    }
}

/// The events of a stream, and what a client finds in it; both end early where the script says so.
fn framed(pieces: Vec<Piece>, script: &Script, told: Told) -> (Vec<Event>, Told) {
    let cut = script.error_after.map(|after| position(&pieces, after));
    let mut events: Vec<Event> = pieces
        .into_iter()
        .take(cut.unwrap_or(usize::MAX))
        .enumerate()
        .map(|(index, Piece { name, body, content, counts })| Event {
            bytes: frame(Message::Event(name), &body.with("p", padding(index)).bytes()),
            content,
            usage: counts.map(|counts| counts.told()),
        })
        .collect();
    if cut.is_none() {
        return (events, told);
    }
    let why = object! {
        "message": "scripted by x-script", "originalMessage": "scripted", "originalStatusCode": 500u64,
    };
    events.push(Event::silent(frame(Message::Exception(EXCEPTION), &why.bytes())));
    (events, Told::default())
}

/// Where the piece stands that would be the next content after this many.
fn position(pieces: &[Piece], contents: u32) -> usize {
    let mut at = pieces.iter().enumerate().filter(|(_, piece)| piece.content).map(|(index, _)| index);
    at.nth(contents as usize).unwrap_or(pieces.len())
}

/// What hides the length of a message, deterministic here.
fn padding(index: usize) -> &'static str {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    &LETTERS[..1 + index * 17 % LETTERS.len()]
}

#[cfg(test)]
mod tests;

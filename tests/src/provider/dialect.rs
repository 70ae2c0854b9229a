//! The APIs that the provider speaks: which request is whose, and what each has to say to it.
//!
//! In: a request that is whole, its script, and the ids of this call. Out: an [`Answer`]: the bytes to be sent, which of
//! them carry content, and what a client that understands them must find. When they are sent is `respond`'s.
//!
//! A new API is a [`Dialect`] in a file of its own and one line in [`DIALECTS`].

use std::{fmt, time::Duration};

use super::{
    anthropic, bedrock, cohere, gemini, mistral, ollama, openai,
    script::Script,
    truth::{Told, UsageTold},
};

/// Every API that is spoken, Bedrock's operations apart, in the order in which they are asked.
static DIALECTS: [&dyn Dialect; 11] = [
    // Mistral's paths are OpenAI's: the host comes first.
    &mistral::Chat,
    &mistral::Embeddings,
    &openai::Chat,
    &openai::Text,
    &openai::Responses,
    &openai::Embeddings,
    &anthropic::Messages,
    &anthropic::CountTokens,
    &gemini::Gemini,
    &cohere::Cohere,
    &ollama::Ollama,
];

/// An API.
pub(super) trait Dialect: fmt::Debug + Sync {
    /// Whether this request is one of its.
    fn takes(&self, address: &Address<'_>) -> bool;

    /// What is said to it. A script's status is not played here: an answer that fails has [`Self::error`] for its body.
    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest>;

    /// The body of an error.
    fn error(&self, status: u16, message: &str, call: &Identity) -> Vec<u8>;

    /// The id of the request as its header says it; absent where none does.
    fn request_id(&self, call: &Identity) -> Option<String>;

    /// The header fields that its servers put into every response.
    fn fields(&self, facts: &Facts<'_>) -> Fields;

    /// Whether it can play a script's `error_after`.
    fn fails_in_streams(&self) -> bool {
        false
    }
}

/// Header fields: names and values.
pub(super) type Fields = Vec<(&'static str, String)>;

/// The dialect of a request, if it is one of ours.
pub(super) fn find(address: &Address<'_>) -> Option<&'static dyn Dialect> {
    DIALECTS.iter().chain(&bedrock::OPERATIONS).copied().find(|dialect| dialect.takes(address))
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Address<'a> {
    pub(super) method: &'a str,
    /// `Host` or `:authority`, its port included.
    pub(super) host: &'a str,
    /// Without the query.
    pub(super) path: &'a str,
    /// Without its question mark; empty where there is none.
    pub(super) query: &'a str,
}

impl<'a> Address<'a> {
    /// Splits a request's target.
    pub(super) fn new(method: &'a str, host: &'a str, target: &'a str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self { method, host, path, query }
    }

    /// Whether this is a POST to this path.
    pub(super) fn posts_to(&self, path: &str) -> bool {
        self.method == "POST" && self.path == path
    }
}

/// A request, its coding undone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) address: Address<'a>,
    pub(super) body: &'a [u8],
}

/// What makes this call's answer its own. Dialects make ids of their shapes of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// 32 hexadecimal digits, for the id of the request.
    pub(super) request: String,
    /// And for the id of the response.
    pub(super) response: String,
    /// The number of the call: what is counted in an answer is made of it, so that a mix-up shows.
    pub(super) number: u64,
    /// Unix seconds.
    pub(super) created: u64,
    /// The words that text is made of.
    pub(super) words: Vec<String>,
}

/// What a response's head says beside what the body needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) call: &'a Identity,
    pub(super) script: &'a Script,
    pub(super) status: u16,
    /// From the end of the request.
    pub(super) processing: Duration,
}

/// What is said to a request.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The model that was asked for.
    pub(super) request_model: String,
    /// Where the body has one.
    pub(super) response_id: Option<String>,
    /// Where the body names one.
    pub(super) response_model: Option<String>,
    /// What a client that understands it must find.
    pub(super) told: Told,
    pub(super) said: Said,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub(super) enum Said {
    Whole { body: Vec<u8>, usage: Option<UsageTold> },
    Stream { content_type: &'static str, events: Vec<Event>, end: Vec<u8> },
}

/// One event of a stream, framed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) bytes: Vec<u8>,
    /// Whether it carries text, reasoning, or part of a tool call.
    pub(super) content: bool,
    /// The tokens that it tells of.
    pub(super) usage: Option<UsageTold>,
}

impl Event {
    /// One that carries nothing.
    pub(super) fn silent(bytes: Vec<u8>) -> Self {
        Self { bytes, content: false, usage: None }
    }

    /// One that carries content.
    pub(super) fn content(bytes: Vec<u8>) -> Self {
        Self { bytes, content: true, usage: None }
    }
}

/// The body is not a request of this dialect; in words that do not quote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotARequest(pub(super) String);

impl fmt::Display for NotARequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotARequest {}

/// The content type of server-sent events.
pub(super) const SSE: &str = "text/event-stream; charset=utf-8";

#[cfg(test)]
#[path = "dialect_tests.rs"]
mod tests;

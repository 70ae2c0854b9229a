//! One file per provider API: where it is spoken, and what its requests, responses and events mean.
//!
//! Comes in: body bytes and stream events of one exchange. Goes out: [`Findings`]. Times, heads, losses and how the
//! exchange ended are the same for all and are `exchange`'s.
//!
//! A new provider is a file here with a [`Flavour`], and one line in [`FLAVOURS`].

mod anthropic;
mod bedrock;
mod body;
mod choices;
mod cohere;
mod fields;
mod figures;
mod gemini;
mod gemini_interactions;
mod google_error;
mod llama_cpp;
mod mcp;
mod native;
mod ollama;
mod openai_chat;
mod openai_completions;
mod openai_embeddings;
mod openai_responses;
mod openai_socket;
mod percent;
mod prompt;
mod repeat;
mod rerank;
mod results;
mod sglang;
mod text_check;
mod tgi;
mod workers_ai;

use wire::{Direction, EventFrame, Headers, JsonItem, SseEvent, Time};

use crate::call::{Api, Mcp, Provider, Request, Response, Usage};
use crate::digest::Key;
use crate::headers::{EngineState, RateLimits, ToldTimes};
use crate::memory::Traces;
use crate::price::Cost;
pub(crate) use mcp::is_mcp;

/// Every API that is read. Where two could claim an exchange, the one that stands first has it.
pub(crate) static FLAVOURS: &[&Flavour] = &[
    &ollama::CHAT,
    &ollama::GENERATE,
    &ollama::EMBED,
    &tgi::GENERATE,
    &sglang::GENERATE,
    &llama_cpp::COMPLETION,
    &llama_cpp::EMBEDDING,
    &workers_ai::RUN,
    &openai_chat::FLAVOUR,
    &openai_completions::FLAVOUR,
    &anthropic::MESSAGES,
    &anthropic::COUNT_TOKENS,
    &openai_responses::FLAVOUR,
    &openai_embeddings::FLAVOUR,
    &bedrock::CONVERSE,
    &bedrock::INVOKE,
    &bedrock::COUNT_TOKENS,
    &gemini::GENERATE_CONTENT,
    &gemini::COUNT_TOKENS,
    &gemini::EMBED_CONTENT,
    &gemini::PREDICT,
    &gemini_interactions::FLAVOUR,
    &cohere::CHAT,
    &cohere::EMBED,
    &rerank::FLAVOUR,
    &mcp::FLAVOUR,
];

/// An API: how it is found, and who reads it.
pub(crate) struct Flavour {
    /// What it is.
    pub(crate) api: Api,
    /// Who it is when neither the host nor the server says so.
    pub(crate) elsewhere: Provider,
    /// How its paths end. The longest match among all flavours decides.
    pub(crate) paths: &'static [&'static str],
    /// Response headers that carry the provider's id of the request, best first.
    pub(crate) request_id: &'static [&'static str],
    /// A reader for one exchange; its digests are keyed.
    pub(crate) reader: fn(Key) -> Box<dyn Reader>,
}

/// Every API that is spoken over a WebSocket. Its messages are routed to calls, and each call is read by its flavour.
pub(crate) static SOCKETS: &[&Socket] = &[&openai_socket::RESPONSES, &openai_socket::REALTIME];

/// An API over a WebSocket.
pub(crate) struct Socket {
    /// What a call on it is.
    pub(crate) flavour: &'static Flavour,
    /// How its paths end, whatever stands before.
    pub(crate) paths: &'static [&'static str],
    /// Tells calls apart on one WebSocket. Is given the query of its target.
    pub(crate) router: fn(&str, Key) -> Box<dyn Router>,
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.flavour.api.fmt(f)
    }
}

/// Tells which call each message of a WebSocket belongs to. It moves between threads with its connection.
pub(crate) trait Router: std::fmt::Debug + Send {
    /// The next text message, which crossed between these times.
    fn route(&mut self, direction: Direction, data: &[u8], crossed: (Time, Time)) -> Route;

    /// A reader for the call that begins. Requests and answers are told to it as those of an exchange are.
    fn reader(&self) -> Box<dyn Reader>;

    /// The call is over: nothing belongs to it any more.
    fn ended(&mut self, call: u64);
}

/// Where a message belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// To no call.
    Nowhere,
    /// It asks for a new call, which has this number.
    Asks(u64),
    /// It is the first of a new call, which nobody asked for by a message of its own. What made the server begin crossed
    /// between these times.
    Begins(u64, Option<(Time, Time)>),
    /// It is an event of this call.
    Event(u64),
}

/// Reads one exchange. It moves between threads with its connection.
pub(crate) trait Reader: std::fmt::Debug + Send {
    /// The request's path without query, and its fields. Called once, before any bytes, where a head was seen.
    fn head(&mut self, _path: &str, _headers: &Headers) {}

    /// The response's status, where it is known, and its fields. Called once, before any of its bytes, where a head was
    /// seen.
    fn response_head(&mut self, _status: Option<u16>, _headers: &Headers) {}

    /// The next bytes of the request body.
    fn request(&mut self, bytes: &[u8]);

    /// The next bytes of the response body, where it is not a stream of items.
    fn response(&mut self, bytes: &[u8]);

    /// The next item of a response that is a stream.
    fn event(&mut self, item: &Item<'_>) -> Event;

    /// Bytes of a body were lost: what follows is not its continuation. Events stand each for itself.
    fn lost(&mut self, side: Side);

    /// Whether a body is of this API, by its shape alone.
    fn claims(&self, side: Side) -> Claim;

    /// What was found.
    fn findings(self: Box<Self>) -> Findings;
}

/// One item of a streamed response, whatever it is framed by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'a> {
    /// A server-sent event.
    Sse(&'a SseEvent),
    /// A line or element of JSON.
    Json(&'a JsonItem),
    /// A message of an AWS event stream.
    Frame(&'a EventFrame),
}

impl Item<'_> {
    /// What it carries.
    pub(crate) fn data(&self) -> &[u8] {
        match self {
            Self::Sse(event) => &event.data,
            Self::Json(item) => &item.data,
            Self::Frame(frame) => &frame.payload,
        }
    }

    /// What it is called, where the framing names it.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Sse(event) => event.event.as_deref(),
            Self::Json(_) => None,
            Self::Frame(frame) => frame.text(":event-type").or_else(|| frame.text(":exception-type")),
        }
    }

    /// There was more of it.
    pub(crate) fn is_truncated(&self) -> bool {
        match self {
            Self::Sse(event) => event.truncated,
            Self::Json(item) => item.truncated,
            Self::Frame(frame) => frame.truncated,
        }
    }
}

/// A body of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Response,
}

/// What a stream event is; the most telling last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// It carries nothing of the answer.
    #[default]
    Silent,
    /// It carries of the answer only what its user does not see: reasoning, a tool call's name or arguments.
    Content,
    /// It carries what a user sees or hears: text, a refusal, audio.
    Text,
    /// It carries nothing and says that the answer is over.
    Done,
}

/// Whether a body is of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Surely.
    Yes,
    /// Surely not.
    No,
    /// Not told by what was seen so far.
    Open,
}

/// What a reader found in an exchange.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What was done, where that is not always the same for an API.
    pub(crate) operation: Option<&'static str>,
    /// Who answers, as told by what only its kind sends.
    pub(crate) server: Option<&'static str>,
    pub(crate) request: Request,
    pub(crate) traces: Traces,
    pub(crate) response: Response,
    pub(crate) usage: Usage,
    /// How long things took, as the body says.
    pub(crate) told: ToldTimes,
    /// Rate limits, as the body says.
    pub(crate) rate_limits: RateLimits,
    /// What the engine is busy with, as the body says.
    pub(crate) engine: EngineState,
    /// What it cost, as the body says.
    pub(crate) cost: Option<Cost>,
    /// What it is as a message of MCP.
    pub(crate) mcp: Option<Mcp>,
    /// The `traceparent` that the body has.
    pub(crate) traceparent: Option<String>,
    /// The error that the provider told of, in the body or in the stream.
    pub(crate) error: Option<ProviderError>,
    /// The answer says of itself that it is whole: every choice has its finish reason, or the document is closed.
    pub(crate) whole: bool,
    pub(crate) unknown_shape: u32,
}

/// An error as a provider tells it, by its names. Its message is content and is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProviderError {
    pub(crate) code: Option<String>,
    pub(crate) kind: Option<String>,
}

impl ProviderError {
    /// The text, if it is a name and not a sentence: it becomes a metric's label, and sentences may quote the prompt.
    fn name(text: &str) -> Option<String> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        ((1..=64).contains(&text.len()) && text.bytes().all(is_name)).then(|| text.to_owned())
    }
}

//! A model call: what was asked, what came, when.

use wire::{Protocol, Time};

use crate::digest::Digest;
use crate::finish::FinishClass;
use crate::headers::{Attempts, Client, EngineState, Gateway, Place, RateLimits, ToldTimes};
use crate::intervals::Intervals;
use crate::memory::Traces;
use crate::price::Cost;

/// One model call, provider-neutral.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Who was called.
    pub provider: Provider,
    /// Which API of theirs.
    pub api: Api,
    /// The exchange as HTTP.
    pub http: Http,
    /// What was asked.
    pub request: Request,
    /// What came.
    pub response: Response,
    /// Tokens, as told.
    pub usage: Usage,
    /// When.
    pub times: Times,
    /// The stream, where the response was one.
    pub stream: Option<Stream>,
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong, where something did.
    pub failure: Option<Failure>,
    /// Something of this call was lost between the process and us; its figures may lack what was in it.
    pub lossy: bool,
    /// How many bytes that was, as far as it is known.
    pub lost_bytes: u64,
    /// The call was joined after it began: its request was not seen whole.
    pub joined_late: bool,
    /// Parts of the exchange that had a shape we do not know; the rest is sure.
    pub unknown_shape: u32,
    /// What the server, and whoever stands before it, told beside the answer.
    pub beside: Beside,
    /// What it cost.
    pub cost: Option<Cost>,
    /// What it is as a message of the Model Context Protocol, where it is one and no model is called.
    pub mcp: Option<Mcp>,
    /// Which try of which call this is, where that is known.
    pub attempt: Option<Attempt>,
    /// Why the provider's cache was not hit, where it could have been.
    pub cache_miss: Option<CacheMiss>,
    /// Tool calls of earlier answers whose results this call brings.
    pub tool_returns: Vec<ToolReturn>,
    /// What it can be recognised by.
    pub traces: Traces,
}

/// What was told beside the answer, in heads and at the edges of bodies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// Rate limits, and when to come again.
    pub rate_limits: RateLimits,
    /// How long things took, as the server says.
    pub times: ToldTimes,
    /// What the engine is busy with.
    pub engine: EngineState,
    /// Where the request was answered.
    pub place: Place,
    /// Who handed it on.
    pub gateway: Option<Gateway>,
    /// What client and gateways say of attempts.
    pub attempts: Attempts,
    /// What the client says of itself.
    pub client: Client,
}

/// A request to a server of tools (Model Context Protocol) and its result. Arguments and results are content and are
/// not kept; the id of the session is as good as a credential, and the decoder has dropped it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mcp {
    /// `tools/call`, `resources/read`, …
    pub method: String,
    /// The name of the tool or prompt, or the URI of the resource.
    pub target: Option<String>,
    /// The request's id, as text.
    pub request_id: Option<String>,
    /// Whether it belongs to a session.
    pub in_session: bool,
    /// The protocol's version.
    pub protocol_version: Option<String>,
    /// The code of the error that came instead of a result.
    pub error_code: Option<i64>,
    /// The tool says that it failed.
    pub tool_error: bool,
}

/// One try of a logical call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The same for all tries of a call, and for no other call.
    pub logical: Digest,
    /// Which try, from 1.
    pub number: u32,
    /// How that is known. Of a first try there is nothing to know it by.
    pub by: Option<AttemptBy>,
    /// Nanoseconds from the end of the try before to the beginning of this one.
    pub waited_ns: Option<u64>,
}

/// How it is known which try it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptBy {
    /// The client counts them.
    Count,
    /// The client names the call (`amz-sdk-invocation-id`).
    Invocation,
    /// The same request again, soon after one that failed.
    Body,
}

/// Why a cache was not hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheMiss {
    /// An earlier prompt began alike, and this one departs from it.
    PromptChanged,
    /// The whole of an earlier prompt is there again, and the provider did not have it any more.
    ExpiredOrEvicted,
    /// Nothing like it was seen before.
    Cold,
}

/// A tool that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolReturn {
    /// The tool's name.
    pub name: Option<String>,
    /// The call's id.
    pub id: Option<String>,
    /// Nanoseconds from the end of the answer that asked for it to the beginning of the request that brings its result.
    pub took_ns: u64,
}

impl Call {
    /// Time to each token after the first, in nanoseconds, by the tokens that the provider counted.
    pub fn time_per_output_token(&self) -> Option<f64> {
        let tokens = self.usage.output.filter(|tokens| *tokens > 1)?;
        let decode = self.times.last_token?.since(self.times.first_token?);
        (decode > 0).then(|| decode as f64 / (tokens - 1) as f64)
    }

    /// Tokens per second of the whole call: from the request's last byte to the last byte of the answer.
    pub fn output_tokens_per_second(&self) -> Option<f64> {
        let tokens = self.usage.output?;
        let took = self.times.last_byte?.since(self.times.request_last_byte?);
        (took > 0).then(|| tokens as f64 * 1e9 / took as f64)
    }
}

/// Who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The value of `gen_ai.provider.name`.
    pub name: &'static str,
    /// How that is known.
    pub known_by: KnownBy,
}

/// How it is known who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// The host is one of the provider's, or the user says so.
    Host,
    /// The server has told on itself by what only its kind sends.
    Server,
    /// It speaks that provider's API, and nothing says who it is.
    Api,
}

impl Provider {
    /// Known by its host.
    pub const fn host(name: &'static str) -> Self {
        Self { name, known_by: KnownBy::Host }
    }

    /// Known by what the server said.
    pub const fn server(name: &'static str) -> Self {
        Self { name, known_by: KnownBy::Server }
    }

    /// Known by its API only.
    pub const fn api(name: &'static str) -> Self {
        Self { name, known_by: KnownBy::Api }
    }

    /// Whether the name is only what most of its kind are called: neither host nor server told us anything.
    pub fn is_inferred(self) -> bool {
        match self.known_by {
            KnownBy::Host | KnownBy::Server => false,
            KnownBy::Api => true,
        }
    }
}

/// Which API of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Api {
    /// Its own name, such as `chat_completions`.
    pub name: &'static str,
    /// Its `gen_ai.operation.name`.
    pub operation: &'static str,
}

impl Api {
    /// OpenAI chat completions, the API that most others speak too.
    pub const CHAT_COMPLETIONS: Self = Self { name: "chat_completions", operation: "chat" };
}

/// The exchange as HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// HTTP/1 or HTTP/2.
    pub protocol: Protocol,
    /// `Host` or `:authority`, as sent.
    pub host: Option<String>,
    /// Path without query; empty when no request head was seen.
    pub path: String,
    /// Response status; absent when no response head was seen.
    pub status: Option<u16>,
    /// The provider's id of the HTTP request (`x-request-id` and its kin).
    pub request_id: Option<String>,
    /// The `traceparent` that the process sent.
    pub traceparent: Option<String>,
    /// The client library, from `user-agent`.
    pub user_agent: Option<String>,
    /// Request body bytes, with codings removed.
    pub request_bytes: u64,
    /// Response body bytes, with codings removed. Of an event stream only the bytes of its events' data: field names,
    /// comments and line ends do not get here.
    pub response_bytes: u64,
}

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The model asked for.
    pub model: Option<String>,
    /// Whether a stream was asked for.
    pub stream: Option<bool>,
    /// The most tokens that the answer may have.
    pub max_tokens: Option<u64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Sampling among the most likely so many.
    pub top_k: Option<f64>,
    /// Penalty for what is frequent.
    pub frequency_penalty: Option<f64>,
    /// Penalty for what was there before.
    pub presence_penalty: Option<f64>,
    /// Seed of the sampling.
    pub seed: Option<i64>,
    /// How many choices, where not 1.
    pub choice_count: Option<u64>,
    /// How many stop sequences. They are content.
    pub stop_count: Option<u64>,
    /// Messages in the prompt.
    pub message_count: Option<u64>,
    /// Tools offered.
    pub tool_count: Option<u64>,
    /// The format asked for, by the API's own word: `json_schema`, `application/json`, …
    pub output_type: Option<String>,
    /// How hard to think, by the API's own word.
    pub reasoning_level: Option<String>,
    /// The service tier asked for.
    pub service_tier: Option<String>,
    /// The speed asked for, where a faster one costs more: `fast`, `optimized`.
    pub speed: Option<String>,
    /// The answer that this one goes on from.
    pub previous_response: Option<String>,
    /// The conversation that the provider keeps and this call belongs to.
    pub conversation: Option<String>,
    /// The stored prompt that was used.
    pub prompt_id: Option<String>,
    /// Its version.
    pub prompt_version: Option<String>,
    /// Who the process says it asks for (`user`, `safety_identifier`, `metadata.user_id`), as a keyed digest.
    pub user: Option<Digest>,
    /// The tenant or project that it says it asks for, as a keyed digest.
    pub tenant: Option<Digest>,
    /// Dimensions asked of embeddings.
    pub dimensions: Option<u64>,
    /// Encoding asked of embeddings.
    pub encoding_format: Option<String>,
    /// Texts to embed, or documents to rank.
    pub input_count: Option<u64>,
    /// The best so many of the ranked.
    pub top_n: Option<u64>,
    /// What the prompt is made of. Absent where it was not read to its end.
    pub prompt: Option<Prompt>,
}

/// What a prompt is made of: counts and lengths, never text. Lengths are in characters of the text, with the escapes
/// of JSON undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Instructions of the system or the developer.
    pub system: Part,
    /// What users said.
    pub user: Part,
    /// What the model said before, its tool calls' arguments with it.
    pub assistant: Part,
    /// What tools gave back.
    pub tool_result: Part,
    /// Documents and search results that were handed in as such.
    pub retrieved: Part,
    /// Images, audio, files: how many. Their encodings are no characters of text.
    pub media: u64,
    /// Length of the tools' definitions as written, in bytes.
    pub tool_definitions: u64,
}

/// A part of a prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// How many there are.
    pub count: u64,
    /// How long they are together, in characters.
    pub chars: u64,
}

impl Prompt {
    /// All characters of text.
    pub fn chars(&self) -> u64 {
        let Self { system, user, assistant, tool_result, retrieved, media: _, tool_definitions: _ } = self;
        [system, user, assistant, tool_result, retrieved]
            .iter()
            .fold(0, |sum: u64, part| sum.saturating_add(part.chars))
    }
}

/// What came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The provider's id of the response.
    pub id: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// Finish reasons as sent, by choice index.
    pub finish_reasons: Vec<String>,
    /// `system_fingerprint`.
    pub system_fingerprint: Option<String>,
    /// `service_tier`.
    pub service_tier: Option<String>,
    /// The speed that the answer was made at, where a faster one costs more.
    pub speed: Option<String>,
    /// Where the answer was made, where that is a matter of price (`inference_geo`).
    pub inference_geo: Option<String>,
    /// Tool calls that the model made.
    pub tool_calls: Vec<ToolCall>,
    /// The model refused, or the provider would not have it answer.
    pub refusal: bool,
    /// Why, by the provider's own word.
    pub refusal_category: Option<String>,
    /// The conversation that the provider keeps and this call belongs to.
    pub conversation: Option<String>,
    /// Where JSON was asked for and text came: whether it is JSON.
    pub valid_json: Option<bool>,
    /// The provider shortened what it was given.
    pub compacted: bool,
    /// Who a gateway says has answered.
    pub upstream: Option<String>,
    /// Why the provider's cache was not hit, by its own word.
    pub cache_miss_reason: Option<String>,
}

impl Response {
    /// Why the answer ended, by the words that are the same for all providers; each once.
    pub fn finish_classes(&self) -> Vec<FinishClass> {
        let mut classes = Vec::new();
        for class in self.finish_reasons.iter().map(|reason| FinishClass::of(reason)) {
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
        classes
    }

    /// The answer was cut off because it had become as long as it may.
    pub fn is_too_long(&self) -> bool {
        self.finish_reasons.iter().any(|reason| FinishClass::of(reason) == FinishClass::Length)
    }
}

/// A tool call that the model asked for. Arguments are content and are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// The call's id.
    pub id: Option<String>,
    /// The tool's name.
    pub name: Option<String>,
}

/// Tokens, as the provider told them. Input includes cached tokens; output includes reasoning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Prompt tokens.
    pub input: Option<u64>,
    /// Completion tokens.
    pub output: Option<u64>,
    /// Prompt tokens read from a cache.
    pub cache_read: Option<u64>,
    /// Prompt tokens written to a cache.
    pub cache_write: Option<u64>,
    /// Those of them that stay for five minutes.
    pub cache_write_5m: Option<u64>,
    /// Those of them that stay for an hour.
    pub cache_write_1h: Option<u64>,
    /// Completion tokens spent on reasoning.
    pub reasoning: Option<u64>,
    /// Prompt tokens of audio.
    pub input_audio: Option<u64>,
    /// Completion tokens of audio.
    pub output_audio: Option<u64>,
    /// Prompt tokens of images.
    pub input_image: Option<u64>,
    /// Completion tokens of images.
    pub output_image: Option<u64>,
    /// Cached prompt tokens of audio.
    pub cache_read_audio: Option<u64>,
    /// Cached prompt tokens of images.
    pub cache_read_image: Option<u64>,
    /// Tokens of a predicted output that came true.
    pub prediction_accepted: Option<u64>,
    /// Tokens of a predicted output that did not.
    pub prediction_rejected: Option<u64>,
    /// Web searches that the provider made for the answer.
    pub web_searches: Option<u64>,
    /// Searches that ranking is billed by.
    pub search_units: Option<u64>,
    /// A total was told, and it is not the sum of input and output.
    pub inconsistent: bool,
    /// The figures as the provider told them, by the path of each in its own structure.
    pub raw: Vec<(String, f64)>,
}

impl Usage {
    /// The share of the prompt that came from a cache.
    pub fn cache_hit_ratio(&self) -> Option<f64> {
        let input = self.input.filter(|input| *input > 0)?;
        self.cache_read.map(|read| read as f64 / input as f64)
    }
}

/// When things crossed the edge of the process. Absent: not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// First byte of the request written.
    pub request_first_byte: Option<Time>,
    /// Last byte of the request written.
    pub request_last_byte: Option<Time>,
    /// First byte of the response read.
    pub response_first_byte: Option<Time>,
    /// First stream event of any kind.
    pub first_chunk: Option<Time>,
    /// First event that carries text, reasoning, a refusal, a tool call's name or arguments, or audio. For a
    /// response that is not a stream: absent.
    pub first_token: Option<Time>,
    /// First event that carries what a user sees: text, a refusal or audio, and not reasoning.
    pub first_text: Option<Time>,
    /// Last event that carries content.
    pub last_token: Option<Time>,
    /// Last byte of the call: its semantic end (`[DONE]`), the end of its framing, or the close. Absent for a call that
    /// is [`Outcome::Unfinished`]: it was not seen.
    pub last_byte: Option<Time>,
}

/// The stream of a response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stream {
    /// Stream events of any kind, the end mark (`[DONE]`) not counted.
    pub chunks: u64,
    /// Events that carry content.
    pub content_chunks: u64,
    /// Content events that arrived in the same read as the content event before them; their interval is 0.
    pub coalesced: u64,
    /// The times between content events.
    pub intervals: Intervals,
    /// Intervals in which the stream stood still: longer than a second and than eight times the median so far.
    pub stalls: u64,
    /// How long it stood still, nanoseconds.
    pub stalled_ns: u64,
}

impl Stream {
    /// So many nanoseconds passed between two content events.
    pub(crate) fn passed(&mut self, nanos: u64) {
        const SECOND: u64 = 1_000_000_000;
        // The median is looked for only where it matters: hardly any interval lasts a second.
        if nanos > SECOND {
            let usual = self.intervals.quantile(0.5).unwrap_or_default();
            if nanos > usual.saturating_mul(8) {
                self.stalls += 1;
                self.stalled_ns = self.stalled_ns.saturating_add(nanos);
            }
        }
        self.intervals.push(nanos);
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Whole, by its semantic end or by its framing.
    Complete,
    /// The response ended before it was whole.
    Cut,
    /// No response was seen before the connection closed or the agent stopped.
    NoResponse,
    /// Still running when the agent stopped or gave it up as idle, or lost sight of because of what was lost on the
    /// way to us.
    Unfinished,
}

/// What went wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `error.type`: the provider's code, else the HTTP status, else what happened to the transport.
    pub kind: String,
}

//! A model call: what was asked, what came, when.

use wire::{Protocol, Time};

use crate::intervals::Intervals;

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
}

/// Who is called, as `gen_ai.provider.name` names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provider {
    /// api.openai.com.
    OpenAi,
    /// Something that speaks OpenAI's API and whose name we do not know.
    OpenAiCompatible,
    /// Any other, by the name that its file in `provider` gives it.
    Named(&'static str),
    /// Something that speaks that provider's API, on a host that we do not know.
    Compatible(&'static str),
}

impl Provider {
    /// The value of `gen_ai.provider.name`.
    pub fn name(&self) -> &str {
        match self {
            Self::OpenAi | Self::OpenAiCompatible => "openai",
            Self::Named(name) | Self::Compatible(name) => name,
        }
    }

    /// Whether the name is only what most of its kind are called: the host told us nothing.
    pub fn is_inferred(&self) -> bool {
        match self {
            Self::OpenAi | Self::Named(_) => false,
            Self::OpenAiCompatible | Self::Compatible(_) => true,
        }
    }
}

/// Which API of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// OpenAI chat completions.
    ChatCompletions,
    /// Any other, as its file in `provider` describes it.
    Named {
        /// Its own name, such as `responses`.
        name: &'static str,
        /// Its `gen_ai.operation.name`.
        operation: &'static str,
    },
}

impl Api {
    /// The value of `gen_ai.operation.name`.
    pub fn operation(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat",
            Self::Named { operation, .. } => operation,
        }
    }

    /// Its own name, as `openai.api.type` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions",
            Self::Named { name, .. } => name,
        }
    }
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
    /// `x-stainless-retry-count`, where the client says it.
    pub retry_count: Option<u32>,
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
    /// `max_completion_tokens` or `max_tokens`.
    pub max_tokens: Option<u64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// How many choices, where not 1.
    pub choice_count: Option<u64>,
    /// Messages in the prompt.
    pub message_count: Option<u64>,
    /// Tools offered.
    pub tool_count: Option<u64>,
    /// `response_format.type`.
    pub output_type: Option<String>,
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
    /// Tool calls that the model made.
    pub tool_calls: Vec<ToolCall>,
    /// The model refused.
    pub refusal: bool,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Prompt tokens.
    pub input: Option<u64>,
    /// Completion tokens.
    pub output: Option<u64>,
    /// Prompt tokens read from a cache.
    pub cache_read: Option<u64>,
    /// Prompt tokens written to a cache.
    pub cache_write: Option<u64>,
    /// Completion tokens spent on reasoning.
    pub reasoning: Option<u64>,
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

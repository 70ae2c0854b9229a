//! The one table of names. What OpenTelemetry's conventions name is named so; what they do not is under `wirelight.`,
//! and never inside a namespace of theirs. Times are seconds.

/// What kind of call: `chat`.
pub const OPERATION_NAME: &str = "gen_ai.operation.name";
/// Who was called.
pub const PROVIDER_NAME: &str = "gen_ai.provider.name";
/// The provider's name is what its API is usually called: the host did not tell. Only when true.
pub const PROVIDER_INFERRED: &str = "wirelight.provider.inferred";
/// Which of OpenAI's APIs.
pub const OPENAI_API_TYPE: &str = "openai.api.type";
/// The model asked for.
pub const REQUEST_MODEL: &str = "gen_ai.request.model";
/// A stream was asked for. Only when true.
pub const REQUEST_STREAM: &str = "gen_ai.request.stream";
/// Most tokens to generate.
pub const REQUEST_MAX_TOKENS: &str = "gen_ai.request.max_tokens";
/// Sampling temperature.
pub const REQUEST_TEMPERATURE: &str = "gen_ai.request.temperature";
/// Nucleus sampling.
pub const REQUEST_TOP_P: &str = "gen_ai.request.top_p";
/// How many choices, where not 1.
pub const REQUEST_CHOICE_COUNT: &str = "gen_ai.request.choice.count";
/// The format asked for: `text`, `json`.
pub const OUTPUT_TYPE: &str = "gen_ai.output.type";
/// Messages in the prompt.
pub const REQUEST_MESSAGE_COUNT: &str = "wirelight.request.message_count";
/// Tools offered to the model.
pub const REQUEST_TOOL_COUNT: &str = "wirelight.request.tool_count";
/// The provider's id of the answer.
pub const RESPONSE_ID: &str = "gen_ai.response.id";
/// The model that answered.
pub const RESPONSE_MODEL: &str = "gen_ai.response.model";
/// Why each choice ended, as sent; `error` where the stream broke before it said.
pub const RESPONSE_FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
/// Tool calls that the model made.
pub const RESPONSE_TOOL_CALL_COUNT: &str = "wirelight.response.tool_call_count";
/// The model refused. Only when true.
pub const RESPONSE_REFUSAL: &str = "wirelight.response.refusal";
/// OpenAI's backend configuration.
pub const OPENAI_SYSTEM_FINGERPRINT: &str = "openai.response.system_fingerprint";
/// OpenAI's service tier.
pub const OPENAI_SERVICE_TIER: &str = "openai.response.service_tier";
/// Prompt tokens, cached ones included.
pub const USAGE_INPUT: &str = "gen_ai.usage.input_tokens";
/// Completion tokens, reasoning included.
pub const USAGE_OUTPUT: &str = "gen_ai.usage.output_tokens";
/// Prompt tokens that came from a cache.
pub const USAGE_CACHE_READ: &str = "gen_ai.usage.cache_read.input_tokens";
/// Prompt tokens that went into a cache.
pub const USAGE_CACHE_WRITE: &str = "gen_ai.usage.cache_write.input_tokens";
/// The same by the name it had before.
pub const USAGE_CACHE_CREATION: &str = "gen_ai.usage.cache_creation.input_tokens";
/// Completion tokens spent on reasoning.
pub const USAGE_REASONING: &str = "gen_ai.usage.reasoning.output_tokens";
/// First byte of the request written → first stream event of any kind read.
pub const TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
/// First byte of the request written → first event that carries content read.
pub const TIME_TO_FIRST_TOKEN: &str = "wirelight.response.time_to_first_token";
/// Stream events, the end mark not counted.
pub const STREAM_CHUNKS: &str = "wirelight.stream.chunk_count";
/// Stream events that carry content.
pub const STREAM_CONTENT_CHUNKS: &str = "wirelight.stream.content_chunk_count";
/// Content events that came in the same read as the one before; each puts a 0 among the intervals.
pub const STREAM_COALESCED: &str = "wirelight.stream.coalesced";
/// Half of the intervals between content events are not longer.
pub const CHUNK_INTERVAL_P50: &str = "wirelight.stream.chunk_interval.p50";
/// 95 % of them are not longer.
pub const CHUNK_INTERVAL_P95: &str = "wirelight.stream.chunk_interval.p95";
/// 99 % of them are not longer.
pub const CHUNK_INTERVAL_P99: &str = "wirelight.stream.chunk_interval.p99";
/// The longest interval.
pub const CHUNK_INTERVAL_MAX: &str = "wirelight.stream.chunk_interval.max";
/// The provider's id of the HTTP request, for its support.
pub const PROVIDER_REQUEST_ID: &str = "wirelight.provider.request_id";
/// Response status.
pub const HTTP_STATUS: &str = "http.response.status_code";
/// Which retry this is, as the client says. Only above 0.
pub const HTTP_RESEND_COUNT: &str = "http.request.resend_count";
/// Host that was called.
pub const SERVER_ADDRESS: &str = "server.address";
/// Its port.
pub const SERVER_PORT: &str = "server.port";
/// What went wrong: the provider's code, else the status, else what happened to the transport.
pub const ERROR_TYPE: &str = "error.type";
/// How the call ended: `complete`, `cut`, `no_response`, `unfinished`.
pub const OUTCOME: &str = "wirelight.outcome";
/// Something of the call was lost on its way to the agent. Only when true.
pub const CAPTURE_TRUNCATED: &str = "wirelight.capture.truncated";
/// How many bytes. Only above 0.
pub const CAPTURE_LOST_BYTES: &str = "wirelight.capture.lost_bytes";
/// The call had begun before it was observed. Only when true.
pub const CAPTURE_JOINED_LATE: &str = "wirelight.capture.joined_late";
/// Parts of the exchange that were not understood. Only above 0.
pub const CAPTURE_UNKNOWN_SHAPE: &str = "wirelight.capture.unknown_shape";
/// Share of the call's time that its phases explain.
pub const TRACE_COMPLETENESS: &str = "wirelight.trace.completeness";
/// Pid in the initial namespace.
pub const PROCESS_PID: &str = "process.pid";
/// Name of the executable.
pub const PROCESS_EXECUTABLE_NAME: &str = "process.executable.name";
/// Path of the executable, as the process sees it.
pub const PROCESS_EXECUTABLE_PATH: &str = "process.executable.path";
/// User id of the process: its name is known only inside its own mount namespace.
pub const PROCESS_OWNER: &str = "process.owner";

/// Names of phases.
pub mod phase {
    /// First → last byte of the request written.
    pub const REQUEST_SEND: &str = "request.send";
    /// Request written → first token; of an answer that is no stream, → its first byte.
    pub const PROVIDER_TTFT: &str = "provider.ttft";
    /// First → last token.
    pub const PROVIDER_DECODE: &str = "provider.decode";
}

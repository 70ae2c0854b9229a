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
/// Sampling among the most likely so many.
pub const REQUEST_TOP_K: &str = "gen_ai.request.top_k";
/// Penalty for what is frequent.
pub const REQUEST_FREQUENCY_PENALTY: &str = "gen_ai.request.frequency_penalty";
/// Penalty for what was there before.
pub const REQUEST_PRESENCE_PENALTY: &str = "gen_ai.request.presence_penalty";
/// Seed of the sampling.
pub const REQUEST_SEED: &str = "gen_ai.request.seed";
/// Stop sequences. They are content, so there are only so many.
pub const REQUEST_STOP_COUNT: &str = "wirelight.request.stop_sequence_count";
/// How hard to think, by the API's own word.
pub const REQUEST_REASONING_LEVEL: &str = "gen_ai.request.reasoning.level";
/// Service tier asked of OpenAI.
pub const OPENAI_REQUEST_TIER: &str = "openai.request.service_tier";
/// Service tier asked of others.
pub const REQUEST_TIER: &str = "wirelight.request.service_tier";
/// The answer that this one goes on from.
pub const REQUEST_PREVIOUS_RESPONSE: &str = "gen_ai.request.previous_response.id";
/// The stored prompt that was used.
pub const PROMPT_NAME: &str = "gen_ai.prompt.name";
/// Its version.
pub const PROMPT_VERSION: &str = "gen_ai.prompt.version";
/// The conversation that the provider keeps. Never made up.
pub const CONVERSATION_ID: &str = "gen_ai.conversation.id";
/// Dimensions asked of embeddings.
pub const EMBEDDINGS_DIMENSIONS: &str = "gen_ai.embeddings.dimension.count";
/// Encoding asked of embeddings.
pub const REQUEST_ENCODING_FORMATS: &str = "gen_ai.request.encoding_formats";
/// Texts to embed, or documents to rank.
pub const REQUEST_INPUT_COUNT: &str = "wirelight.request.input_count";
/// The best so many of the ranked.
pub const REQUEST_TOP_N: &str = "wirelight.request.top_n";
/// Who the process says it asks for, as a keyed digest: the same for the same, for as long as the agent
/// runs.
pub const REQUEST_USER: &str = "wirelight.request.user";
/// The tenant that it says it asks for, likewise.
pub const REQUEST_TENANT: &str = "wirelight.request.tenant";
/// Characters of text in the prompt.
pub const PROMPT_CHARS: &str = "wirelight.prompt.chars";
/// Share of the prompt's characters in instructions.
pub const PROMPT_SHARE_SYSTEM: &str = "wirelight.prompt.share.system";
/// Share in what users said.
pub const PROMPT_SHARE_USER: &str = "wirelight.prompt.share.user";
/// Share in what the model said before.
pub const PROMPT_SHARE_ASSISTANT: &str = "wirelight.prompt.share.assistant";
/// Share in what tools gave back.
pub const PROMPT_SHARE_TOOL_RESULT: &str = "wirelight.prompt.share.tool_result";
/// Share in documents that were handed in as such.
pub const PROMPT_SHARE_RETRIEVED: &str = "wirelight.prompt.share.retrieved";
/// Results of tools in the prompt. Only above 0.
pub const REQUEST_TOOL_RESULT_COUNT: &str = "wirelight.request.tool_result_count";
/// Documents and search results in the prompt. Only above 0.
pub const REQUEST_RETRIEVED_COUNT: &str = "wirelight.request.retrieved_count";
/// Images, sounds and files in the prompt. Only above 0.
pub const REQUEST_MEDIA_COUNT: &str = "wirelight.request.media_count";
/// Length of the tools' definitions. Only above 0.
pub const REQUEST_TOOL_DEFINITION_BYTES: &str = "wirelight.request.tool_definition_bytes";
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
/// Names of the tools that the model called, in order.
pub const RESPONSE_TOOL_NAMES: &str = "wirelight.response.tool_names";
/// The model refused. Only when true.
pub const RESPONSE_REFUSAL: &str = "wirelight.response.refusal";
/// Why it refused, by the provider's word.
pub const RESPONSE_REFUSAL_CATEGORY: &str = "wirelight.response.refusal.category";
/// The answer was cut off because it had become as long as it may. Only when true.
pub const RESPONSE_TRUNCATED: &str = "wirelight.response.truncated";
/// Where JSON was asked for: whether the answer is JSON.
pub const RESPONSE_VALID_JSON: &str = "wirelight.response.valid_json";
/// The provider shortened what it was given. Only when true.
pub const CONVERSATION_COMPACTED: &str = "gen_ai.conversation.compacted";
/// Who a gateway says has answered.
pub const RESPONSE_UPSTREAM: &str = "wirelight.response.upstream";
/// OpenAI's backend configuration.
pub const OPENAI_SYSTEM_FINGERPRINT: &str = "openai.response.system_fingerprint";
/// OpenAI's service tier.
pub const OPENAI_SERVICE_TIER: &str = "openai.response.service_tier";
/// Backend configuration of a provider that is not OpenAI.
pub const SYSTEM_FINGERPRINT: &str = "wirelight.response.system_fingerprint";
/// Service tier of a provider that is not OpenAI.
pub const SERVICE_TIER: &str = "wirelight.service_tier";
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
/// Those of them that stay for five minutes.
pub const USAGE_CACHE_WRITE_5M: &str = "wirelight.usage.cache_write_5m.input_tokens";
/// Those of them that stay for an hour.
pub const USAGE_CACHE_WRITE_1H: &str = "wirelight.usage.cache_write_1h.input_tokens";
/// Completion tokens spent on reasoning.
pub const USAGE_REASONING: &str = "gen_ai.usage.reasoning.output_tokens";
/// Prompt tokens of audio.
pub const USAGE_INPUT_AUDIO: &str = "gen_ai.usage.audio.input_tokens";
/// Completion tokens of audio.
pub const USAGE_OUTPUT_AUDIO: &str = "gen_ai.usage.audio.output_tokens";
/// Prompt tokens of images.
pub const USAGE_INPUT_IMAGE: &str = "gen_ai.usage.image.input_tokens";
/// Completion tokens of images.
pub const USAGE_OUTPUT_IMAGE: &str = "gen_ai.usage.image.output_tokens";
/// Cached prompt tokens of audio.
pub const USAGE_CACHE_READ_AUDIO: &str = "gen_ai.usage.audio.cache_read.input_tokens";
/// Cached prompt tokens of images.
pub const USAGE_CACHE_READ_IMAGE: &str = "gen_ai.usage.image.cache_read.input_tokens";
/// Tokens of a predicted output that came true.
pub const USAGE_PREDICTION_ACCEPTED: &str = "wirelight.usage.prediction.accepted_tokens";
/// Tokens of a predicted output that did not.
pub const USAGE_PREDICTION_REJECTED: &str = "wirelight.usage.prediction.rejected_tokens";
/// Web searches that the provider made.
pub const USAGE_WEB_SEARCHES: &str = "wirelight.usage.web_searches";
/// Searches that ranking is billed by.
pub const USAGE_SEARCH_UNITS: &str = "wirelight.usage.search_units";
/// Where the model ran, by Anthropic's word.
pub const INFERENCE_GEO: &str = "wirelight.provider.inference_geo";
/// How fast the answer was asked to be, where that has a price.
pub const SPEED: &str = "wirelight.speed";
/// The total that was told is not the sum of input and output. Only when true.
pub const USAGE_INCONSISTENT: &str = "wirelight.usage.inconsistent";
/// The figures as the provider told them: `path=number`.
pub const USAGE_RAW: &str = "wirelight.usage.raw";
/// US dollars.
pub const COST: &str = "wirelight.cost.usd";
/// For what went in.
pub const COST_INPUT: &str = "wirelight.cost.input.usd";
/// For what came out.
pub const COST_OUTPUT: &str = "wirelight.cost.output.usd";
/// Who says so: `told` by the response, or a price `table`.
pub const COST_SOURCE: &str = "wirelight.cost.source";
/// Where in the response.
pub const COST_TOLD_BY: &str = "wirelight.cost.told_by";
/// Which table, of which version and date.
pub const COST_TABLE: &str = "wirelight.cost.table";
/// Share of the prompt's tokens that came from a cache.
pub const CACHE_HIT_RATIO: &str = "wirelight.cache.hit_ratio";
/// Why the cache was not hit where it could have been: `prompt_changed`, `expired_or_evicted`, `cold`.
pub const CACHE_MISS_REASON: &str = "wirelight.cache.miss_reason";
/// The same by the provider's own word.
pub const CACHE_MISS_TOLD: &str = "wirelight.cache.miss_reason.told";
/// First byte of the request written → first stream event of any kind read.
pub const TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
/// First byte of the request written → first event that carries content read.
pub const TIME_TO_FIRST_TOKEN: &str = "wirelight.response.time_to_first_token";
/// First byte of the request written → first event that carries what a user sees.
pub const TIME_TO_FIRST_TEXT: &str = "wirelight.response.time_to_first_text";
/// First → last token by the tokens that the provider counted.
pub const TIME_PER_OUTPUT_TOKEN: &str = "wirelight.response.time_per_output_token";
/// Completion tokens by the time from the request's last byte to the last of the answer.
pub const TOKENS_PER_SECOND: &str = "wirelight.response.tokens_per_second";
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
/// Intervals longer than a second and than eight times the median so far.
pub const STREAM_STALLS: &str = "wirelight.stream.stall_count";
/// How long they were together. Only above 0.
pub const STREAM_STALLED: &str = "wirelight.stream.stalled";
/// Tools whose results this call brings: `name=seconds` since the answer that asked for them.
pub const TOOL_DURATIONS: &str = "wirelight.tool_call.durations";
/// The provider's id of the HTTP request, for its support.
pub const PROVIDER_REQUEST_ID: &str = "wirelight.provider.request_id";
/// Response status.
pub const HTTP_STATUS: &str = "http.response.status_code";
/// Which retry this is. Only above 0.
pub const HTTP_RESEND_COUNT: &str = "http.request.resend_count";
/// The same for all tries of a call. Only on retries, and on what failed and may be followed by one.
pub const LOGICAL_CALL: &str = "wirelight.retry.call";
/// How a retry is known: `count`, `invocation`, `body`.
pub const RETRY_KNOWN_BY: &str = "wirelight.retry.known_by";
/// From the end of the try before to the beginning of this one.
pub const RETRY_WAITED: &str = "wirelight.retry.waited";
/// Requests in a window.
pub const RATE_LIMIT_REQUESTS: &str = "wirelight.ratelimit.requests.limit";
/// How many are left.
pub const RATE_LIMIT_REQUESTS_REMAINING: &str = "wirelight.ratelimit.requests.remaining";
/// When it is whole again, from the response on.
pub const RATE_LIMIT_REQUESTS_RESET: &str = "wirelight.ratelimit.requests.reset";
/// Tokens in a window.
pub const RATE_LIMIT_TOKENS: &str = "wirelight.ratelimit.tokens.limit";
/// How many are left.
pub const RATE_LIMIT_TOKENS_REMAINING: &str = "wirelight.ratelimit.tokens.remaining";
/// When it is whole again, from the response on.
pub const RATE_LIMIT_TOKENS_RESET: &str = "wirelight.ratelimit.tokens.reset";
/// Prompt tokens in a window.
pub const RATE_LIMIT_INPUT: &str = "wirelight.ratelimit.input_tokens.limit";
/// How many are left.
pub const RATE_LIMIT_INPUT_REMAINING: &str = "wirelight.ratelimit.input_tokens.remaining";
/// When it is whole again, from the response on.
pub const RATE_LIMIT_INPUT_RESET: &str = "wirelight.ratelimit.input_tokens.reset";
/// Completion tokens in a window.
pub const RATE_LIMIT_OUTPUT: &str = "wirelight.ratelimit.output_tokens.limit";
/// How many are left.
pub const RATE_LIMIT_OUTPUT_REMAINING: &str = "wirelight.ratelimit.output_tokens.remaining";
/// When it is whole again, from the response on.
pub const RATE_LIMIT_OUTPUT_RESET: &str = "wirelight.ratelimit.output_tokens.reset";
/// Every limit that was told, a line each.
pub const RATE_LIMITS: &str = "wirelight.ratelimit.all";
/// What this call took of the limit.
pub const RATE_LIMIT_QUERY_COST: &str = "wirelight.ratelimit.query_cost";
/// How long the server says to wait.
pub const RETRY_AFTER: &str = "wirelight.retry_after";
/// Whether the server says to try again.
pub const SHOULD_RETRY: &str = "wirelight.should_retry";
/// The server says that a limit is passed. Only when true.
pub const OVER_LIMIT: &str = "wirelight.ratelimit.over_limit";
/// The server, or a proxy, says that it has too much to do. Only when true.
pub const OVERLOADED: &str = "wirelight.server.overloaded";
/// All of it, as the server counts.
pub const SERVER_TOTAL: &str = "wirelight.server.total_duration";
/// Waiting for its turn, as the server says.
pub const SERVER_QUEUE: &str = "wirelight.server.queue_duration";
/// Cutting the request into tokens.
pub const SERVER_TOKENIZE: &str = "wirelight.server.tokenize_duration";
/// Bringing the model into memory.
pub const SERVER_LOAD: &str = "wirelight.server.load_duration";
/// Reading the prompt.
pub const SERVER_PREFILL: &str = "wirelight.server.prefill_duration";
/// Writing the answer.
pub const SERVER_DECODE: &str = "wirelight.server.decode_duration";
/// Both, where the server does not tell them apart.
pub const SERVER_INFERENCE: &str = "wirelight.server.inference_duration";
/// To the first token, as the server says.
pub const SERVER_FIRST_TOKEN: &str = "wirelight.server.first_token_duration";
/// One token, on average, as the server says.
pub const SERVER_PER_TOKEN: &str = "wirelight.server.per_token_duration";
/// From a proxy's handing on the request to the head of the answer.
pub const SERVER_UPSTREAM: &str = "wirelight.server.upstream_duration";
/// What a gateway spent on its own business.
pub const SERVER_GATEWAY: &str = "wirelight.server.gateway_duration";
/// Which field each of these durations is from: `queue_duration=usage.queue_time`.
pub const SERVER_SOURCES: &str = "wirelight.server.sources";
/// `server-timing` as it was sent.
pub const SERVER_TIMING: &str = "wirelight.server.timing";
/// Requests that the engine works on.
pub const ENGINE_RUNNING: &str = "wirelight.engine.requests.running";
/// Requests that wait for it.
pub const ENGINE_WAITING: &str = "wirelight.engine.requests.waiting";
/// Requests that are worked on together.
pub const ENGINE_BATCH: &str = "wirelight.engine.batch_size";
/// Share of its cache that is in use.
pub const ENGINE_KV_CACHE: &str = "wirelight.engine.kv_cache_usage";
/// The field that tells of the engine.
pub const ENGINE_SOURCE: &str = "wirelight.engine.source";
/// Tokens that speculative decoding proposed.
pub const SPEC_PROPOSED: &str = "wirelight.spec_decode.proposed_tokens";
/// Those of them that were accepted.
pub const SPEC_ACCEPTED: &str = "wirelight.spec_decode.accepted_tokens";
/// Their share.
pub const SPEC_ACCEPTANCE: &str = "wirelight.spec_decode.acceptance_rate";
/// Where the provider answered.
pub const PROVIDER_REGION: &str = "wirelight.provider.region";
/// Which part of the world it may answer in (Bedrock's profiles).
pub const PROVIDER_AREA: &str = "wirelight.provider.area";
/// Deployment, cluster or backend that answered.
pub const PROVIDER_POOL: &str = "wirelight.provider.pool_id";
/// The edge of a network through which it came.
pub const PROVIDER_EDGE: &str = "wirelight.provider.edge";
/// Who handed the call on.
pub const GATEWAY_NAME: &str = "wirelight.gateway.name";
/// Its id of the request.
pub const GATEWAY_REQUEST_ID: &str = "wirelight.gateway.request_id";
/// What its cache did.
pub const GATEWAY_CACHE: &str = "wirelight.gateway.cache";
/// Who it says has answered.
pub const GATEWAY_PROVIDER: &str = "wirelight.gateway.provider";
/// Which model it says has answered.
pub const GATEWAY_MODEL: &str = "wirelight.gateway.model";
/// How often it tried again. Only above 0.
pub const GATEWAY_RETRIES: &str = "wirelight.gateway.retry_count";
/// How often it went to another. Only above 0.
pub const GATEWAY_FALLBACKS: &str = "wirelight.gateway.fallback_count";
/// The client library, by its own word.
pub const USER_AGENT: &str = "user_agent.original";
/// The language of the client's SDK.
pub const CLIENT_LANGUAGE: &str = "wirelight.client.language";
/// The SDK's version.
pub const CLIENT_VERSION: &str = "wirelight.client.sdk_version";
/// What runs it.
pub const CLIENT_RUNTIME: &str = "wirelight.client.runtime";
/// How long the client waits for bytes.
pub const CLIENT_READ_TIMEOUT: &str = "wirelight.client.read_timeout";
/// How long the client waits for the whole answer.
pub const CLIENT_TIMEOUT: &str = "wirelight.client.timeout";
/// What was asked of a server of tools: `tools/call`.
pub const MCP_METHOD: &str = "mcp.method.name";
/// The version of the Model Context Protocol.
pub const MCP_PROTOCOL_VERSION: &str = "mcp.protocol.version";
/// The resource that was asked for.
pub const MCP_RESOURCE_URI: &str = "mcp.resource.uri";
/// It belongs to a session. The session's id is as good as a credential, and is not known. Only when true.
pub const MCP_IN_SESSION: &str = "wirelight.mcp.in_session";
/// The id of a request in JSON-RPC.
pub const JSONRPC_REQUEST_ID: &str = "jsonrpc.request.id";
/// The code of an error in JSON-RPC.
pub const RPC_STATUS_CODE: &str = "rpc.response.status_code";
/// The tool that was called.
pub const TOOL_NAME: &str = "gen_ai.tool.name";
/// What carries it.
pub const NETWORK_TRANSPORT: &str = "network.transport";
/// What carries it on top of that.
pub const NETWORK_PROTOCOL_NAME: &str = "network.protocol.name";
/// Its version.
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
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

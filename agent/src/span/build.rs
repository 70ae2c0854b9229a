//! A call → its span.
//!
//! Every attribute is what the call says, under its name; what it does not say is left out. Only the phases, their
//! share of the call, and the times to first chunk and token are computed.

mod beside;
mod mcp;

use std::sync::Arc;

use genai::{AttemptBy, CacheMiss, Call, Outcome, Prompt, Provider, Stream, Times, Usage};
use wire::Time;

use super::model::{ConnectionInfo, Phase, Span, Value};
use super::semconv::{self as name, phase};
use crate::capture::Clock;
use crate::enrich::Process;

/// Makes the span of a call.
pub fn build(call: &Call, process: &Arc<Process>, connection: ConnectionInfo, clock: Clock) -> Span {
    let (start, end) = extent(&call.times);
    let phases = phases(&call.times, call.stream.is_some());
    let mut attributes = Attributes::default();
    match &call.mcp {
        Some(mcp) => attributes.mcp(mcp, call.http.protocol),
        None => {
            attributes.request(call);
            attributes.response(call);
        }
    }
    attributes.usage(&call.usage);
    attributes.cost(call.cost.as_ref());
    attributes.cache(call);
    attributes.timing(call);
    attributes.tools(call);
    attributes.http(call);
    attributes.beside(call);
    attributes.server(call.http.host.as_deref(), connection.server_name.as_deref());
    attributes.ending(call);
    attributes.float(name::TRACE_COMPLETENESS, completeness(&phases, end.since(start)));
    attributes.process(process);
    Span {
        name: span_name(call),
        start,
        end,
        attributes: attributes.0,
        phases,
        moments: moments(&call.times),
        clock,
        traceparent: call.http.traceparent.clone(),
        process: Arc::clone(process),
        connection,
    }
}

fn span_name(call: &Call) -> String {
    if let Some(mcp) = &call.mcp {
        return mcp::span_name(mcp);
    }
    let operation = call.api.operation;
    match &call.request.model {
        Some(model) => format!("{operation} {model}"),
        None => operation.to_owned(),
    }
}

/// The moments that are known of a call.
fn moments(times: &Times) -> Vec<(&'static str, Time)> {
    let Times {
        request_first_byte,
        request_last_byte,
        response_first_byte,
        first_chunk,
        first_token,
        first_text,
        last_token,
        last_byte,
    } = *times;
    let all = [
        ("request_first_byte", request_first_byte),
        ("request_last_byte", request_last_byte),
        ("response_first_byte", response_first_byte),
        ("first_chunk", first_chunk),
        ("first_token", first_token),
        ("first_text", first_text),
        ("last_token", last_token),
        ("last_byte", last_byte),
    ];
    let known = all.into_iter().filter_map(|(name, at)| Some((name, at?)));
    known.collect()
}

/// From the first to the last moment that is known of a call.
fn extent(times: &Times) -> (Time, Time) {
    let known = || moments(times).into_iter().map(|(_, at)| at);
    (known().min().unwrap_or_default(), known().max().unwrap_or_default())
}

fn phases(times: &Times, streamed: bool) -> Vec<Phase> {
    let answered = if streamed { times.first_token } else { times.response_first_byte };
    let all = [
        (phase::REQUEST_SEND, times.request_first_byte, times.request_last_byte),
        (phase::PROVIDER_TTFT, times.request_last_byte, answered),
        (phase::PROVIDER_DECODE, times.first_token, times.last_token),
    ];
    let mut phases: Vec<Phase> = Vec::new();
    for (name, start, end) in all {
        let Some((start, end)) = start.zip(end) else {
            continue;
        };
        // A server may answer before the request is over: then what came first has the time, and phases stay disjoint.
        let start = phases.last().map_or(start, |before| start.max(before.end));
        // A request that was written at once took no time that anybody could see.
        if start < end {
            phases.push(Phase { name, start, end });
        }
    }
    phases
}

/// Share of a call's time that its phases cover. Absent for a call that took no time.
fn completeness(phases: &[Phase], duration_ns: u64) -> Option<f64> {
    let covered: u64 = phases.iter().map(|phase| phase.end.since(phase.start)).sum();
    (duration_ns > 0).then(|| covered as f64 / duration_ns as f64)
}

/// The attributes of a span in the making.
#[derive(Default)]
struct Attributes(Vec<(&'static str, Value)>);

impl Attributes {
    fn request(&mut self, call: &Call) {
        let Call { provider, api, request, .. } = call;
        self.text(name::OPERATION_NAME, Some(api.operation));
        self.text(name::PROVIDER_NAME, Some(provider.name));
        self.only_true(name::PROVIDER_INFERRED, provider.is_inferred());
        self.text(name::OPENAI_API_TYPE, is_openai(*provider).then_some(api.name));
        self.text(name::REQUEST_MODEL, request.model.as_deref());
        self.only_true(name::REQUEST_STREAM, request.stream == Some(true));
        self.int(name::REQUEST_MAX_TOKENS, request.max_tokens);
        self.float(name::REQUEST_TEMPERATURE, request.temperature);
        self.float(name::REQUEST_TOP_P, request.top_p);
        self.float(name::REQUEST_TOP_K, request.top_k);
        self.float(name::REQUEST_FREQUENCY_PENALTY, request.frequency_penalty);
        self.float(name::REQUEST_PRESENCE_PENALTY, request.presence_penalty);
        self.0.extend(request.seed.map(|seed| (name::REQUEST_SEED, Value::Int(seed))));
        self.int(name::REQUEST_CHOICE_COUNT, request.choice_count);
        self.int(name::REQUEST_STOP_COUNT, request.stop_count);
        self.text(name::REQUEST_REASONING_LEVEL, request.reasoning_level.as_deref());
        let tier = if is_openai(*provider) { name::OPENAI_REQUEST_TIER } else { name::REQUEST_TIER };
        self.text(tier, request.service_tier.as_deref());
        self.text(name::REQUEST_PREVIOUS_RESPONSE, request.previous_response.as_deref());
        self.text(name::PROMPT_NAME, request.prompt_id.as_deref());
        self.text(name::PROMPT_VERSION, request.prompt_version.as_deref());
        let conversation = call.response.conversation.as_deref().or(request.conversation.as_deref());
        self.text(name::CONVERSATION_ID, conversation);
        self.text(name::OUTPUT_TYPE, request.output_type.as_deref().and_then(output_type));
        self.int(name::REQUEST_MESSAGE_COUNT, request.message_count);
        self.int(name::REQUEST_TOOL_COUNT, request.tool_count);
        self.int(name::EMBEDDINGS_DIMENSIONS, request.dimensions);
        if let Some(format) = &request.encoding_format {
            self.0.push((name::REQUEST_ENCODING_FORMATS, Value::List(vec![format.clone()])));
        }
        self.int(name::REQUEST_INPUT_COUNT, request.input_count);
        self.int(name::REQUEST_TOP_N, request.top_n);
        self.text(name::REQUEST_USER, request.user.map(|user| user.to_string()).as_deref());
        self.text(name::REQUEST_TENANT, request.tenant.map(|tenant| tenant.to_string()).as_deref());
        if let Some(prompt) = &request.prompt {
            self.prompt(prompt);
        }
    }

    /// What the prompt was made of: lengths, and each part's share of the whole where it has one.
    fn prompt(&mut self, prompt: &Prompt) {
        let all = prompt.chars();
        self.int(name::PROMPT_CHARS, Some(all));
        let Prompt { system, user, assistant, tool_result, retrieved, media, tool_definitions } = *prompt;
        for (part, share) in [
            (system, name::PROMPT_SHARE_SYSTEM),
            (user, name::PROMPT_SHARE_USER),
            (assistant, name::PROMPT_SHARE_ASSISTANT),
            (tool_result, name::PROMPT_SHARE_TOOL_RESULT),
            (retrieved, name::PROMPT_SHARE_RETRIEVED),
        ] {
            self.float(share, (part.count > 0 && all > 0).then(|| part.chars as f64 / all as f64));
        }
        let some = |count: u64| Some(count).filter(|count| *count > 0);
        self.int(name::REQUEST_TOOL_RESULT_COUNT, some(tool_result.count));
        self.int(name::REQUEST_RETRIEVED_COUNT, some(retrieved.count));
        self.int(name::REQUEST_MEDIA_COUNT, some(media));
        self.int(name::REQUEST_TOOL_DEFINITION_BYTES, some(tool_definitions));
    }

    fn response(&mut self, call: &Call) {
        let Call { provider, response, .. } = call;
        self.text(name::RESPONSE_ID, response.id.as_deref());
        self.text(name::RESPONSE_MODEL, response.model.as_deref());
        let mut finish_reasons = response.finish_reasons.clone();
        // The conventions' own word for a stream that broke before it said why it ended.
        let cancelled = call.failure.as_ref().is_some_and(|failure| failure.kind == "client_cancelled");
        if finish_reasons.is_empty() && call.stream.is_some() && call.outcome == Outcome::Cut && !cancelled {
            finish_reasons.push("error".to_owned());
        }
        if !finish_reasons.is_empty() {
            self.0.push((name::RESPONSE_FINISH_REASONS, Value::List(finish_reasons)));
        }
        // An answer that was not seen to its end may have had more.
        let tool_calls = (call.outcome == Outcome::Complete && call.failure.is_none())
            .then_some(response.tool_calls.len())
            .or(Some(response.tool_calls.len()).filter(|count| *count > 0));
        self.int(name::RESPONSE_TOOL_CALL_COUNT, tool_calls.map(|count| count as u64));
        let names = response.tool_calls.iter().filter_map(|tool| tool.name.clone()).collect::<Vec<_>>();
        if !names.is_empty() {
            self.0.push((name::RESPONSE_TOOL_NAMES, Value::List(names)));
        }
        self.only_true(name::RESPONSE_REFUSAL, response.refusal);
        self.text(name::RESPONSE_REFUSAL_CATEGORY, response.refusal_category.as_deref());
        self.only_true(name::RESPONSE_TRUNCATED, response.is_too_long());
        self.0.extend(response.valid_json.map(|valid| (name::RESPONSE_VALID_JSON, Value::Bool(valid))));
        let speed = response.speed.as_deref().or(call.request.speed.as_deref());
        self.text(name::SPEED, speed);
        self.text(name::INFERENCE_GEO, response.inference_geo.as_deref());
        self.only_true(name::CONVERSATION_COMPACTED, response.compacted);
        self.text(name::RESPONSE_UPSTREAM, response.upstream.as_deref());
        if is_openai(*provider) {
            self.text(name::OPENAI_SYSTEM_FINGERPRINT, response.system_fingerprint.as_deref());
            self.text(name::OPENAI_SERVICE_TIER, response.service_tier.as_deref());
        } else {
            self.text(name::SYSTEM_FINGERPRINT, response.system_fingerprint.as_deref());
            self.text(name::SERVICE_TIER, response.service_tier.as_deref());
        }
    }

    fn usage(&mut self, usage: &Usage) {
        let Usage {
            input,
            output,
            cache_read,
            cache_write,
            cache_write_5m,
            cache_write_1h,
            reasoning,
            input_audio,
            output_audio,
            input_image,
            output_image,
            cache_read_audio,
            cache_read_image,
            prediction_accepted,
            prediction_rejected,
            web_searches,
            search_units,
            inconsistent,
            raw,
        } = usage;
        for (name, count) in [
            (name::USAGE_INPUT, input),
            (name::USAGE_OUTPUT, output),
            (name::USAGE_CACHE_READ, cache_read),
            (name::USAGE_CACHE_WRITE, cache_write),
            (name::USAGE_CACHE_CREATION, cache_write),
            (name::USAGE_CACHE_WRITE_5M, cache_write_5m),
            (name::USAGE_CACHE_WRITE_1H, cache_write_1h),
            (name::USAGE_REASONING, reasoning),
            (name::USAGE_INPUT_AUDIO, input_audio),
            (name::USAGE_OUTPUT_AUDIO, output_audio),
            (name::USAGE_INPUT_IMAGE, input_image),
            (name::USAGE_OUTPUT_IMAGE, output_image),
            (name::USAGE_CACHE_READ_AUDIO, cache_read_audio),
            (name::USAGE_CACHE_READ_IMAGE, cache_read_image),
            (name::USAGE_PREDICTION_ACCEPTED, prediction_accepted),
            (name::USAGE_PREDICTION_REJECTED, prediction_rejected),
            (name::USAGE_WEB_SEARCHES, web_searches),
            (name::USAGE_SEARCH_UNITS, search_units),
        ] {
            self.int(name, *count);
        }
        self.only_true(name::USAGE_INCONSISTENT, *inconsistent);
        if !raw.is_empty() {
            let told = raw.iter().map(|(path, figure)| format!("{path}={figure}")).collect();
            self.0.push((name::USAGE_RAW, Value::List(told)));
        }
    }

    fn cache(&mut self, call: &Call) {
        self.float(name::CACHE_HIT_RATIO, call.usage.cache_hit_ratio());
        let reason = call.cache_miss.map(|miss| match miss {
            CacheMiss::PromptChanged => "prompt_changed",
            CacheMiss::ExpiredOrEvicted => "expired_or_evicted",
            CacheMiss::Cold => "cold",
        });
        self.text(name::CACHE_MISS_REASON, reason);
        self.text(name::CACHE_MISS_TOLD, call.response.cache_miss_reason.as_deref());
    }

    fn timing(&mut self, call: &Call) {
        let times = &call.times;
        let from_start = |to: Option<Time>| Some(seconds(to?.since(times.request_first_byte?)));
        self.float(name::TIME_TO_FIRST_CHUNK, from_start(times.first_chunk));
        self.float(name::TIME_TO_FIRST_TOKEN, from_start(times.first_token));
        self.float(name::TIME_TO_FIRST_TEXT, from_start(times.first_text));
        self.float(name::TIME_PER_OUTPUT_TOKEN, call.time_per_output_token().map(|nanos| nanos / 1e9));
        self.float(name::TOKENS_PER_SECOND, call.output_tokens_per_second());
        let Some(Stream { chunks, content_chunks, coalesced, intervals, stalls, stalled_ns }) = &call.stream
        else {
            return;
        };
        self.int(name::STREAM_CHUNKS, Some(*chunks));
        self.int(name::STREAM_CONTENT_CHUNKS, Some(*content_chunks));
        self.int(name::STREAM_COALESCED, Some(*coalesced));
        self.float(name::CHUNK_INTERVAL_P50, intervals.quantile(0.50).map(seconds));
        self.float(name::CHUNK_INTERVAL_P95, intervals.quantile(0.95).map(seconds));
        self.float(name::CHUNK_INTERVAL_P99, intervals.quantile(0.99).map(seconds));
        self.float(name::CHUNK_INTERVAL_MAX, intervals.max().map(seconds));
        self.int(name::STREAM_STALLS, Some(*stalls));
        self.float(name::STREAM_STALLED, (*stalls > 0).then(|| seconds(*stalled_ns)));
    }

    /// Tools that came back with this call, in the order of their results.
    fn tools(&mut self, call: &Call) {
        let took = call.tool_returns.iter().map(|tool| {
            let name = tool.name.as_deref().unwrap_or("?");
            format!("{name}={}", seconds(tool.took_ns))
        });
        let took: Vec<_> = took.collect();
        if !took.is_empty() {
            self.0.push((name::TOOL_DURATIONS, Value::List(took)));
        }
    }

    fn http(&mut self, call: &Call) {
        let http = &call.http;
        self.text(name::PROVIDER_REQUEST_ID, http.request_id.as_deref());
        self.int(name::HTTP_STATUS, http.status.map(u64::from));
        let attempt = call.attempt.filter(|attempt| attempt.number > 1);
        self.int(name::HTTP_RESEND_COUNT, attempt.map(|attempt| u64::from(attempt.number) - 1));
        // A first try that failed may be followed by others, which must be found.
        let logical = attempt.or(call.attempt.filter(|_| call.failure.is_some()));
        self.text(name::LOGICAL_CALL, logical.map(|attempt| attempt.logical.to_string()).as_deref());
        let by = attempt.and_then(|attempt| attempt.by).map(|by| match by {
            AttemptBy::Count => "count",
            AttemptBy::Invocation => "invocation",
            AttemptBy::Body => "body",
        });
        self.text(name::RETRY_KNOWN_BY, by);
        self.float(name::RETRY_WAITED, attempt.and_then(|attempt| attempt.waited_ns).map(seconds));
    }

    fn server(&mut self, host: Option<&str>, server_name: Option<&str>) {
        let (address, port) = host.and_then(authority).unzip();
        // The handshake's name tells no port.
        self.text(name::SERVER_ADDRESS, address.or(server_name));
        self.int(name::SERVER_PORT, port.map(u64::from));
    }

    fn ending(&mut self, call: &Call) {
        self.text(name::ERROR_TYPE, call.failure.as_ref().map(|failure| failure.kind.as_str()));
        let outcome = match call.outcome {
            Outcome::Complete => "complete",
            Outcome::Cut => "cut",
            Outcome::NoResponse => "no_response",
            Outcome::Unfinished => "unfinished",
        };
        self.text(name::OUTCOME, Some(outcome));
        self.only_true(name::CAPTURE_TRUNCATED, call.lossy || call.lost_bytes > 0);
        self.int(name::CAPTURE_LOST_BYTES, Some(call.lost_bytes).filter(|bytes| *bytes > 0));
        self.only_true(name::CAPTURE_JOINED_LATE, call.joined_late);
        self.int(
            name::CAPTURE_UNKNOWN_SHAPE,
            Some(call.unknown_shape).filter(|count| *count > 0).map(u64::from),
        );
    }

    fn process(&mut self, process: &Process) {
        let base_name = |exe: &str| exe.rsplit('/').next().map(str::to_owned);
        let executable = process.exe.as_deref().and_then(base_name).or_else(|| process.comm.clone());
        self.int(name::PROCESS_PID, Some(u64::from(process.pid)));
        self.text(name::PROCESS_EXECUTABLE_NAME, executable.as_deref());
        self.text(name::PROCESS_EXECUTABLE_PATH, process.exe.as_deref());
        self.text(name::PROCESS_OWNER, process.uid.map(|uid| uid.to_string()).as_deref());
    }

    fn text(&mut self, name: &'static str, value: Option<&str>) {
        self.0.extend(value.map(|value| (name, Value::Text(value.to_owned()))));
    }

    fn int(&mut self, name: &'static str, value: Option<u64>) {
        // No count of ours reaches 2⁶³; a peer's that does is none.
        self.0
            .extend(value.and_then(|value| i64::try_from(value).ok()).map(|value| (name, Value::Int(value))));
    }

    fn float(&mut self, name: &'static str, value: Option<f64>) {
        self.0.extend(value.map(|value| (name, Value::Float(value))));
    }

    fn only_true(&mut self, name: &'static str, value: bool) {
        self.0.extend(value.then_some((name, Value::Bool(true))));
    }
}

/// Whether `openai.*` attributes apply.
fn is_openai(provider: Provider) -> bool {
    matches!(provider.name, "openai" | "azure.ai.openai")
}

/// `response_format.type` by the conventions' names.
fn output_type(asked: &str) -> Option<&'static str> {
    match asked {
        // OpenAI's words, Ollama's, Gemini's.
        "json_object" | "json_schema" | "json" | "application/json" => Some("json"),
        "text" | "text/plain" => Some("text"),
        _ => None,
    }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

/// Host and port of a `Host` field. Without a port it is the scheme's own, and what we see goes through TLS.
fn authority(host: &str) -> Option<(&str, u16)> {
    const HTTPS: u16 = 443;
    let (address, port) = match host.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        None => match host.split_once(':') {
            Some((address, port)) if !port.contains(':') => (address, Some(port)),
            Some(_) | None => (host, None),
        },
    };
    let port = port.filter(|port| !port.is_empty()).map_or(Ok(HTTPS), str::parse).ok()?;
    (!address.is_empty()).then_some((address, port))
}

#[cfg(test)]
pub(crate) mod tests;

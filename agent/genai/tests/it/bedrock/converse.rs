//! Conversations.

use genai::limits::{TEXT, TOOL_CALLS};
use genai::{Api, Outcome, Provider, Request, Response, Usage};
use wire::{End, Time};

use super::samples::{ANSWER, BLOCKED, CONVERSE, CONVERSE_STREAM, HOST, MODEL, REQUEST, STREAM};
use super::{ask, check, counts, event, events, some, streams, told, tool};
use crate::bytes_of::shows_nothing;

#[test]
fn a_stream_as_a_whole() {
    let talk = events(streams(ask(CONVERSE_STREAM, REQUEST)), &STREAM).end(End::Complete);
    let call = check(&talk);
    assert_eq!(
        (call.provider, call.api),
        (Provider::host("aws.bedrock"), Api { name: "converse", operation: "chat" })
    );
    assert_eq!((call.http.host.as_deref(), call.http.request_id.as_deref()), (Some(HOST), Some("0b4c-1")));
    assert_eq!(
        call.request,
        Request {
            model: some(MODEL),
            stream: Some(true),
            max_tokens: Some(512),
            temperature: Some(0.5),
            top_p: Some(0.9),
            top_k: Some(200.0),
            stop_count: Some(2),
            message_count: Some(3),
            tool_count: Some(1),
            output_type: some("json_schema"),
            reasoning_level: some("enabled"),
            service_tier: some("flex"),
            speed: some("optimized"),
            prompt: call.request.prompt,
            ..Request::default()
        }
    );
    assert_eq!(
        call.response,
        Response {
            finish_reasons: vec!["tool_use".to_owned()],
            service_tier: some("flex"),
            speed: some("optimized"),
            tool_calls: vec![tool("tooluse_1", "get_weather")],
            valid_json: Some(false),
            ..Response::default()
        }
    );
    assert_eq!(
        counts(call.usage.clone()),
        Usage {
            input: Some(203),
            output: Some(20),
            cache_read: Some(150),
            cache_write: Some(50),
            cache_write_5m: Some(40),
            cache_write_1h: Some(10),
            ..Usage::default()
        }
    );
    assert_eq!(
        (told(&call.usage, "totalTokens"), told(&call.usage, "cacheDetails.0.inputTokens")),
        (Some(223.0), Some(10.0))
    );
    // Response head at 140; events from 150 on.
    assert_eq!(
        (call.times.first_chunk, call.times.first_token, call.times.first_text, call.times.last_token),
        (Some(Time(150)), Some(Time(160)), Some(Time(190)), Some(Time(220)))
    );
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks), (11, 4));
    assert_eq!((call.outcome, call.failure, call.unknown_shape), (Outcome::Complete, None, 0));
    shows_nothing(&talk);
}

#[test]
fn an_answer_that_is_no_stream() {
    let talk = ask(CONVERSE, REQUEST).json(200).answer(ANSWER).end(End::Complete);
    let call = check(&talk);
    assert_eq!((call.request.model.as_deref(), call.request.stream), (Some(MODEL), Some(false)));
    assert_eq!(
        (&call.response.tool_calls[..], &call.response.finish_reasons[..]),
        (&[tool("tooluse_1", "get_weather")][..], &["tool_use".to_owned()][..])
    );
    let expect = Usage {
        input: Some(406),
        output: Some(73),
        cache_read: Some(0),
        cache_write: Some(0),
        ..Usage::default()
    };
    assert_eq!(counts(call.usage), expect);
    assert_eq!(
        (call.stream, call.outcome, call.failure, call.unknown_shape),
        (None, Outcome::Complete, None, 0)
    );
    shows_nothing(&talk);
}

#[test]
fn a_guardrail_that_intervened_is_a_refusal() {
    let talk = ask(CONVERSE, REQUEST).json(200).answer(BLOCKED).end(End::Complete);
    let call = check(&talk);
    assert_eq!((call.response.refusal, call.response.refusal_category.as_deref()), (true, Some("VIOLENCE")));
    assert_eq!(
        (&call.response.finish_reasons[..], call.unknown_shape),
        (&["guardrail_intervened".to_owned()][..], 0)
    );
    shows_nothing(&talk);
    let trace =
        BLOCKED.split_once(r#""trace":"#).expect("a trace").1.split_once(",\n \"usage\"").expect("its end").0;
    let metadata = format!(r#"{{"metrics":{{"latencyMs":1}},"trace":{trace}}}"#);
    let talk =
        event(streams(ask(CONVERSE_STREAM, "{}")), "messageStop", r#"{"stopReason":"content_filtered"}"#);
    let call = event(talk, "metadata", metadata).end(End::Complete).call();
    assert_eq!(
        (call.response.refusal, call.response.refusal_category.as_deref(), call.unknown_shape),
        (true, Some("VIOLENCE"), 0)
    );
    // One that only looked on.
    let answer = BLOCKED.replace("BLOCKED", "NONE").replace("guardrail_intervened", "end_turn");
    let call = ask(CONVERSE, "{}").json(200).answer(answer).end(End::Complete).call();
    assert_eq!((call.response.refusal, call.response.refusal_category), (false, None));
}

#[test]
fn what_counts_as_content() {
    for (name, payload, says) in [
        ("messageStart", r#"{"role":"assistant"}"#, (false, false)),
        ("contentBlockStop", r#"{"contentBlockIndex":0}"#, (false, false)),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":""}}"#, (false, false)),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"x"}}}"#,
            (false, false),
        ),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":0,"delta":{"citation":{"title":"x"}}}"#,
            (false, false),
        ),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":""}}}"#, (false, false)),
        ("inventedLater", r#"{"text":"x"}"#, (false, false)),
        ("contentBlockDelta", r#"{"delta":{"text":"x"},"contentBlockIndex":0}"#, (true, true)),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"x"}}}"#,
            (true, false),
        ),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"redactedContent":"eA=="}}}"#,
            (true, false),
        ),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{"}}}"#, (true, false)),
        (
            "contentBlockStart",
            r#"{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"t","name":"n"}}}"#,
            (true, false),
        ),
    ] {
        let call = event(streams(ask(CONVERSE_STREAM, "{}")), name, payload).call();
        assert_eq!((call.times.first_token.is_some(), call.times.first_text.is_some()), says, "{payload}");
        assert_eq!(call.unknown_shape, 0, "{payload}");
    }
}

#[test]
fn totals_that_are_none_are_said_to_be_so() {
    for (usage, input, inconsistent) in [
        (r#"{"inputTokens":3,"outputTokens":2,"totalTokens":5}"#, Some(3), false),
        (r#"{"inputTokens":3,"outputTokens":2,"totalTokens":5,"cacheReadInputTokens":9}"#, Some(12), true),
        (r#"{"inputTokens":3,"totalTokens":50}"#, Some(3), false),
        (r#"{"outputTokens":2,"totalTokens":50,"cacheReadInputTokens":1}"#, None, false),
        ("{}", None, false),
    ] {
        let call =
            ask(CONVERSE, "{}").json(200).answer(format!(r#"{{"usage":{usage}}}"#)).end(End::Complete).call();
        assert_eq!(
            (call.usage.input, call.usage.inconsistent, call.unknown_shape),
            (input, inconsistent, 0),
            "{usage}"
        );
    }
}

#[test]
fn whether_text_is_json_is_told_where_json_was_asked_for() {
    const JSON: &str = r#"{"outputConfig":{"textFormat":{"type":"json_schema"}}}"#;
    for (deltas, expect) in [
        (&[(0, "{"), (0, "}")][..], Some(true)),
        (&[(0, "{")], Some(false)),
        (&[(0, "{}"), (1, "{}")], None),
        (&[], None),
    ] {
        let talk = deltas.iter().fold(streams(ask(CONVERSE_STREAM, JSON)), |talk, (index, text)| {
            event(
                talk,
                "contentBlockDelta",
                format!(r#"{{"delta":{{"text":"{text}"}},"contentBlockIndex":{index}}}"#),
            )
        });
        assert_eq!(talk.call().response.valid_json, expect, "{deltas:?}");
    }
    for (blocks, expect) in [(r#"{"text":"{}"}"#, Some(true)), (r#"{"text":"{}"},{"text":"{}"}"#, None)] {
        let answer = format!(r#"{{"output":{{"message":{{"content":[{blocks}]}}}}}}"#);
        let call = check(&ask(CONVERSE, JSON).json(200).answer(answer).end(End::Complete));
        assert_eq!(call.response.valid_json, expect, "{blocks}");
    }
}

#[test]
fn values_of_another_type_cost_only_themselves() {
    for (body, wrong) in [
        (
            r#"{"messages":7,"system":"x","inferenceConfig":[],"toolConfig":1,"serviceTier":2,"performanceConfig":""}"#,
            6,
        ),
        (r#"{"inferenceConfig":{"maxTokens":"x","temperature":[],"topP":{},"stopSequences":5}}"#, 4),
        (
            r#"{"messages":[7,{"role":5,"content":"x"},{"content":[5,{"text":{}},{"toolUse":[]},{"toolResult":""}]}]}"#,
            7,
        ),
        (r#"{"inferenceConfig":null,"messages":null,"system":null}"#, 0),
    ] {
        let call = check(&ask(CONVERSE, body).json(200).answer("{}").end(End::Complete));
        assert_eq!((call.unknown_shape, call.request.max_tokens), (wrong, None), "{body}");
    }
    for (payload, wrong) in [
        (r#"{"delta":5,"start":[],"stopReason":{},"usage":7,"metrics":"x","trace":[]}"#, 6),
        (r#"{"delta":{"text":5,"toolUse":"x","reasoningContent":{"text":[]}},"contentBlockIndex":"x"}"#, 4),
        (r#"{"start":{"toolUse":{"toolUseId":5,"name":[]}}}"#, 2),
        ("not JSON", 1),
        ("", 1),
    ] {
        let call = event(streams(ask(CONVERSE_STREAM, "{}")), "contentBlockDelta", payload).call();
        assert_eq!((call.response, call.unknown_shape), (Response::default(), wrong), "{payload}");
    }
    let long = "x".repeat(TEXT + 1);
    let call = ask(CONVERSE, "{}")
        .json(200)
        .answer(format!(r#"{{"stopReason":"{long}"}}"#))
        .end(End::Complete)
        .call();
    assert_eq!((call.response.finish_reasons.len(), call.unknown_shape), (0, 1));
    let many: Vec<String> =
        (0..5000).map(|n| format!(r#"{{"toolUse":{{"toolUseId":"t{n}","name":"n"}}}}"#)).collect();
    let answer = format!(r#"{{"output":{{"message":{{"content":[{}]}}}}}}"#, many.join(","));
    let call = ask(CONVERSE, "{}").json(200).answer(answer).end(End::Complete).call();
    assert_eq!((call.response.tool_calls.len(), call.unknown_shape), (TOOL_CALLS, 5000 - TOOL_CALLS as u32));
}

#[test]
fn counting_tokens_is_an_operation_of_its_own() {
    let body = format!(r#"{{"input":{{"converse":{REQUEST}}}}}"#);
    let talk =
        ask("/model/anthropic.claude-x/count-tokens", &body).json(200).answer(r#"{"inputTokens":2095}"#);
    let call = check(&talk.end(End::Complete));
    assert_eq!((call.api.name, call.api.operation), ("count_tokens", "count_tokens"));
    assert_eq!(
        (call.request.model.as_deref(), call.request.message_count, call.request.stream),
        (Some("anthropic.claude-x"), Some(3), None)
    );
    assert!(call.request.prompt.is_some());
    assert_eq!(counts(call.usage.clone()), Usage { input: Some(2095), ..Usage::default() });
    assert_eq!(
        (told(&call.usage, "inputTokens"), call.outcome, call.unknown_shape),
        (Some(2095.0), Outcome::Complete, 0)
    );
}

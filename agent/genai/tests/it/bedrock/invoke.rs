//! Models that are invoked in the JSON of their makers.

use genai::{Outcome, Request, Usage};
use wire::{End, Time};

use super::samples::{INVOKE, INVOKE_STREAM, MESSAGES, MODEL};
use super::{ask, check, chunk, chunks, counts, event, some, streams, told, tool};
use crate::bytes_of::shows_nothing;

/// Anthropic's events, as Bedrock sends them: the last one has its figures.
const STREAM: [&str; 8] = [
    r#"{"type":"message_start","message":{"id":"msg_bdrk_01","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":5,"output_tokens":1}}}"#,
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"CANARY-COMPLETION"}}"#,
    r#"{"type":"content_block_stop","index":0}"#,
    r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_bdrk_1","name":"f","input":{}}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":30}}"#,
    r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":10,"outputTokenCount":30,"invocationLatency":1200,"firstByteLatency":340,"cacheReadInputTokenCount":5,"cacheWriteInputTokenCount":0}}"#,
];

const DOCUMENT: &str = r#"{"id":"msg_bdrk_02","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"CANARY-COMPLETION"}],
 "stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":4}}"#;

#[test]
fn anthropic_s_stream() {
    let talk = chunks(streams(ask(INVOKE_STREAM, MESSAGES)), &STREAM).end(End::Complete);
    let call = check(&talk);
    assert_eq!(
        (call.provider.name, call.api.name, call.api.operation),
        ("aws.bedrock", "invoke_model", "chat")
    );
    assert_eq!(
        call.request,
        Request {
            model: some(MODEL),
            stream: Some(true),
            max_tokens: Some(64),
            top_k: Some(5.0),
            message_count: Some(1),
            prompt: call.request.prompt,
            ..Request::default()
        }
    );
    assert_eq!(call.request.prompt.map(|prompt| (prompt.system.chars, prompt.user.chars)), Some((13, 13)));
    assert_eq!(
        (call.response.id.as_deref(), call.response.model.as_deref()),
        (Some("msg_bdrk_01"), Some("claude-sonnet-4-5-20250929"))
    );
    assert_eq!(
        (&call.response.tool_calls[..], &call.response.finish_reasons[..]),
        (&[tool("toolu_bdrk_1", "f")][..], &["tool_use".to_owned()][..])
    );
    let expect = Usage {
        input: Some(15),
        output: Some(30),
        cache_read: Some(5),
        cache_write: Some(0),
        ..Usage::default()
    };
    assert_eq!(counts(call.usage.clone()), expect);
    assert_eq!(told(&call.usage, "amazon-bedrock-invocationMetrics.firstByteLatency"), Some(340.0));
    assert_eq!((call.times.first_text, call.times.last_token), (Some(Time(170)), Some(Time(200))));
    assert_eq!((call.outcome, call.failure, call.unknown_shape), (Outcome::Complete, None, 0));
    shows_nothing(&talk);
    // Of an account's own profile the name does not say whose model it is; its JSON does.
    let path = "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2Fabc/invoke-with-response-stream";
    let other = chunks(streams(ask(path, MESSAGES)), &STREAM).end(End::Complete).call();
    assert_eq!((other.response, other.usage, other.unknown_shape), (call.response, call.usage, 0));
    assert_eq!((other.request.max_tokens, other.request.message_count), (Some(64), Some(1)));
}

#[test]
fn a_stream_that_was_cut_is_no_whole_one() {
    for seen in 0..STREAM.len() {
        let call = chunks(streams(ask(INVOKE_STREAM, MESSAGES)), &STREAM[..seen]).end(End::Complete).call();
        assert_eq!(
            (call.outcome, call.failure.map(|failure| failure.kind)),
            (Outcome::Cut, some("stream_truncated")),
            "{seen}"
        );
    }
}

#[test]
fn headers_count_tokens_where_the_body_does_not() {
    let headers = [
        ("content-type", "application/json"),
        ("x-amzn-bedrock-input-token-count", "12"),
        ("x-amzn-bedrock-output-token-count", "34"),
        ("x-amzn-bedrock-cache-read-input-token-count", "5"),
        ("x-amzn-bedrock-service-tier", "priority"),
        ("x-amzn-bedrock-performanceconfig-latency", "optimized"),
    ];
    let mistral = "/model/mistral.mistral-7b-instruct-v0:2/invoke";
    let answer = r#"{"outputs":[{"text":"CANARY","stop_reason":"stop"}]}"#;
    let body = r#"{"prompt":"CANARY-PROMPT","max_tokens":5,"stop":["a"]}"#;
    let call = check(&ask(mistral, body).response(200, &headers).answer(answer).end(End::Complete));
    let expect = Usage { input: Some(17), output: Some(34), cache_read: Some(5), ..Usage::default() };
    assert_eq!(counts(call.usage.clone()), expect);
    assert_eq!(told(&call.usage, "x-amzn-bedrock-input-token-count"), Some(12.0));
    assert_eq!((call.response.service_tier, call.response.speed), (some("priority"), some("optimized")));
    assert_eq!((call.api.operation, call.unknown_shape), ("text_completion", 0));
    // What the model says itself comes first.
    let call = ask(INVOKE, MESSAGES).response(200, &headers).answer(DOCUMENT).end(End::Complete).call();
    assert_eq!((call.usage.input, call.usage.cache_read, call.usage.output), (Some(3), None, Some(4)));
    for odd in ["x", "-1", ""] {
        let call =
            ask(mistral, body).response(200, &[("x-amzn-bedrock-input-token-count", odd)]).answer(answer);
        assert_eq!(call.end(End::Complete).call().usage, Usage::default(), "{odd}");
    }
}

#[test]
fn makers_have_their_own_json() {
    for (model, body, answer, reason, usage) in [
        (
            "amazon.titan-text-express-v1",
            r#"{"inputText":"abc","textGenerationConfig":{"maxTokenCount":9,"temperature":0.5,"topP":0.25,"stopSequences":["x"]}}"#,
            r#"{"inputTextTokenCount":5,"results":[{"tokenCount":7,"outputText":"CANARY","completionReason":"FINISH"}]}"#,
            "FINISH",
            (Some(5), Some(7)),
        ),
        (
            "meta.llama3-8b-instruct-v1:0",
            r#"{"prompt":"abc","max_gen_len":9,"temperature":0.5,"top_p":0.25,"stop":"x"}"#,
            r#"{"generation":"CANARY","prompt_token_count":5,"generation_token_count":7,"stop_reason":"length"}"#,
            "length",
            (Some(5), Some(7)),
        ),
        (
            "mistral.mistral-large-2402-v1:0",
            r#"{"messages":[{"role":"user","content":"abc"}],"max_tokens":9,"temperature":0.5,"top_p":0.25,"stop":["x"]}"#,
            r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"CANARY"},"stop_reason":"stop"}]}"#,
            "stop",
            (None, None),
        ),
        (
            "cohere.command-r-v1:0",
            r#"{"message":"abc","max_tokens":9,"temperature":0.5,"p":0.25,"stop_sequences":["x"]}"#,
            r#"{"text":"CANARY","generation_id":"g","finish_reason":"COMPLETE"}"#,
            "COMPLETE",
            (None, None),
        ),
        (
            "ai21.jamba-1-5-large-v1:0",
            r#"{"messages":[{"role":"user","content":[{"type":"text","text":"abc"}]}],"max_tokens":9,"temperature":0.5,"top_p":0.25,"stop":["x"]}"#,
            r#"{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"CANARY"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}"#,
            "stop",
            (Some(5), Some(7)),
        ),
        (
            "ai21.j2-ultra-v1",
            r#"{"prompt":"abc","maxTokens":9,"temperature":0.5,"topP":0.25,"stopSequences":["x"]}"#,
            r#"{"id":7,"completions":[{"data":{"text":"CANARY"},"finishReason":{"reason":"endoftext"}}]}"#,
            "endoftext",
            (None, None),
        ),
        (
            "us.amazon.nova-lite-v1:0",
            r#"{"schemaVersion":"messages-v1","messages":[{"role":"user","content":[{"text":"abc"}]}],"inferenceConfig":{"max_new_tokens":9,"temperature":0.5,"top_p":0.25,"stopSequences":["x"]}}"#,
            r#"{"output":{"message":{"content":[{"text":"CANARY"}],"role":"assistant"}},"stopReason":"end_turn","usage":{"inputTokens":5,"outputTokens":7,"totalTokens":12,"cacheReadInputTokenCount":0}}"#,
            "end_turn",
            (Some(5), Some(7)),
        ),
    ] {
        let talk = ask(&format!("/model/{model}/invoke"), body).json(200).answer(answer).end(End::Complete);
        let call = check(&talk);
        let odd = u32::from(answer.contains(r#""id":7"#));
        assert_eq!(
            (&call.response.finish_reasons[..], call.unknown_shape),
            (&[reason.to_owned()][..], odd),
            "{model}"
        );
        assert_eq!((call.usage.input, call.usage.output), usage, "{model}");
        let Request { max_tokens, temperature, top_p, stop_count, .. } = call.request;
        assert_eq!(
            (max_tokens, temperature, top_p, stop_count),
            (Some(9), Some(0.5), Some(0.25), Some(1)),
            "{model}"
        );
        assert_eq!(call.request.prompt.map(|prompt| prompt.user.chars), Some(3), "{model}");
        assert_eq!((call.request.model.as_deref(), call.outcome), (Some(model), Outcome::Complete));
        assert_eq!(call.traces.messages.len(), 1, "{model}");
        shows_nothing(&talk);
    }
}

#[test]
fn makers_have_their_own_streams() {
    let metrics = r#""amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":7,"invocationLatency":9,"firstByteLatency":3}"#;
    for (model, pieces, reason) in [
        (
            "amazon.titan-text-express-v1",
            [
                r#"{"outputText":"CANARY","index":0,"totalOutputTextTokenCount":null,"completionReason":null,"inputTextTokenCount":5}"#,
                r#"{"outputText":"","index":0,"totalOutputTextTokenCount":7,"completionReason":"FINISH""#,
            ],
            "FINISH",
        ),
        (
            "meta.llama3-8b-instruct-v1:0",
            [
                r#"{"generation":"CANARY","prompt_token_count":5,"generation_token_count":1,"stop_reason":null}"#,
                r#"{"generation":"","prompt_token_count":null,"generation_token_count":7,"stop_reason":"stop""#,
            ],
            "stop",
        ),
        (
            "mistral.mistral-7b-instruct-v0:2",
            [
                r#"{"outputs":[{"text":"CANARY","stop_reason":null}]}"#,
                r#"{"outputs":[{"text":"","stop_reason":"stop"}]"#,
            ],
            "stop",
        ),
        (
            "cohere.command-text-v14",
            [r#"{"is_finished":false,"text":"CANARY"}"#, r#"{"is_finished":true,"finish_reason":"COMPLETE""#],
            "COMPLETE",
        ),
        (
            "openai.gpt-oss-120b-1:0",
            [
                r#"{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"CANARY"}}]}"#,
                r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#,
            ],
            "stop",
        ),
        (
            "amazon.nova-micro-v1:0",
            [
                r#"{"contentBlockDelta":{"delta":{"text":"CANARY"},"contentBlockIndex":0}}"#,
                r#"{"messageStop":{"stopReason":"end_turn"}"#,
            ],
            "end_turn",
        ),
    ] {
        let last = format!("{},{metrics}}}", pieces[1]);
        let talk = chunks(
            streams(ask(&format!("/model/{model}/invoke-with-response-stream"), "{}")),
            &[pieces[0], &last],
        );
        let call = check(&talk.clone().end(End::Complete));
        assert_eq!(
            (&call.response.finish_reasons[..], call.unknown_shape),
            (&[reason.to_owned()][..], 0),
            "{model}"
        );
        assert_eq!((call.usage.input, call.usage.output), (Some(5), Some(7)), "{model}");
        assert_eq!(
            (call.times.first_text, call.outcome, call.failure),
            (Some(Time(150)), Outcome::Complete, None),
            "{model}"
        );
        assert_eq!(call.stream.map(|stream| (stream.chunks, stream.content_chunks)), Some((2, 1)), "{model}");
        shows_nothing(&talk);
    }
}

#[test]
fn what_invocations_do_besides() {
    let embed = ask("/model/amazon.titan-embed-text-v2:0/invoke", r#"{"inputText":"abc","dimensions":256}"#)
        .json(200);
    let call = check(&embed.answer(r#"{"embedding":[0.1,0.2],"inputTextTokenCount":3}"#).end(End::Complete));
    assert_eq!(
        (call.api.operation, call.request.dimensions, call.usage.input),
        ("embeddings", Some(256), Some(3))
    );
    let embed =
        ask("/model/cohere.embed-english-v3/invoke", r#"{"texts":["a","b"],"input_type":"search_query"}"#)
            .json(200);
    let call = check(&embed.answer(r#"{"id":"e","embeddings":[[0.1]]}"#).end(End::Complete));
    assert_eq!(
        (call.api.operation, call.request.input_count, call.unknown_shape),
        ("embeddings", Some(2), 0)
    );
    let blocked = DOCUMENT.replacen('{', r#"{"amazon-bedrock-guardrailAction":"INTERVENED","#, 1);
    let call = check(&ask(INVOKE, MESSAGES).json(200).answer(blocked).end(End::Complete));
    assert_eq!((call.response.refusal, call.unknown_shape), (true, 0));
    let calls = ask(
        "/model/openai.gpt-oss-20b-1:0/invoke",
        r#"{"messages":[],"tools":[{}],"reasoning_effort":"low","n":2}"#,
    )
    .json(200);
    let answer = r#"{"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#;
    let call = check(&calls.answer(answer).end(End::Complete));
    assert_eq!(
        (&call.response.tool_calls[..], call.request.tool_count, call.request.choice_count),
        (&[tool("c", "f")][..], Some(1), Some(2))
    );
    assert_eq!((call.request.reasoning_level.as_deref(), call.unknown_shape), (Some("low"), 0));
}

#[test]
fn chunks_that_are_none_cost_only_themselves() {
    for payload in ["", "nonsense", r#"{"bytes":5}"#, r#"{"bytes":"*"}"#, r#"{"p":"abc"}"#] {
        let talk = event(streams(ask(INVOKE_STREAM, "{}")), "chunk", payload);
        let call = chunks(talk, &STREAM).call();
        assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 1), "{payload}");
    }
    let call = chunks(chunk(streams(ask(INVOKE_STREAM, "{}")), "not JSON"), &STREAM).call();
    assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 1));
    // Other events, and other framings.
    let talk =
        event(streams(ask(INVOKE_STREAM, "{}")), "invented", STREAM[2]).event(STREAM[2]).item(STREAM[2]);
    assert_eq!((talk.call().times.first_token, talk.call().unknown_shape), (None, 0));
    // Chunks that the decoder had to cut, at every byte.
    for at in 0..STREAM[2].len() {
        let call = chunks(chunk(streams(ask(INVOKE_STREAM, "{}")), &STREAM[2][..at]), &STREAM).call();
        assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 1), "cut at {at}");
    }
}

//! What is read of Cohere's chats and embeddings.

use genai::{Api, Call, Outcome, Part, Prompt, Provider, ToolCall};
use proptest::prelude::*;
use wire::{Direction, End};

use crate::bytes_of::{self, chunked, plain, post};
use crate::samples;
use crate::talk::Talk;

const HOST: &str = "api.cohere.com";

const V2: &str = r#"{"model":"command-a-03-2025","stream":true,"messages":[{"role":"system","content":"be kind"},{"role":"user","content":[{"type":"text","text":"CANARY"},{"type":"image_url","image_url":{"url":"data:CANARY"}}]},
 {"role":"assistant","tool_plan":"I look","tool_calls":[{"id":"t1","type":"function","function":{"name":"get","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"t1","content":[{"type":"document","document":{"data":"x"}}]}],
 "tools":[{"type":"function","function":{"name":"get"}}],"documents":["doc",{"data":{"t":"x"}}],"max_tokens":9,"temperature":0.5,"p":0.75,"k":40,"seed":7,"stop_sequences":["CANARY"],
 "frequency_penalty":0.5,"presence_penalty":0.25,"response_format":{"type":"json_object"},"thinking":{"type":"enabled","token_budget":512},"safety_mode":"CONTEXTUAL"}"#;
const V2_ANSWER: &str = r#"{"id":"c1","finish_reason":"TOOL_CALL","message":{"role":"assistant","tool_plan":"CANARY","tool_calls":[{"id":"t1","type":"function","function":{"name":"get","arguments":"{}"}},{"id":"t2","type":"function","function":{"name":"put","arguments":"{}"}}],"citations":[]},
 "usage":{"billed_units":{"input_tokens":11.0,"output_tokens":6.0},"tokens":{"input_tokens":200.0,"output_tokens":30.0},"cached_tokens":5}}"#;
const V2_STREAM: [(&str, &str); 12] = [
    (
        "message-start",
        r#"{"type":"message-start","id":"c1","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#,
    ),
    ("tool-plan-delta", r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"CANARY"}}}"#),
    (
        "tool-call-start",
        r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"t1","type":"function","function":{"name":"get","arguments":""}}}}}"#,
    ),
    (
        "tool-call-delta",
        r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{}"}}}}}"#,
    ),
    ("tool-call-end", r#"{"type":"tool-call-end","index":0}"#),
    (
        "content-start",
        r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}"#,
    ),
    (
        "content-delta",
        r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"CANARY"}}}}"#,
    ),
    (
        "content-start",
        r#"{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
    ),
    (
        "content-delta",
        r#"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"{\"CANARY\":"}}}}"#,
    ),
    ("content-delta", r#"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"1}"}}}}"#),
    ("content-end", r#"{"type":"content-end","index":1}"#),
    (
        "message-end",
        r#"{"type":"message-end","id":"c1","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":11,"output_tokens":6},"tokens":{"input_tokens":200,"output_tokens":30}}}}"#,
    ),
];

const V1: &str = r#"{"model":"command-r","message":"CANARY","preamble":"be kind","chat_history":[{"role":"USER","message":"hi"},{"role":"CHATBOT","message":"hello"}],"conversation_id":"conv","stream":true,"tools":[{"name":"get"}],"tool_results":[{"call":{"name":"get","parameters":{}},"outputs":[{}]}]}"#;
const V1_ANSWER: &str = r#"{"response_id":"r1","text":"CANARY","generation_id":"g1","chat_history":[{"role":"USER","message":"CANARY"}],"finish_reason":"COMPLETE","meta":{"api_version":{"version":"1"},"billed_units":{"input_tokens":4,"output_tokens":2},"tokens":{"input_tokens":70,"output_tokens":2}}}"#;
const V1_STREAM: [&str; 6] = [
    r#"{"is_finished":false,"event_type":"stream-start","generation_id":"g1"}"#,
    r#"{"is_finished":false,"event_type":"text-generation","text":"CANARY"}"#,
    r#"{"is_finished":false,"event_type":"text-generation","text":" b"}"#,
    r#"{"is_finished":false,"event_type":"tool-calls-chunk","tool_call_delta":{"index":0,"name":"get"}}"#,
    r#"{"is_finished":false,"event_type":"tool-calls-generation","tool_calls":[{"name":"get","parameters":{}}]}"#,
    r#"{"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","response":{"response_id":"r1","text":"CANARY b","generation_id":"g1","tool_calls":[{"name":"get","parameters":{}}],"meta":{"billed_units":{"input_tokens":4,"output_tokens":2}}}}"#,
];

fn part(count: u64, chars: u64) -> Part {
    Part { count, chars }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn failure(call: &Call) -> Option<&str> {
    call.failure.as_ref().map(|failure| failure.kind.as_str())
}

fn sse(events: &[(&str, &str)]) -> Vec<u8> {
    let events: Vec<String> =
        events.iter().map(|(name, data)| format!("event: {name}\ndata: {data}\n\n")).collect();
    chunked("text/event-stream", &events)
}

fn lines(all: &[&str]) -> Vec<u8> {
    let lines: Vec<String> = all.iter().map(|line| format!("{line}\n")).collect();
    chunked("application/stream+json", &lines)
}

fn check_v2(call: &Call) {
    assert_eq!(call.api, Api { name: "chat", operation: "chat" });
    assert_eq!((&call.provider, call.outcome), (&Provider::host("cohere"), Outcome::Complete));
    let request = &call.request;
    assert_eq!((request.model.as_deref(), request.stream), (Some("command-a-03-2025"), Some(true)));
    assert_eq!((request.max_tokens, request.temperature, request.seed), (Some(9), Some(0.5), Some(7)));
    assert_eq!((request.top_p, request.top_k, request.stop_count), (Some(0.75), Some(40.0), Some(1)));
    assert_eq!((request.frequency_penalty, request.presence_penalty), (Some(0.5), Some(0.25)));
    assert_eq!(
        (request.output_type.as_deref(), request.reasoning_level.as_deref()),
        (Some("json_object"), Some("512"))
    );
    assert_eq!((request.message_count, request.tool_count), (Some(4), Some(1)));
    let expect = Prompt {
        system: part(1, 7),
        user: part(1, 6),
        assistant: part(1, 6 + 7),
        tool_result: part(1, 12),
        retrieved: part(2, 3 + 18),
        media: 1,
        tool_definitions: 47,
    };
    assert_eq!(request.prompt, Some(expect));
    assert_eq!((call.traces.messages.len(), call.traces.tool_results.len()), (4, 1));
    assert_eq!((call.usage.input, call.usage.output), (Some(11), Some(6)));
    assert!(call.usage.raw.contains(&("tokens.input_tokens".to_owned(), 200.0)));
    assert_eq!((call.unknown_shape, failure(call)), (0, None));
    assert!(!format!("{call:?}").contains("CANARY"));
}

#[test]
fn v2_whole_and_as_a_stream() {
    let request = post(HOST, "/v2/chat", V2);
    let call = bytes_of::check(&request, &plain("200 OK", V2_ANSWER));
    check_v2(&call);
    assert_eq!((call.response.id.as_deref(), call.usage.cache_read), (Some("c1"), Some(5)));
    assert_eq!(call.response.finish_reasons, ["TOOL_CALL"]);
    let tool = |id: &str, name: &str| ToolCall { id: some(id), name: some(name) };
    assert_eq!(call.response.tool_calls, [tool("t1", "get"), tool("t2", "put")]);

    let call = bytes_of::check(&request, &sse(&V2_STREAM));
    check_v2(&call);
    assert_eq!(call.response.finish_reasons, ["COMPLETE"]);
    assert_eq!((call.response.id.as_deref(), call.response.valid_json), (Some("c1"), Some(true)));
    assert_eq!(call.response.tool_calls, [tool("t1", "get")]);
    let stream = call.stream.as_ref().expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks), (11, 6));
    assert!(call.times.first_text.is_some());
}

#[test]
fn v1_whole_and_in_lines() {
    let request = post(HOST, "/v1/chat", V1);
    for (response, id) in [(plain("200 OK", V1_ANSWER), "g1"), (lines(&V1_STREAM), "g1")] {
        let call = bytes_of::check(&request, &response);
        assert_eq!(
            (call.api.name, &call.provider, call.outcome),
            ("chat", &Provider::host("cohere"), Outcome::Complete)
        );
        assert_eq!((call.request.message_count, call.request.tool_count), (Some(3), Some(1)));
        assert_eq!(call.request.conversation.as_deref(), Some("conv"));
        let prompt = call.request.prompt.expect("a prompt");
        assert_eq!((prompt.system, prompt.user, prompt.assistant), (part(1, 7), part(2, 8), part(1, 5)));
        assert_eq!(prompt.tool_result.count, 1);
        assert_eq!((call.usage.input, call.usage.output, call.unknown_shape), (Some(4), Some(2), 0));
        assert_eq!(
            (call.response.id.as_deref(), call.response.finish_reasons.as_slice()),
            (Some(id), &["COMPLETE".to_owned()][..])
        );
        assert!(!format!("{call:?}").contains("CANARY"));
        if let Some(stream) = &call.stream {
            assert_eq!((stream.chunks, stream.content_chunks), (5, 4));
            assert_eq!(call.response.tool_calls, [ToolCall { id: None, name: some("get") }]);
        }
    }
}

#[test]
fn a_stream_that_is_cut_is_no_whole_one() {
    let request = post(HOST, "/v2/chat", V2);
    let response = sse(&V2_STREAM);
    for at in 0..response.len() - 8 {
        let calls = bytes_of::calls(&request, &response[..at], |bytes| vec![bytes]);
        assert_eq!(calls.len(), 1, "at {at}");
        assert!(calls[0].unknown_shape == 0 && !calls[0].lossy, "at {at}");
        let end = response.windows(11).rposition(|window| window == b"message-end").expect("an end");
        assert!(at > end || calls[0].outcome != Outcome::Complete, "at {at}");
    }
}

#[test]
fn what_events_carry() {
    for (event, content, text) in [
        (V2_STREAM[0].1, false, false),
        (V2_STREAM[1].1, true, false),
        (V2_STREAM[2].1, true, false),
        (V2_STREAM[3].1, true, false),
        (V2_STREAM[4].1, false, false),
        (V2_STREAM[5].1, false, false),
        (V2_STREAM[6].1, true, false),
        (V2_STREAM[8].1, true, true),
        (
            r#"{"type":"citation-start","index":0,"delta":{"message":{"citations":{"text":"CANARY"}}}}"#,
            false,
            false,
        ),
        (r#"{"type":"debug","prompt":"CANARY"}"#, false, false),
        (V1_STREAM[0], false, false),
        (V1_STREAM[1], true, true),
        (V1_STREAM[3], true, false),
        (r#"{"event_type":"tool-calls-chunk","text":"CANARY"}"#, true, true),
        (r#"{"event_type":"search-queries-generation","search_queries":[{"text":"CANARY"}]}"#, false, false),
    ] {
        let talk = Talk::new().request("POST", HOST, "/cohere/v2/chat").body(Direction::ToServer, V2);
        let call = talk.end_request(End::Complete).sse().event(event).end(End::Complete).call();
        assert_eq!(
            (call.times.first_token.is_some(), call.times.first_text.is_some()),
            (content, text),
            "{event}"
        );
        assert_eq!((call.outcome, call.unknown_shape), (Outcome::Cut, 0), "{event}");
    }
}

#[test]
fn refusals_and_errors() {
    let end = |reason: &str| format!(r#"{{"type":"message-end","delta":{{"finish_reason":"{reason}"}}}}"#);
    for (reason, refusal) in [("COMPLETE", false), ("MAX_TOKENS", false), ("ERROR_TOXIC", true)] {
        let talk = Talk::new().request("POST", HOST, "/v2/chat").body(Direction::ToServer, V2);
        let call = talk.end_request(End::Complete).sse().event(end(reason)).call();
        assert_eq!((call.response.refusal, call.outcome), (refusal, Outcome::Complete), "{reason}");
        assert_eq!(call.response.refusal_category.is_some(), refusal, "{reason}");
    }
    for (path, body, answer) in [
        ("/v2/chat", V2, r#"{"id":"1","message":"CANARY"}"#),
        ("/v2/chat", r#"{"model":"m","messages":[]}"#, r#"{"message":"CANARY"}"#),
        ("/v1/chat", V1, r#"{"message":"CANARY"}"#),
    ] {
        for host in [HOST, "gateway.example"] {
            let call = bytes_of::check(&post(host, path, body), &plain("429 Too Many Requests", answer));
            assert_eq!(
                (call.api.name, failure(&call), call.unknown_shape),
                ("chat", Some("429"), 0),
                "{host}{path}"
            );
            assert_eq!(call.provider.name, "cohere", "{host}{path}");
        }
    }
    let failed = r#"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"CANARY"}}"#;
    let talk = Talk::new().request("POST", HOST, "/v2/chat").body(Direction::ToServer, V2);
    let call = talk.end_request(End::Complete).sse().event(failed).call();
    assert_eq!(failure(&call), Some("_OTHER"));
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (body, wrong) in [
        (r#"{"model":"m","messages":[7,{"role":5,"content":5}],"max_tokens":3}"#, 3),
        (r#"{"model":"m","messages":[],"tools":{},"documents":"x","max_tokens":3}"#, 2),
        (r#"{"model":"m","messages":[],"p":"x","k":[],"thinking":5,"max_tokens":3}"#, 3),
        (r#"{"model":"m","messages":[],"p":null,"tools":null,"max_tokens":3}"#, 0),
    ] {
        let call = bytes_of::check(&post(HOST, "/v2/chat", body), &plain("200 OK", V2_ANSWER));
        assert_eq!((call.request.max_tokens, call.unknown_shape), (Some(3), wrong), "{body}");
    }
    for (answer, wrong) in [
        (r#"{"id":5,"message":{"content":5,"tool_calls":7},"finish_reason":"COMPLETE"}"#, 3),
        (
            r#"{"message":{"content":[5,{"text":5}],"tool_calls":[5]},"usage":[],"finish_reason":"COMPLETE"}"#,
            4,
        ),
    ] {
        let call = bytes_of::check(&post(HOST, "/v2/chat", V2), &plain("200 OK", answer));
        assert_eq!((call.response.finish_reasons.len(), call.unknown_shape), (1, wrong), "{answer}");
    }
}

#[test]
fn embeddings_of_both() {
    let v2 = r#"{"model":"embed-v4.0","texts":["CANARY","äö"],"input_type":"search_query","embedding_types":["float","int8"],"output_dimension":1024}"#;
    let inputs = r#"{"model":"embed-v4.0","inputs":[{"content":[{"type":"text","text":"CANARYäö"},{"type":"image_url","image_url":{"url":"CANARY"}}]}],"input_type":"search_document"}"#;
    let images = r#"{"model":"embed-v4.0","images":["data:CANARY"],"input_type":"image"}"#;
    let answer = r#"{"id":"e1","embeddings":{"float":[[0.1]]},"texts":["CANARY"],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":4.0,"image_tokens":9}},"response_type":"embeddings_by_type"}"#;
    for (path, body, count, chars, media) in [
        ("/v2/embed", v2, 2, 8, 0),
        ("/v1/embed", inputs, 1, 8, 1),
        ("/v1/embed", images, 1, 0, 1),
        ("/any", v2, 2, 8, 0),
    ] {
        let call = bytes_of::check(&post("gateway.example", path, body), &plain("200 OK", answer));
        assert_eq!(call.api, Api { name: "embed", operation: "embeddings" });
        assert_eq!((call.provider, call.outcome), (Provider::api("cohere"), Outcome::Complete));
        assert_eq!(
            (call.request.model.as_deref(), call.request.input_count),
            (Some("embed-v4.0"), Some(count))
        );
        let prompt = call.request.prompt.expect("a prompt");
        assert_eq!((prompt.user, prompt.media), (part(count, chars), media), "{body}");
        assert_eq!((call.usage.input, call.usage.input_image, call.unknown_shape), (Some(4), Some(9), 0));
        assert_eq!(call.traces.messages.len() as u64, count);
        assert!(!format!("{call:?}").contains("CANARY"));
    }
    let call = bytes_of::check(&post(HOST, "/v2/embed", v2), &plain("429 X", r#"{"message":"CANARY"}"#));
    assert_eq!((failure(&call), call.provider), (Some("429"), Provider::host("cohere")));
    assert_eq!((call.request.dimensions, call.request.encoding_format), (Some(1024), some("float")));
}

#[test]
fn unknown_paths_are_told_by_the_body() {
    let ask = |path: &str, body: &str, answer: &str| {
        let talk = Talk::new().request("POST", "gateway.example", path).body(Direction::ToServer, body);
        let talk = talk.end_request(End::Complete).json(200).answer(answer).end(End::Complete);
        assert_eq!(talk.cut(1).calls(), talk.calls(), "{body}");
        talk.calls().first().map(|call| call.api.name)
    };
    let bare = r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#;
    for (path, body, answer, expect) in [
        ("/ask", V2, V2_ANSWER, Some("chat")),
        ("/ask", bare, V2_ANSWER, Some("chat")),
        ("/ask", bare, samples::ANSWER, Some("chat_completions")),
        ("/ask", V1, V1_ANSWER, Some("chat")),
        ("/v1/chat", r#"{"model":"m","message":"hi"}"#, V1_ANSWER, Some("chat")),
        ("/v1/chat", r#"{"message":"hi"}"#, r#"{"text":"hi"}"#, None),
        ("/v2/chat", bare, samples::ANSWER, Some("chat_completions")),
        ("/ask", r#"{"message":"hi"}"#, V1_ANSWER, None),
    ] {
        assert_eq!(ask(path, body, answer), expect, "{path} {body} → {answer}");
    }
    let late = V2_STREAM.iter().fold(Talk::new().sse(), |talk, (_, data)| talk.event(data)).call();
    assert_eq!((late.api.name, late.joined_late, late.usage.output), ("chat", true, Some(6)));
}

#[test]
fn texts_show_nowhere() {
    let ask = |path: &str, body: &str| {
        Talk::new().request("POST", HOST, path).body(Direction::ToServer, body).end_request(End::Complete)
    };
    bytes_of::shows_nothing(&ask("/v2/chat", V2).json(200).answer(V2_ANSWER).end(End::Complete));
    bytes_of::shows_nothing(
        &V2_STREAM.iter().fold(ask("/v2/chat", V2).sse(), |talk, (_, data)| talk.event(data)),
    );
    bytes_of::shows_nothing(&ask("/v1/chat", V1).json(200).answer(V1_ANSWER).end(End::Complete));
}

proptest! {
    #[test]
    fn any_bytes_give_at_most_one_call_and_the_same_for_any_cut(request: Vec<u8>, answer: Vec<u8>, flip in any::<prop::sample::Index>(), byte: u8, size in 1usize..20) {
        let talk = |request: &[u8], answer: &[u8]| Talk::new()
            .request("POST", HOST, "/cohere/v2/chat")
            .body(Direction::ToServer, request)
            .end_request(End::Complete)
            .json(200)
            .answer(answer)
            .end(End::Complete);
        let spoil = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            let at = flip.index(bytes.len());
            bytes[at] = byte;
            bytes
        };
        for talk in [talk(&request, &answer), talk(&spoil(V2), &spoil(V2_ANSWER)), talk(&spoil(V1), &spoil(V1_ANSWER))] {
            prop_assert_eq!(talk.cut(size).calls(), talk.calls());
            prop_assert_eq!(talk.calls().len(), 1);
        }
    }
}

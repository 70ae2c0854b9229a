//! Bodies and messages of each operation, and where they are spoken.

use serde_json::{Value, json};

use super::*;
use crate::provider::{
    dialect::{Answer, Asked, Said},
    truth::ToolTold,
};

const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

fn call() -> Identity {
    Identity {
        request: "0123456789abcdef0123456789abcdef".to_owned(),
        response: "fedcba9876543210fedcba9876543210".to_owned(),
        number: 5,
        created: 1,
        words: vec!["alpha".to_owned(), "beta".to_owned()],
    }
}

fn answer(operation: &str, script: &str, body: &Value) -> Answer {
    let path = format!("/model/{}/{operation}", MODEL.replace(':', "%3A"));
    let asked = Asked {
        address: Address { method: "POST", host: "bedrock", path: &path, query: "" },
        body: &serde_json::to_vec(body).unwrap(),
    };
    let dialect = OPERATIONS.iter().find(|dialect| dialect.takes(&asked.address)).expect("an operation");
    dialect.answer(&asked, &Script::parse(script).unwrap(), &call()).unwrap()
}

/// The messages of a stream, read by a decoder of our own: name, payload without padding, content.
fn messages(said: &Said) -> Vec<(String, Value, bool)> {
    let Said::Stream { content_type, events, end } = said else { panic!("not a stream") };
    assert_eq!(*content_type, EVENT_STREAM);
    // The end mark is a message too.
    let last = Event::silent(end.clone());
    let read = |event: &Event| {
        let bytes = &event.bytes;
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(number(0), bytes.len());
        let headers = &bytes[12..12 + number(4)];
        // `:event-type` or `:exception-type` is the first.
        let value = 1 + usize::from(headers[0]) + 3;
        let length = usize::from(headers[value - 1]);
        let name = String::from_utf8(headers[value..value + length].to_vec()).unwrap();
        let mut payload: Value =
            serde_json::from_slice(&bytes[12 + number(4)..bytes.len() - 4]).expect("JSON");
        let padding = payload.as_object_mut().unwrap().remove("p");
        assert_eq!(padding.is_some(), !name.ends_with("Exception"), "{name}");
        (name, payload, event.content)
    };
    events.iter().chain((!end.is_empty()).then_some(&last)).map(read).collect()
}

fn asked() -> Value {
    json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}]})
}

#[test]
fn converse_whole() {
    let answer = answer("converse", "chunks=2,tool=1,thoughts=1,cached=64,ttft_ms=10,gap_ms=5", &asked());
    let Said::Whole { body, usage } = answer.said else { panic!("a stream") };
    assert_eq!(
        serde_json::from_slice::<Value>(&body).unwrap(),
        json!({
            "metrics": {"latencyMs": 15},
            "output": {"message": {"role": "assistant", "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm, alpha. ", "signature": "EqoBCkgIARABGAIiQL0c"}}},
                {"text": "alpha beta"},
                {"toolUse": {"toolUseId": "tooluse_fedcba987654321000", "name": "get_time", "input": {"city": "Paris"}}},
            ]}},
            "stopReason": "tool_use",
            "usage": {"inputTokens": 2036, "outputTokens": 56, "totalTokens": 2156, "cacheReadInputTokens": 64},
        })
    );
    let told = usage.unwrap();
    assert_eq!((told.input, told.output, told.cached), (2100, 56, 64));
    assert_eq!(
        (answer.request_model.as_str(), answer.response_id, answer.response_model),
        (MODEL, None, None)
    );
    let tokens = Tokens { input: Some(2100), output: Some(56), cached: Some(64), ..Tokens::default() };
    let tools = vec![ToolTold::new("tooluse_fedcba987654321000".to_owned(), "get_time")];
    assert_eq!(answer.told, Told { finish_reasons: vec!["tool_use".to_owned()], tools, tokens });
}

#[test]
fn converse_streamed() {
    let answer = answer("converse-stream", "chunks=1,tool=1,thoughts=1,cache_write=9", &asked());
    let found = messages(&answer.said);
    let names: Vec<(&str, bool)> = found.iter().map(|(name, _, content)| (name.as_str(), *content)).collect();
    let [start, delta, stop] = ["contentBlockStart", "contentBlockDelta", "contentBlockStop"];
    let expect = [
        ("messageStart", false),
        // Reasoning, and its signature.
        (delta, true),
        (delta, false),
        (stop, false),
        // Text.
        (delta, true),
        (stop, false),
        // A tool call.
        (start, true),
        (delta, true),
        (delta, true),
        (delta, true),
        (stop, false),
        ("messageStop", false),
        ("metadata", false),
    ];
    assert_eq!(names, expect);
    assert_eq!(found[4].1, json!({"contentBlockIndex": 1, "delta": {"text": "alpha"}}));
    assert_eq!(found[8].1, json!({"contentBlockIndex": 2, "delta": {"toolUse": {"input": "\"Pa"}}}));
    assert_eq!(found[12].1["usage"]["cacheWriteInputTokens"], 9);
    assert_eq!(answer.told.tokens.cache_write, Some(9));
}

#[test]
fn a_stream_that_fails_says_so_last() {
    for (after, count) in [(0, 2), (2, 4), (9, 8)] {
        let answer = answer("converse-stream", &format!("chunks=3,error_after={after}"), &asked());
        let found = messages(&answer.said);
        let (name, payload, _) = found.last().unwrap();
        assert_eq!((name.as_str(), &payload["originalStatusCode"]), (EXCEPTION, &json!(500)));
        assert_eq!(found.len(), count, "error_after={after}");
        assert_eq!(answer.told, Told::default());
    }
}

#[test]
fn ids_and_paths() {
    assert_eq!(request_id(&call()), "01234567-89ab-cdef-0123-456789abcdef");
    for (path, expect) in [
        ("/model/a%3A0/converse", Some("a:0")),
        ("/model/arn%3aaws:x%2Fy/converse", Some("arn:aws:x/y")),
        ("/model/a%/converse", Some("a%")),
        ("/model/a%é/converse", Some("a%é")),
        ("/model/a/converse-stream", None),
        ("/models/a/converse", None),
        ("/model/a", None),
    ] {
        let address = Address { method: "POST", path, ..Address::default() };
        assert_eq!(model(&address, "converse").as_deref(), expect, "{path}");
    }
    let get = Address { method: "GET", path: "/model/a/converse", ..Address::default() };
    assert_eq!(model(&get, "converse"), None);
}

#[test]
fn errors_are_named_in_the_head() {
    let (call, script) = (call(), Script::default());
    let facts =
        |status| Facts { call: &call, script: &script, status, processing: std::time::Duration::ZERO };
    assert_eq!(fields(&facts(200)).len(), 1);
    let limited = fields(&facts(429));
    let expect = "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/";
    assert_eq!(limited[1], ("x-amzn-ErrorType", expect.to_owned()));
    assert_eq!(error("no"), b"{\"message\":\"no\"}");
}

#[test]
fn invoke_wraps_what_anthropic_says() {
    let asked = json!({"anthropic_version": "bedrock-2023-05-31", "messages": [], "max_tokens": 9});
    let whole = answer("invoke", "chunks=1,cached=7", &asked);
    let Said::Whole { body, .. } = &whole.said else { panic!("a stream") };
    let body: Value = serde_json::from_slice(body).unwrap();
    assert_eq!((&body["type"], &body["usage"]["cache_read_input_tokens"]), (&json!("message"), &json!(7)));
    assert_eq!(whole.response_model.as_deref(), Some("claude-sonnet-4-5-20250929"));

    let streamed = answer("invoke-with-response-stream", "chunks=2,cached=7", &asked);
    assert_eq!(streamed.told, whole.told);
    let found = messages(&streamed.said);
    assert!(found.iter().all(|(name, ..)| name == "chunk"));
    assert_eq!(found.iter().filter(|(.., content)| *content).count(), 2);
    // `message_start`, as it begins in base64.
    let first = found[0].1["bytes"].as_str().unwrap();
    assert!(first.starts_with("eyJ0eXBlIjoibWVzc2FnZV9zdGFydCIs"), "{first}");
    let last = found.last().unwrap().1["bytes"].as_str().unwrap();
    // {"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":2036,
    let expect = "eyJ0eXBlIjoibWVzc2FnZV9zdG9wIiwiYW1hem9uLWJlZHJvY2staW52b2NhdGlvbk1ldHJpY3MiOnsiaW5wdXRUb2tlbkNvdW50IjoyMDM2L";
    assert!(last.starts_with(expect), "{last}");

    let (call, script) = (call(), Script::parse("cached=7").unwrap());
    let facts = Facts { call: &call, script: &script, status: 200, processing: std::time::Duration::ZERO };
    let fields = Invoke { stream: false }.fields(&facts);
    let value = |name| fields.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str());
    assert_eq!(value("X-Amzn-Bedrock-Input-Token-Count"), Some("2036"));
    assert_eq!(value("X-Amzn-Bedrock-Cache-Read-Input-Token-Count"), Some("7"));
}

#[test]
fn tokens_are_counted() {
    let counted = answer("count-tokens", "", &json!({"input": {"converse": {"messages": []}}}));
    let Said::Whole { body, .. } = &counted.said else { panic!("a stream") };
    assert_eq!(body, b"{\"inputTokens\":2036}");
    assert_eq!(counted.told.tokens.input, Some(2036));
}

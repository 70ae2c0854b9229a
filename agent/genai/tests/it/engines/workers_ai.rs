//! Cloudflare Workers AI.

use genai::{Outcome, Provider, Request, Usage};
use wire::{Direction, End};

use super::{raw, said, some, sse};
use crate::bytes_of::{self, plain, post};
use crate::talk::Talk;

const HOST: &str = "api.cloudflare.com";
const PATH: &str = "/client/v4/accounts/a/ai/run/@cf/meta/llama-3.1-8b-instruct";
const BODY: &str = r#"{"messages":[{"role":"system","content":"CANARY"},{"role":"user","content":[{"type":"text","text":"ab"},{"type":"image_url","image_url":{"url":"data:"}}]}],
 "max_tokens":256,"temperature":0.5,"top_p":0.9,"top_k":5,"frequency_penalty":0.1,"presence_penalty":0.2,"seed":3,"tools":[{"name":"f"}],"response_format":{"type":"json_schema","json_schema":{}},"stream":true}"#;

const EVENTS: [&str; 4] = [
    r#"{"response":"CANARY","p":"abcdefgh"}"#,
    r#"{"response":"}","p":"abc"}"#,
    r#"{"response":"","usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":4}}}"#,
    "[DONE]",
];

fn asked(path: &str, body: &str) -> Talk {
    Talk::new().request("POST", HOST, path).body(Direction::ToServer, body).end_request(End::Complete)
}

#[test]
fn a_stream() {
    let call = bytes_of::check(&post(HOST, PATH, BODY), &sse(&EVENTS));
    assert_eq!(call.provider.name, "cloudflare_workers_ai");
    assert_eq!((call.api.name, call.api.operation), ("workers_ai_run", "chat"));
    let prompt = call.request.prompt.expect("a prompt");
    assert_eq!((prompt.system.chars, prompt.user.chars, prompt.media), (6, 2, 1));
    let expect = Request {
        model: some("@cf/meta/llama-3.1-8b-instruct"),
        stream: Some(true),
        max_tokens: Some(256),
        temperature: Some(0.5),
        top_p: Some(0.9),
        top_k: Some(5.0),
        frequency_penalty: Some(0.1),
        presence_penalty: Some(0.2),
        seed: Some(3),
        message_count: Some(2),
        tool_count: Some(1),
        output_type: some("json_schema"),
        prompt: Some(prompt),
        ..Request::default()
    };
    assert_eq!((call.request, call.traces.messages.len()), (expect, 2));
    let told = [
        ("prompt_tokens", 9.0),
        ("completion_tokens", 2.0),
        ("total_tokens", 11.0),
        ("prompt_tokens_details.cached_tokens", 4.0),
    ];
    let usage =
        Usage { input: Some(9), output: Some(2), cache_read: Some(4), raw: raw(&told), ..Usage::default() };
    assert_eq!((call.usage, call.response.valid_json), (usage, Some(false)));
    assert_eq!(call.stream.map(|stream| stream.content_chunks), Some(2));
    assert_eq!((call.outcome, call.failure, call.unknown_shape), (Outcome::Complete, None, 0));
    bytes_of::shows_nothing(&asked(PATH, BODY).sse().events(&EVENTS));
}

#[test]
fn answers() {
    let envelope =
        |result: &str| format!(r#"{{"result":{result},"success":true,"errors":[],"messages":[]}}"#);
    let prompt = r#"{"prompt":"CANARY"}"#;
    let text = envelope(
        r#"{"response":"CANARY","tool_calls":[{"name":"f","arguments":{}}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":12}}"#,
    );
    let call = bytes_of::check(&post(HOST, PATH, prompt), &plain("200 OK", &text));
    assert_eq!((call.api.operation, call.request.prompt), ("text_completion", said(6)));
    assert_eq!((call.response.tool_calls.len(), call.usage.inconsistent), (1, true));
    assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 0));
    let chat = envelope(
        r#"{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x","reasoning_content":"CANARY"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#,
    );
    let call = bytes_of::check(&post(HOST, PATH, BODY), &plain("200 OK", &chat));
    assert_eq!(
        (call.response.model.as_deref(), call.response.finish_reasons),
        (Some("m"), vec!["stop".to_owned()])
    );
    let vectors = envelope(r#"{"shape":[2,2],"data":[[0.1,0.2],[0.3,0.4]]}"#);
    let call = bytes_of::check(&post(HOST, PATH, r#"{"text":["CANARY","b"]}"#), &plain("200 OK", &vectors));
    assert_eq!(
        (call.api.operation, call.request.input_count, call.unknown_shape),
        ("embeddings", Some(2), 0)
    );
}

#[test]
fn errors_and_others() {
    let error =
        r#"{"result":null,"success":false,"errors":[{"code":7009,"message":"CANARY"}],"messages":[]}"#;
    let call = asked(PATH, BODY).json(429).answer(error).end(End::Complete).call();
    assert_eq!((call.failure.map(|failure| failure.kind).as_deref(), call.unknown_shape), (Some("7009"), 0));
    // Through its gateway, which is no host of its own.
    let gateway = "/v1/a/g/workers-ai/@cf/meta/llama-3.1-8b-instruct";
    let talk = Talk::new().request("POST", "g.example", gateway).body(Direction::ToServer, BODY);
    let call = talk.end_request(End::Complete).sse().events(&EVENTS).call();
    assert_eq!(call.provider, Provider::server("cloudflare_workers_ai"));
    for path in ["/ai/run/x", "/ai/run/@cf/m", "/client/v4/accounts/a/ai/run"] {
        let talk = asked(path, r#"{"prompt":"x"}"#).json(200).answer(r#"{"id":7}"#).end(End::Complete);
        assert_eq!(talk.calls(), [], "{path}");
    }
    for (body, wrong) in [
        (r#"{"prompt":"x","stream":1,"seed":"s","messages":7,"tools":{}}"#, 4),
        (r#"{"messages":[7,{"role":1,"content":[[],{"text":2}]}]}"#, 4),
        (r#"{"prompt":"x","lora":"l","raw":true}"#, 0),
    ] {
        let call = asked(PATH, body).json(200).answer(r#"{"success":true}"#).end(End::Complete).call();
        assert_eq!(call.unknown_shape, wrong, "{body}");
    }
}

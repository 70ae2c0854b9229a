//! SGLang.

use genai::headers::Phase;
use genai::{Outcome, Provider, Request, Usage};
use wire::End;

use super::{HOST, answered, asked, raw, said, some, sse, streamed, whole_from};
use crate::bytes_of::{self, plain, post};

pub(super) const BODY: &str = r#"{"text":"CANARY-PROMPT","sampling_params":{"max_new_tokens":32,"temperature":0,"top_p":1,"top_k":-1,"frequency_penalty":0.1,
 "presence_penalty":0.2,"sampling_seed":9,"stop":"CANARY","json_schema":"{}"},"image_data":["AAAA"],"stream":true}"#;

pub(super) const EVENTS: [&str; 5] = [
    r#"{"text":"{","meta_info":{"id":"r1","finish_reason":null,"prompt_tokens":5,"completion_tokens":1,"cached_tokens":2,"weight_version":"default"}}"#,
    r#"{"text":"{","meta_info":{"id":"r1","finish_reason":null,"prompt_tokens":5,"completion_tokens":2,"cached_tokens":2}}"#,
    r#"{"text":"{\"CANARY\":1","meta_info":{"id":"r1","finish_reason":null,"prompt_tokens":5,"completion_tokens":3,"cached_tokens":2}}"#,
    r#"{"text":"{\"CANARY\":1}","meta_info":{"id":"r1","finish_reason":{"type":"stop","matched":"CANARY"},"prompt_tokens":5,"completion_tokens":4,"cached_tokens":2,"reasoning_tokens":1,"e2e_latency":0.5,"queue_time":0.001,"first_token_latency":0.1,"decode_throughput":9.5,"spec_accept_rate":0.5,"spec_accept_length":2.5,"spec_num_correct_drafts":800,"spec_num_proposed_drafts":1600,"spec_verify_ct":200}}"#,
    "[DONE]",
];

#[test]
fn a_stream_of_texts_that_grow() {
    let call = bytes_of::check(&post(HOST, "/generate", BODY), &sse(&EVENTS));
    assert_eq!(call.provider, Provider::server("sglang"));
    assert_eq!((call.api.name, call.api.operation), ("sglang_generate", "text_completion"));
    let expect = Request {
        stream: Some(true),
        max_tokens: Some(32),
        temperature: Some(0.0),
        top_p: Some(1.0),
        top_k: Some(-1.0),
        frequency_penalty: Some(0.1),
        presence_penalty: Some(0.2),
        seed: Some(9),
        stop_count: Some(1),
        output_type: some("json_schema"),
        input_count: Some(1),
        prompt: said(13).map(|prompt| genai::Prompt { media: 1, ..prompt }),
        ..Request::default()
    };
    assert_eq!((call.request, call.traces.messages.len()), (expect, 1));
    let told = [
        ("prompt_tokens", 5.0),
        ("completion_tokens", 4.0),
        ("cached_tokens", 2.0),
        ("reasoning_tokens", 1.0),
    ];
    let told: Vec<_> = told.iter().map(|(name, figure)| (format!("meta_info.{name}"), *figure)).collect();
    let raw = raw(&told.iter().map(|(path, figure)| (path.as_str(), *figure)).collect::<Vec<_>>());
    let usage = Usage {
        input: Some(5),
        output: Some(4),
        cache_read: Some(2),
        reasoning: Some(1),
        raw,
        ..Usage::default()
    };
    assert_eq!(call.usage, usage);
    assert_eq!(
        (call.response.id.as_deref(), call.response.finish_reasons),
        (Some("r1"), vec!["stop".to_owned()])
    );
    assert_eq!(call.response.valid_json, Some(true));
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks), (4, 3));
    let nanos = |phase| call.beside.times.get(phase).map(|told| told.nanos);
    assert_eq!(nanos(Phase::Total), Some(500_000_000));
    assert_eq!((nanos(Phase::Queue), nanos(Phase::FirstToken)), (Some(1_000_000), Some(100_000_000)));
    let engine = &call.beside.engine;
    assert_eq!((engine.accepted_tokens, engine.proposed_tokens), (Some(800), Some(1600)));
    assert_eq!((engine.acceptance_rate, call.outcome, call.unknown_shape), (Some(0.5), Outcome::Complete, 0));
}

#[test]
fn a_stream_of_pieces() {
    let events: Vec<String> = ["abc", "d", "", "ef"]
        .iter()
        .map(|text| format!(r#"{{"text":"{text}","meta_info":{{"id":"r","prompt_tokens":5}}}}"#))
        .collect();
    let events: Vec<&str> = events.iter().map(String::as_str).chain(["[DONE]"]).collect();
    let call = streamed("/generate", BODY, &events).call();
    assert_eq!(call.stream.map(|stream| stream.content_chunks), Some(3));
    assert_eq!(call.response.valid_json, None);
}

#[test]
fn a_batch() {
    let body = r#"{"text":["CANARY","ab"],"sampling_params":{"n":1}}"#;
    let one = |id: &str, tokens: u64| {
        format!(
            r#"{{"text":"x","meta_info":{{"id":"{id}","prompt_tokens":{tokens},"completion_tokens":1,"finish_reason":{{"type":"length","length":1}}}}}}"#
        )
    };
    let answer = format!("[{},{}]", one("a", 3), one("b", 4));
    let call = bytes_of::check(&post(HOST, "/generate", body), &plain("200 OK", &answer));
    assert_eq!((call.usage.input, call.usage.output, call.unknown_shape), (Some(7), Some(2), 0));
    assert_eq!((call.response.finish_reasons.len(), call.request.input_count), (2, Some(2)));
    assert_eq!(
        (call.request.prompt.map(|prompt| prompt.user.count), call.outcome),
        (Some(2), Outcome::Complete)
    );
    let ids = r#"{"input_ids":[[1,2],[3]],"sampling_params":[{"n":1},{}]}"#;
    let call = answered("/generate", ids, &answer);
    assert_eq!((call.unknown_shape, call.request.input_count), (0, None));
}

#[test]
fn errors() {
    for (answer, kind) in [
        (r#"{"error":{"message":"CANARY"}}"#, "400"),
        (
            r#"{"object":"error","message":"CANARY","type":"BadRequestError","param":null,"code":400}"#,
            "BadRequestError",
        ),
    ] {
        let call = asked("/generate", BODY).json(400).answer(answer).end(End::Complete).call();
        assert_eq!((call.api.name, call.unknown_shape), ("sglang_generate", 0), "{answer}");
        assert_eq!(call.failure.map(|failure| failure.kind).as_deref(), Some(kind), "{answer}");
    }
    let call =
        streamed("/generate", BODY, &[EVENTS[0], r#"{"error":{"message":"CANARY","type":"abort"}}"#]).call();
    assert_eq!(call.failure.map(|failure| failure.kind).as_deref(), Some("abort"));
}

#[test]
fn cut_anywhere() {
    whole_from(&post(HOST, "/generate", BODY), &sse(&EVENTS), b"\"spec_verify_ct\":200}}\n\n");
    bytes_of::shows_nothing(&streamed("/generate", BODY, &EVENTS));
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (body, wrong) in [
        (r#"{"text":"x","stream":"yes","sampling_params":7}"#, 2),
        (r#"{"text":["x",7],"sampling_params":{"max_new_tokens":"1","n":-1,"stop":[1],"regex":[]}}"#, 5),
        (r#"{"text":"x","input_ids":null,"image_data":{"url":"u"},"rid":[]}"#, 0),
    ] {
        assert_eq!(answered("/generate", body, EVENTS[3]).unknown_shape, wrong, "{body}");
    }
    for (meta, wrong) in [
        (r#""prompt_tokens":"5","completion_tokens":-1,"cached_tokens":1.5,"finish_reason":7"#, 4),
        (
            r#""prompt_tokens":5,"e2e_latency":"fast","queue_time":-1,"spec_accept_rate":7,"spec_accepted_drafts":[]"#,
            4,
        ),
    ] {
        let answer = format!(r#"{{"text":"x","meta_info":{{"id":"r",{meta}}}}}"#);
        assert_eq!(answered("/generate", BODY, &answer).unknown_shape, wrong, "{meta}");
    }
}

//! llama.cpp.

use genai::headers::Phase;
use genai::{Outcome, Provider, Request, Usage};
use wire::End;

use super::{HOST, answered, asked, raw, said, some, sse, streamed, whole_from};
use crate::bytes_of::{self, plain, post};

pub(super) const BODY: &str = r#"{"prompt":"CANARY-PROMPT","n_predict":64,"temperature":0.8,"top_k":40,"top_p":0.95,"frequency_penalty":0.1,"presence_penalty":0.2,
 "seed":-1,"stop":["CANARY"],"json_schema":{"type":"object"},"stream":true,"cache_prompt":true}"#;

pub(super) const EVENTS: [&str; 4] = [
    r#"{"index":0,"content":"","tokens":[],"stop":false,"id_slot":0,"tokens_predicted":0,"tokens_evaluated":237,"prompt_progress":{"total":237,"cache":236,"processed":1,"time_ms":9}}"#,
    r#"{"index":0,"content":"CANARY","tokens":[9],"stop":false,"id_slot":0,"tokens_predicted":1,"tokens_evaluated":237}"#,
    r#"{"index":0,"content":" x","tokens":[9],"stop":false,"id_slot":0,"tokens_predicted":2,"tokens_evaluated":237}"#,
    r#"{"index":0,"content":"","tokens":[],"id_slot":0,"stop":true,"model":"q.gguf","tokens_predicted":35,"tokens_evaluated":237,"generation_settings":{"n_predict":1},"prompt":"CANARY","has_new_line":false,"truncated":true,"stop_type":"word","stopping_word":"CANARY","tokens_cached":271,"timings":{"cache_n":236,"prompt_n":1,"prompt_ms":30.958,"prompt_per_token_ms":30.958,"prompt_per_second":32.3,"predicted_n":35,"predicted_ms":661.064,"predicted_per_token_ms":18.88,"predicted_per_second":null,"draft_n":20,"draft_n_accepted":15}}"#,
];

#[test]
fn a_stream() {
    let call = bytes_of::check(&post(HOST, "/completion", BODY), &sse(&EVENTS));
    assert_eq!(call.provider, Provider::server("llama_cpp"));
    assert_eq!((call.api.name, call.api.operation), ("llama_cpp_completion", "text_completion"));
    let expect = Request {
        stream: Some(true),
        max_tokens: Some(64),
        temperature: Some(0.8),
        top_p: Some(0.95),
        top_k: Some(40.0),
        frequency_penalty: Some(0.1),
        presence_penalty: Some(0.2),
        seed: Some(-1),
        stop_count: Some(1),
        output_type: some("json_schema"),
        input_count: Some(1),
        prompt: said(13),
        ..Request::default()
    };
    assert_eq!((call.request, call.traces.messages.len()), (expect, 1));
    let told = [
        ("tokens_predicted", 35.0),
        ("tokens_evaluated", 237.0),
        ("tokens_cached", 271.0),
        ("timings.cache_n", 236.0),
        ("timings.prompt_n", 1.0),
        ("timings.predicted_n", 35.0),
        ("timings.draft_n", 20.0),
        ("timings.draft_n_accepted", 15.0),
    ];
    let usage = Usage {
        input: Some(237),
        output: Some(35),
        cache_read: Some(236),
        raw: raw(&told),
        ..Usage::default()
    };
    assert_eq!(call.usage, usage);
    let response = &call.response;
    assert_eq!((response.model.as_deref(), response.compacted), (Some("q.gguf"), true));
    assert_eq!((&response.finish_reasons, response.valid_json), (&vec!["word".to_owned()], Some(false)));
    assert_eq!(response.finish_classes(), [genai::FinishClass::Stop]);
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks), (3, 2), "the last one is the end mark");
    let nanos = |phase| call.beside.times.get(phase).map(|told| told.nanos);
    assert_eq!((nanos(Phase::Prefill), nanos(Phase::Decode)), (Some(30_958_000), Some(661_064_000)));
    assert_eq!(nanos(Phase::PerToken), Some(18_880_000));
    let engine = &call.beside.engine;
    assert_eq!((engine.accepted_tokens, engine.proposed_tokens), (Some(15), Some(20)));
    assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 0));
}

#[test]
fn infills_batches_and_embeddings() {
    let body = r#"{"input_prefix":"ab","input_suffix":"CANARY","input_extra":[{"filename":"f","text":"abc"}],"prompt":"","n_predict":-1}"#;
    let call = bytes_of::check(&post(HOST, "/infill", body), &plain("200 OK", EVENTS[3]));
    let prompt = call.request.prompt.expect("a prompt");
    assert_eq!((prompt.user.chars, prompt.retrieved.chars, prompt.retrieved.count), (8, 3, 1));
    assert_eq!((call.request.max_tokens, call.unknown_shape, call.outcome), (None, 0, Outcome::Complete));

    let one = |index: u64| EVENTS[3].replace(r#""index":0"#, &format!(r#""index":{index}"#));
    let answer = format!("[{},{}]", one(0), one(1));
    let body = r#"{"prompt":["CANARY",[1,2]]}"#;
    let call = bytes_of::check(&post(HOST, "/completion", body), &plain("200 OK", &answer));
    assert_eq!((call.usage.input, call.response.finish_reasons.len()), (Some(474), 2));
    assert_eq!((call.request.input_count, call.unknown_shape, call.outcome), (Some(2), 0, Outcome::Complete));
    let call = streamed("/completion", body, &[EVENTS[1], EVENTS[3], &one(1)]).call();
    assert_eq!((call.usage.output, call.outcome), (Some(70), Outcome::Complete));
    let call = answered("/completion", r#"{"prompt":[1,2,"CANARY",3]}"#, EVENTS[3]);
    assert_eq!((call.request.input_count, call.unknown_shape), (Some(1), 0));
    let media = r#"{"prompt":{"prompt_string":"ab","multimodal_data":["AAAA","BB"]}}"#;
    let call = answered("/completion", media, EVENTS[3]);
    let prompt = call.request.prompt.expect("a prompt");
    assert_eq!((prompt.user.chars, prompt.media, call.unknown_shape), (2, 2, 0));

    for answer in [r#"[{"index":0,"embedding":[[0.1,0.2]]}]"#, r#"{"embedding":[0.1]}"#] {
        let call =
            bytes_of::check(&post(HOST, "/embedding", r#"{"content":"CANARY"}"#), &plain("200 OK", answer));
        assert_eq!((call.api.operation, call.request.input_count), ("embeddings", Some(1)));
        assert_eq!((call.outcome, call.unknown_shape, call.failure), (Outcome::Complete, 0, None));
    }
}

#[test]
fn cached_tokens_of_old_versions() {
    let answer = |cached: u64| {
        format!(
            r#"{{"content":"x","stop":true,"tokens_predicted":2,"tokens_evaluated":10,"tokens_cached":{cached}}}"#
        )
    };
    for (told, expect) in [(0, Some(0)), (9, Some(9)), (10, None), (12, None)] {
        assert_eq!(answered("/completion", BODY, &answer(told)).usage.cache_read, expect, "{told}");
    }
}

#[test]
fn errors() {
    let error = r#"{"error":{"code":503,"message":"CANARY","type":"unavailable_error"}}"#;
    let call = asked("/completion", BODY).json(503).answer(error).end(End::Complete).call();
    assert_eq!(
        (call.failure.map(|failure| failure.kind).as_deref(), call.unknown_shape),
        (Some("unavailable_error"), 0)
    );
    let talk = streamed("/completion", BODY, &[EVENTS[1], error]);
    assert_eq!(talk.call().failure.map(|failure| failure.kind).as_deref(), Some("unavailable_error"));
    bytes_of::shows_nothing(&talk);
}

#[test]
fn cut_anywhere() {
    whole_from(&post(HOST, "/completion", BODY), &sse(&EVENTS), b"\"draft_n_accepted\":15}}\n\n");
    bytes_of::shows_nothing(&streamed("/completion", BODY, &EVENTS));
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (body, wrong) in [
        (r#"{"prompt":"x","n_predict":"all","stop":{},"seed":[],"stream":1,"json_schema":7}"#, 5),
        (r#"{"prompt":[true],"temperature":"hot"}"#, 2),
        (r#"{"prompt":"x","grammar":"","stop":null,"samplers":["top_k"]}"#, 0),
    ] {
        assert_eq!(answered("/completion", body, EVENTS[3]).unknown_shape, wrong, "{body}");
    }
    for (more, wrong) in [
        (r#""timings":[],"stop_type":1,"truncated":"no","model":{}"#, 4),
        (r#""timings":{"cache_n":-1,"prompt_ms":"x","draft_n":[]},"tokens_evaluated":null"#, 3),
    ] {
        let answer = format!(r#"{{"content":"x","stop":true,"tokens_predicted":2,{more}}}"#);
        assert_eq!(answered("/completion", BODY, &answer).unknown_shape, wrong, "{more}");
    }
}

//! TGI.

use genai::{Outcome, Provider, Request, Usage};
use wire::End;

use super::{HOST, answered, asked, raw, said, some, sse, streamed, whole_from};
use crate::bytes_of::{self, plain, post};

pub(super) const BODY: &str = r#"{"inputs":"CANARY-PROMPT","parameters":{"max_new_tokens":20,"temperature":0.5,"top_p":0.9,"top_k":10,
 "frequency_penalty":0.25,"seed":42,"stop":["CANARY","b"],"details":true,"do_sample":true,"grammar":{"type":"json","value":{"type":"object"}}},"stream":true}"#;

pub(super) const EVENTS: [&str; 3] = [
    r#"{"index":1,"token":{"id":1,"text":" CANARY","logprob":-0.1,"special":false},"top_tokens":[],"generated_text":null,"details":null}"#,
    r#"{"index":2,"token":{"id":2,"text":"}","logprob":-0.1,"special":false},"generated_text":null,"details":null}"#,
    r#"{"index":3,"token":{"id":3,"text":"</s>","logprob":-0.1,"special":true},"generated_text":" CANARY}","details":{"finish_reason":"eos_token","generated_tokens":3,"input_length":7,"seed":42}}"#,
];

pub(super) const ANSWER: &str = r#"{"generated_text":"{\"a\":1}","details":{"finish_reason":"length","generated_tokens":20,"seed":null,"input_length":4,"prefill":[],"tokens":[{"id":1,"text":"CANARY","logprob":-1,"special":false}],"best_of_sequences":null}}"#;

#[test]
fn a_stream() {
    let call = bytes_of::check(&post(HOST, "/generate_stream", BODY), &sse(&EVENTS));
    assert_eq!(call.provider, Provider::server("tgi"));
    assert_eq!((call.api.name, call.api.operation), ("tgi_generate", "text_completion"));
    let expect = Request {
        stream: Some(true),
        max_tokens: Some(20),
        temperature: Some(0.5),
        top_p: Some(0.9),
        top_k: Some(10.0),
        frequency_penalty: Some(0.25),
        seed: Some(42),
        stop_count: Some(2),
        output_type: some("json"),
        input_count: Some(1),
        prompt: said(13),
        ..Request::default()
    };
    assert_eq!((call.request, call.traces.messages.len()), (expect, 1));
    let raw = raw(&[("details.generated_tokens", 3.0), ("details.input_length", 7.0)]);
    assert_eq!(call.usage, Usage { input: Some(7), output: Some(3), raw, ..Usage::default() });
    assert_eq!(
        (call.response.finish_reasons, call.response.valid_json),
        (vec!["eos_token".to_owned()], Some(false))
    );
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks), (2, 2), "the last one is the end mark");
    assert_eq!((call.outcome, call.failure, call.unknown_shape), (Outcome::Complete, None, 0));
    // The last token is one that is seen.
    let last = EVENTS[2].replace(r#""special":true"#, r#""special":false"#);
    let call = streamed("/generate_stream", BODY, &[EVENTS[0], &last]).call();
    assert_eq!((call.outcome, call.stream.map(|stream| stream.content_chunks)), (Outcome::Complete, Some(2)));
}

#[test]
fn answers_at_all_its_paths() {
    for path in ["/generate", "/", "", "/invocations", "/endpoints/e/invocations", "/prefix/generate/"] {
        for answer in [ANSWER.to_owned(), format!("[{ANSWER}]")] {
            let call = bytes_of::check(
                &post(HOST, if path.is_empty() { "http://h" } else { path }, BODY),
                &plain("200 OK", &answer),
            );
            assert_eq!(
                (call.api.name, call.outcome, call.unknown_shape),
                ("tgi_generate", Outcome::Complete, 0),
                "{path}"
            );
            assert_eq!((call.usage.input, call.usage.output), (Some(4), Some(20)), "{path}");
            assert_eq!((call.response.valid_json, call.stream), (Some(true), None), "{path} {answer}");
        }
    }
}

#[test]
fn errors() {
    for (status, answer, kind) in [
        (429, r#"{"error":"CANARY overloaded","error_type":"overloaded"}"#, "overloaded"),
        (422, r#"{"error":"CANARY","error_type":"validation"}"#, "validation"),
        (500, r#"{"error":"CANARY"}"#, "500"),
    ] {
        let call = asked("/generate", BODY).json(status).answer(answer).end(End::Complete).call();
        assert_eq!(
            (call.failure.map(|failure| failure.kind).as_deref(), call.unknown_shape),
            (Some(kind), 0)
        );
    }
    let talk =
        streamed("/generate_stream", BODY, &[EVENTS[0], r#"{"error":"CANARY","error_type":"generation"}"#]);
    let call = talk.call();
    assert_eq!(call.failure.map(|failure| failure.kind).as_deref(), Some("generation"));
    bytes_of::shows_nothing(&talk);
}

#[test]
fn cut_anywhere() {
    whole_from(&post(HOST, "/generate_stream", BODY), &sse(&EVENTS), b"\"seed\":42}}\n\n");
    bytes_of::shows_nothing(&streamed("/generate_stream", BODY, &EVENTS));
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (body, wrong) in [
        (r#"{"inputs":"x","parameters":[]}"#, 1),
        (
            r#"{"inputs":"x","stream":1,"parameters":{"max_new_tokens":-1,"stop":"a","seed":"s","grammar":7,"top_k":{}}}"#,
            6,
        ),
        (r#"{"inputs":"x","parameters":null,"new":[{}]}"#, 0),
    ] {
        assert_eq!(answered("/generate", body, ANSWER).unknown_shape, wrong, "{body}");
    }
    for (answer, wrong) in [
        (r#"{"generated_text":"x","details":[]}"#, 1),
        (
            r#"{"generated_text":"x","details":{"finish_reason":1,"generated_tokens":"3","input_length":1e300}}"#,
            3,
        ),
        (r#"{"generated_text":"x","token":{"id":"a","text":1,"special":"no"}}"#, 3),
    ] {
        assert_eq!(answered("/generate", BODY, answer).unknown_shape, wrong, "{answer}");
    }
}

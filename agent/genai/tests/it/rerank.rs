//! What is read of rankings, by whoever makes them.

use genai::{Api, Outcome, Part, Provider, Request, Usage};
use proptest::prelude::*;
use wire::{Direction, End};

use crate::bytes_of::{self, plain, post};
use crate::samples;
use crate::talk::Talk;

const REQUEST: &str = r#"{"model":"rerank-v3.5","query":"CANARY?","documents":["one","zwölf",{"text":"three","id":7}],"top_n":2,"max_tokens_per_doc":4096}"#;
const COHERE: &str = r#"{"id":"r1","results":[{"index":2,"relevance_score":0.9},{"index":0,"relevance_score":0.1}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1.0}}}"#;
const JINA: &str = r#"{"model":"jina-reranker-v2","usage":{"total_tokens":15,"prompt_tokens":15},"results":[{"index":1,"relevance_score":0.9,"document":{"text":"CANARY"}}]}"#;
const VOYAGE: &str = r#"{"object":"list","data":[{"relevance_score":0.4,"index":0}],"model":"rerank-2","usage":{"total_tokens":26}}"#;
const TEI: &str = r#"[{"index":0,"score":0.99},{"index":1,"text":"CANARY","score":0.1}]"#;

fn failure(call: &genai::Call) -> Option<&str> {
    call.failure.as_ref().map(|failure| failure.kind.as_str())
}

#[test]
fn rankings_of_everybody() {
    let voyage = REQUEST.replace("top_n", "top_k");
    let tei = REQUEST.replace("documents", "texts");
    for (host, path, body, answer, provider, input, units, raw) in [
        ("api.cohere.com", "/v2/rerank", REQUEST, COHERE, Provider::host("cohere"), None, Some(1), 1),
        ("api.cohere.com", "/v1/rerank", REQUEST, COHERE, Provider::host("cohere"), None, Some(1), 1),
        ("api.jina.ai", "/v1/rerank", REQUEST, JINA, Provider::host("jina_ai"), Some(15), None, 2),
        ("api.voyageai.com", "/v1/rerank", &voyage, VOYAGE, Provider::host("voyage_ai"), Some(26), None, 1),
        ("127.0.0.1:8080", "/rerank", &tei, TEI, Provider::api("cohere"), None, None, 0),
    ] {
        let call = bytes_of::check(&post(host, path, body), &plain("200 OK", answer));
        assert_eq!(call.api, Api { name: "rerank", operation: "rerank" });
        assert_eq!((&call.provider, call.outcome), (&provider, Outcome::Complete), "{host}");
        let expect = Request {
            model: Some("rerank-v3.5".to_owned()),
            input_count: Some(3),
            top_n: Some(2),
            prompt: call.request.prompt,
            ..Request::default()
        };
        assert_eq!(call.request, expect, "{host}");
        let prompt = call.request.prompt.expect("a prompt");
        assert_eq!(
            (prompt.user, prompt.retrieved),
            (Part { count: 1, chars: 7 }, Part { count: 3, chars: 13 })
        );
        let usage = Usage { input, search_units: units, raw: call.usage.raw.clone(), ..Usage::default() };
        // The version of the API is told in digits, but as a text.
        assert_eq!((&call.usage, call.usage.raw.len()), (&usage, raw), "{host}");
        assert_eq!((call.unknown_shape, failure(&call)), (0, None), "{host}");
        assert_eq!(call.traces.messages.len(), 1);
        assert!(!format!("{call:?}").contains("CANARY"));
    }
}

#[test]
fn errors() {
    for (body, kind) in [
        (r#"{"id":"1","message":"CANARY"}"#, "429"),
        (r#"{"message":"CANARY"}"#, "429"),
        (r#"{"detail":"CANARY"}"#, "429"),
        (r#"{"detail":[{"loc":["body"],"msg":"CANARY"}]}"#, "429"),
        (r#"{"error":"CANARY","error_type":"overloaded"}"#, "overloaded"),
        (r#"{"error":{"message":"CANARY","type":"BadRequestError","code":429}}"#, "BadRequestError"),
        (r#"{"object":"error","message":"CANARY","type":"x","code":429}"#, "429"),
        ("<html>CANARY", "429"),
    ] {
        let call = bytes_of::check(&post("h.example", "/v1/rerank", REQUEST), &plain("429 Slow Down", body));
        assert_eq!((failure(&call), call.outcome), (Some(kind), Outcome::Complete), "{body}");
        assert_eq!(call.unknown_shape, u32::from(body.starts_with('<')), "{body}");
        assert!(!format!("{call:?}").contains("CANARY"));
    }
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (body, wrong) in [
        (r#"{"query":7,"documents":{},"top_n":2}"#, 2),
        (r#"{"query":["a"],"documents":"x","top_n":2}"#, 2),
        (r#"{"documents":[1,[],{"text":5}],"top_n":2}"#, 2),
        (r#"{"model":[],"top_n":-1,"top_k":2}"#, 2),
        (r#"{"model":null,"query":null,"documents":null,"top_n":2}"#, 0),
    ] {
        let call = bytes_of::check(&post("h.example", "/rerank", body), &plain("200 OK", COHERE));
        assert_eq!((call.request.top_n, call.unknown_shape), (Some(2), wrong), "{body}");
    }
    for (answer, wrong) in [
        (r#"{"id":5,"results":{},"model":"m"}"#, 2),
        (r#"{"results":[7,{"index":"0","relevance_score":"x"}],"model":"m"}"#, 3),
        (r#"{"usage":[],"meta":7,"error":[],"model":"m"}"#, 3),
    ] {
        let call = bytes_of::check(&post("h.example", "/rerank", REQUEST), &plain("200 OK", answer));
        assert_eq!((call.response.model.as_deref(), call.unknown_shape), (Some("m"), wrong), "{answer}");
    }
}

#[test]
fn unknown_paths_are_told_by_the_body() {
    let ask = |body: &str, answer: &str| {
        let talk = Talk::new().request("POST", "gateway.example", "/rank").body(Direction::ToServer, body);
        let talk = talk.end_request(End::Complete).json(200).answer(answer).end(End::Complete);
        assert_eq!(talk.cut(1).calls(), talk.calls(), "{body}");
        talk.calls().first().map(|call| call.api.name)
    };
    for (body, answer, expect) in [
        (REQUEST, COHERE, Some("rerank")),
        (REQUEST, VOYAGE, Some("rerank")),
        (REQUEST, TEI, Some("rerank")),
        (r#"{"query":"a"}"#, COHERE, None),
        (REQUEST, r#"{"results":[{"index":1}]}"#, None),
        (REQUEST, r#"{"results":[{"score":0.5}]}"#, None),
        (REQUEST, samples::ANSWER, None),
    ] {
        assert_eq!(ask(body, answer), expect, "{body} → {answer}");
    }
    let late = Talk::new().json(200).answer(JINA).end(End::Complete).call();
    assert_eq!((late.api.name, late.joined_late, late.usage.input), ("rerank", true, Some(15)));
}

#[test]
fn texts_show_nowhere() {
    let talk = Talk::new().request("POST", "h.example", "/rerank").body(Direction::ToServer, REQUEST);
    bytes_of::shows_nothing(&talk.end_request(End::Complete).json(200).answer(JINA).end(End::Complete));
}

proptest! {
    #[test]
    fn any_bytes_give_one_call_and_the_same_for_any_cut(request: Vec<u8>, answer: Vec<u8>, flip in any::<prop::sample::Index>(), byte: u8, size in 1usize..20) {
        let talk = |request: &[u8], answer: &[u8]| Talk::new()
            .request("POST", "h.example", "/rerank")
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
        for talk in [talk(&request, &answer), talk(&spoil(REQUEST), &spoil(COHERE))] {
            prop_assert_eq!(talk.cut(size).calls(), talk.calls());
            prop_assert_eq!(talk.calls().len(), 1);
        }
    }
}

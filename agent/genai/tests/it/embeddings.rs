//! What is read of OpenAI embeddings.

use genai::{Api, Call, Outcome, Part, Provider, Request, Response, Usage};
use proptest::prelude::*;
use wire::{Direction, End, Kind};

use crate::samples;
use crate::talk::{OPENAI, Talk};

const PATH: &str = "/v1/embeddings";

/// As the Python client asks.
const REQUEST: &str = r#"{"input":["CANARY-TEXT \"model\":1","second ]}","third"],"model":"text-embedding-3-small","dimensions":256,"encoding_format":"base64","user":"someone"}"#;

/// An answer in numbers.
const ANSWER: &str = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.0023064255,-0.009327292,-0.0028842222]},
 {"object":"embedding","index":1,"embedding":[-1e-5,0,1]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}"#;

/// An answer in base64, with an id as vLLM sends it.
const BASE64: &str = r#"{"id":"embd-1","object":"list","created":1,"model":"bge-m3","data":[{"index":0,"object":"embedding","embedding":"CANARYCANARY/+=="}],
 "usage":{"prompt_tokens":5,"total_tokens":5,"completion_tokens":0,"prompt_tokens_details":null}}"#;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn ask_at(host: &str, path: &str, body: &str) -> Talk {
    Talk::new().request("POST", host, path).body(Direction::ToServer, body).end_request(End::Complete)
}

fn ask(body: &str) -> Talk {
    ask_at(OPENAI, PATH, body)
}

fn failure(call: &Call) -> Option<&str> {
    call.failure.as_ref().map(|failure| failure.kind.as_str())
}

/// The talk's call; it must be the same however the bodies are cut.
#[track_caller]
fn check(talk: &Talk) -> Call {
    let whole = talk.call();
    for size in [1, 2, 3, 7, 64, 1000] {
        assert_eq!(talk.cut(size).call(), whole, "in pieces of {size}");
    }
    for (index, message) in talk.messages.iter().enumerate() {
        if let Kind::Body(bytes) = &message.kind {
            for at in 0..=bytes.len() {
                assert_eq!(talk.cut_at(index, at).call(), whole, "message {index} cut at {at}");
            }
        }
    }
    assert!(!format!("{whole:?}").contains("CANARY"));
    whole
}

#[test]
fn a_request_and_its_answer() {
    let call = check(&ask(REQUEST).json(200).answer(ANSWER).end(End::Complete));
    assert_eq!((&call.provider, call.outcome), (&Provider::host("openai"), Outcome::Complete));
    assert_eq!(call.api, Api { name: "embeddings", operation: "embeddings" });
    let (user, prompt) = (call.request.user, call.request.prompt);
    let expect = Request {
        model: some("text-embedding-3-small"),
        input_count: Some(3),
        dimensions: Some(256),
        encoding_format: some("base64"),
        user,
        prompt,
        ..Request::default()
    };
    let part = prompt.expect("a prompt").user;
    assert_eq!((user.is_some(), part), (true, Part { count: 3, chars: 21 + 9 + 5 }));
    assert_eq!(call.traces.messages.len(), 3);
    assert_eq!(call.request, expect);
    assert_eq!(call.response, Response { model: some("text-embedding-3-small"), ..Response::default() });
    let raw = [("prompt_tokens".to_owned(), 8.0), ("total_tokens".to_owned(), 8.0)].to_vec();
    assert_eq!(call.usage, Usage { input: Some(8), raw, ..Usage::default() });
    assert_eq!((call.stream, call.failure, call.unknown_shape), (None, None, 0));

    let call = check(&ask(REQUEST).json(200).answer(BASE64).end(End::Complete));
    assert_eq!((call.response.id, call.response.model), (some("embd-1"), some("bge-m3")));
    assert_eq!((call.usage.input, call.usage.output, call.unknown_shape), (Some(5), Some(0), 0));
}

#[test]
fn texts_are_counted_in_every_form() {
    for (input, count, texts, chars, media) in [
        (r#""CANARY""#, Some(1), 1, 6, 0),
        (r#"["a","b"]"#, Some(2), 2, 2, 0),
        (r#"["",""]"#, Some(2), 2, 0, 0),
        ("[]", Some(0), 0, 0, 0),
        ("[1212,318,257]", Some(1), 1, 0, 0),
        ("[[1212,318],[257],[]]", Some(3), 3, 0, 0),
        (r#"[{"text":"a"},{"image":"AAAA"}]"#, Some(2), 2, 1, 1),
        // Voyage's: chunks of documents, and several things in one.
        (r#"[["a","bc"],["d"]]"#, Some(2), 2, 4, 0),
        (
            r#"[{"content":[{"type":"text","text":"abc"},{"type":"image_url","image_url":"CANARY"}]},{"content":"d"}]"#,
            Some(2),
            2,
            4,
            1,
        ),
        ("null", None, 0, 0, 0),
    ] {
        for name in ["input", "inputs"] {
            let body = format!(r#"{{"model":"m","{name}":{input}}}"#);
            let call = check(&ask(&body).json(200).answer(ANSWER));
            assert_eq!((call.request.input_count, call.unknown_shape), (count, 0), "{input}");
            let prompt = call.request.prompt.map(|prompt| (prompt.user, prompt.media));
            assert_eq!(prompt, count.map(|_| (Part { count: texts, chars }, media)), "{input}");
            assert_eq!(call.traces.messages.len() as u64, texts, "{input}");
        }
    }
}

#[test]
fn other_makers_names() {
    for (host, path, provider, body, answer) in [
        (
            "api.voyageai.com",
            "/v1/multimodalembeddings",
            "voyage_ai",
            r#"{"model":"voyage-multimodal-3","inputs":[{"content":[{"type":"text","text":"CANARY"}]}],"output_dimension":512,"output_dtype":"int8"}"#,
            r#"{"object":"list","data":[{"object":"embedding","embedding":[1],"index":0}],"model":"voyage-multimodal-3","usage":{"text_tokens":5,"image_pixels":2000,"total_tokens":9}}"#,
        ),
        (
            "api.voyageai.com",
            "/v1/contextualizedembeddings",
            "voyage_ai",
            r#"{"model":"voyage-context-3","inputs":[["CANARY","b"]],"output_dimension":512}"#,
            r#"{"object":"list","data":[{"object":"list","data":[{"object":"embedding","embedding":[1],"index":0}],"index":0}],"model":"m","usage":{"total_tokens":9}}"#,
        ),
        (
            "api.jina.ai",
            "/v1/embeddings",
            "jina_ai",
            r#"{"model":"jina-embeddings-v4","input":[{"text":"CANARY"}],"dimensions":512,"embedding_type":["float","base64"]}"#,
            r#"{"model":"m","object":"list","usage":{"total_tokens":9,"prompt_tokens":9},"data":[{"object":"embedding","index":0,"embedding":[1]}]}"#,
        ),
        (
            "api.mistral.ai",
            "/v1/embeddings",
            "mistral_ai",
            r#"{"model":"codestral-embed","input":["CANARY"],"output_dimension":512,"output_dtype":"float"}"#,
            r#"{"id":"e","object":"list","data":[{"object":"embedding","embedding":[1],"index":0}],"model":"m","usage":{"prompt_tokens":9,"total_tokens":9,"completion_tokens":0}}"#,
        ),
    ] {
        let call = check(&ask_at(host, path, body).json(200).answer(answer).end(End::Complete));
        assert_eq!((call.provider, call.api.name), (Provider::host(provider), "embeddings"), "{path}");
        assert_eq!((call.request.input_count, call.request.dimensions), (Some(1), Some(512)), "{host}{path}");
        assert_eq!(
            (call.usage.input, call.usage.inconsistent, call.unknown_shape),
            (Some(9), false, 0),
            "{path}"
        );
        let again = ask_at("gateway.example", "/embed", body).json(200).answer(answer).end(End::Complete);
        assert_eq!(again.call().api.name, "embeddings", "{body}");
        if path.contains("multi") {
            assert!(call.usage.raw.contains(&("image_pixels".to_owned(), 2000.0)));
        }
    }
}

#[test]
fn usage_of_servers_that_tell_only_a_total() {
    for (usage, input, wrong) in [
        (r#"{"total_tokens":9}"#, Some(9), 0),
        (r#"{"total_tokens":9,"prompt_tokens":7}"#, Some(7), 0),
        ("null", None, 0),
        ("{}", None, 0),
        (r#"{"prompt_tokens":"7","total_tokens":-1}"#, None, 0),
        ("7", None, 1),
    ] {
        let body = format!(r#"{{"object":"list","data":[],"usage":{usage}}}"#);
        let call = check(&ask("{}").json(200).answer(&body).end(End::Complete));
        assert_eq!((call.usage.input, call.unknown_shape), (input, wrong), "{usage}");
    }
}

#[test]
fn errors() {
    for (status, body, kind) in [
        (
            429,
            r#"{"error":{"message":"CANARY","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            "insufficient_quota",
        ),
        (
            400,
            r#"{"error":{"message":"CANARY","type":"invalid_request_error","param":"input","code":null}}"#,
            "invalid_request_error",
        ),
        (
            400,
            r#"{"object":"error","message":"CANARY","type":"BadRequestError","code":400}"#,
            "BadRequestError",
        ),
        (404, r#"{"detail":"CANARY"}"#, "404"),
        (502, "<html>CANARY</html>", "502"),
    ] {
        let call = check(&ask(REQUEST).json(status).answer(body).end(End::Complete));
        assert_eq!((failure(&call), call.outcome), (Some(kind), Outcome::Complete), "{body}");
    }
}

#[test]
fn an_answer_cut_at_any_byte_keeps_what_came_before() {
    let usage = ANSWER.find("8}}").expect("usage") + 1;
    for at in 0..ANSWER.len() {
        let call = ask("{}").json(200).answer(&ANSWER[..at]).end(End::Cut).call();
        assert_eq!((call.outcome, failure(&call)), (Outcome::Cut, Some("response_truncated")), "at {at}");
        assert_eq!((call.usage.input.is_some(), call.unknown_shape), (at > usage, 0), "at {at}");
    }
    for at in 0..REQUEST.len() {
        let talk = Talk::new().request("POST", OPENAI, PATH).body(Direction::ToServer, &REQUEST[..at]);
        let call = talk.end_request(End::Cut).call();
        let closed = REQUEST.find(r#"],"model""#).expect("an end");
        assert_eq!((call.request.input_count.is_some(), call.unknown_shape), (at > closed, 0), "at {at}");
    }
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (body, wrong) in [
        (r#"{"model":7,"input":"x"}"#, 1),
        (r#"{"model":["m"],"input":"x","dimensions":[]}"#, 2),
        (r#"{"dimensions":true,"input":"x"}"#, 1),
        (r#"{"model":null,"dimensions":null,"input":"x"}"#, 0),
        (r#"{"input":5,"input":"x"}"#, 1),
    ] {
        let call = check(&ask(body).json(200).answer("{}").end(End::Complete));
        let expect = Request { input_count: Some(1), prompt: call.request.prompt, ..Request::default() };
        assert_eq!((call.request, call.unknown_shape), (expect, wrong), "{body}");
    }
    for (body, wrong) in [
        (r#"{"id":5,"object":[],"data":{},"model":"m"}"#, 3),
        (r#"{"data":[7,{"embedding":5},[]],"model":"m"}"#, 3),
        (r#"{"error":[],"usage":[],"model":"m"}"#, 2),
    ] {
        let call = check(&ask("{}").json(200).answer(body).end(End::Complete));
        assert_eq!((call.response.model.as_deref(), call.unknown_shape), (Some("m"), wrong), "{body}");
    }
    // No stream of this API is known.
    let call = ask(REQUEST).sse().event("{}").end(End::Complete).call();
    assert_eq!((call.outcome, call.unknown_shape), (Outcome::Cut, 1));
}

#[test]
fn unknown_paths_are_told_by_the_body() {
    let call = |path: &str, body: &str, answer: &str| {
        let talk = ask_at("gateway.example", path, body).json(200).answer(answer).end(End::Complete);
        assert_eq!(talk.cut(1).calls(), talk.calls(), "{path} {body}");
        talk.calls().first().map(|call| call.api.name)
    };
    for (path, body, answer, expect) in [
        ("/embed", REQUEST, ANSWER, Some("embeddings")),
        ("/embed", REQUEST, BASE64, Some("embeddings")),
        ("/embed", r#"{"model":"m","input":"x","output_dimension":5}"#, ANSWER, Some("embeddings")),
        // As well a moderation.
        ("/embed", r#"{"model":"m","input":"x"}"#, ANSWER, None),
        ("/embed", REQUEST, r#"{"object":"list","data":[{"object":"model"}]}"#, None),
        ("/embed", REQUEST, samples::ANSWER, None),
        ("/embed", samples::REQUEST, samples::ANSWER, Some("chat_completions")),
        ("/embed", samples::REQUEST, ANSWER, None),
        ("/any/embeddings", "{}", "{}", Some("embeddings")),
    ] {
        assert_eq!(call(path, body, answer), expect, "{path} {body} → {answer}");
    }
    let late = Talk::new().json(200).answer(ANSWER).end(End::Complete).call();
    assert_eq!((late.api.name, late.joined_late, late.usage.input), ("embeddings", true, Some(8)));
}

proptest! {
    #[test]
    fn any_bytes_give_one_call_and_the_same_for_any_cut(request: Vec<u8>, answer: Vec<u8>, flip in any::<prop::sample::Index>(), byte: u8, size in 1usize..20) {
        let talk = |request: &[u8], answer: &[u8]| Talk::new()
            .request("POST", OPENAI, PATH)
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
        for talk in [talk(&request, &answer), talk(&spoil(REQUEST), &spoil(ANSWER))] {
            prop_assert_eq!(talk.cut(size).calls(), talk.calls());
            prop_assert_eq!(talk.calls().len(), 1);
        }
    }
}

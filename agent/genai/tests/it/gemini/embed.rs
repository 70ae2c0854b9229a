//! What is read of Google's embeddings, and of the counting of tokens.

use genai::{Api, Outcome, Part, Provider, Request, Usage};
use proptest::prelude::*;
use wire::{Direction, End};

use super::{HOST, REQUEST, prompt, some, told};
use crate::bytes_of::{self, plain, post};
use crate::talk::Talk;

const ONE: &str = r#"{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"CANARY äö"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":768}"#;
const BATCH: &str = r#"{"requests":[{"model":"models/m","content":{"parts":[{"text":"CANARY"}]},"outputDimensionality":256},{"model":"models/m","content":{"parts":{"text":"two"}}}]}"#;
const INSTANCES: &str = r#"{"instances":[{"content":"CANARY","task_type":"RETRIEVAL_DOCUMENT","title":"t"},{"content":"two"}],"parameters":{"outputDimensionality":64,"autoTruncate":true}}"#;

const ONE_ANSWER: &str = r#"{"embedding":{"values":[0.01,-0.02,1e-5]},"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7},"truncated":true}"#;
const BATCH_ANSWER: &str = r#"{"embeddings":[{"values":[0.1]},{"values":[0.2]}]}"#;
const PREDICTIONS: &str = r#"{"predictions":[{"embeddings":{"statistics":{"truncated":false,"token_count":4},"values":[0.1,0.2]}},{"embeddings":{"values":[0.3],"statistics":{"token_count":2.0,"truncated":false}}}],"metadata":{"billableCharacterCount":9}}"#;

const VERTEX: &str = "us-central1-aiplatform.googleapis.com";
const PREDICT: &str =
    "/v1/projects/p/locations/us-central1/publishers/google/models/text-embedding-005:predict";

fn part(count: u64, chars: u64) -> Part {
    Part { count, chars }
}

#[test]
fn one_content() {
    let request = post(HOST, "/v1beta/models/gemini-embedding-001:embedContent", ONE);
    let call = bytes_of::check(&request, &plain("200 OK", ONE_ANSWER));
    assert_eq!(call.api, Api { name: "embed_content", operation: "embeddings" });
    assert_eq!((&call.provider, call.outcome), (&Provider::host("gcp.gemini"), Outcome::Complete));
    let expect = Request {
        model: some("gemini-embedding-001"),
        dimensions: Some(768),
        input_count: Some(1),
        prompt: call.request.prompt,
        ..Request::default()
    };
    assert_eq!(call.request, expect);
    let prompt = call.request.prompt.expect("a prompt");
    assert_eq!((prompt.user, prompt.media, prompt.chars()), (part(1, 9), 1, 9));
    assert_eq!(told(&call.usage), Usage { input: Some(7), ..Usage::default() });
    assert_eq!((call.response.compacted, call.unknown_shape, &call.failure), (true, 0, &None));
    assert_eq!(call.traces.messages.len(), 1);
}

#[test]
fn a_batch_of_contents() {
    let request = post(HOST, "/v1beta/models/m:batchEmbedContents", BATCH);
    let call = bytes_of::check(&request, &plain("200 OK", BATCH_ANSWER));
    assert_eq!((call.request.input_count, call.request.dimensions), (Some(2), Some(256)));
    assert_eq!(call.request.prompt.map(|prompt| prompt.user), Some(part(2, 9)));
    assert_eq!((call.usage.clone(), call.unknown_shape), (Usage::default(), 0));
    assert_eq!((call.request.model.as_deref(), call.traces.messages.len()), (Some("m"), 2));
}

#[test]
fn predictions_that_are_embeddings() {
    let call = bytes_of::check(&post(VERTEX, PREDICT, INSTANCES), &plain("200 OK", PREDICTIONS));
    assert_eq!(call.api, Api { name: "predict", operation: "embeddings" });
    assert_eq!(call.provider, Provider::host("gcp.vertex_ai"));
    assert_eq!(call.request.model.as_deref(), Some("text-embedding-005"));
    assert_eq!((call.request.input_count, call.request.dimensions), (Some(2), Some(64)));
    assert_eq!(call.request.prompt.map(|prompt| prompt.user), Some(part(2, 9)));
    assert!(call.request.tenant.is_some());
    assert_eq!(told(&call.usage), Usage { input: Some(6), ..Usage::default() });
    assert!(call.usage.raw.contains(&("predictions.1.embeddings.statistics.token_count".to_owned(), 2.0)));
    assert!(call.usage.raw.contains(&("metadata.billableCharacterCount".to_owned(), 9.0)));
    assert_eq!((call.response.compacted, call.unknown_shape), (false, 0));
    // Text and images in one space.
    let many = r#"{"instances":[{"text":"a","image":{"bytesBase64Encoded":"CANARY"}}],"parameters":{"dimension":128}}"#;
    let answer = r#"{"predictions":[{"textEmbedding":[0.1],"imageEmbedding":[0.2]}],"deployedModelId":"1"}"#;
    let call = bytes_of::check(&post(VERTEX, PREDICT, many), &plain("200 OK", answer));
    assert_eq!((call.request.input_count, call.request.dimensions), (Some(1), Some(128)));
    assert_eq!((call.request.prompt.map(|prompt| prompt.media), call.unknown_shape), (Some(1), 0));
}

#[test]
fn predictions_of_other_models_are_no_calls() {
    let ask = |body: &str, answer: &str| {
        let talk = Talk::new().request("POST", VERTEX, PREDICT).body(Direction::ToServer, body);
        let talk = talk.end_request(End::Complete).json(200).answer(answer).end(End::Complete);
        assert_eq!(talk.cut(1).calls(), talk.calls());
        talk.calls().len()
    };
    assert_eq!(ask(INSTANCES, PREDICTIONS), 1);
    assert_eq!(ask(INSTANCES, r#"{"predictions":[{"bytesBase64Encoded":"AAAA"}]}"#), 0);
    assert_eq!(ask(INSTANCES, r#"{"predictions":[0.5,0.7]}"#), 0);
    assert_eq!(
        ask(r#"{"instances":[{"prompt":"a cat"}]}"#, r#"{"predictions":[{"bytesBase64Encoded":"AAAA"}]}"#),
        0
    );
    assert_eq!(ask(r#"{"instances":[[1,2],[3,4]]}"#, r#"{"predictions":[0.5,0.7]}"#), 0);
}

#[test]
fn tokens_that_are_counted() {
    let target = "/v1beta/models/gemini-2.5-flash:countTokens";
    let answer = r#"{"totalTokens":31,"totalBillableCharacters":96,"cachedContentTokenCount":8,"promptTokensDetails":[{"modality":"TEXT","tokenCount":31}]}"#;
    let wrapped = format!(r#"{{"generateContentRequest":{REQUEST}}}"#);
    for body in [REQUEST, &wrapped] {
        let call = bytes_of::check(&post(HOST, target, body), &plain("200 OK", answer));
        assert_eq!(call.api, Api { name: "count_tokens", operation: "count_tokens" });
        assert_eq!((call.request.message_count, call.request.prompt), (Some(3), Some(prompt())));
        assert_eq!(call.request.model.as_deref(), Some("gemini-2.5-flash"));
        assert_eq!(told(&call.usage), Usage { input: Some(31), cache_read: Some(8), ..Usage::default() });
        assert_eq!((call.usage.raw.len(), call.outcome, call.unknown_shape), (3, Outcome::Complete, 0));
        assert!(!format!("{call:?}").contains("CANARY"));
    }
    for (answer, input, wrong) in [
        (r#"{"totalTokens":"31"}"#, None, 1),
        (r#"{"totalTokens":-1,"totalBillableCharacters":[]}"#, None, 2),
        (r#"{"totalTokens":null}"#, None, 0),
        (r#"{"totalTokens":1,"totalTokens":2}"#, Some(2), 0),
    ] {
        let call = bytes_of::check(&post(HOST, target, "{}"), &plain("200 OK", answer));
        assert_eq!((call.usage.input, call.unknown_shape), (input, wrong), "{answer}");
    }
}

#[test]
fn errors() {
    let error = r#"{"error":{"code":400,"message":"CANARY","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"}]}}"#;
    for (host, target, body) in [
        (HOST, "/v1beta/models/m:embedContent", ONE),
        (HOST, "/v1beta/models/m:countTokens", REQUEST),
        (VERTEX, PREDICT, INSTANCES),
    ] {
        let call = bytes_of::check(&post(host, target, body), &plain("400 Bad Request", error));
        assert_eq!(
            call.failure.as_ref().map(|failure| failure.kind.as_str()),
            Some("INVALID_ARGUMENT"),
            "{target}"
        );
        assert_eq!(call.unknown_shape, 0, "{target}");
        assert!(!format!("{call:?}").contains("CANARY"));
    }
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    let target = "/v1beta/models/m:embedContent";
    for (body, wrong) in [
        (r#"{"content":7,"outputDimensionality":5}"#, 1),
        (r#"{"requests":{},"outputDimensionality":5}"#, 1),
        (r#"{"requests":[1,{"content":[]}],"outputDimensionality":5}"#, 2),
        (r#"{"content":{"parts":[3,{"text":4,"inlineData":"x"}]},"outputDimensionality":5}"#, 3),
        (r#"{"instances":[{"content":[]}],"parameters":[],"outputDimensionality":5}"#, 2),
        (r#"{"content":null,"model":null,"outputDimensionality":5}"#, 0),
    ] {
        let call = bytes_of::check(&post(HOST, target, body), &plain("200 OK", BATCH_ANSWER));
        assert_eq!((call.request.dimensions, call.unknown_shape), (Some(5), wrong), "{body}");
    }
    for (answer, wrong) in [
        (r#"{"embedding":[],"truncated":true}"#, 1),
        (r#"{"embeddings":{},"predictions":7,"truncated":true}"#, 2),
        (r#"{"embedding":{"values":"x"},"usageMetadata":[],"truncated":true}"#, 2),
        (
            r#"{"predictions":[{"embeddings":{"statistics":{"token_count":"4","truncated":1}}}],"truncated":true}"#,
            2,
        ),
    ] {
        let call = bytes_of::check(&post(HOST, target, ONE), &plain("200 OK", answer));
        assert_eq!((call.response.compacted, call.unknown_shape), (true, wrong), "{answer}");
    }
    // No stream of these methods is known.
    for target in [target, "/v1beta/models/m:countTokens"] {
        let talk = Talk::new().request("POST", HOST, target).body(Direction::ToServer, "{}");
        let call = talk.end_request(End::Complete).sse().event("{}").end(End::Complete).call();
        assert_eq!((call.outcome, call.unknown_shape), (Outcome::Cut, 1));
    }
}

#[test]
fn unknown_paths_are_told_by_the_body() {
    let ask = |body: &str, answer: &str| {
        let talk = Talk::new().request("POST", "gateway.example", "/embed").body(Direction::ToServer, body);
        let talk = talk.end_request(End::Complete).json(200).answer(answer).end(End::Complete);
        assert_eq!(talk.cut(1).calls(), talk.calls(), "{body}");
        talk.calls().first().map(|call| call.api.name)
    };
    for (body, answer, expect) in [
        (ONE, ONE_ANSWER, Some("embed_content")),
        (BATCH, BATCH_ANSWER, Some("embed_content")),
        (INSTANCES, PREDICTIONS, Some("predict")),
        (ONE, PREDICTIONS, None),
        (INSTANCES, ONE_ANSWER, None),
        (r#"{"content":"a comment"}"#, ONE_ANSWER, None),
        (ONE, r#"{"embedding":[0.1]}"#, None),
    ] {
        assert_eq!(ask(body, answer), expect, "{body} → {answer}");
    }
    let late = Talk::new().json(200).answer(PREDICTIONS).end(End::Complete).call();
    assert_eq!((late.api.name, late.joined_late, late.usage.input), ("predict", true, Some(6)));
}

#[test]
fn texts_show_nowhere() {
    for (host, target, body, answer) in [
        (HOST, "/v1beta/models/m:embedContent", ONE, ONE_ANSWER),
        (HOST, "/v1beta/models/m:batchEmbedContents", BATCH, BATCH_ANSWER),
        (VERTEX, PREDICT, INSTANCES, PREDICTIONS),
    ] {
        let talk = Talk::new().request("POST", host, target).body(Direction::ToServer, body);
        bytes_of::shows_nothing(&talk.end_request(End::Complete).json(200).answer(answer).end(End::Complete));
    }
}

proptest! {
    #[test]
    fn any_bytes_give_one_call_and_the_same_for_any_cut(request: Vec<u8>, answer: Vec<u8>, flip in any::<prop::sample::Index>(), byte: u8, size in 1usize..20) {
        let talk = |target: &str, request: &[u8], answer: &[u8]| Talk::new()
            .request("POST", HOST, target)
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
        for target in ["/v1/models/m:embedContent", "/v1/models/m:countTokens"] {
            for talk in [talk(target, &request, &answer), talk(target, &spoil(BATCH), &spoil(PREDICTIONS))] {
                prop_assert_eq!(talk.cut(size).calls(), talk.calls());
                prop_assert_eq!(talk.calls().len(), 1);
            }
        }
    }
}

//! What is a call of Bedrock's, and what is another's.

use genai::Outcome;
use wire::{Direction, End};

use super::samples::{ANSWER, BLOCKED, REQUEST, STREAM};
use super::{check, chunk, event, events, streams};
use crate::samples;
use crate::talk::Talk;

fn asked(path: &str, body: &str) -> Talk {
    Talk::new()
        .request("POST", "gateway.example", path)
        .body(Direction::ToServer, body)
        .end_request(End::Complete)
}

#[test]
fn unknown_hosts_are_told_by_path() {
    let call = check(&asked("/aws/model/m/converse", REQUEST).json(200).answer(ANSWER).end(End::Complete));
    assert_eq!(
        (call.provider.name, call.provider.is_inferred(), call.api.name),
        ("aws.bedrock", true, "converse")
    );
    assert_eq!(call.request.model.as_deref(), Some("m"));
}

#[test]
fn unknown_paths_are_told_by_body_and_answer() {
    let chat = r#"{"messages":[],"inferenceConfig":{}}"#;
    for (body, answer, api) in [
        (REQUEST, ANSWER, Some("converse")),
        (chat, BLOCKED, Some("converse")),
        (r#"{"toolConfig":{},"messages":[]}"#, ANSWER, Some("converse")),
        // The answer contradicts.
        (REQUEST, r#"{"output":"x"}"#, None),
        (REQUEST, r#"{"output":{"message":{}}}"#, None),
        (REQUEST, samples::ANSWER, None),
        // Anybody's.
        (r#"{"messages":[]}"#, ANSWER, None),
        (r#"{"inferenceConfig":{}}"#, ANSWER, None),
        (r#"{"messages":[],"model":"m","inferenceConfig":{}}"#, samples::ANSWER, Some("chat_completions")),
        (r#"{"messages":[],"inferenceConfig":{},"model":"m"}"#, ANSWER, None),
    ] {
        let talk = asked("/ask", body).json(200).answer(answer).end(End::Complete);
        for talk in [talk.cut(1), talk.cut(5), talk] {
            let apis: Vec<&str> = talk.calls().iter().map(|call| call.api.name).collect();
            assert_eq!(apis, Vec::from_iter(api), "{body} → {answer}");
        }
    }
    let call = events(streams(asked("/ask", REQUEST)), &STREAM).end(End::Complete).call();
    assert_eq!((call.api.name, call.outcome, call.usage.output), ("converse", Outcome::Complete, Some(20)));
    assert_eq!(call.stream.map(|stream| (stream.chunks, stream.content_chunks)), Some((11, 4)));
}

#[test]
fn a_call_joined_late_is_told_by_its_response() {
    for from in 0..STREAM.len() {
        let call = events(streams(Talk::new()), &STREAM[from..]).end(End::Complete).call();
        assert_eq!(
            (call.api.name, call.joined_late, call.unknown_shape),
            ("converse", true, 0),
            "from {from}"
        );
        assert_eq!(call.usage.output, Some(20));
    }
    let call = Talk::new().json(200).answer(ANSWER).end(End::Complete).call();
    assert_eq!((call.api.name, call.usage.input), ("converse", Some(406)));
    // The last chunk has Bedrock's figures.
    let last = r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":10,"outputTokenCount":30}}"#;
    let delta = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}"#;
    let call = chunk(chunk(streams(Talk::new()), delta), last).end(End::Complete).call();
    assert_eq!((call.api.name, call.usage.input, call.usage.output), ("invoke_model", Some(10), Some(30)));
    assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 0));
    // Others' event streams, and documents of others.
    let foreign = event(streams(Talk::new()), "PayloadPart", "data").end(End::Complete);
    assert_eq!(foreign.calls().len(), 0);
    let agent = event(streams(Talk::new()), "chunk", r#"{"bytes":"aGVsbG8="}"#).end(End::Complete);
    assert_eq!(agent.calls().len(), 0);
    assert_eq!(Talk::new().json(200).answer(r#"{"inputTokens":5}"#).end(End::Complete).calls().len(), 0);
}

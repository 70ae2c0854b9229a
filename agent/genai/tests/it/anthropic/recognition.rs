//! What is a message of this API, and what is another's.

use genai::limits::UNDECIDED_BYTES;
use genai::{Api, Outcome};
use wire::{Direction, End};

use super::samples::{ANSWER, MESSAGES, OVERLOADED, REFUSAL, REQUEST, STREAM, VERSION};
use super::{ask_at, check};
use crate::samples;
use crate::talk::{CHAT, OPENAI, Talk};

#[test]
fn unknown_paths_are_told_by_the_version_or_by_the_body() {
    let bare = r#"{"model":"m","messages":[],"max_tokens":1,"system":"s"}"#;
    let system_first = r#"{"system":"s","model":"m","max_tokens":1,"messages":[]}"#;
    for (fields, body, answer, api) in [
        (&[VERSION][..], REQUEST, ANSWER, Some("messages")),
        (&[VERSION], bare, REFUSAL, Some("messages")),
        (&[], system_first, ANSWER, Some("messages")),
        (&[VERSION], bare, OVERLOADED, Some("messages")),
        // The answer contradicts.
        (&[VERSION], REQUEST, r#"{"accepted":true}"#, None),
        // Who knows the answer has the call.
        (&[VERSION], REQUEST, samples::ANSWER, Some("chat_completions")),
        // Like a chat of OpenAI's, and answered by another.
        (&[], bare, ANSWER, None),
        (&[], r#"{"model":"m","messages":[],"system":"s","model":"m"}"#, ANSWER, None),
        (&[], bare, samples::ANSWER, Some("chat_completions")),
        (&[], samples::REQUEST, samples::ANSWER, Some("chat_completions")),
        // No prompt.
        (&[VERSION], r#"{"model":"m","prompt":"p"}"#, ANSWER, None),
        (&[VERSION], r#"{"messages":{},"model":"m"}"#, ANSWER, None),
        (&[VERSION], "", ANSWER, None),
        (&[], r#"{"system":"s","messages":[]}"#, ANSWER, None),
    ] {
        let talk =
            ask_at("gateway.example", "/ask", fields, body).json(200).answer(answer).end(End::Complete);
        for talk in [talk.cut(1), talk.cut(2), talk.cut(5), talk.cut(40), talk] {
            let apis: Vec<&str> = talk.calls().iter().map(|call| call.api.name).collect();
            assert_eq!(apis, Vec::from_iter(api), "{fields:?} {body} → {answer}");
        }
    }
    let stream = ask_at("gateway.example", "/ask", &[VERSION], REQUEST).sse().events(&STREAM);
    let provider = check(&stream).provider;
    assert_eq!((provider.name, provider.is_inferred()), ("anthropic", true));
    let failed = ask_at("gateway.example", "/ask", &[VERSION], REQUEST).sse().event(OVERLOADED).call();
    assert_eq!(failed.failure.map(|failure| failure.kind).as_deref(), Some("overloaded_error"));
}

#[test]
fn a_long_prompt_is_read_to_its_end_and_a_foreign_upload_is_not() {
    let filler = "x".repeat(usize::try_from(UNDECIDED_BYTES).expect("a size"));
    for (begin, end, expect) in [
        (r#"{"messages":[{"content":""#, r#""}],"model":"m"}"#, 1),
        (r#"{"model":"m","system":""#, r#"","messages":[]}"#, 1),
        (r#"{"data":""#, r#"","model":"m","messages":[]}"#, 0),
    ] {
        let talk = Talk::new()
            .request_with("POST", "gateway.example", "/ask", &[VERSION])
            .body(Direction::ToServer, format!("{begin}{filler}"))
            .body(Direction::ToServer, end)
            .end_request(End::Complete)
            .json(200)
            .answer(ANSWER)
            .end(End::Complete);
        assert_eq!(talk.calls().len(), expect, "{begin}");
    }
}

#[test]
fn a_path_stands_over_the_shape_of_the_body() {
    let call = ask_at(OPENAI, CHAT, &[VERSION], REQUEST).json(200).answer(samples::ANSWER).end(End::Complete);
    assert_eq!(call.call().api, Api::CHAT_COMPLETIONS);
    let call = ask_at("10.0.0.1:8000", MESSAGES, &[], samples::REQUEST).json(200).answer(ANSWER);
    let call = call.end(End::Complete).call();
    assert_eq!((call.api.name, call.response.id.is_some()), ("messages", true));
}

#[test]
fn a_call_joined_late_is_told_by_its_response() {
    // From any event on that only this API has.
    for from in 0..STREAM.len() {
        let call = Talk::new().sse().events(&STREAM[from..]).call();
        assert_eq!((call.api.name, call.outcome, call.unknown_shape), ("messages", Outcome::Complete, 0));
        assert!(call.joined_late);
        assert_eq!(call.response.id.is_some(), from == 0);
        assert_eq!(call.times.first_token.is_some(), from < 15, "from {from}");
        assert!(call.times.last_byte.is_some());
    }
    let call = Talk::new().json(200).answer(ANSWER).end(End::Complete).call();
    assert_eq!((call.api.name, call.usage.output), ("messages", Some(503)));
    // And others' are others'.
    let chat = Talk::new().sse().events(&samples::STREAM).event("[DONE]").call();
    assert_eq!((chat.api, chat.stream.map(|stream| stream.content_chunks)), (Api::CHAT_COMPLETIONS, Some(3)));
    let chat = Talk::new().json(200).answer(samples::ANSWER).end(End::Complete).call();
    assert_eq!(chat.api, Api::CHAT_COMPLETIONS);
    // Even where an event in the middle would end a stream of this API.
    let mixed = Talk::new().sse().events(&samples::STREAM[..3]).event(OVERLOADED);
    let chat = mixed.events(&samples::STREAM[3..]).event("[DONE]").call();
    assert_eq!((chat.api, chat.stream.map(|stream| stream.chunks)), (Api::CHAT_COMPLETIONS, Some(7)));
    for talk in [
        Talk::new().json(200).answer(r#"{"type":"message","text":"hello","user":"U1"}"#),
        Talk::new().json(200).answer(r#"{"role":"assistant","content":[]}"#),
        Talk::new().json(200).answer(r#"{"input_tokens":5}"#),
        Talk::new().json(400).answer(OVERLOADED),
        Talk::new().sse().event(r#"{"type":"ping"}"#),
    ] {
        assert_eq!(talk.end(End::Complete).calls().len(), 0);
    }
}

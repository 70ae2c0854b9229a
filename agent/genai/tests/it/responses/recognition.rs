//! What is taken for a response, and what is not; responses as bytes.

use genai::Api;
use genai::limits::UNDECIDED_BYTES;

use super::*;
use crate::bytes_of::{calls, chunked, post};
use crate::samples;
use crate::talk::CHAT;

#[test]
fn unknown_paths_are_told_by_the_body() {
    let call = |path: &str, body: &str, answer: &str| {
        let talk = ask_at("gateway.example", path, body).json(200).answer(answer).end(End::Complete);
        let cut = talk.cut(1).calls();
        assert_eq!(cut, talk.calls(), "{path} {body}");
        cut.first().map(|call| call.api.name)
    };
    let text = r#"{"model":"m","input":"hi"}"#;
    for (path, body, answer, expect) in [
        ("/ask", REQUEST, ANSWER, Some("responses")),
        ("/ask", r#"{"input":"hi","stream":false,"model":"m"}"#, ANSWER, Some("responses")),
        ("/ask", r#"{"max_output_tokens":5,"model":"m","input":"hi"}"#, ANSWER, Some("responses")),
        // As well an embedding or a moderation, unless the path speaks for it.
        ("/ask", text, ANSWER, None),
        ("/codex/responses", text, ANSWER, Some("responses")),
        ("/codex/responses/", text, ANSWER, Some("responses")),
        ("/ask", r#"{"model":"m","input":["a","b"],"dimensions":5}"#, ANSWER, None),
        ("/ask", r#"{"model":"m","input":[{"type":"text","text":"a"}]}"#, ANSWER, None),
        ("/ask", r#"{"model":"tts","input":"hi","voice":"alloy","instructions":"x"}"#, ANSWER, None),
        // A survey.
        ("/forms/1/responses", r#"{"answers":[{"model":"m","input":"x"}]}"#, r#"{"id":1}"#, None),
        // The answer contradicts.
        ("/ask", REQUEST, samples::ANSWER, None),
        ("/ask", REQUEST, r#"{"object":"list","data":[]}"#, None),
        ("/ask", REQUEST, "ok", None),
        // Chat completions stay what they are.
        ("/ask", samples::REQUEST, samples::ANSWER, Some("chat_completions")),
        (
            "/ask",
            r#"{"model":"m","input":"hi","messages":[],"stream":true}"#,
            samples::ANSWER,
            Some("chat_completions"),
        ),
        ("/codex/responses", samples::REQUEST, samples::ANSWER, Some("chat_completions")),
        ("/ask", samples::REQUEST, ANSWER, None),
    ] {
        assert_eq!(call(path, body, answer), expect, "{path} {body} → {answer}");
    }
    // Paths decide before bodies do.
    assert_eq!(call(PATH, samples::REQUEST, ANSWER), Some("responses"));
    assert_eq!(call(CHAT, REQUEST, ANSWER), Some("chat_completions"));
    // A foreign upload is given up early.
    let upload = format!(r#"{{"data":"{}"#, "x".repeat(usize::try_from(UNDECIDED_BYTES).unwrap()));
    let talk = Talk::new()
        .request("POST", "files.example", "/upload")
        .body(Direction::ToServer, upload)
        .body(Direction::ToServer, format!("\",{}", &REQUEST[1..]))
        .end_request(End::Complete)
        .json(200)
        .answer(ANSWER)
        .end(End::Complete);
    assert_eq!((talk.calls().len(), talk.interpreter().foreign()), (0, 1));
}

#[test]
fn a_call_joined_late_is_told_by_its_response() {
    for (talk, expect) in [
        (Talk::new().sse().events(&STREAM), Some("responses")),
        (Talk::new().sse().events(&STREAM[4..]), Some("responses")),
        (Talk::new().json(200).answer(ANSWER).end(End::Complete), Some("responses")),
        (Talk::new().sse().events(&samples::STREAM).event("[DONE]"), Some("chat_completions")),
        (Talk::new().json(200).answer(samples::ANSWER).end(End::Complete), Some("chat_completions")),
        (Talk::new().sse().event(r#"{"type":"error","code":"x"}"#).end(End::Complete), None),
        (Talk::new().json(200).answer(r#"{"object":"response.compaction"}"#).end(End::Complete), None),
    ] {
        let calls = talk.calls();
        assert_eq!(calls.first().map(|call| call.api.name), expect, "{calls:?}");
        for call in calls {
            assert!(call.joined_late);
            assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 0));
            assert_eq!(
                call.stream.as_ref().map(|stream| stream.content_chunks),
                call.stream.as_ref().map(|_| 3)
            );
        }
    }
}

#[test]
fn azure_is_told_by_its_path() {
    for path in ["/openai/v1/responses", "/openai/responses?api-version=2025-04-01-preview"] {
        let call =
            ask_at("x.openai.azure.com", path, REQUEST).json(200).answer(ANSWER).end(End::Complete).call();
        assert_eq!((call.api, call.usage.input), (Api { name: "responses", operation: "chat" }, Some(36)));
    }
}

#[test]
fn a_stream_as_bytes() {
    let events: Vec<_> =
        STREAM.iter().map(|data| format!("event: {}\ndata: {data}\n\n", name_of(data))).collect();
    let (request, response) = (post(OPENAI, PATH, REQUEST), chunked("text/event-stream", &events));
    let call = crate::bytes_of::check(&request, &response);
    assert_eq!((chunks(&call), call.usage.reasoning, call.unknown_shape), ((10, 3), Some(3), 0));
    let end = response.len() - b"\r\n0\r\n\r\n".len();
    let head = response.windows(4).position(|at| at == b"\r\n\r\n").expect("a head") + 4;
    for at in head..response.len() {
        let calls = calls(&request, &response[..at], |bytes| vec![bytes]);
        let expect = if at < end { Outcome::Cut } else { Outcome::Complete };
        assert_eq!((calls.len(), calls[0].outcome, calls[0].lossy), (1, expect, false), "at {at}");
        assert_eq!(calls[0].usage.input.is_some(), at >= end, "at {at}");
    }
}

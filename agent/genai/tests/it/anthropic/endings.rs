//! Errors, and answers that are not whole.

use genai::{Call, Outcome};
use wire::End;

use super::samples::{ANSWER, OVERLOADED, REQUEST, STOP, STREAM};
use super::{ask, check, some, tool};

#[test]
fn errors_are_named_by_their_type_else_by_the_status() {
    for (status, body, kind) in [
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: Field required"},"request_id":"req_1"}"#,
            "invalid_request_error",
        ),
        (
            401,
            r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
            "authentication_error",
        ),
        (403, r#"{"type":"error","error":{"type":"permission_error","message":"m"}}"#, "permission_error"),
        (
            404,
            r#"{"error":{"message":"model: x","type":"not_found_error"},"type":"error"}"#,
            "not_found_error",
        ),
        (413, r#"{"type":"error","error":{"type":"request_too_large","message":"m"}}"#, "request_too_large"),
        (429, r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#, "rate_limit_error"),
        (
            500,
            r#"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#,
            "api_error",
        ),
        (529, OVERLOADED, "overloaded_error"),
        // Vertex's own, and one that has both.
        (429, r#"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}"#, "RESOURCE_EXHAUSTED"),
        (400, r#"{"error":{"status":"x","type":"api_error"}}"#, "api_error"),
        (400, r#"{"error":{"type":"api_error","status":400}}"#, "api_error"),
        (502, "<html>\r\n<head><title>502 Bad Gateway</title></head>", "502"),
        (503, "", "503"),
        (400, r#"{"error":"a sentence"}"#, "400"),
        (400, r#"{"type":"error","error":{"type":"CANARY in a sentence"}}"#, "400"),
        (400, r#"{"type":"error","error":null}"#, "400"),
        (200, r#"{"type":"error","error":{"message":"m"}}"#, "_OTHER"),
        (200, r#"{"type":"error"}"#, "_OTHER"),
    ] {
        let call = check(&ask(REQUEST).json(status).answer(body).end(End::Complete));
        assert_eq!(call.failure.map(|failure| failure.kind).as_deref(), Some(kind), "{body}");
        assert_eq!((call.outcome, call.http.status), (Outcome::Complete, Some(status)), "{body}");
    }
}

#[test]
fn an_error_inside_a_stream_ends_it() {
    for seen in 0..STREAM.len() - 1 {
        // Whatever the server and the client do with the connection afterwards.
        let talk = ask(REQUEST).sse().events(&STREAM[..seen]).event(OVERLOADED);
        for talk in
            [talk.clone().end(End::Complete), talk.clone().end(End::Cut), talk.clone().event(STOP), talk]
        {
            let call = talk.call();
            let failure = call.failure.map(|failure| failure.kind);
            assert_eq!((call.outcome, failure), (Outcome::Cut, some("overloaded_error")), "after {seen}");
            assert_eq!(call.stream.map(|stream| stream.chunks), Some(seen as u64));
            assert_eq!(call.unknown_shape, 0);
        }
    }
    let call = ask(REQUEST).sse().event(r#"{"error":{"type":"api_error"}}"#).end(End::Complete).call();
    assert_eq!(call.failure.map(|failure| failure.kind).as_deref(), Some("api_error"), "a gateway's error");
}

#[test]
fn only_message_stop_makes_a_stream_whole() {
    let kind = |call: &Call| call.failure.as_ref().map(|failure| failure.kind.clone());
    for seen in 0..=STREAM.len() {
        let talk = ask(REQUEST).sse().events(&STREAM[..seen]);
        let complete = seen == STREAM.len();
        let expect =
            if complete { (Outcome::Complete, None) } else { (Outcome::Cut, some("stream_truncated")) };
        for end in [End::Complete, End::Closed, End::Cut] {
            let call = talk.clone().end(end).call();
            assert_eq!((call.outcome, kind(&call)), expect, "{seen} events, then {end:?}");
        }
        let calls = talk.calls_closed();
        assert_eq!(
            (calls.len(), calls[0].outcome, kind(&calls[0])),
            (1, expect.0, expect.1),
            "{seen} events"
        );
        let unfinished = if complete { Outcome::Complete } else { Outcome::Unfinished };
        assert_eq!(talk.call().outcome, unfinished, "{seen} events");
        assert_eq!(talk.call().unknown_shape, 0);
    }
    // A gateway that ends streams as OpenAI does.
    let call = ask(REQUEST).sse().events(&STREAM[..17]).event("[DONE]").call();
    assert_eq!((call.outcome, call.stream.map(|stream| stream.chunks)), (Outcome::Complete, Some(17)));
}

#[test]
fn an_answer_cut_anywhere_is_cut() {
    for at in 0..ANSWER.len() {
        let call = ask(REQUEST).json(200).answer(&ANSWER[..at]).end(End::Closed).call();
        let kind = call.failure.map(|failure| failure.kind);
        assert_eq!(
            (call.outcome, kind.as_deref()),
            (Outcome::Cut, Some("response_truncated")),
            "cut at {at}"
        );
        assert_eq!(call.unknown_shape, 0, "cut at {at}");
    }
    let inside_a_tool = ANSWER.find(r#""input":{"query"#).expect("a tool");
    let call = ask(REQUEST).json(200).answer(&ANSWER[..inside_a_tool]).end(End::Closed).call();
    assert_eq!(call.response.tool_calls, [tool("srvtoolu_01WYG3ziw53XMcoyKL4XcZmE", "web_search")]);
    for at in 0..REQUEST.len() {
        let call = ask(&REQUEST[..at]).json(200).answer(ANSWER).end(End::Complete).call();
        assert!([None, Some(3)].contains(&call.request.message_count), "cut at {at}");
        assert!([None, Some(2)].contains(&call.request.tool_count), "cut at {at}");
    }
    // Events that the decoder had to cut, at every byte: what stands before the cut counts.
    for event in &STREAM[..17] {
        for at in 1..event.len() {
            let call = ask("{}").sse().truncated_event(&event[..at]).event(STOP).call();
            assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 2), "{event} cut at {at}");
        }
    }
    let long = STREAM[11].replace("{}", r#"{"document":"CANARY"#);
    let call = ask("{}").sse().truncated_event(long.trim_end_matches('}')).event(STOP).call();
    assert_eq!(call.response.tool_calls, [tool("toolu_01T1x1fJ34qAmk2tNTrN7Up6", "get_weather")]);
    assert!(call.times.first_token.is_some());
}

//! Errors, and answers that are not whole.

use genai::{Call, Outcome};
use wire::{Direction, End, Notice};

use super::samples::{ANSWER, CONVERSE, CONVERSE_STREAM, INVOKE, INVOKE_STREAM, MESSAGES, REQUEST, STREAM};
use super::{ask, check, event, events, exception, some, streams};

fn kind(call: &Call) -> Option<&str> {
    call.failure.as_ref().map(|failure| failure.kind.as_str())
}

#[test]
fn errors_are_named_by_their_header_else_by_the_status() {
    for (status, header, body, expect) in [
        (
            429,
            "ThrottlingException:http://internal.amazon.com/coral/com.amazonaws.bedrock/",
            r#"{"message":"CANARY"}"#,
            "ThrottlingException",
        ),
        (400, "ValidationException", r#"{"message":"CANARY"}"#, "ValidationException"),
        (403, "AccessDeniedException", r#"{"Message":"CANARY"}"#, "AccessDeniedException"),
        (
            424,
            "ModelErrorException",
            r#"{"message":"CANARY","originalStatusCode":500,"resourceName":"r"}"#,
            "ModelErrorException",
        ),
        (503, "", "", "503"),
        (400, "CANARY in a sentence", "{}", "400"),
        (502, "", "<html>", "502"),
    ] {
        for (path, request) in
            [(CONVERSE, REQUEST), (CONVERSE_STREAM, REQUEST), (INVOKE, MESSAGES), (INVOKE_STREAM, MESSAGES)]
        {
            let head = [
                ("content-type", "application/json"),
                ("x-amzn-errortype", header),
                ("x-amzn-requestid", "r-1"),
            ];
            let head = if header.is_empty() { &head[..1] } else { &head };
            let call = check(&ask(path, request).response(status, head).answer(body).end(End::Complete));
            assert_eq!(
                (kind(&call), call.outcome, call.http.status),
                (Some(expect), Outcome::Complete, Some(status)),
                "{path}"
            );
            assert_eq!(call.http.request_id.is_some(), !header.is_empty());
            assert_eq!(call.unknown_shape, u32::from(body == "<html>"), "{path} {body}");
            assert!(!format!("{call:?}").contains("CANARY"));
        }
    }
}

#[test]
fn an_exception_inside_a_stream_ends_it() {
    for seen in 0..STREAM.len() {
        let talk = exception(
            events(streams(ask(CONVERSE_STREAM, REQUEST)), &STREAM[..seen]),
            "modelStreamErrorException",
        );
        for talk in [
            talk.clone().end(End::Complete),
            talk.clone().end(End::Cut),
            event(talk.clone(), "metadata", "{}"),
            talk,
        ] {
            let call = talk.call();
            assert_eq!(
                (kind(&call), call.outcome),
                (Some("modelStreamErrorException"), Outcome::Cut),
                "{seen}"
            );
            assert_eq!((call.stream.map(|stream| stream.chunks), call.unknown_shape), (Some(seen as u64), 0));
        }
    }
    for (headers, expect) in [
        (
            &[(":message-type", "error"), (":error-code", "InternalError"), (":error-message", "CANARY")][..],
            "InternalError",
        ),
        (&[(":message-type", "exception")], "_OTHER"),
        (&[(":message-type", "exception"), (":exception-type", "CANARY in a sentence")], "_OTHER"),
    ] {
        for path in [CONVERSE_STREAM, INVOKE_STREAM] {
            let call = streams(ask(path, "{}")).frame(headers, "").call();
            assert_eq!((kind(&call), call.outcome), (Some(expect), Outcome::Cut));
        }
    }
    let call =
        streams(ask(CONVERSE_STREAM, "{}")).frame(&[(":message-type", "invented")], STREAM[4].1).call();
    assert_eq!((kind(&call), call.times.first_token), (None, None));
}

#[test]
fn only_a_stop_reason_makes_a_stream_whole() {
    for seen in 0..=STREAM.len() {
        let talk = events(streams(ask(CONVERSE_STREAM, REQUEST)), &STREAM[..seen]);
        let whole = seen >= 10;
        for end in [End::Complete, End::Closed] {
            let call = talk.clone().end(end).call();
            let expect =
                if whole { (Outcome::Complete, None) } else { (Outcome::Cut, Some("stream_truncated")) };
            assert_eq!((call.outcome, kind(&call)), expect, "{seen} events, then {end:?}");
        }
        assert_eq!(talk.call().outcome, Outcome::Unfinished);
    }
}

#[test]
fn what_is_cut_or_lost_is_absent() {
    for at in 0..ANSWER.len() {
        let call = ask(CONVERSE, REQUEST).json(200).answer(&ANSWER[..at]).end(End::Closed).call();
        assert_eq!(
            (call.outcome, kind(&call), call.unknown_shape),
            (Outcome::Cut, Some("response_truncated"), 0),
            "cut at {at}"
        );
    }
    for at in 0..REQUEST.len() {
        let call = ask(CONVERSE, &REQUEST[..at]).json(200).answer(ANSWER).end(End::Complete).call();
        assert!([None, Some(3)].contains(&call.request.message_count), "cut at {at}");
        assert_eq!(call.request.prompt, None, "cut at {at}");
    }
    // Messages that the decoder had to cut, at every byte.
    for (name, payload) in STREAM {
        for at in 0..payload.len() {
            let call = event(streams(ask(CONVERSE_STREAM, "{}")), name, &payload[..at]).call();
            assert_eq!(call.unknown_shape, 1, "{payload} cut at {at}");
        }
    }
    let talk =
        ask(CONVERSE, REQUEST).json(200).answer(&ANSWER[..200]).notice(Direction::ToClient, Notice::Gap(7));
    let call = talk.answer(&ANSWER[207..]).end(End::Complete).call();
    assert_eq!((call.lossy, call.lost_bytes, call.usage.input, kind(&call)), (true, 7, None, None));
    assert_eq!(call.request.message_count, Some(3));
    let none = ask(CONVERSE, REQUEST).call();
    assert_eq!((none.outcome, none.failure.map(|failure| failure.kind)), (Outcome::NoResponse, None));
    assert_eq!(none.request.model, some(super::samples::MODEL));
}

//! How calls end, well and not.

use genai::{Call, Outcome};
use wire::{Direction, End, Notice, Protocol, Time};

use crate::samples::{ANSWER, REQUEST, STREAM, TOOL_STREAM};
use crate::talk::{CHAT, OPENAI, Talk};

fn ending(call: &Call) -> (Outcome, Option<&str>) {
    (call.outcome, call.failure.as_ref().map(|failure| failure.kind.as_str()))
}

#[test]
fn a_call_is_given_out_at_its_end_mark_and_once() {
    let talk = Talk::ask(REQUEST).sse().events(&STREAM);
    let mut interpreter = talk.interpreter();
    assert_eq!(interpreter.poll(), None);

    let done = talk.event("[DONE]");
    let mut interpreter = done.interpreter();
    let at_once = interpreter.poll().expect("a call at [DONE]");
    assert_eq!(interpreter.poll(), None);
    interpreter.finish(Time(9_999), true);
    assert_eq!(interpreter.poll(), None);

    for more in [
        done.clone().end(End::Complete),
        done.clone().event(STREAM[2]).event("[DONE]").end(End::Complete),
        done.clone().answer("trailing").end(End::Cut),
        done.clone().notice(Direction::ToClient, Notice::Gap(5)).end(End::Lost).end_request(End::Complete),
        done.clone().end(End::Complete).event(STREAM[1]).event("[DONE]"),
        done.end(End::Complete).end(End::Cut).sse().event("[DONE]"),
    ] {
        assert_eq!(more.calls(), std::slice::from_ref(&at_once));
        assert_eq!(more.calls_closed(), std::slice::from_ref(&at_once));
    }
}

#[test]
fn a_stream_cut_after_any_message_is_one_call_that_says_so() {
    let whole = Talk::ask(REQUEST).sse().events(&STREAM).event("[DONE]").end(End::Complete);
    for kept in 1..=whole.messages.len() {
        let mut talk = whole.clone();
        talk.messages.truncate(kept);
        let stopped = talk.calls();
        let closed = talk.calls_closed();
        assert_eq!((stopped.len(), closed.len()), (1, 1), "after {kept}");
        let expect_closed = match kept {
            1..=3 => (Outcome::NoResponse, Some("no_response")),
            4..=8 => (Outcome::Cut, Some("stream_truncated")),
            // The finish reason was seen, though not the end mark.
            9..=10 => (Outcome::Cut, None),
            _ => (Outcome::Complete, None),
        };
        let expect_stopped = match kept {
            1..=3 => (Outcome::NoResponse, None),
            4..=10 => (Outcome::Unfinished, None),
            _ => (Outcome::Complete, None),
        };
        assert_eq!(ending(&closed[0]), expect_closed, "after {kept}");
        assert_eq!(ending(&stopped[0]), expect_stopped, "after {kept}");
        assert_eq!(stopped[0].times.last_byte.is_some(), kept >= 11, "after {kept}");
        assert_eq!(stopped[0].unknown_shape, 0, "after {kept}");
    }
}

#[test]
fn an_answer_cut_at_any_byte_keeps_what_came_before() {
    for at in 0..ANSWER.len() {
        let call = Talk::ask("{}").json(200).answer(&ANSWER[..at]).end(End::Cut).call();
        assert_eq!(ending(&call), (Outcome::Cut, Some("response_truncated")), "at {at}");
        // Figures are told once their object is whole.
        let told = ANSWER.find("\"service_tier").unwrap() - 2;
        assert_eq!(call.usage.output.is_some(), at > told, "at {at}");
        assert_eq!(call.unknown_shape, 0, "at {at}");
    }
    let call = Talk::ask("{}").json(200).answer(ANSWER).end(End::Cut).call();
    assert_eq!(ending(&call), (Outcome::Cut, None), "the document was whole");
}

#[test]
fn a_request_cut_at_any_byte_tells_no_count_of_a_part() {
    for at in 0..REQUEST.len() {
        let talk = Talk::new().request("POST", OPENAI, CHAT).body(Direction::ToServer, &REQUEST[..at]);
        let call = talk.end_request(End::Cut).call();
        assert_eq!(ending(&call), (Outcome::NoResponse, None));
        assert!(matches!(call.request.message_count, None | Some(3)), "at {at}");
        assert!(matches!(call.request.tool_count, None | Some(2)), "at {at}");
        assert!(matches!(call.request.temperature, None | Some(0.7)), "at {at}");
        assert_eq!(call.times.request_last_byte, None, "at {at}");
    }
}

#[test]
fn how_framing_and_content_agree() {
    let unfinished = &STREAM[..4];
    let finished = &STREAM[..5];
    for (events, end, expect) in [
        (&STREAM[..], End::Complete, (Outcome::Complete, None)),
        (finished, End::Complete, (Outcome::Complete, None)),
        (finished, End::Closed, (Outcome::Complete, None)),
        (finished, End::Cut, (Outcome::Cut, None)),
        (finished, End::Lost, (Outcome::Complete, None)),
        (unfinished, End::Complete, (Outcome::Cut, Some("stream_truncated"))),
        (unfinished, End::Closed, (Outcome::Cut, Some("stream_truncated"))),
        (unfinished, End::Cut, (Outcome::Cut, Some("stream_truncated"))),
        (unfinished, End::Lost, (Outcome::Unfinished, None)),
        (&TOOL_STREAM[..], End::Closed, (Outcome::Complete, None)),
        (&[], End::Closed, (Outcome::Cut, Some("stream_truncated"))),
    ] {
        let call = Talk::ask(REQUEST).sse().events(events).end(end).call();
        assert_eq!(ending(&call), expect, "{} events, {end:?}", events.len());
    }
    for (body, end, expect) in [
        (ANSWER, End::Complete, (Outcome::Complete, None)),
        (ANSWER, End::Closed, (Outcome::Complete, None)),
        ("{\"id\":", End::Closed, (Outcome::Cut, Some("response_truncated"))),
        ("", End::Complete, (Outcome::Complete, None)),
    ] {
        let call = Talk::ask(REQUEST).json(200).answer(body).end(end).call();
        assert_eq!(ending(&call), expect, "{body} {end:?}");
    }
    // Only one of two choices has finished.
    let call = Talk::ask("{}")
        .sse()
        .event(r#"{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}"#)
        .event(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#)
        .end(End::Cut)
        .call();
    assert_eq!(ending(&call), (Outcome::Cut, Some("stream_truncated")));
}

#[test]
fn errors_are_named_by_the_provider_else_by_the_status() {
    for (status, body, kind) in [
        (
            429,
            r#"{"error":{"message":"m","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
            "rate_limit_exceeded",
        ),
        (
            400,
            r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":null}}"#,
            "invalid_request_error",
        ),
        (
            503,
            r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            "unavailable_error",
        ),
        (502, r#"{"error":{"code":502,"message":"m"}}"#, "502"),
        (404, r#"{"error":"model 'x' not found"}"#, "404"),
        (400, r#"{"object":"error","message":"m","type":"BadRequestError","code":400}"#, "BadRequestError"),
        (400, r#"{"code":"1500","type":"invalid_model","message":"m","object":"error"}"#, "invalid_model"),
        (422, r#"{"detail":[{"type":"missing","loc":["body","model"],"msg":"m"}]}"#, "422"),
        (422, r#"{"detail":"not found"}"#, "422"),
        (429, r#"{"error":"Model is overloaded","error_type":"overloaded"}"#, "overloaded"),
        (400, r#"{"code":"Client specified an invalid argument","error":"CANARY"}"#, "400"),
        (429, r#"{"error":{"code":"429","message":"m"}}"#, "429"),
        (200, r#"{"id":"x","base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#, "1008"),
        (200, r#"{"error":{"code":502,"message":"m","metadata":{"provider_name":"x"}}}"#, "502"),
        (502, "<html>Bad Gateway</html>", "502"),
        (401, "", "401"),
        (429, r#"{"error":{"code":"","type":"requests"}}"#, "requests"),
        (400, r#"{"error":{"code":"has spaces and a prompt: hello","type":"t"}}"#, "t"),
        (200, r#"{"error":{"code":"no such\nlabel","type":""}}"#, "_OTHER"),
        (200, r#"{"error":{"message":"m"}}"#, "_OTHER"),
        (200, r#"{"object":"error","message":"m"}"#, "_OTHER"),
    ] {
        let call = Talk::ask(REQUEST).json(status).answer(body).end(End::Complete).call();
        assert_eq!(ending(&call), (Outcome::Complete, Some(kind)), "{body}");
        assert_eq!(call.http.status, Some(status));
        assert_eq!(call.unknown_shape, u32::from(body.starts_with('<')), "{body}");
    }
    let long = format!(r#"{{"error":{{"code":"{}"}}}}"#, "x".repeat(65));
    let call = Talk::ask("{}").json(200).answer(long).end(End::Complete).call();
    assert_eq!(ending(&call), (Outcome::Complete, Some("_OTHER")));
    let fine = Talk::ask("{}").json(200).answer(r#"{"error":null,"choices":[]}"#).end(End::Complete).call();
    assert_eq!(ending(&fine), (Outcome::Complete, None));
}

#[test]
fn an_error_inside_a_stream_is_the_failure_of_the_call() {
    let error =
        r#"{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}"#;
    for end in [End::Complete, End::Closed] {
        let call = Talk::ask(REQUEST).sse().events(&STREAM[..3]).event(error).end(end).call();
        assert_eq!(ending(&call), (Outcome::Complete, Some("server_error")), "{end:?}");
        assert_eq!(call.stream.map(|stream| stream.content_chunks), Some(2));
    }
    let call = Talk::ask(REQUEST).sse().events(&STREAM[..3]).event(error).end(End::Cut).call();
    assert_eq!(ending(&call), (Outcome::Cut, Some("server_error")));
    let call = Talk::ask(REQUEST).sse().event(error).event("[DONE]").call();
    assert_eq!(ending(&call), (Outcome::Cut, Some("server_error")));
}

#[test]
fn a_response_before_the_request_is_over_ends_the_call() {
    let talk = Talk::new()
        .request("POST", OPENAI, CHAT)
        .body(Direction::ToServer, r#"{"model":"gpt-4o","messages":["#)
        .json(413)
        .answer(r#"{"error":{"code":"too_large"}}"#)
        .end(End::Complete)
        .body(Direction::ToServer, r#"]}"#)
        .end_request(End::Complete);
    let call = talk.call();
    assert_eq!(ending(&call), (Outcome::Complete, Some("too_large")));
    assert_eq!(call.times.request_last_byte, None);
    let next = talk.next_exchange().request("POST", OPENAI, CHAT).end_request(End::Complete);
    assert_eq!(next.json(200).answer(ANSWER).end(End::Complete).calls().len(), 2);
}

#[test]
fn what_was_lost_marks_the_call_that_it_touched() {
    // In the request: what stood before the hole is sure, what stands behind it is not looked at.
    let call = Talk::new()
        .request("POST", OPENAI, CHAT)
        .body(Direction::ToServer, r#"{"model":"gpt-4o","messages":[{"role":"user","content":"a"#)
        .notice(Direction::ToServer, Notice::Gap(100))
        .lossy()
        .body(Direction::ToServer, r#""}],"stream":true,"temperature":3}"#)
        .end_request(End::Complete)
        .json(200)
        .answer(ANSWER)
        .end(End::Complete)
        .call();
    assert_eq!((call.lossy, call.lost_bytes, call.unknown_shape), (true, 100, 0));
    assert_eq!(
        (call.request.model.as_deref(), call.request.stream, call.request.message_count),
        (Some("gpt-4o"), None, None)
    );

    // In a stream: events behind the hole count, the interval across it does not, and no end is missed in vain.
    let call = Talk::ask(REQUEST)
        .sse()
        .events(&STREAM[..3])
        .notice(Direction::ToClient, Notice::Gap(70))
        .lossy()
        .event(STREAM[3])
        .event(STREAM[1])
        .end(End::Complete)
        .call();
    assert_eq!((call.lossy, call.lost_bytes), (true, 70));
    assert_eq!(ending(&call), (Outcome::Complete, None));
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.content_chunks, stream.intervals.len(), stream.intervals.max()), (4, 2, Some(10)));

    // In a document: no usage is made up.
    let (a, b) = ANSWER.split_at(300);
    let call = Talk::ask(REQUEST)
        .json(200)
        .answer(a)
        .notice(Direction::ToClient, Notice::Gap(12))
        .lossy()
        .answer(b)
        .end(End::Complete)
        .call();
    assert_eq!((call.lossy, call.lost_bytes, call.usage.input, call.unknown_shape), (true, 12, None, 0));
    assert_eq!(ending(&call), (Outcome::Complete, None));

    // Said by the message alone.
    let talk = Talk::ask(REQUEST).json(200).lossy().answer(ANSWER).end(End::Complete);
    assert!(talk.call().lossy);
    // And not carried over to the next exchange.
    let two = talk.next_exchange().sound().request("POST", OPENAI, CHAT).end_request(End::Complete);
    let calls = two.json(200).answer(ANSWER).end(End::Complete).calls();
    assert_eq!(calls.iter().map(|call| call.lossy).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn what_belongs_to_nobody_marks_nobody() {
    // Between two exchanges bytes were lost and passed over; the notices carry the id of the next one.
    let call = Talk::new()
        .notice(Direction::ToServer, Notice::Malformed("request head"))
        .lossy()
        .notice(Direction::ToServer, Notice::Gap(500))
        .notice(Direction::ToClient, Notice::Gap(40))
        .sound()
        .notice(Direction::ToServer, Notice::Resync(7))
        .request("POST", OPENAI, CHAT)
        .body(Direction::ToServer, REQUEST)
        .end_request(End::Complete)
        .json(200)
        .answer(ANSWER)
        .end(End::Complete)
        .call();
    assert_eq!((call.lossy, call.lost_bytes, call.unknown_shape), (false, 0, 0));
    assert_eq!((call.joined_late, call.request.message_count), (false, Some(3)));

    // Before a response whose request was not seen as well; what is missing inside it marks it.
    let passed = || Talk::new().lossy().notice(Direction::ToClient, Notice::Resync(900)).sound();
    let call = passed().sse().events(&STREAM).event("[DONE]").call();
    assert_eq!((call.joined_late, call.lossy, call.lost_bytes), (true, false, 0));
    assert_eq!(call.stream.map(|stream| stream.chunks), Some(STREAM.len() as u64));
    for talk in [passed().lossy().sse(), passed().sse().lossy()] {
        let call = talk.events(&STREAM).event("[DONE]").call();
        assert_eq!((call.joined_late, call.lossy), (true, true));
    }
    let lost = Talk::new().lossy().notice(Direction::ToClient, Notice::Gap(900)).sound();
    let call = lost.sse().events(&STREAM).event("[DONE]").call();
    assert_eq!((call.joined_late, call.lost_bytes), (true, 900));
}

#[test]
fn a_response_that_was_lost_is_nobody_s_fault() {
    let asked = || Talk::ask(REQUEST).lossy().notice(Direction::ToClient, Notice::Gap(900));
    for (end, expect) in [(End::Lost, (Outcome::Unfinished, None)), (End::Cut, (Outcome::NoResponse, None))] {
        let call = asked().end(end).call();
        assert_eq!((ending(&call), call.lossy, call.lost_bytes), (expect, true, 900), "{end:?}");
    }
    let call = Talk::ask(REQUEST).end(End::Cut).call();
    assert_eq!(ending(&call), (Outcome::NoResponse, Some("no_response")));
}

/// HTTP/2: the reset of a stream comes before the ends that it brings about.
#[test]
fn a_stream_that_was_reset_says_by_whom() {
    use Direction::{ToClient, ToServer};
    const NO_ERROR: u32 = 0;
    const INTERNAL_ERROR: u32 = 2;
    const REFUSED_STREAM: u32 = 7;
    const CANCEL: u32 = 8;
    for (sender, code, why) in [
        (ToServer, CANCEL, "client_cancelled"),
        (ToServer, NO_ERROR, "client_cancelled"),
        (ToServer, INTERNAL_ERROR, "connection_reset"),
        (ToServer, u32::MAX, "connection_reset"),
        (ToClient, CANCEL, "connection_reset"),
        (ToClient, NO_ERROR, "connection_reset"),
        (ToClient, INTERNAL_ERROR, "connection_reset"),
        (ToClient, REFUSED_STREAM, "connection_reset"),
    ] {
        let reset = |talk: Talk| talk.notice(sender, Notice::Reset(code)).end(End::Cut);
        let context = format!("{sender:?} {code}");
        // What came before is kept.
        let call = reset(Talk::ask(REQUEST).sse().events(&STREAM[..4])).call();
        assert_eq!(ending(&call), (Outcome::Cut, Some(why)), "{context}");
        let stream = call.stream.as_ref().expect("a stream");
        assert_eq!((stream.chunks, stream.content_chunks), (4, 3), "{context}");
        assert_eq!(call.response.model.as_deref(), Some("gpt-4o-2024-08-06"), "{context}");
        assert!(call.times.last_byte.is_some() && !call.lossy, "{context}");
        // Part of a document.
        let call = reset(Talk::ask(REQUEST).json(200).answer(&ANSWER[..40])).call();
        assert_eq!(ending(&call), (Outcome::Cut, Some(why)), "{context}");
        // Before anything came.
        let call = reset(Talk::ask(REQUEST)).call();
        assert_eq!(ending(&call), (Outcome::NoResponse, Some(why)), "{context}");
        // Before the request was over.
        let asking = || Talk::new().request("POST", OPENAI, CHAT).body(ToServer, &REQUEST[..20]);
        let call = asking().notice(sender, Notice::Reset(code)).end_request(End::Cut).end(End::Cut).call();
        assert_eq!(ending(&call), (Outcome::NoResponse, Some(why)), "{context}");
        // Nothing was missing of what was reset, or the call was over.
        let call = reset(Talk::ask(REQUEST).sse().events(&STREAM)).call();
        assert_eq!(ending(&call), (Outcome::Cut, None), "{context}");
        let call = reset(Talk::ask(REQUEST).json(200).answer(ANSWER)).call();
        assert_eq!(ending(&call), (Outcome::Cut, None), "{context}");
        let call = reset(Talk::ask(REQUEST).sse().events(&STREAM).event("[DONE]")).call();
        assert_eq!(ending(&call), (Outcome::Complete, None), "{context}");
        // What the provider says of itself goes first.
        let call = reset(Talk::ask(REQUEST).json(429).answer("{")).call();
        assert_eq!(ending(&call), (Outcome::Cut, Some("429")), "{context}");
        // It is that stream's, not the connection's.
        let two = reset(Talk::ask(REQUEST).sse().events(&STREAM[..4])).next_exchange();
        let two = two.request("POST", OPENAI, CHAT).body(ToServer, REQUEST).end_request(End::Complete);
        let calls = two.sse().events(&STREAM[..4]).end(End::Cut).calls();
        let endings: Vec<_> = calls.iter().map(ending).collect();
        assert_eq!(
            endings,
            [(Outcome::Cut, Some(why)), (Outcome::Cut, Some("stream_truncated"))],
            "{context}"
        );
    }
}

#[test]
fn a_call_joined_late_that_was_reset() {
    let call = Talk::new()
        .sse()
        .events(&STREAM[..4])
        .notice(Direction::ToServer, Notice::Reset(8))
        .end(End::Cut)
        .call();
    assert!(call.joined_late);
    assert_eq!(ending(&call), (Outcome::Cut, Some("client_cancelled")));
}

#[test]
fn a_stream_whose_head_nobody_saw_is_told_by_its_events() {
    let call = Talk::new().events(&STREAM[2..]).event("[DONE]").end(End::Complete).call();
    assert!(call.joined_late);
    assert_eq!(ending(&call), (Outcome::Complete, None));
    assert_eq!((call.http.protocol, call.http.status, call.http.path.as_str()), (Protocol::Http2, None, ""));
    assert!(call.http.response_bytes > 0);
}

#[test]
fn a_response_in_an_unknown_coding_tells_its_head_and_its_times() {
    let zipped = |talk: Talk| {
        talk.notice(Direction::ToClient, Notice::Unsupported("content-encoding")).answer([31, 139, 8])
    };
    for talk in [zipped(Talk::ask(REQUEST).sse()), zipped(Talk::ask(REQUEST).json(200))] {
        let call = talk.end(End::Complete).call();
        assert_eq!(ending(&call), (Outcome::Complete, None));
        assert_eq!((call.stream, call.unknown_shape, call.lossy), (None, 1, false));
        assert_eq!((call.times.response_first_byte, call.http.status), (Some(Time(135)), Some(200)));
    }
    let call = zipped(Talk::ask(REQUEST).json(200)).end(End::Cut).call();
    assert_eq!(ending(&call), (Outcome::Cut, None));
    // A request in one: what was asked is not known, that it was asked is.
    let call = Talk::new()
        .request("POST", OPENAI, CHAT)
        .notice(Direction::ToServer, Notice::Unsupported("content-encoding"))
        .body(Direction::ToServer, [31, 139, 8])
        .end_request(End::Complete)
        .json(200)
        .answer(ANSWER)
        .end(End::Complete)
        .call();
    assert_eq!((call.request.model, call.unknown_shape, call.usage.input), (None, 1, Some(11)));
}

#[test]
fn notices_of_the_decoder() {
    let call = Talk::ask(REQUEST)
        .notice(Direction::ToClient, Notice::Informational(100))
        .sse()
        .notice(Direction::ToClient, Notice::Malformed("chunk size"))
        .events(&STREAM)
        .notice(Direction::ToClient, Notice::Limit("EVENT"))
        .truncated_event(r#"{"choices":[{"index":0,"delta":{"content":"a very long"#)
        .event("[DONE]")
        .call();
    assert_eq!(ending(&call), (Outcome::Complete, None));
    // Malformed, the limit, the event that is cut, and its JSON that does not end.
    assert_eq!((call.unknown_shape, call.lossy), (4, false));
    assert_eq!(call.times.response_first_byte, Some(Time(145)), "100 Continue is not the response");
    assert_eq!(call.stream.map(|stream| (stream.chunks, stream.content_chunks)), Some((7, 4)));
}

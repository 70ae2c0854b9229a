//! What is a call, and what is thought of a connection.

use genai::limits::{FOREIGN_AFTER, OPEN_EXCHANGES, UNDECIDED_BYTES};
use genai::{Outcome, Provider, Verdict};
use wire::{Direction, End, Notice};

use crate::samples::{ANSWER, REQUEST, STREAM};
use crate::talk::{CHAT, OPENAI, Talk};

/// One exchange that is no call, after what `talk` has.
fn plain(talk: Talk, method: &str, host: &str, target: &str) -> Talk {
    talk.request(method, host, target)
        .end_request(End::Complete)
        .response(200, &[("content-type", "text/html")])
        .answer("<html></html>")
        .end(End::Complete)
        .next_exchange()
}

fn plain_ones(count: u64) -> Talk {
    (0..count).fold(Talk::new(), |talk, _| plain(talk, "GET", "shop.example", "/cart"))
}

#[test]
fn a_connection_is_foreign_when_enough_of_it_was() {
    for count in 0..FOREIGN_AFTER + 2 {
        let interpreter = plain_ones(count).interpreter();
        let expect = if count < FOREIGN_AFTER { Verdict::Undecided } else { Verdict::Foreign };
        assert_eq!((interpreter.verdict(), interpreter.foreign()), (expect, count));
    }
}

#[test]
fn a_connection_with_model_traffic_is_never_foreign() {
    for (method, host, target) in [
        ("GET", OPENAI, "/v1/models"),
        ("POST", OPENAI, "/v1/files"),
        ("GET", "10.0.0.1:8000", "/v1/models"),
        ("POST", "10.0.0.1:8000", "/v1/moderations"),
        ("POST", "api.anthropic.com", "/v1/messages/batches"),
        ("GET", "proxy:3128", "http://shop.example/cart"),
    ] {
        let interpreter = plain(plain_ones(FOREIGN_AFTER), method, host, target).interpreter();
        assert_eq!(interpreter.verdict(), Verdict::Undecided, "{method} {target}");
        assert_eq!(interpreter.foreign(), FOREIGN_AFTER + 1);
    }
}

#[test]
fn what_was_not_seen_whole_proves_nothing() {
    let late = Talk::new().json(200).answer("{}").end(End::Complete).next_exchange();
    let talk = (0..FOREIGN_AFTER - 1).fold(late, |talk, _| plain(talk, "GET", "shop.example", "/"));
    assert_eq!(talk.interpreter().verdict(), Verdict::Undecided);
    assert_eq!(plain(talk, "GET", "shop.example", "/").interpreter().verdict(), Verdict::Foreign);

    let open = plain_ones(FOREIGN_AFTER).request("POST", "shop.example", "/upload");
    assert_eq!(open.interpreter().verdict(), Verdict::Undecided, "one is still open");
}

#[test]
fn a_call_makes_a_connection_a_model_s_from_its_head_on() {
    let talk = plain_ones(FOREIGN_AFTER).request("POST", OPENAI, CHAT);
    assert_eq!(talk.interpreter().verdict(), Verdict::Model);
}

#[test]
fn unknown_hosts_are_told_by_path() {
    let talk = Talk::new()
        .request("POST", "127.0.0.1:8000", "/proxy/v1/chat/completions")
        .body(Direction::ToServer, REQUEST)
        .end_request(End::Complete)
        .json(200)
        .answer(ANSWER)
        .end(End::Complete);
    let call = talk.call();
    assert_eq!(
        (&call.provider, call.provider.name, call.provider.is_inferred()),
        (&Provider::api("openai"), "openai", true)
    );
    assert_eq!((call.api.operation, call.api.name), ("chat", "chat_completions"));
}

#[test]
fn unknown_paths_are_told_by_the_body() {
    let ask = |target: &str, body: &str, answer: &str| {
        Talk::new()
            .request("POST", "gateway.example", target)
            .body(Direction::ToServer, body)
            .end_request(End::Complete)
            .json(200)
            .answer(answer)
            .end(End::Complete)
    };
    for (target, body, answer, call) in [
        ("/ask", REQUEST, ANSWER, true),
        ("/ask", r#"{"messages":[],"model":"m"}"#, ANSWER, true),
        // The answer contradicts.
        ("/ask", REQUEST, r#"{"accepted":true}"#, false),
        ("/ask", REQUEST, "ok", false),
        // The request is none.
        ("/ask", r#"{"messages":"text","model":"m"}"#, ANSWER, false),
        ("/ask", r#"{"messages":[],"model":1}"#, ANSWER, false),
        ("/ask", r#"{"nested":{"messages":[],"model":"m"}}"#, ANSWER, false),
        ("/ask", r#"[{"messages":[],"model":"m"}]"#, ANSWER, false),
        ("/ask", "a=b&c=d", ANSWER, false),
        ("/ask", "", ANSWER, false),
        // Of another API, as the path tells.
        ("/v1/threads/t/messages", REQUEST, ANSWER, false),
        ("/tokenize", REQUEST, ANSWER, false),
    ] {
        let talk = ask(target, body, answer);
        for talk in [talk.cut(1), talk.cut(5), talk] {
            assert_eq!(talk.calls().len(), usize::from(call), "{target} {body} → {answer}");
            assert_eq!(talk.interpreter().foreign(), u64::from(!call), "{target} {body} → {answer}");
        }
    }
    // An error contradicts nothing, and neither does silence.
    let failed = Talk::new()
        .request("POST", "gateway.example", "/ask")
        .body(Direction::ToServer, REQUEST)
        .end_request(End::Complete);
    assert_eq!(failed.call().outcome, Outcome::NoResponse);
    let failed = failed.response(503, &[]).answer("busy").end(End::Complete);
    assert_eq!(failed.call().failure.map(|failure| failure.kind).as_deref(), Some("503"));
}

#[test]
fn a_foreign_upload_is_given_up_early() {
    let upload = format!(r#"{{"data":"{}"#, "x".repeat(usize::try_from(UNDECIDED_BYTES).unwrap()));
    let talk = Talk::new()
        .request("POST", "files.example", "/upload")
        .body(Direction::ToServer, upload)
        .body(Direction::ToServer, r#"","model":"m","messages":[]}"#)
        .end_request(End::Complete)
        .json(200)
        .answer(ANSWER)
        .end(End::Complete);
    assert_eq!((talk.calls().len(), talk.interpreter().foreign()), (0, 1));
    // But a long prompt is read to its end.
    let prompt =
        format!(r#"{{"messages":[{{"content":"{}"#, "x".repeat(usize::try_from(UNDECIDED_BYTES).unwrap()));
    let talk = Talk::new()
        .request("POST", "files.example", "/ask")
        .body(Direction::ToServer, prompt)
        .body(Direction::ToServer, r#""}],"model":"m"}"#)
        .end_request(End::Complete)
        .json(200)
        .answer(ANSWER)
        .end(End::Complete);
    assert_eq!(talk.call().request.model.as_deref(), Some("m"));
}

#[test]
fn a_call_joined_late_is_told_by_its_response() {
    let stream = Talk::new().sse().events(&STREAM).event("[DONE]").end(End::Complete);
    let answer = Talk::new().json(200).answer(ANSWER).end(End::Complete);
    let inside_the_request = Talk::new()
        .body(Direction::ToServer, r#"half a prompt"}],"model":"x"}"#)
        .end_request(End::Complete)
        .sse()
        .events(&STREAM)
        .event("[DONE]");
    for talk in [stream, answer, inside_the_request] {
        let call = talk.call();
        assert!(call.joined_late);
        assert_eq!((call.outcome, &call.provider), (Outcome::Complete, &Provider::api("openai")));
        assert_eq!(call.response.model.as_deref(), Some("gpt-4o-2024-08-06"));
        assert_eq!((call.request, call.http.host, call.http.path), Default::default());
        assert_eq!((call.times.request_first_byte, call.unknown_shape), (None, 0));
    }
    for (talk, why) in [
        (Talk::new().json(200).answer(r#"{"a":1}"#).end(End::Complete), "another document"),
        (
            Talk::new().json(200).answer(r#"{"object":"list","choices":[]}"#).end(End::Complete),
            "another object",
        ),
        (Talk::new().sse().event("hello").end(End::Complete), "another stream"),
        (Talk::new().response(204, &[]).end(End::Complete), "nothing"),
    ] {
        assert_eq!((talk.calls().len(), talk.interpreter().foreign()), (0, 1), "{why}");
    }
    let notices = Talk::new().notice(Direction::ToServer, Notice::Gap(5));
    assert_eq!((notices.calls().len(), notices.interpreter().foreign()), (0, 0));
}

#[test]
fn exchanges_do_not_mix() {
    let ask = |talk: Talk, id: u64| {
        talk.exchange(id)
            .request("POST", OPENAI, CHAT)
            .body(Direction::ToServer, format!(r#"{{"model":"m{id}","messages":[]}}"#))
            .end_request(End::Complete)
    };
    let talk = ask(ask(ask(Talk::new(), 0), 1), 2).exchange(1).sse().exchange(0).sse().exchange(1);
    let talk = talk.events(&STREAM).exchange(0).event(STREAM[1]).exchange(1).event("[DONE]").exchange(0);
    let talk = talk.events(&STREAM).event("[DONE]").exchange(2).json(200).answer(ANSWER).end(End::Complete);
    let calls: Vec<_> = talk
        .calls()
        .into_iter()
        .map(|call| {
            (call.request.model.unwrap_or_default(), call.stream.map_or(0, |stream| stream.content_chunks))
        })
        .collect();
    assert_eq!(calls, [("m1".to_owned(), 3), ("m0".to_owned(), 4), ("m2".to_owned(), 0)]);
}

#[test]
fn too_many_open_exchanges_give_up_the_oldest() {
    let count = OPEN_EXCHANGES as u64 + 10;
    let talk = (0..count).fold(Talk::new(), |talk, id| talk.exchange(id).request("POST", OPENAI, CHAT));
    let mut interpreter = talk.interpreter();
    let given_up = std::iter::from_fn(|| interpreter.poll()).count();
    assert_eq!(given_up, 10);
    assert_eq!(talk.calls().len() as u64, count);
}

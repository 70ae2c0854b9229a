//! What is read of the Model Context Protocol over HTTP.

use genai::{Api, Call, Mcp, Outcome, Provider, Request, Usage, Verdict};
use proptest::prelude::*;
use wire::{Direction, End};

use crate::bytes_of::shows_nothing;
use crate::talk::{OPENAI, Talk, check};

const BOTH: (&str, &str) = ("accept", "application/json, text/event-stream");
const VERSION: (&str, &str) = ("mcp-protocol-version", "2025-06-18");
const SESSION: (&str, &str) = ("mcp-session-id", "CANARY-SESSION");
const CALL: &str = r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"get_weather","arguments":{"name":"CANARY","city":"CANARY"},"_meta":{"progressToken":1,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}}"#;
const RESULT: &str = r#"{"result":{"content":[{"type":"text","text":"CANARY \"isError\":true"}],"structuredContent":{"isError":true},"isError":false},"jsonrpc":"2.0","id":3}"#;

fn ask(host: &str, fields: &[(&str, &str)], body: &str) -> Talk {
    Talk::new()
        .request_with("POST", host, "/mcp", fields)
        .body(Direction::ToServer, body)
        .end_request(End::Complete)
}

fn mcp(call: &Call) -> &Mcp {
    call.mcp.as_ref().expect("it is one")
}

fn failure(call: &Call) -> Option<&str> {
    call.failure.as_ref().map(|failure| failure.kind.as_str())
}

#[test]
fn a_tool_call_as_one_document_and_as_a_stream() {
    let expect = Mcp {
        method: "tools/call".to_owned(),
        target: Some("get_weather".to_owned()),
        request_id: Some("3".to_owned()),
        in_session: true,
        protocol_version: Some("2025-06-18".to_owned()),
        error_code: None,
        tool_error: false,
    };
    let asked = ask("tools.example", &[BOTH, VERSION, SESSION], CALL);
    let plain = asked.clone().json(200).answer(RESULT).end(End::Complete);
    let streamed = asked
        .sse()
        .event("")
        .event(r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}"#)
        .event(
            r#"{"jsonrpc":"2.0","id":3,"method":"sampling/createMessage","params":{"messages":["CANARY"]}}"#,
        )
        .event(RESULT)
        .end(End::Complete);
    for talk in [plain, streamed] {
        let call = check(&talk);
        assert_eq!(
            (call.provider, call.api),
            (Provider::server("mcp"), Api { name: "mcp", operation: "execute_tool" })
        );
        assert_eq!(mcp(&call), &expect);
        assert_eq!((call.outcome, failure(&call), call.unknown_shape), (Outcome::Complete, None, 0));
        assert_eq!((&call.request, &call.usage), (&Request::default(), &Usage::default()));
        assert_eq!(
            call.http.traceparent.as_deref(),
            Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        );
        assert_eq!((call.times.first_token, call.times.request_last_byte.is_some()), (None, true));
        assert_eq!(talk.interpreter().verdict(), Verdict::Model);
        shows_nothing(&talk);
    }
}

#[test]
fn methods_have_their_targets() {
    for (body, method, target, operation) in [
        (r#"{"jsonrpc":"2.0","id":"a","method":"tools/list"}"#, "tools/list", None, "mcp"),
        (
            r#"{"method":"prompts/get","params":{"name":"p"},"id":1,"jsonrpc":"2.0"}"#,
            "prompts/get",
            Some("p"),
            "mcp",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///x","name":"n"}}"#,
            "resources/read",
            Some("file:///x"),
            "mcp",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"name":"n","clientInfo":{"name":"c"}}}"#,
            "initialize",
            None,
            "mcp",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":{}}}"#,
            "tools/call",
            None,
            "execute_tool",
        ),
    ] {
        let answer = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        let call = ask("tools.example", &[BOTH], body).json(200).answer(answer).end(End::Complete).call();
        assert_eq!(
            (mcp(&call).method.as_str(), mcp(&call).target.as_deref(), call.api.operation),
            (method, target, operation),
            "{body}"
        );
        assert!(!mcp(&call).in_session);
    }
    // What only the result of `initialize` tells.
    let body = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#;
    for (answer, version) in [
        (r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18"}}"#, "2025-06-18"),
        (r#"{"jsonrpc":"2.0","id":0,"result":{}}"#, "2025-11-25"),
    ] {
        let talk =
            ask("tools.example", &[BOTH], body).response(200, &[SESSION]).answer(answer).end(End::Complete);
        let call = check(&talk);
        assert_eq!((mcp(&call).protocol_version.as_deref(), mcp(&call).in_session), (Some(version), true));
    }
    let stateless = r#"{"jsonrpc":"2.0","id":0,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
    let call = ask("t.example", &[("mcp-method", "tools/list")], stateless).json(200).answer(RESULT).call();
    assert_eq!(mcp(&call).protocol_version.as_deref(), Some("2026-07-28"));
}

#[test]
fn errors_of_the_protocol_and_of_tools() {
    for (status, answer, kind, code, tool) in [
        (
            200,
            r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"CANARY"}}"#,
            "-32602",
            Some(-32602),
            false,
        ),
        (
            400,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32020,"message":"CANARY"}}"#,
            "-32020",
            Some(-32020),
            false,
        ),
        (200, r#"{"jsonrpc":"2.0","id":3,"error":{"message":"CANARY"}}"#, "_OTHER", None, false),
        (200, r#"{"jsonrpc":"2.0","id":3,"result":{"isError":true,"content":[]}}"#, "tool_error", None, true),
        (404, "gone", "404", None, false),
    ] {
        let call =
            check(&ask("t.example", &[BOTH, SESSION], CALL).json(status).answer(answer).end(End::Complete));
        assert_eq!(
            (failure(&call), mcp(&call).error_code, mcp(&call).tool_error),
            (Some(kind), code, tool),
            "{answer}"
        );
    }
    // In a stream too it is an answer.
    let failed = r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32602}}"#;
    let call = ask("t.example", &[BOTH], CALL).sse().event(failed).call();
    assert_eq!((call.outcome, failure(&call)), (Outcome::Complete, Some("-32602")));
    // A stream that ends before the answer comes.
    let call = ask("t.example", &[BOTH], CALL)
        .sse()
        .event(r#"{"jsonrpc":"2.0","id":4,"result":{}}"#)
        .end(End::Complete)
        .call();
    assert_eq!((call.outcome, failure(&call)), (Outcome::Cut, Some("stream_truncated")));
}

#[test]
fn what_is_not_mcp() {
    for (fields, body, answer) in [
        // Others speak JSON-RPC too.
        (&[][..], CALL, RESULT),
        (&[("accept", "application/json")], CALL, RESULT),
        (&[BOTH], r#"{"jsonrpc":"2.0","id":3,"method":"eth_call","params":[]}"#, RESULT),
        (&[BOTH], r#"{"jsonrpc":"1.0","id":3,"method":"tools/call"}"#, RESULT),
        (&[BOTH], r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, ""),
        (&[BOTH], r#"[{"jsonrpc":"2.0","id":3,"method":"tools/call"}]"#, "[]"),
        (&[BOTH], CALL, "ok"),
    ] {
        let talk = ask("t.example", fields, body).json(200).answer(answer).end(End::Complete);
        assert!(talk.calls().is_empty(), "{body}");
        assert_eq!(talk.cut(1).calls().len(), 0, "{body}");
    }
}

#[test]
fn what_is_of_the_protocol_and_no_call_lets_expect_more() {
    let foreign = |mut talk: Talk| {
        for _ in 0..genai::limits::FOREIGN_AFTER {
            talk = talk
                .next_exchange()
                .request("GET", "t.example", "/")
                .end_request(End::Complete)
                .json(200)
                .end(End::Complete);
        }
        talk.interpreter().verdict()
    };
    let notice = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    for (talk, expect) in [
        (ask("t.example", &[VERSION], notice).response(202, &[]).end(End::Complete), Verdict::Undecided),
        (
            Talk::new()
                .request_with("GET", "t.example", "/mcp", &[SESSION])
                .end_request(End::Complete)
                .sse()
                .event(CALL)
                .end(End::Closed),
            Verdict::Undecided,
        ),
        (ask("t.example", &[], notice).response(202, &[]).end(End::Complete), Verdict::Foreign),
    ] {
        assert!(talk.calls().is_empty());
        assert_eq!(foreign(talk), expect);
    }
}

#[test]
fn whose_host_it_is_makes_no_difference() {
    let call = ask(OPENAI, &[BOTH, VERSION], CALL).json(200).answer(RESULT).end(End::Complete).call();
    assert_eq!(call.provider, Provider::server("mcp"));
    // What the head says stands over the body.
    let call = ask(OPENAI, &[BOTH, ("traceparent", "00-1-1-01")], CALL).json(200).answer(RESULT).call();
    assert_eq!(call.http.traceparent.as_deref(), Some("00-1-1-01"));
}

#[test]
fn a_wrong_type_costs_its_field() {
    for (body, wrong) in [
        (r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":[1]}"#, 1),
        (r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":7,"_meta":5}}"#, 2),
        (r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"_meta":{"traceparent":{}}}}"#, 1),
    ] {
        let call = check(&ask("t.example", &[BOTH], body).json(200).answer(RESULT).end(End::Complete));
        assert_eq!((call.unknown_shape, mcp(&call).target.as_deref()), (wrong, None), "{body}");
    }
    for (answer, wrong) in [
        (r#"{"jsonrpc":"2.0","id":3,"result":{"isError":"no","protocolVersion":5}}"#, 2),
        (r#"{"jsonrpc":"2.0","id":{},"result":7}"#, 1),
        (r#"{"jsonrpc":"2.0","error":{"code":"x"}}"#, 1),
    ] {
        let call = check(&ask("t.example", &[BOTH], CALL).json(200).answer(answer).end(End::Complete));
        assert_eq!(call.unknown_shape, wrong, "{answer}");
    }
}

#[test]
fn an_exchange_cut_at_any_byte_says_so() {
    for at in 0..RESULT.len() {
        let call = ask("t.example", &[BOTH], CALL).json(200).answer(&RESULT[..at]).end(End::Cut).call();
        assert_eq!(
            (call.outcome, failure(&call), call.unknown_shape),
            (Outcome::Cut, Some("response_truncated"), 0),
            "at {at}"
        );
    }
    for at in 0..CALL.len() {
        let talk =
            ask("t.example", &[BOTH, VERSION], &CALL[..at]).json(200).answer(RESULT).end(End::Complete);
        let named = CALL.find(",\"params\"").expect("parameters");
        assert_eq!(talk.calls().len(), usize::from(at >= named), "at {at}");
    }
}

proptest! {
    #[test]
    fn any_bytes_give_the_same_for_any_cut(request: Vec<u8>, answer: Vec<u8>, at in 0usize..200, size in 1usize..20) {
        let mut request = request;
        request.splice(0..0, CALL.bytes().take(at));
        let talk = Talk::new()
            .request_with("POST", "t.example", "/mcp", &[BOTH, VERSION])
            .body(Direction::ToServer, request)
            .end_request(End::Complete)
            .json(200)
            .answer(answer)
            .end(End::Complete);
        prop_assert_eq!(talk.cut(size).calls(), talk.calls());
    }
}

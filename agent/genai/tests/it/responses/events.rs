//! What events and errors mean.

use wire::End;

use super::samples::{REQUEST, STREAM};
use super::*;

#[test]
fn what_counts_as_content() {
    for (event, content) in [
        (r#"{"type":"response.output_text.delta","delta":"x"}"#, true),
        (r#"{"type":"response.output_text.delta","delta":"\n"}"#, true),
        (r#"{"delta":"x","output_index":7,"type":"response.output_text.delta"}"#, true),
        (r#"{"type":"response.refusal.delta","delta":"no"}"#, true),
        (r#"{"type":"response.reasoning_text.delta","delta":"hm"}"#, true),
        (r#"{"type":"response.reasoning_summary_text.delta","delta":"hm"}"#, true),
        (
            r#"{"type":"response.function_call_arguments.delta","item_id":"of nobody","output_index":99,"delta":"{"}"#,
            true,
        ),
        (r#"{"type":"response.mcp_call_arguments.delta","delta":"{"}"#, true),
        (r#"{"type":"response.code_interpreter_call_code.delta","delta":"import"}"#, true),
        (r#"{"type":"response.shell_call_output_content.delta","delta":{"stdout":"x"}}"#, true),
        (r#"{"type":"response.audio.delta","delta":"AAAA"}"#, true),
        (r#"{"type":"response.audio.transcript.delta","delta":"hi"}"#, true),
        (r#"{"type":"response.image_generation_call.partial_image","partial_image_b64":"AAAA"}"#, true),
        (
            r#"{"type":"response.output_item.added","item":{"type":"function_call","name":"f","call_id":"a"}}"#,
            true,
        ),
        (r#"{"type":"response.output_item.added","item":{"type":"message","content":[]}}"#, false),
        (
            r#"{"type":"response.output_item.done","item":{"type":"function_call","name":"f","call_id":"a"}}"#,
            false,
        ),
        (r#"{"type":"response.output_text.delta","delta":""}"#, false),
        (r#"{"type":"response.output_text.delta","delta":null}"#, false),
        (r#"{"type":"response.output_text.done","text":"x"}"#, false),
        (r#"{"type":"response.output_text.annotation.added","annotation":{"type":"url_citation"}}"#, false),
        (r#"{"type":"response.web_search_call.searching","item_id":"ws_1"}"#, false),
        (r#"{"type":"response.code_interpreter_call_code.done","code":"import x"}"#, false),
        (r#"{"type":"keepalive","sequence_number":3}"#, false),
        (r#"{"type":"another.delta","delta":"x"}"#, false),
        (r#"{}"#, false),
    ] {
        let call = ask("{}").sse().event(event).end(End::Closed).call();
        assert_eq!(call.times.first_token.is_some(), content, "{event}");
        assert!(call.times.first_chunk.is_some(), "{event}");
        assert_eq!((call.response.refusal, call.unknown_shape), (event.contains("refusal"), 0), "{event}");
        assert_eq!((call.outcome, failure(&call)), (Outcome::Cut, Some("stream_truncated")), "{event}");
    }
    // Where only the framing tells the name.
    let call = named(ask("{}").sse(), "response.output_text.delta", r#"{"delta":"x"}"#).call();
    assert_eq!(chunks(&call), (1, 1));
}

#[test]
fn refusals() {
    let part = r#"{"type":"refusal","refusal":"CANARY-NO"}"#;
    let body = format!(
        r#"{{"object":"response","status":"completed","output":[{{"type":"message","content":[{part}]}}]}}"#
    );
    let call = check(&ask("{}").json(200).answer(&body).end(End::Complete));
    assert!(call.response.refusal);
    assert_eq!((call.response.finish_reasons, call.unknown_shape), (vec!["stop".to_owned()], 0));
    for event in [
        r#"{"type":"response.refusal.done","refusal":"no"}"#.to_owned(),
        format!(r#"{{"type":"response.content_part.added","part":{part}}}"#),
        format!(r#"{{"type":"response.output_item.done","item":{{"type":"message","content":[{part}]}}}}"#),
        format!(r#"{{"type":"response.completed","response":{body}}}"#),
    ] {
        assert!(ask("{}").sse().event(&event).call().response.refusal, "{event}");
    }
}

#[test]
fn errors() {
    for (status, body, kind) in [
        (
            429,
            r#"{"error":{"message":"CANARY","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
            "rate_limit_exceeded",
        ),
        (
            400,
            r#"{"error":{"message":"CANARY","type":"invalid_request_error","param":"input","code":null}}"#,
            "invalid_request_error",
        ),
        (
            400,
            r#"{"error":{"code":"content_filter","message":"CANARY","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
            "content_filter",
        ),
        (
            404,
            r#"{"object":"error","message":"CANARY","type":"NotFoundError","param":null,"code":404}"#,
            "404",
        ),
        (500, r#"{"error":"CANARY in a sentence"}"#, "500"),
        (502, "<html>CANARY</html>", "502"),
    ] {
        let call = check(&ask(REQUEST).json(status).answer(body).end(End::Complete));
        assert_eq!((failure(&call), call.outcome), (Some(kind), Outcome::Complete), "{body}");
        assert!(call.response.finish_reasons.is_empty(), "{body}");
    }
    for (event, kind) in [
        (
            r#"{"type":"error","code":"server_error","message":"CANARY","param":null,"sequence_number":3}"#,
            "server_error",
        ),
        (r#"{"message":"CANARY","code":"rate_limit_exceeded","type":"error"}"#, "rate_limit_exceeded"),
        (
            r#"{"type":"error","sequence_number":2,"error":{"type":"invalid_request_error","code":"context_length_exceeded","message":"CANARY"}}"#,
            "context_length_exceeded",
        ),
        (r#"{"type":"error","error":{"type":"server_error","code":null}}"#, "server_error"),
        (r#"{"type":"error","code":null,"message":"CANARY"}"#, "_OTHER"),
        (r#"{"type":"error","code":"CANARY in a sentence"}"#, "_OTHER"),
        (
            r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"CANARY"}}}"#,
            "rate_limit_exceeded",
        ),
        (r#"{"type":"response.failed","response":{}}"#, "_OTHER"),
    ] {
        let talk = ask("{}").sse().events(&STREAM[..6]).event(event);
        let call = talk.call();
        assert_eq!((failure(&call), call.outcome), (Some(kind), Outcome::Cut), "{event}");
        assert_eq!((chunks(&call), call.unknown_shape), ((6, 2), 0), "{event}");
        assert!(!format!("{call:?}").contains("CANARY"), "{event}");
        // What some servers send after it adds nothing.
        assert_eq!(talk.event(STREAM[10]).end(End::Complete).calls(), [call], "{event}");
    }
    // A gateway's error, that is no event of the API: what ends the stream ends the call.
    let call = ask("{}")
        .sse()
        .event(STREAM[0])
        .event(r#"{"error":{"message":"CANARY","code":"upstream_error"}}"#)
        .end(End::Complete)
        .call();
    assert_eq!((failure(&call), call.outcome), (Some("upstream_error"), Outcome::Complete));
}

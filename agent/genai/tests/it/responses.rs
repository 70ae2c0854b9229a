//! What is read of OpenAI responses.

use bytes::Bytes;
use genai::limits::{TOOL_CALLS, UNDECIDED_BYTES};
use genai::{Api, Call, Interpreter, Outcome, Provider, Request, Response, ToolCall, Usage};
use proptest::prelude::*;
use wire::{Connection, Direction, End, Kind, Message, Notice, StreamOffset, Time};

use crate::samples;
use crate::talk::{CHAT, OPENAI, Talk};

const PATH: &str = "/v1/responses";

/// Every member of a request that is read, between members that are not.
const REQUEST: &str = r#"{"model":"gpt-5","input":[{"role":"developer","content":"CANARY-PROMPT {\"model\":\"fake\"}"},
 {"type":"message","role":"user","content":[{"type":"input_text","text":"]}\\"},{"type":"input_image","image_url":"data:;base64,AAAA"}]},
 {"type":"function_call","call_id":"call_0","name":"n","arguments":"{}"},{"type":"function_call_output","call_id":"call_0","output":"CANARY-OUTPUT"}],
 "instructions":"CANARY-INSTRUCTIONS","stream":true,"max_output_tokens":512,"temperature":0.5,"top_p":0.9,"metadata":{"model":"other","stream":"no"},
 "reasoning":{"effort":"low","summary":"auto"},"text":{"verbosity":"low","format":{"type":"json_schema","name":"x","schema":{"type":"object"}}},
 "tools":[{"type":"function","name":"get_weather","parameters":{"type":"object"}},{"type":"web_search"},{"type":"custom","name":"run"}],
 "tool_choice":"auto","parallel_tool_calls":true,"store":false,"include":["reasoning.encrypted_content"]}"#;

/// A stream as OpenAI sends it.
const STREAM: [&str; 11] = [
    r#"{"type":"response.created","response":{"id":"resp_67ccd2be","object":"response","created_at":1741476542,"status":"in_progress","error":null,"incomplete_details":null,"instructions":"CANARY-INSTRUCTIONS","max_output_tokens":null,"model":"gpt-5-2025-08-07","output":[],"reasoning":{"effort":null,"summary":null},"service_tier":"auto","text":{"format":{"type":"text"}},"tools":[{"type":"function","name":"fake","call_id":"x"}],"usage":null},"sequence_number":0}"#,
    r#"{"type":"response.in_progress","response":{"id":"resp_67ccd2be","object":"response","status":"in_progress","model":"gpt-5-2025-08-07","output":[],"service_tier":"auto","usage":null},"sequence_number":1}"#,
    r#"{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_67","type":"message","status":"in_progress","role":"assistant","content":[]},"sequence_number":2}"#,
    r#"{"type":"response.content_part.added","item_id":"msg_67","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]},"sequence_number":3}"#,
    r#"{"type":"response.output_text.delta","item_id":"msg_67","output_index":0,"content_index":0,"delta":"CANARY","logprobs":[],"sequence_number":4,"obfuscation":"a7"}"#,
    r#"{"type":"response.output_text.delta","item_id":"msg_67","output_index":0,"content_index":0,"delta":" there","logprobs":[],"sequence_number":5,"obfuscation":"Z"}"#,
    r#"{"type":"response.output_text.delta","item_id":"msg_67","output_index":0,"content_index":0,"delta":"!","logprobs":[],"sequence_number":6,"obfuscation":"b"}"#,
    r#"{"type":"response.output_text.done","item_id":"msg_67","output_index":0,"content_index":0,"text":"CANARY there!","logprobs":[],"sequence_number":7}"#,
    r#"{"type":"response.content_part.done","item_id":"msg_67","output_index":0,"content_index":0,"part":{"type":"output_text","text":"CANARY there!","annotations":[]},"sequence_number":8}"#,
    r#"{"type":"response.output_item.done","output_index":0,"item":{"id":"msg_67","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"CANARY there!","annotations":[]}]},"sequence_number":9}"#,
    r#"{"type":"response.completed","response":{"id":"resp_67ccd2be","object":"response","created_at":1741476542,"status":"completed","error":null,"incomplete_details":null,"model":"gpt-5-2025-08-07","output":[{"id":"msg_67","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"CANARY \"status\":\"failed\"","annotations":[]}]}],"service_tier":"default","usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":16,"cache_write_tokens":4},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":48}},"sequence_number":10}"#,
];

/// Reasoning, then two calls of the client's tools and one of a server's.
const TOOL_STREAM: [&str; 14] = [
    r#"{"type":"response.created","response":{"id":"resp_t","object":"response","status":"in_progress","model":"o4-mini-2025-04-16","output":[]},"sequence_number":0}"#,
    r#"{"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"CANARY-CIPHER"},"sequence_number":1}"#,
    r#"{"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""},"sequence_number":2}"#,
    r#"{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"CANARY-REASONING","sequence_number":3}"#,
    r#"{"type":"response.output_item.added","output_index":1,"item":{"id":"fc_1","type":"function_call","status":"in_progress","arguments":"","call_id":"call_abc","name":"get_weather"},"sequence_number":4}"#,
    r#"{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"","sequence_number":5}"#,
    r#"{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"{\"CANARY","sequence_number":6}"#,
    r#"{"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":1,"arguments":"{\"CANARY\":1}","sequence_number":7}"#,
    r#"{"type":"response.output_item.done","output_index":1,"item":{"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"CANARY\":1}","call_id":"call_abc","name":"get_weather"},"sequence_number":8}"#,
    r#"{"item":{"input":"","name":"run","call_id":"call_def","type":"custom_tool_call","id":"ctc_1"},"output_index":2,"sequence_number":9,"type":"response.output_item.added"}"#,
    r#"{"delta":"CANARY-CODE","item_id":"ctc_1","output_index":2,"sequence_number":10,"type":"response.custom_tool_call_input.delta"}"#,
    r#"{"type":"response.output_item.done","output_index":3,"item":{"id":"mcp_1","type":"mcp_call","server_label":"s","name":"lookup","arguments":"{}","output":"CANARY","error":null},"sequence_number":11}"#,
    r#"{"type":"response.output_item.done","output_index":4,"item":{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"CANARY"}},"sequence_number":12}"#,
    r#"{"type":"response.completed","response":{"id":"resp_t","object":"response","status":"completed","model":"o4-mini-2025-04-16","output":[{"id":"rs_1","type":"reasoning","summary":[]},{"id":"fc_1","type":"function_call","arguments":"{}","call_id":"call_abc","name":"get_weather"},{"id":"ctc_1","type":"custom_tool_call","call_id":"call_def","name":"run","input":"x"},{"id":"mcp_1","type":"mcp_call","name":"lookup"},{"id":"ws_1","type":"web_search_call"}],"usage":{"input_tokens":81,"input_tokens_details":{"cached_tokens":0},"output_tokens":1035,"output_tokens_details":{"reasoning_tokens":832},"total_tokens":1116}},"sequence_number":13}"#,
];

/// An answer that is not a stream.
const ANSWER: &str = r#"{"id":"resp_68af","object":"response","created_at":1756315696,"status":"completed","background":false,"error":null,
 "incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"gpt-5-2025-08-07","output":[
 {"id":"rs_68","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"CANARY"}]},
 {"id":"msg_68","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"CANARY \"usage\":{"}],"role":"assistant"},
 {"id":"fc_68","type":"function_call","status":"completed","arguments":"{\"q\":\"CANARY\"}","call_id":"call_x","name":"get_time"}],
 "parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":"minimal","summary":null},"service_tier":"default","store":false,
 "temperature":1.0,"text":{"format":{"type":"text"},"verbosity":"medium"},"tool_choice":"auto","tools":[{"type":"function","name":"get_time"}],
 "usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":0},"output_tokens":87,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123},"user":null,"metadata":{}}"#;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn tool(id: &str, name: &str) -> ToolCall {
    ToolCall { id: some(id), name: some(name) }
}

fn ask_at(host: &str, path: &str, body: &str) -> Talk {
    Talk::new().request("POST", host, path).body(Direction::ToServer, body).end_request(End::Complete)
}

fn ask(body: &str) -> Talk {
    ask_at(OPENAI, PATH, body)
}

fn name_of(data: &str) -> String {
    let (_, after) = data.rsplit_once(r#""type":"response."#).unwrap_or_default();
    format!("response.{}", after.split('"').next().unwrap_or_default())
}

/// An event whose framing has a name too.
fn named(talk: Talk, name: &str, data: impl AsRef<[u8]>) -> Talk {
    let mut talk = talk.event(data);
    if let Some(Message { kind: Kind::Sse(event), .. }) = talk.messages.last_mut() {
        event.event = Some(name.into());
    }
    talk
}

/// Events, and those with content.
fn chunks(call: &Call) -> (u64, u64) {
    call.stream.as_ref().map_or((0, 0), |stream| (stream.chunks, stream.content_chunks))
}

fn failure(call: &Call) -> Option<&str> {
    call.failure.as_ref().map(|failure| failure.kind.as_str())
}

/// The talk's call; it must be the same however the bodies are cut.
#[track_caller]
fn check(talk: &Talk) -> Call {
    let whole = talk.call();
    for size in [1, 2, 3, 7, 64, 1000] {
        assert_eq!(talk.cut(size).call(), whole, "in pieces of {size}");
    }
    for (index, message) in talk.messages.iter().enumerate() {
        if let Kind::Body(bytes) = &message.kind {
            for at in 0..=bytes.len() {
                assert_eq!(talk.cut_at(index, at).call(), whole, "message {index} cut at {at}");
            }
        }
    }
    assert!(!format!("{whole:?}").contains("CANARY"));
    whole
}

#[test]
fn a_stream_as_a_whole() {
    let call = check(&ask(REQUEST).sse().events(&STREAM).end(End::Complete));
    assert_eq!((&call.provider, call.outcome), (&Provider::host("openai"), Outcome::Complete));
    assert_eq!((call.api.name, call.api.operation), ("responses", "chat"));
    assert_eq!(
        call.request,
        Request {
            model: some("gpt-5"),
            stream: Some(true),
            max_tokens: Some(512),
            temperature: Some(0.5),
            top_p: Some(0.9),
            choice_count: None,
            message_count: Some(4),
            tool_count: Some(3),
            output_type: some("json_schema"),
            ..Request::default()
        }
    );
    assert_eq!(
        call.response,
        Response {
            id: some("resp_67ccd2be"),
            model: some("gpt-5-2025-08-07"),
            finish_reasons: vec!["stop".to_owned()],
            service_tier: some("default"),
            ..Response::default()
        }
    );
    assert_eq!(
        call.usage,
        Usage {
            input: Some(37),
            output: Some(11),
            cache_read: Some(16),
            cache_write: Some(4),
            reasoning: Some(3),
            ..Usage::default()
        }
    );
    // Head at 110, body at 120, end at 130; response head at 140; events from 150 on.
    let times = call.times;
    assert_eq!(
        [times.first_chunk, times.first_token, times.last_token, times.last_byte].map(|at| at.map(|at| at.0)),
        [Some(150), Some(190), Some(210), Some(250)]
    );
    assert_eq!(chunks(&call), (10, 3));
    assert_eq!((call.failure, call.unknown_shape, call.lossy, call.joined_late), (None, 0, false, false));
}

#[test]
fn tools_are_told_once_each() {
    let whole = ask("{}").sse().events(&TOOL_STREAM);
    let tools = [tool("call_abc", "get_weather"), tool("call_def", "run"), tool("mcp_1", "lookup")];
    let call = check(&whole);
    assert_eq!(call.response.tool_calls, tools);
    assert_eq!(call.response.finish_reasons, ["tool_calls"]);
    assert_eq!((call.usage.output, call.usage.reasoning), (Some(1035), Some(832)));
    // Reasoning, a name, arguments, a name, input; not the empty piece.
    assert_eq!((chunks(&call), call.unknown_shape), ((13, 5), 0));
    assert_eq!(call.times.first_token.map(|at| at.0), Some(180), "reasoning is the first");
    // Of the last event alone, and without what it repeats.
    let call = ask("{}").sse().event(TOOL_STREAM[13]).call();
    assert_eq!((&call.response.tool_calls[..], chunks(&call)), (&tools[..], (0, 0)));
    let call = ask("{}")
        .sse()
        .events(&TOOL_STREAM[..13])
        .event(r#"{"type":"response.completed","response":{"status":"completed","output":[]}}"#)
        .call();
    assert_eq!((&call.response.tool_calls[..], call.unknown_shape), (&tools[..], 0));
    assert_eq!(call.response.finish_reasons, ["tool_calls"]);
}

#[test]
fn an_answer_that_is_no_stream() {
    let call = check(&ask(REQUEST).json(200).answer(ANSWER).end(End::Complete));
    assert_eq!(
        call.response,
        Response {
            id: some("resp_68af"),
            model: some("gpt-5-2025-08-07"),
            finish_reasons: vec!["stop".to_owned(), "tool_calls".to_owned()],
            service_tier: some("default"),
            tool_calls: vec![tool("call_x", "get_time")],
            ..Response::default()
        }
    );
    assert_eq!(
        call.usage,
        Usage {
            input: Some(36),
            output: Some(87),
            cache_read: Some(0),
            cache_write: None,
            reasoning: Some(64),
            ..Usage::default()
        }
    );
    assert_eq!((call.stream, call.times.first_token, call.outcome), (None, None, Outcome::Complete));
    assert_eq!((call.failure, call.unknown_shape), (None, 0));
}

#[test]
fn why_it_ended() {
    let message = r#"{"type":"message","content":[]}"#;
    let call = r#"{"type":"function_call","call_id":"a","name":"f"}"#;
    for (status, details, output, error, expect, kind) in [
        ("completed", "null", message.to_owned(), "null", vec!["stop"], None),
        ("completed", "null", call.to_owned(), "null", vec!["tool_calls"], None),
        ("completed", "null", format!("{call},{message},{call}"), "null", vec!["tool_calls", "stop"], None),
        (
            "completed",
            "null",
            r#"{"type":"computer_call","call_id":"c"}"#.to_owned(),
            "null",
            vec!["tool_calls"],
            None,
        ),
        ("completed", "null", r#"{"type":"web_search_call","id":"w"}"#.to_owned(), "null", vec![], None),
        ("completed", "null", r#"{"type":"mcp_call","id":"m","name":"f"}"#.to_owned(), "null", vec![], None),
        ("incomplete", r#"{"reason":"max_output_tokens"}"#, message.to_owned(), "null", vec!["length"], None),
        ("incomplete", r#"{"reason":"content_filter"}"#, String::new(), "null", vec!["content_filter"], None),
        ("incomplete", r#"{"reason":"max_messages"}"#, String::new(), "null", vec!["max_messages"], None),
        ("incomplete", "null", String::new(), "null", vec!["incomplete"], None),
        (
            "failed",
            "null",
            String::new(),
            r#"{"code":"server_error","message":"CANARY"}"#,
            vec!["error"],
            Some("server_error"),
        ),
        ("failed", "null", message.to_owned(), "null", vec!["error"], Some("_OTHER")),
        ("cancelled", "null", message.to_owned(), "null", vec!["cancelled"], None),
        ("queued", "null", String::new(), "null", vec![], None),
    ] {
        let body = format!(
            r#"{{"object":"response","status":"{status}","error":{error},"incomplete_details":{details},"output":[{output}]}}"#
        );
        let plain = check(&ask("{}").json(200).answer(&body).end(End::Complete));
        assert_eq!(
            (&plain.response.finish_reasons[..], failure(&plain)),
            (&expect.iter().map(|reason| (*reason).to_owned()).collect::<Vec<_>>()[..], kind),
            "{body}"
        );
        assert_eq!((plain.outcome, plain.unknown_shape), (Outcome::Complete, 0), "{body}");
        if status != "queued" {
            // The same, with the name of the event before and behind, or in the framing only.
            for event in [
                format!(r#"{{"type":"response.{status}","response":{body},"sequence_number":9}}"#),
                format!(r#"{{"response":{body},"type":"response.{status}"}}"#),
                format!(r#"{{"response":{body}}}"#),
            ] {
                let streamed = named(ask("{}").sse(), &format!("response.{status}"), &event).call();
                assert_eq!(
                    (&streamed.response, &streamed.failure),
                    (&plain.response, &plain.failure),
                    "{event}"
                );
                let outcome = if kind.is_some() { Outcome::Cut } else { Outcome::Complete };
                assert_eq!((streamed.outcome, chunks(&streamed)), (outcome, (0, 0)), "{event}");
            }
        }
    }
}

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

#[test]
fn a_stream_cut_after_any_message_is_one_call_that_says_so() {
    let whole = ask(REQUEST).sse().events(&STREAM).end(End::Complete);
    let complete = whole.call();
    for kept in 1..=whole.messages.len() {
        let mut talk = whole.clone();
        talk.messages.truncate(kept);
        let (stopped, closed) = (talk.call(), talk.calls_closed().remove(0));
        let (expect_stopped, expect_closed) = match kept {
            1..=3 => (Outcome::NoResponse, (Outcome::NoResponse, Some("no_response"))),
            4..=14 => (Outcome::Unfinished, (Outcome::Cut, Some("stream_truncated"))),
            _ => (Outcome::Complete, (Outcome::Complete, None)),
        };
        assert_eq!((stopped.outcome, failure(&stopped)), (expect_stopped, None));
        assert_eq!((closed.outcome, failure(&closed)), expect_closed, "after {kept}");
        assert_eq!((stopped.unknown_shape, closed.unknown_shape), (0, 0), "after {kept}");
        assert_eq!(stopped == complete, kept >= 15, "after {kept}");
        assert_eq!(closed.usage.input.is_some(), kept >= 15, "after {kept}");
    }
    // A framing that ends well before the answer does.
    let call = ask(REQUEST).sse().events(&STREAM[..10]).end(End::Complete).call();
    assert_eq!((call.outcome, failure(&call)), (Outcome::Cut, Some("stream_truncated")));
    assert!(call.response.finish_reasons.is_empty());
    // What gateways add.
    assert_eq!(ask(REQUEST).sse().events(&STREAM).event("[DONE]").end(End::Complete).calls(), [complete]);
    // The last event lost on the way to us.
    let call = ask(REQUEST)
        .sse()
        .events(&STREAM[..10])
        .notice(Direction::ToClient, Notice::Gap(900))
        .event("[DONE]")
        .call();
    assert_eq!((call.outcome, failure(&call), call.lossy), (Outcome::Complete, None, true));
}

#[test]
fn an_answer_cut_at_any_byte_keeps_what_came_before() {
    let usage = ANSWER.find("87,").expect("usage") + 2;
    for at in 0..ANSWER.len() {
        let call = ask("{}").json(200).answer(&ANSWER[..at]).end(End::Cut).call();
        assert_eq!((call.outcome, failure(&call)), (Outcome::Cut, Some("response_truncated")), "at {at}");
        assert_eq!((call.usage.output.is_some(), call.unknown_shape), (at > usage, 0), "at {at}");
    }
    for at in 0..REQUEST.len() {
        let call = Talk::new()
            .request("POST", OPENAI, PATH)
            .body(Direction::ToServer, &REQUEST[..at])
            .end_request(End::Cut)
            .call();
        let closed = REQUEST
            .find(
                r#"],
 "instructions""#,
            )
            .expect("an end");
        assert_eq!(call.request.message_count.is_some(), at > closed, "at {at}");
        assert_eq!(call.unknown_shape, 0, "at {at}");
    }
}

#[test]
fn a_last_event_cut_at_any_byte_is_still_the_last() {
    let last = STREAM[10];
    for at in 0..last.len() {
        let mut talk = named(ask("{}").sse().events(&STREAM[..10]), &name_of(last), &last[..at]);
        if let Some(Message { kind: Kind::Sse(event), .. }) = talk.messages.last_mut() {
            event.truncated = true;
        }
        let call = talk.call();
        assert_eq!(
            (call.outcome, failure(&call), call.unknown_shape),
            (Outcome::Complete, None, 1),
            "at {at}"
        );
        assert_eq!(call.response.finish_reasons, ["stop"], "at {at}");
    }
}

#[test]
fn any_event_with_any_byte_changed_is_one_call() {
    for (index, event) in STREAM.iter().chain(&TOOL_STREAM).enumerate() {
        for at in 0..event.len() {
            for byte in [b'"', b'}', b'\\', 0xff] {
                let mut bytes = event.as_bytes().to_vec();
                bytes[at] = byte;
                let talk = ask("{}").sse().event(bytes).event(STREAM[10]);
                assert_eq!(talk.calls().len(), 1, "event {index} at {at}");
                assert_eq!(talk.end(End::Complete).calls().len(), 1, "event {index} at {at}");
            }
        }
    }
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (body, wrong) in [
        (r#"{"model":7,"stream":true,"tools":[{}]}"#, 1),
        (r#"{"model":{"a":1},"stream":true,"tools":[{}]}"#, 1),
        (r#"{"temperature":"hot","top_p":[1],"stream":true,"tools":[{}]}"#, 2),
        (r#"{"max_output_tokens":-1,"text":"json","stream":true,"tools":[{}]}"#, 2),
        (r#"{"text":{"format":"json"},"input":{"role":"user"},"stream":true,"tools":[{}]}"#, 2),
        (r#"{"input":5,"reasoning":5,"stream":true,"tools":[{}]}"#, 1),
        (r#"{"model":null,"input":null,"text":null,"max_output_tokens":null,"stream":true,"tools":[{}]}"#, 0),
    ] {
        let call = check(&ask(body).json(200).answer("{}").end(End::Complete));
        let expect = Request { stream: Some(true), tool_count: Some(1), ..Request::default() };
        assert_eq!((call.request, call.unknown_shape), (expect, wrong), "{body}");
    }
    for (response, wrong) in [
        (r#"{"id":5,"output":{},"usage":"many","model":"m"}"#, 3),
        (r#"{"status":"new","object":1,"service_tier":[],"model":"m"}"#, 3),
        (r#"{"output":[7,{"type":5,"content":"text"},[]],"model":"m"}"#, 4),
        (
            r#"{"output":[{"type":"function_call","call_id":5,"name":{}}],"incomplete_details":"x","model":"m"}"#,
            3,
        ),
        (r#"{"usage":{"input_tokens":"5","input_tokens_details":[],"output_tokens":-2},"model":"m"}"#, 3),
        (r#"{"error":[],"model":"m"}"#, 1),
        (r#"{"new":{"model":"x"},"model":"m","output":[]}"#, 0),
    ] {
        let call = check(&ask("{}").json(200).answer(response).end(End::Complete));
        assert_eq!((call.response.model.as_deref(), call.unknown_shape), (Some("m"), wrong), "{response}");
        assert_eq!((call.usage, call.response.id), (Usage::default(), None), "{response}");
        let event = format!(r#"{{"type":"response.in_progress","response":{response}}}"#);
        let call = ask("{}").sse().event(&event).event(STREAM[10]).call();
        assert_eq!((call.unknown_shape, call.usage.input), (wrong, Some(37)), "{event}");
    }
    for (event, wrong) in [
        (r#"{"type":7,"delta":[],"output_index":"0"}"#, 3),
        (r#"{"type":"response.output_item.added","item":[],"part":5}"#, 2),
        (r#"{"type":"response.created","response":"none"}"#, 1),
        (r#"[]"#, 1),
        ("hello", 1),
        ("{", 1),
    ] {
        let call = ask("{}").sse().event(event).event(STREAM[10]).call();
        assert_eq!(
            (call.unknown_shape, chunks(&call), call.usage.input),
            (wrong, (1, 0), Some(37)),
            "{event}"
        );
    }
}

#[test]
fn usage_is_what_was_told_last() {
    let event = |usage: &str| format!(r#"{{"type":"response.in_progress","response":{{"usage":{usage}}}}}"#);
    for (usages, expect, wrong) in [
        (vec!["null", "{}"], Usage::default(), 0),
        (
            vec![r#"{"input_tokens":5}"#, r#"{"input_tokens":5,"output_tokens":2}"#, "null"],
            Usage { input: Some(5), output: Some(2), ..Usage::default() },
            0,
        ),
        (
            vec![r#"{"output_tokens":9}"#, r#"{"output_tokens":2}"#],
            Usage { output: Some(2), ..Usage::default() },
            1,
        ),
        (
            vec![r#"{"input_tokens_details":{"cache_read_input_tokens":8}}"#],
            Usage { cache_read: Some(8), ..Usage::default() },
            0,
        ),
    ] {
        let talk = usages.iter().fold(ask("{}").sse(), |talk, usage| talk.event(event(usage)));
        let call = talk.event("[DONE]").call();
        assert_eq!((call.usage, call.unknown_shape), (expect, wrong), "{usages:?}");
    }
}

#[test]
fn a_response_begun_twice_is_the_last_one() {
    let again = STREAM[0].replace("resp_67ccd2be", "resp_second");
    let call = ask(REQUEST).sse().event(STREAM[0]).event(&again).event(STREAM[4]).call();
    assert_eq!((call.response.id, call.unknown_shape), (some("resp_second"), 0));
}

#[test]
fn prompts_of_one_text_and_tools_of_none() {
    let call = check(&ask(r#"{"model":"m","input":"CANARY","tools":[]}"#).json(200).answer(ANSWER));
    assert_eq!((call.request.message_count, call.request.tool_count), (Some(1), Some(0)));
    let call = check(&ask(r#"{"model":"m","input":[],"text":{"format":{"type":"text"}}}"#));
    assert_eq!((call.request.message_count, call.request.output_type), (Some(0), some("text")));
}

#[test]
fn calls_without_end_stop_at_their_cap() {
    let items: Vec<String> = (0..5000)
        .map(|index| format!(r#"{{"type":"function_call","call_id":"c{index}","name":"f"}}"#))
        .collect();
    let body = format!(r#"{{"object":"response","output":[{}]}}"#, items.join(","));
    let call = ask("{}").json(200).answer(body).end(End::Complete).call();
    assert_eq!(call.response.tool_calls.len(), TOOL_CALLS);
    assert_eq!(call.unknown_shape as usize, 5000 - TOOL_CALLS);
}

#[test]
fn a_last_event_of_8_mib_is_read_to_its_end() {
    let text = "x".repeat(8 << 20);
    let last = STREAM[10].replacen("CANARY", &text, 1);
    let call = ask("{}").sse().event(&last).call();
    assert_eq!((call.usage.input, call.unknown_shape), (Some(37), 0));
}

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

/// The calls of a request and a response as bytes, through the real decoder, in pieces of `size`.
fn decoded(response: &[u8], size: usize) -> Vec<Call> {
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {OPENAI}\r\nContent-Length: {}\r\n\r\n{REQUEST}",
        REQUEST.len()
    );
    let mut connection = Connection::new(true);
    let mut interpreter = Interpreter::default();
    for (direction, bytes, at) in
        [(Direction::ToServer, request.as_bytes(), 1000), (Direction::ToClient, response, 2000)]
    {
        let mut offset = 0;
        for piece in bytes.chunks(size) {
            connection.push(direction, Bytes::copy_from_slice(piece), StreamOffset(offset), Time(at));
            offset += piece.len() as u64;
            while let Some(message) = connection.poll() {
                interpreter.push(message);
            }
        }
    }
    connection.close(Time(3000));
    while let Some(message) = connection.poll() {
        interpreter.push(message);
    }
    interpreter.finish(Time(3000), true);
    std::iter::from_fn(|| interpreter.poll()).collect()
}

#[test]
fn a_stream_as_bytes() {
    let mut body = String::new();
    for data in STREAM {
        let event = format!("event: {}\ndata: {data}\n\n", name_of(data));
        body.push_str(&format!("{:x}\r\n{event}\r\n", event.len()));
    }
    body.push_str("0\r\n\r\n");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nx-request-id: req_1\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    let response = [head.as_bytes(), body.as_bytes()].concat();
    let whole = decoded(&response, usize::MAX);
    assert_eq!(whole.len(), 1);
    assert_eq!((chunks(&whole[0]), whole[0].usage.reasoning), ((10, 3), Some(3)));
    assert_eq!((whole[0].http.request_id.as_deref(), whole[0].unknown_shape), (Some("req_1"), 0));
    for size in [1, 2, 3, 7, 100, 1400] {
        assert_eq!(decoded(&response, size), whole, "in pieces of {size}");
    }
    let end = response.len() - b"\r\n0\r\n\r\n".len();
    for at in head.len()..response.len() {
        let calls = decoded(&response[..at], usize::MAX);
        let expect = if at < end { Outcome::Cut } else { Outcome::Complete };
        assert_eq!((calls.len(), calls[0].outcome, calls[0].lossy), (1, expect, false), "at {at}");
        assert_eq!(calls[0].usage.input.is_some(), at >= end, "at {at}");
    }
}

proptest! {
    #[test]
    fn any_bytes_give_one_call_and_the_same_for_any_cut(request: Vec<u8>, answer: Vec<u8>, size in 1usize..20) {
        let talk = Talk::new()
            .request("POST", OPENAI, PATH)
            .body(Direction::ToServer, request)
            .end_request(End::Complete)
            .json(200)
            .answer(answer)
            .end(End::Complete);
        prop_assert_eq!(talk.cut(size).calls(), talk.calls());
        prop_assert_eq!(talk.calls().len(), 1);
    }

    #[test]
    fn any_events_in_any_order_give_one_call(picks in proptest::collection::vec((0usize..30, any::<Vec<u8>>()), 0..30)) {
        let all: Vec<&str> = STREAM.iter().chain(&TOOL_STREAM).copied().collect();
        let talk = picks.into_iter().fold(ask("{}").sse(), |talk, (pick, bytes)| match all.get(pick) {
            Some(event) => talk.event(event),
            None => talk.event(bytes),
        });
        prop_assert_eq!(talk.calls().len(), 1);
        prop_assert_eq!(talk.calls_closed().len(), 1);
    }
}

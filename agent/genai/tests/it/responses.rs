//! What is read of OpenAI responses.

mod damaged;
mod events;
mod prompts;
mod recognition;
mod samples;

use genai::{Call, Outcome, Provider, Request, Response, ToolCall, Usage};
use wire::{Direction, End, Kind, Message};

use self::samples::{ANSWER, PATH, REQUEST, STREAM, TOOL_STREAM};
use crate::talk::{OPENAI, Talk, check};

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

/// Usage without the figures as they were told.
fn counts(usage: Usage) -> Usage {
    Usage { raw: Vec::new(), ..usage }
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
            reasoning_level: some("low"),
            prompt: call.request.prompt,
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
            // `CANARY there!` is none.
            valid_json: Some(false),
            ..Response::default()
        }
    );
    assert_eq!(
        counts(call.usage.clone()),
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
            valid_json: Some(false),
            ..Response::default()
        }
    );
    assert_eq!(
        counts(call.usage.clone()),
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
            0,
        ),
        (
            vec![r#"{"input_tokens_details":{"cache_read_input_tokens":8}}"#],
            Usage { cache_read: Some(8), ..Usage::default() },
            0,
        ),
    ] {
        let talk = usages.iter().fold(ask("{}").sse(), |talk, usage| talk.event(event(usage)));
        let call = talk.event("[DONE]").call();
        assert_eq!((counts(call.usage.clone()), call.unknown_shape), (expect, wrong), "{usages:?}");
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

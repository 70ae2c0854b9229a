//! What is read of OpenAI chat completions.

use genai::{Api, Call, Http, Outcome, Part, Prompt, Provider, Request, Response, Times, ToolCall, Usage};
use wire::{Direction, End, Protocol, Time};

use crate::samples::{ANSWER, REQUEST, STREAM, TOOL_STREAM};
use crate::talk::{CHAT, OPENAI, Talk};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Without the figures as they were told.
fn plain(usage: &Usage) -> Usage {
    Usage { raw: Vec::new(), ..usage.clone() }
}

fn tool(id: &str, name: &str) -> ToolCall {
    ToolCall { id: some(id), name: some(name) }
}

/// The talk's call; it must be the same however the bodies are cut.
#[track_caller]
fn check(talk: &Talk) -> Call {
    let whole = talk.call();
    for size in [1, 2, 3, 7, 64, 1000] {
        assert_eq!(talk.cut(size).call(), whole, "in pieces of {size}");
    }
    for (index, message) in talk.messages.iter().enumerate() {
        if let wire::Kind::Body(bytes) = &message.kind {
            for at in 0..=bytes.len() {
                assert_eq!(talk.cut_at(index, at).call(), whole, "message {index} cut at {at}");
            }
        }
    }
    whole
}

#[test]
fn a_stream_as_a_whole() {
    let call = check(&Talk::ask(REQUEST).sse().events(&STREAM).event("[DONE]").end(End::Complete));
    assert_eq!(
        (&call.provider, call.api, call.outcome),
        (&Provider::host("openai"), Api::CHAT_COMPLETIONS, Outcome::Complete)
    );
    assert_eq!(
        call.request,
        Request {
            model: some("gpt-4o"),
            stream: Some(true),
            max_tokens: Some(128),
            temperature: Some(0.7),
            top_p: Some(1.0),
            choice_count: Some(2),
            message_count: Some(3),
            tool_count: Some(2),
            output_type: some("json_schema"),
            user: call.request.user,
            prompt: Some(Prompt {
                system: Part { count: 1, chars: 30 },
                user: Part { count: 1, chars: 3 },
                assistant: Part { count: 1, chars: 2 },
                media: 1,
                tool_definitions: 104,
                ..Prompt::default()
            }),
            ..Request::default()
        }
    );
    assert!(call.request.user.is_some());
    assert_eq!((call.traces.messages.len(), call.traces.tools.is_some()), (3, true));
    assert_eq!(
        call.response,
        Response {
            id: some("chatcmpl-B9"),
            model: some("gpt-4o-2024-08-06"),
            finish_reasons: vec!["stop".to_owned()],
            system_fingerprint: some("fp_44709d6fcb"),
            service_tier: some("default"),
            // It is no JSON.
            valid_json: Some(false),
            ..Response::default()
        }
    );
    assert_eq!(
        plain(&call.usage),
        Usage {
            input: Some(19),
            output: Some(10),
            cache_read: Some(7),
            cache_write: Some(5),
            reasoning: Some(3),
            input_audio: Some(0),
            output_audio: Some(0),
            ..Usage::default()
        }
    );
    let raw = |path: &str| call.usage.raw.iter().find(|(known, _)| known == path).map(|(_, figure)| *figure);
    assert_eq!((raw("total_tokens"), raw("prompt_tokens_details.cached_tokens")), (Some(29.0), Some(7.0)));
    // Head at 110, body at 120, end at 130; response head at 140 (from 135); events from 150 on.
    assert_eq!(
        call.times,
        Times {
            request_first_byte: Some(Time(105)),
            request_last_byte: Some(Time(130)),
            response_first_byte: Some(Time(135)),
            first_chunk: Some(Time(150)),
            first_token: Some(Time(160)),
            first_text: Some(Time(160)),
            last_token: Some(Time(180)),
            last_byte: Some(Time(210)),
        }
    );
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks, stream.coalesced), (6, 3, 0));
    assert_eq!((stream.intervals.len(), stream.intervals.max()), (2, Some(10)));
    assert_eq!((call.failure, call.unknown_shape, call.lossy, call.joined_late), (None, 0, false, false));
}

#[test]
fn heads_are_kept_in_what_they_tell() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let call = Talk::new()
        .request_with(
            "POST",
            "api.openai.com:443",
            "/v1/chat/completions?key=value",
            &[
                ("traceparent", trace),
                ("User-Agent", "OpenAI/Python 2.54.0"),
                ("x-stainless-retry-count", "2"),
            ],
        )
        .body(Direction::ToServer, REQUEST)
        .end_request(End::Complete)
        .response(200, &[("x-request-id", "req_1"), ("content-type", "application/json")])
        .answer(ANSWER)
        .end(End::Complete)
        .call();
    assert_eq!(
        call.http,
        Http {
            protocol: Protocol::Http1,
            host: some("api.openai.com:443"),
            path: CHAT.to_owned(),
            status: Some(200),
            request_id: some("req_1"),
            traceparent: some(trace),
            user_agent: some("OpenAI/Python 2.54.0"),
            request_bytes: REQUEST.len() as u64,
            response_bytes: ANSWER.len() as u64,
        }
    );
}

#[test]
fn an_answer_that_is_no_stream() {
    let call = check(&Talk::ask(REQUEST).json(200).answer(ANSWER).end(End::Complete));
    assert_eq!(
        call.response,
        Response {
            id: some("chatcmpl-C1"),
            model: some("gpt-4o-2024-08-06"),
            finish_reasons: vec!["tool_calls".to_owned()],
            system_fingerprint: some("fp_1"),
            service_tier: some("default"),
            tool_calls: vec![tool("call_a", "get_weather"), tool("call_b", "run")],
            refusal: false,
            valid_json: Some(false),
            ..Response::default()
        }
    );
    assert_eq!(
        plain(&call.usage),
        Usage {
            input: Some(11),
            output: Some(4),
            cache_read: Some(0),
            cache_write: None,
            reasoning: Some(0),
            ..Usage::default()
        }
    );
    assert_eq!((call.stream, call.times.first_token, call.times.first_chunk), (None, None, None));
    assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 0));
}

#[test]
fn tool_calls_in_pieces_are_put_together() {
    let call = Talk::ask("{}").sse().events(&TOOL_STREAM).event("[DONE]").call();
    assert_eq!(call.response.tool_calls, [tool("call_abc", "get_weather"), tool("call_def", "get_time")]);
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks), (6, 4), "an empty piece of arguments is no content");
    assert_eq!(call.unknown_shape, 0);
}

#[test]
fn tool_calls_of_servers_that_number_them_badly() {
    let chunk = |tool: &str| format!(r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{tool}]}}}}]}}"#);
    for (pieces, expect) in [
        // No index at all: another id is another call.
        (
            vec![
                r#"{"id":"a","function":{"name":"f","arguments":"1"}}"#,
                r#"{"id":"b","function":{"name":"g","arguments":"2"}}"#,
            ],
            vec![tool("a", "f"), tool("b", "g")],
        ),
        // The id and the name repeated with each piece.
        (
            vec![
                r#"{"index":0,"id":"a","function":{"name":"f","arguments":"1"}}"#,
                r#"{"index":0,"id":"a","function":{"name":"f","arguments":"2"}}"#,
            ],
            vec![tool("a", "f")],
        ),
        // The name in pieces.
        (
            vec![
                r#"{"index":3,"id":"a","function":{"name":"get_"}}"#,
                r#"{"index":3,"function":{"name":"time"}}"#,
            ],
            vec![tool("a", "get_time")],
        ),
        (
            vec![r#"{"index":0,"id":"","function":{"name":"f"}}"#],
            vec![ToolCall { id: None, name: some("f") }],
        ),
    ] {
        let talk = pieces.iter().fold(Talk::ask("{}").sse(), |talk, piece| talk.event(chunk(piece)));
        assert_eq!(talk.event("[DONE]").call().response.tool_calls, expect, "{pieces:?}");
    }
    // The one call of old.
    let call = Talk::ask("{}")
        .sse()
        .event(r#"{"choices":[{"index":0,"delta":{"function_call":{"name":"f","arguments":""}}}]}"#)
        .event(r#"{"choices":[{"index":0,"delta":{"function_call":{"arguments":"{}"}},"finish_reason":"function_call"}]}"#)
        .event("[DONE]")
        .call();
    assert_eq!(call.response.tool_calls, [ToolCall { id: None, name: some("f") }]);
    assert_eq!(call.stream.map(|stream| stream.content_chunks), Some(2));
}

#[test]
fn choices_finish_by_their_index() {
    let call = Talk::ask(REQUEST)
        .sse()
        .event(r#"{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":null}]}"#)
        .event(r#"{"choices":[{"index":0,"delta":{"content":"a"}},{"delta":{"content":"b"},"index":1}]}"#)
        .event(r#"{"choices":[{"finish_reason":"length","index":1,"delta":{}}]}"#)
        .event(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#)
        .event("[DONE]")
        .call();
    assert_eq!(call.response.finish_reasons, ["stop", "length"]);
    assert_eq!(call.stream.map(|stream| stream.content_chunks), Some(2));
}

#[test]
fn what_counts_as_content() {
    for (delta, content) in [
        (r#"{"role":"assistant","content":""}"#, false),
        (r#"{}"#, false),
        (r#"{"content":null}"#, false),
        (r#"{"tool_calls":[]}"#, false),
        (r#"{"tool_calls":[{"index":0,"id":"a","function":{"arguments":""}}]}"#, false),
        (r#"{"audio":{"id":"a","expires_at":1}}"#, false),
        (r#"{"unknown":"text"}"#, false),
        (r#"{"content":"x"}"#, true),
        (r#"{"content":"\n"}"#, true),
        (r#"{"content":[{"type":"text","text":"x"}]}"#, true),
        (r#"{"refusal":"no"}"#, true),
        (r#"{"reasoning_content":"hm"}"#, true),
        (r#"{"reasoning":"hm"}"#, true),
        (r#"{"reasoning_details":[{"type":"reasoning.text","text":"hm"}]}"#, true),
        (r#"{"thinking":"hm"}"#, true),
        (r#"{"tool_calls":[{"index":0,"function":{"name":"f"}}]}"#, true),
        (r#"{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}"#, true),
        (r#"{"function_call":{"name":"f"}}"#, true),
        (r#"{"audio":{"data":"AAAA"}}"#, true),
        (r#"{"audio":{"transcript":"hi"}}"#, true),
    ] {
        let call = Talk::ask("{}")
            .sse()
            .event(format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#))
            .event("[DONE]")
            .call();
        assert_eq!(call.times.first_token.is_some(), content, "{delta}");
        assert!(call.times.first_chunk.is_some(), "{delta}");
        assert_eq!(call.response.refusal, delta.contains("refusal"), "{delta}");
        assert_eq!(call.unknown_shape, 0, "{delta}");
    }
}

#[test]
fn usage_is_what_was_told_last_and_absent_where_it_was_not() {
    for (usages, expect) in [
        (vec!["null"], Usage::default()),
        (vec!["{}"], Usage::default()),
        (
            vec![
                r#"{"prompt_tokens":5,"completion_tokens":1}"#,
                r#"{"prompt_tokens":5,"completion_tokens":2}"#,
                "null",
            ],
            Usage { input: Some(5), output: Some(2), ..Usage::default() },
        ),
        (
            vec![
                r#"{"prompt_tokens":0,"prompt_tokens_details":null,"completion_tokens_details":{"reasoning_tokens":null}}"#,
            ],
            Usage { input: Some(0), ..Usage::default() },
        ),
    ] {
        let talk = Talk::ask("{}").sse();
        let talk = usages.iter().fold(talk, |talk, usage| talk.event(format!(r#"{{"usage":{usage}}}"#)));
        let call = talk.event("[DONE]").call();
        assert_eq!((plain(&call.usage), call.unknown_shape), (expect, 0), "{usages:?}");
    }
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (body, wrong) in [
        (r#"{"model":7,"stream":true,"n":3,"messages":[{}]}"#, 1),
        (r#"{"model":{"a":1},"stream":true,"n":3,"messages":[{}]}"#, 1),
        (r#"{"temperature":"hot","top_p":[1],"stream":true,"n":3,"messages":[{}]}"#, 2),
        (
            r#"{"tools":{},"max_tokens":-1,"max_completion_tokens":1.5,"stream":true,"n":3,"messages":[{}]}"#,
            3,
        ),
        (r#"{"response_format":"json","stream":true,"n":3,"messages":[{}]}"#, 1),
        (r#"{"tools":null,"model":null,"max_tokens":null,"stream":true,"n":3,"messages":[{}]}"#, 0),
        (r#"{"temperature":NaN,"stream":true,"n":3,"messages":[{}]}"#, 1),
    ] {
        let call = check(&Talk::ask(body).json(200).answer("{}").end(End::Complete));
        let expect = Request {
            stream: Some(true),
            choice_count: Some(3),
            message_count: Some(1),
            prompt: Some(Prompt { user: Part { count: 1, chars: 0 }, ..Prompt::default() }),
            ..Request::default()
        };
        assert_eq!((call.request, call.unknown_shape), (expect, wrong), "{body}");
    }
    for (chunk, wrong) in [
        (r#"{"id":5,"choices":{"index":0},"usage":"many","model":"m"}"#, 3),
        (r#"{"choices":[7,{"index":"0","finish_reason":0,"delta":[]}],"model":"m"}"#, 4),
        (r#"{"choices":[{"delta":{"content":5,"tool_calls":{},"refusal":false}}],"model":"m"}"#, 3),
        (
            r#"{"usage":{"prompt_tokens":"5","prompt_tokens_details":[],"completion_tokens":-2},"model":"m"}"#,
            // Figures that are none are kept as they are told.
            0,
        ),
        (r#"{"error":[],"object":1,"model":"m"}"#, 2),
        (r#"{"new":{"model":"x"},"model":"m","choices":[]}"#, 0),
    ] {
        let call = Talk::ask("{}").sse().event(chunk).event("[DONE]").call();
        assert_eq!((call.response.model.as_deref(), call.unknown_shape), (Some("m"), wrong), "{chunk}");
        assert_eq!((plain(&call.usage), call.response.id), (Usage::default(), None), "{chunk}");
    }
}

#[test]
fn events_of_one_read_are_coalesced() {
    let call = Talk::ask("{}")
        .sse()
        .event(STREAM[1])
        .event(STREAM[2])
        .same_read()
        .event(STREAM[0])
        .same_read()
        .event(STREAM[3])
        .event(STREAM[1])
        .event("[DONE]")
        .call();
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks, stream.coalesced), (5, 4, 1));
    // 10, 0, 10.
    assert_eq!(
        (stream.intervals.len(), stream.intervals.quantile(0.1), stream.intervals.max()),
        (3, Some(0), Some(10))
    );
}

#[test]
fn a_prompt_of_32_mib_is_read_in_bounded_memory() {
    let image = "A".repeat(1 << 20);
    let part = format!(r#"{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{image}"}}}}"#);
    let mut talk = Talk::new().request("POST", OPENAI, CHAT).body(Direction::ToServer, r#"{"messages":["#);
    for index in 0..32 {
        let comma = if index == 0 { "" } else { "," };
        talk = talk.body(Direction::ToServer, format!(r#"{comma}{{"role":"user","content":[{part}]}}"#));
    }
    let talk = talk.body(Direction::ToServer, r#"],"model":"gpt-4o","stream":true}"#).cut(16 * 1024);
    let interpreter = talk.interpreter();
    // What is held is what `Debug` can reach; the rest is capacity of buffers that hold at most limits::TEXT.
    assert!(format!("{interpreter:?}").len() < 16_384);
    let call = talk.end_request(End::Complete).json(200).answer("{}").end(End::Complete).call();
    assert_eq!(call.request.message_count, Some(32));
    assert_eq!((call.request.model.as_deref(), call.request.stream), (Some("gpt-4o"), Some(true)));
    assert!(call.http.request_bytes > 32 << 20);
}

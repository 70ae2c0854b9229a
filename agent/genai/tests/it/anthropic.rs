//! What is read of Anthropic messages.

mod decoded;
mod endings;
mod properties;
mod recognition;
mod samples;

use genai::limits::{TEXT, TOOL_CALLS};
use genai::{Api, Call, Outcome, Provider, Request, Response, Times, ToolCall, Usage};
use wire::{Direction, End, Kind, Time};

use self::samples::{ANSWER, ANTHROPIC, COUNT, MESSAGES, REFUSAL, REQUEST, STOP, STREAM, VERSION};
use crate::talk::Talk;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn tool(id: &str, name: &str) -> ToolCall {
    ToolCall { id: some(id), name: some(name) }
}

fn ask(body: &str) -> Talk {
    ask_at(ANTHROPIC, MESSAGES, &[VERSION], body)
}

fn ask_at(host: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Talk {
    Talk::new()
        .request_with("POST", host, path, fields)
        .body(Direction::ToServer, body)
        .end_request(End::Complete)
}

/// A stream of which one event matters.
fn stream_of(events: &[&str]) -> Call {
    ask("{}").sse().events(events).event(STOP).call()
}

fn document(body: impl AsRef<[u8]>) -> Call {
    ask("{}").json(200).answer(body).end(End::Complete).call()
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
    whole
}

#[test]
fn a_stream_as_a_whole() {
    let call = check(&ask(REQUEST).sse().events(&STREAM));
    assert_eq!((&call.provider, call.provider.name), (&Provider::host("anthropic"), "anthropic"));
    assert_eq!(call.api, Api { name: "messages", operation: "chat" });
    assert_eq!(
        call.request,
        Request {
            model: some("claude-sonnet-4-5"),
            stream: Some(true),
            max_tokens: Some(4096),
            temperature: Some(0.7),
            top_p: Some(1.0),
            choice_count: None,
            message_count: Some(3),
            tool_count: Some(2),
            output_type: some("json_schema"),
            ..Request::default()
        }
    );
    assert_eq!(
        call.response,
        Response {
            id: some("msg_01XFDUDYJgAACzvnptvVoYEL"),
            model: some("claude-sonnet-4-5-20250929"),
            finish_reasons: vec!["tool_use".to_owned()],
            service_tier: some("standard"),
            tool_calls: vec![tool("toolu_01T1x1fJ34qAmk2tNTrN7Up6", "get_weather")],
            ..Response::default()
        }
    );
    // 472 that were in no cache, 1024 from it and 100 to it.
    assert_eq!(
        call.usage,
        Usage {
            input: Some(1596),
            output: Some(89),
            cache_read: Some(1024),
            cache_write: Some(100),
            reasoning: Some(31),
            ..Usage::default()
        }
    );
    // Head at 110, body at 120, end at 130; response head at 140 (from 135); events from 150 on.
    assert_eq!(
        call.times,
        Times {
            request_first_byte: Some(Time(105)),
            request_last_byte: Some(Time(130)),
            response_first_byte: Some(Time(135)),
            first_chunk: Some(Time(150)),
            first_token: Some(Time(180)),
            last_token: Some(Time(290)),
            last_byte: Some(Time(320)),
            ..Times::default()
        }
    );
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks, stream.coalesced), (17, 6, 0));
    assert_eq!((call.outcome, call.failure, call.unknown_shape), (Outcome::Complete, None, 0));
}

#[test]
fn an_answer_that_is_no_stream() {
    let call = check(&ask(REQUEST).json(200).answer(ANSWER).end(End::Complete));
    assert_eq!(
        call.response,
        Response {
            id: some("msg_013Zva2CMHLNnXjNJJKqJ2EF"),
            model: some("claude-opus-4-1-20250805"),
            finish_reasons: vec!["tool_use".to_owned()],
            service_tier: some("priority"),
            tool_calls: vec![
                tool("srvtoolu_01WYG3ziw53XMcoyKL4XcZmE", "web_search"),
                tool("toolu_01A09q90qw90lq917835lq9", "get_weather")
            ],
            ..Response::default()
        }
    );
    assert_eq!(
        call.usage,
        Usage {
            input: Some(2146),
            output: Some(503),
            cache_read: Some(51),
            cache_write: Some(0),
            reasoning: Some(120),
            ..Usage::default()
        }
    );
    assert_eq!((call.stream, call.times.first_token), (None, None));
    assert_eq!((call.outcome, call.failure, call.unknown_shape), (Outcome::Complete, None, 0));
}

#[test]
fn counting_tokens_is_an_operation_of_its_own() {
    let talk = ask_at(ANTHROPIC, COUNT, &[VERSION], REQUEST).response(
        200,
        &[("content-type", "application/json"), ("request-id", "req_018EeWyXxfu5pfWkrYcMdjWG")],
    );
    let call = check(&talk.answer(r#"{"input_tokens":2095}"#).end(End::Complete));
    assert_eq!((call.api.name, call.api.operation), ("count_tokens", "count_tokens"));
    assert_eq!(call.usage, Usage { input: Some(2095), ..Usage::default() });
    assert_eq!(
        (call.request.model.as_deref(), call.request.message_count),
        (Some("claude-sonnet-4-5"), Some(3))
    );
    assert_eq!(call.http.request_id.as_deref(), Some("req_018EeWyXxfu5pfWkrYcMdjWG"));
    assert_eq!(
        (call.response, call.outcome, call.unknown_shape),
        (Response::default(), Outcome::Complete, 0)
    );
}

#[test]
fn a_refusal_is_told_by_its_stop_reason() {
    let call = check(&ask(REQUEST).json(200).answer(REFUSAL).end(End::Complete));
    assert_eq!(
        (call.response.refusal, &call.response.finish_reasons[..]),
        (true, &["refusal".to_owned()][..])
    );
    assert_eq!((call.usage.input, call.usage.output, call.failure), (Some(564), Some(7), None));
    let call = stream_of(&[
        STREAM[0],
        r#"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal","category":null}},"usage":{"output_tokens":4}}"#,
    ]);
    assert_eq!((call.response.refusal, call.outcome, call.unknown_shape), (true, Outcome::Complete, 0));
    for reason in
        ["end_turn", "max_tokens", "stop_sequence", "pause_turn", "model_context_window_exceeded", "new"]
    {
        let call =
            document(REFUSAL.replace(r#""stop_reason":"refusal""#, &format!(r#""stop_reason":"{reason}""#)));
        assert_eq!((call.response.finish_reasons, call.response.refusal), (vec![reason.to_owned()], false));
    }
}

#[test]
fn what_counts_as_content() {
    let delta = |delta: &str| format!(r#"{{"type":"content_block_delta","index":0,"delta":{delta}}}"#);
    let start =
        |block: &str| format!(r#"{{"type":"content_block_start","index":0,"content_block":{block}}}"#);
    for (event, content) in [
        (STREAM[0].to_owned(), false),
        (r#"{"type":"ping"}"#.to_owned(), false),
        (r#"{"type":"content_block_stop","index":0}"#.to_owned(), false),
        (r#"{"type":"invented_later","text":"x","data":"x"}"#.to_owned(), false),
        (STREAM[16].to_owned(), false),
        (String::new(), false),
        (delta(r#"{"type":"text_delta","text":""}"#), false),
        (delta(r#"{"type":"thinking_delta","thinking":""}"#), false),
        (delta(r#"{"type":"input_json_delta","partial_json":""}"#), false),
        (delta(r#"{"type":"signature_delta","signature":"abc"}"#), false),
        (delta(r#"{"type":"citations_delta","citation":{"text":"x"}}"#), false),
        (delta(r#"{"type":"text_delta","text":"x"}"#), true),
        (delta(r#"{"text":"\n","type":"text_delta"}"#), true),
        (delta(r#"{"type":"thinking_delta","thinking":"hm"}"#), true),
        (delta(r#"{"type":"input_json_delta","partial_json":"{"}"#), true),
        (delta(r#"{"type":"compaction_delta","content":"so far"}"#), true),
        // A block that was never begun.
        (
            r#"{"type":"content_block_delta","index":99,"delta":{"type":"text_delta","text":"x"}}"#
                .to_owned(),
            true,
        ),
        (start(r#"{"type":"text","text":""}"#), false),
        (start(r#"{"type":"web_search_tool_result","tool_use_id":"s","content":[{"title":"x"}]}"#), false),
        (start(r#"{"type":"tool_use","id":"t","name":"","input":{}}"#), false),
        (start(r#"{"type":"text","text":"x"}"#), true),
        (start(r#"{"type":"redacted_thinking","data":"RW5j"}"#), true),
        (start(r#"{"type":"tool_use","id":"t","name":"f","input":{}}"#), true),
        (start(r#"{"type":"mcp_tool_use","id":"t","name":"f","server_name":"s","input":{}}"#), true),
    ] {
        let call = stream_of(&[&event]);
        assert_eq!(call.times.first_token.is_some(), content, "{event}");
        assert_eq!((call.times.first_chunk.is_some(), call.unknown_shape), (true, 0), "{event}");
    }
}

#[test]
fn usage_is_what_was_told_last_and_absent_where_it_was_not() {
    let used = |input, output| Usage { input, output, ..Usage::default() };
    for (start, deltas, expect, odd) in [
        ("null", vec![], Usage::default(), 0),
        ("{}", vec!["null", "{}"], Usage::default(), 0),
        (r#"{"input_tokens":25,"output_tokens":1}"#, vec![], used(Some(25), Some(1)), 0),
        // The start has the input and the end has the output.
        (
            r#"{"input_tokens":25,"output_tokens":1}"#,
            vec![r#"{"output_tokens":15}"#, r#"{"output_tokens":20,"input_tokens":null}"#],
            used(Some(25), Some(20)),
            0,
        ),
        // Searches of the web add to the prompt.
        (
            r#"{"input_tokens":2679,"cache_read_input_tokens":0,"output_tokens":3}"#,
            vec![r#"{"input_tokens":10682,"cache_read_input_tokens":5,"output_tokens":510}"#],
            Usage { cache_read: Some(5), ..used(Some(10687), Some(510)) },
            0,
        ),
        // Lower than before.
        (
            r#"{"input_tokens":9,"output_tokens":5}"#,
            vec![r#"{"input_tokens":0,"output_tokens":4}"#],
            used(Some(0), Some(4)),
            2,
        ),
        // Of the prompt only the cached part is known, so the prompt is not.
        (
            r#"{"cache_creation_input_tokens":7,"cache_read_input_tokens":8}"#,
            vec![],
            Usage { cache_read: Some(8), cache_write: Some(7), ..Usage::default() },
            0,
        ),
        (
            r#"{"input_tokens":18446744073709551615,"cache_read_input_tokens":8}"#,
            vec![],
            Usage { cache_read: Some(8), ..used(Some(u64::MAX), None) },
            0,
        ),
        (r#"{"input_tokens":"9","output_tokens":-1}"#, vec![r#"[]"#, "5"], Usage::default(), 4),
    ] {
        let mut events =
            vec![format!(r#"{{"type":"message_start","message":{{"id":"msg_1","usage":{start}}}}}"#)];
        events.extend(
            deltas.iter().map(|usage| format!(r#"{{"type":"message_delta","delta":{{}},"usage":{usage}}}"#)),
        );
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        let call = stream_of(&events);
        assert_eq!((call.usage, call.unknown_shape), (expect, odd), "{events:?}");
    }
}

#[test]
fn tool_calls_are_told_where_they_begin() {
    for (blocks, expect, odd) in [
        (
            vec![
                r#"{"type":"tool_use","id":"a","name":"f"}"#,
                r#"{"name":"g","id":"b","type":"server_tool_use"}"#,
            ],
            vec![tool("a", "f"), tool("b", "g")],
            0,
        ),
        (vec![r#"{"type":"tool_use","id":"","name":"f"}"#], vec![ToolCall { id: None, name: some("f") }], 0),
        (vec![r#"{"type":"tool_use","id":5,"name":"f"}"#], vec![ToolCall { id: None, name: some("f") }], 1),
        (
            vec![r#"{"type":"tool_use","id":"a"}"#, r#"{"type":"tool_use"}"#],
            vec![ToolCall { id: some("a"), name: None }, ToolCall::default()],
            0,
        ),
        // One that begins twice.
        (
            vec![r#"{"type":"tool_use","id":"a","name":"f"}"#, r#"{"type":"tool_use","id":"a","name":"f"}"#],
            vec![tool("a", "f")],
            1,
        ),
        (
            vec![
                r#"{"type":"web_fetch_tool_result","tool_use_id":"a","content":{"type":"tool_use","id":"x"}}"#,
            ],
            vec![],
            0,
        ),
        (vec![r#"{"type":"text","id":"a","name":"f"}"#, "[]", "7", "null"], vec![], 2),
    ] {
        let start =
            |block: &&str| format!(r#"{{"type":"content_block_start","index":0,"content_block":{block}}}"#);
        let call =
            blocks.iter().fold(ask("{}").sse(), |talk, block| talk.event(start(block))).event(STOP).call();
        assert_eq!((call.response.tool_calls, call.unknown_shape), (expect.clone(), odd), "{blocks:?}");
        let call = document(format!(r#"{{"content":[{}]}}"#, blocks.join(",")));
        assert_eq!((call.response.tool_calls, call.unknown_shape), (expect, odd), "{blocks:?}");
    }
    let many: Vec<String> = (0..5000).map(|n| format!(r#"{{"type":"tool_use","id":"t{n}"}}"#)).collect();
    let call = document(format!(r#"{{"content":[{}]}}"#, many.join(",")));
    assert_eq!((call.response.tool_calls.len(), call.unknown_shape), (TOOL_CALLS, 5000 - TOOL_CALLS as u32));
}

#[test]
fn values_of_another_type_cost_only_themselves() {
    for (body, wrong) in [
        (r#"{"model":5,"max_tokens":"many","temperature":"hot","top_p":[],"stream":1,"messages":[{}]}"#, 5),
        (r#"{"system":7,"tools":{},"output_config":"x","output_format":[],"messages":[{}]}"#, 4),
        (
            r#"{"system":null,"tools":null,"model":null,"stream":null,"output_config":null,"messages":[{}]}"#,
            0,
        ),
        (r#"{"system":"text","output_config":{"effort":"low"},"messages":[{},7,[]]}"#, 2),
    ] {
        let call = check(&ask(body).json(200).answer("{}").end(End::Complete));
        let expect = Request { message_count: Some(1), ..Request::default() };
        assert_eq!((call.request, call.unknown_shape), (expect, wrong), "{body}");
    }
    for (event, wrong) in [
        (r#"{"type":7,"message":[],"delta":"x","content_block":1,"usage":"many","error":null}"#, 5),
        (
            r#"{"type":"message_start","message":{"id":5,"model":{},"role":1,"type":[],"content":"x","usage":[]}}"#,
            6,
        ),
        (r#"{"type":"content_block_delta","delta":{"text":5,"thinking":[],"partial_json":{}}}"#, 3),
        (
            r#"{"type":"message_delta","delta":{"stop_reason":0},"usage":{"output_tokens_details":3,"service_tier":1}}"#,
            3,
        ),
        ("7", 1),
        ("[]", 1),
        ("not JSON", 1),
        (r#"{"new":{"model":"x","usage":{"input_tokens":1}}}"#, 0),
    ] {
        let call = stream_of(&[event]);
        assert_eq!(
            (call.response, call.usage, call.unknown_shape),
            (Response::default(), Usage::default(), wrong),
            "{event}"
        );
    }
    let long = "x".repeat(TEXT + 1);
    let call = document(format!(r#"{{"id":"{long}","stop_reason":"{long}","model":"m"}}"#));
    assert_eq!((call.response.id, call.response.finish_reasons, call.unknown_shape), (None, vec![], 2));
    // No UTF-8: in what is kept it is unknown, in what is said it does not matter.
    let call = document(
        b"{\"id\":\"\xff\",\"model\":\"m\",\"content\":[{\"type\":\"text\",\"text\":\"\xff\xfe\"}]}",
    );
    assert_eq!((call.response.id, call.response.model, call.unknown_shape), (None, some("m"), 1));
    let delta =
        b"{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"\xe2\x82\"}}";
    let call = ask("{}").sse().event(delta).event(STOP).call();
    assert_eq!((call.times.first_token.is_some(), call.unknown_shape), (true, 0));
}

#[test]
fn a_second_start_is_odd_and_the_later_one_counts() {
    let second = STREAM[0].replace("msg_01XFDUDYJgAACzvnptvVoYEL", "msg_02");
    let call = stream_of(&[STREAM[0], STREAM[7], &second, STREAM[8], STREAM[16]]);
    assert_eq!((call.response.id.as_deref(), call.unknown_shape), (Some("msg_02"), 1));
    assert_eq!(call.stream.map(|stream| stream.content_chunks), Some(2));
    // What has no type is no second start.
    assert_eq!(stream_of(&[STREAM[0], r#"{"new":1}"#]).unknown_shape, 0);
}

#[test]
fn prompts_and_completions_show_nowhere() {
    let stream = ask(REQUEST).sse().events(&STREAM);
    let answer = ask(REQUEST).json(200).answer(ANSWER).end(End::Complete);
    let refusal = ask(REQUEST).json(200).answer(REFUSAL).end(End::Complete);
    let failed = ask(REQUEST)
        .json(400)
        .answer(r#"{"type":"error","error":{"type":"CANARY in a sentence","message":"CANARY"}}"#)
        .end(End::Complete);
    for talk in [stream, answer, refusal, failed] {
        let talk = talk.cut(9);
        for kept in 0..=talk.messages.len() {
            let mut part = talk.clone();
            part.messages.truncate(kept);
            assert!(!format!("{:?}", part.interpreter()).contains("CANARY"), "after {kept}");
        }
        assert!(!format!("{:?}", talk.call()).contains("CANARY"));
    }
}

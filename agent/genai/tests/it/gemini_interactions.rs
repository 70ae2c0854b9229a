//! What is read of Google's Interactions API.

use genai::{Api, Call, Outcome, Part, Provider, ToolCall};
use proptest::prelude::*;
use wire::{Direction, End};

use crate::bytes_of::{self, chunked, plain, post};
use crate::talk::Talk;

const HOST: &str = "generativelanguage.googleapis.com";
const PATH: &str = "/v1beta/interactions";

const REQUEST: &str = r#"{"model":"gemini-3.5-flash","system_instruction":"be kind","previous_interaction_id":"int_0","stream":true,"service_tier":"flex","store":true,
 "input":[{"type":"user_input","content":[{"type":"text","text":"CANARY"},{"type":"image","uri":"gs://CANARY"}]},{"type":"model_output","content":"hello"},
 {"type":"function_call","id":"f1","name":"get","arguments":{"a":1}},{"type":"function_result","call_id":"f1","name":"get","result":{"r":"x"}}],
 "tools":[{"type":"function","name":"get"},{"type":"google_search"}],"response_format":{"type":"text","mime_type":"application/json","schema":{}},
 "generation_config":{"temperature":0.5,"top_p":0.75,"seed":7,"max_output_tokens":9,"stop_sequences":["CANARY"],"thinking_level":"low"}}"#;

const USAGE: &str = r#"{"total_input_tokens":9,"total_output_tokens":779,"total_thought_tokens":912,"total_cached_tokens":4,"total_tool_use_tokens":10,"total_tokens":1710,
 "input_tokens_by_modality":[{"modality":"text","tokens":3},{"modality":"image","tokens":6}],"output_tokens_by_modality":[{"modality":"audio","tokens":2}],"cached_tokens_by_modality":[{"modality":"image","tokens":4}],"grounding_tool_count":[{"type":"google_search","count":2}]}"#;

fn answer() -> String {
    format!(
        r#"{{"id":"int_1","object":"interaction","status":"requires_action","model":"gemini-3.5-flash","usage":{USAGE},"steps":[{{"type":"thought","signature":"S","summary":[{{"type":"text","text":"CANARY"}}]}},{{"type":"model_output","content":[{{"type":"text","text":"[\"CANARY\"]"}}]}},{{"type":"google_search_call","id":"g1","arguments":{{}}}},{{"type":"function_call","id":"f2","name":"get","arguments":{{"a":1}}}}]}}"#
    )
}

fn events() -> Vec<String> {
    [
        r#"{"event_type":"interaction.created","interaction":{"id":"int_1","object":"interaction","status":"in_progress","model":"gemini-3.5-flash"}}"#,
        r#"{"event_type":"interaction.status_update","interaction_id":"int_1","status":"in_progress"}"#,
        r#"{"event_type":"step.start","index":0,"step":{"type":"thought"}}"#,
        r#"{"event_type":"step.delta","index":0,"delta":{"content":{"text":"CANARY","type":"text"},"type":"thought_summary"}}"#,
        r#"{"event_type":"step.delta","index":0,"delta":{"type":"thought_signature","signature":"S"}}"#,
        r#"{"event_type":"step.stop","index":0,"status":"done"}"#,
        r#"{"event_type":"step.start","index":1,"step":{"type":"model_output","content":[{"type":"text","text":"["}]}}"#,
        r#"{"event_type":"step.delta","index":1,"delta":{"text":"\"CANARY\"]","type":"text"}}"#,
        r#"{"event_type":"step.start","index":2,"step":{"type":"google_search_call","id":"g1"}}"#,
        r#"{"event_type":"step.start","index":3,"step":{"type":"function_call","id":"f2","name":"get","arguments":{}}}"#,
        r#"{"event_type":"step.delta","index":3,"delta":{"type":"arguments_delta","arguments":"{\"a\":1}"}}"#,
    ]
    .iter()
    .map(|event| (*event).to_owned())
    .chain([format!(r#"{{"event_type":"interaction.completed","interaction":{}}}"#, answer())])
    .map(|event| event.replace('\n', ""))
    .collect()
}

fn sse(events: &[String]) -> Vec<u8> {
    let named: Vec<String> = events.iter().map(|data| format!("event: x\ndata: {data}\n\n")).collect();
    chunked("text/event-stream", &named)
}

fn part(count: u64, chars: u64) -> Part {
    Part { count, chars }
}

fn failure(call: &Call) -> Option<&str> {
    call.failure.as_ref().map(|failure| failure.kind.as_str())
}

fn streamed(events: &[&str]) -> Talk {
    let talk = Talk::new().request("POST", HOST, PATH).body(Direction::ToServer, REQUEST);
    talk.end_request(End::Complete).sse().events(events)
}

#[test]
fn whole_and_as_a_stream() {
    let request = post(HOST, PATH, REQUEST);
    for response in [plain("200 OK", &answer()), sse(&events())] {
        let call = bytes_of::check(&request, &response);
        assert_eq!(call.api, Api { name: "interactions", operation: "generate_content" });
        assert_eq!((&call.provider, call.outcome), (&Provider::host("gcp.gemini"), Outcome::Complete));
        let request = &call.request;
        assert_eq!((request.model.as_deref(), request.stream), (Some("gemini-3.5-flash"), Some(true)));
        assert_eq!(request.previous_response.as_deref(), Some("int_0"));
        assert_eq!(
            (request.service_tier.as_deref(), request.output_type.as_deref()),
            (Some("flex"), Some("application/json"))
        );
        assert_eq!((request.temperature, request.top_p, request.seed), (Some(0.5), Some(0.75), Some(7)));
        assert_eq!((request.max_tokens, request.stop_count), (Some(9), Some(1)));
        assert_eq!((request.reasoning_level.as_deref(), request.message_count), (Some("low"), Some(4)));
        assert_eq!(request.tool_count, Some(2));
        let prompt = request.prompt.expect("a prompt");
        assert_eq!((prompt.system, prompt.user), (part(1, 7), part(1, 6)));
        assert_eq!((prompt.assistant, prompt.tool_result, prompt.media), (part(2, 5 + 7), part(1, 9), 1));
        assert_eq!((call.traces.messages.len(), call.traces.tool_results.len()), (4, 1));
        let response = &call.response;
        assert_eq!(
            (response.id.as_deref(), response.model.as_deref()),
            (Some("int_1"), Some("gemini-3.5-flash"))
        );
        assert_eq!(response.finish_reasons, ["requires_action"]);
        let tool = |id: &str, name: &str| ToolCall { id: Some(id.to_owned()), name: Some(name.to_owned()) };
        assert_eq!(response.tool_calls, [tool("g1", "google_search_call"), tool("f2", "get")]);
        assert_eq!(response.valid_json, Some(true));
        let usage = &call.usage;
        assert_eq!((usage.input, usage.output, usage.reasoning), (Some(19), Some(1691), Some(912)));
        assert_eq!((usage.cache_read, usage.cache_read_image), (Some(4), Some(4)));
        assert_eq!((usage.input_image, usage.output_audio, usage.web_searches), (Some(6), Some(2), Some(2)));
        assert!(!usage.inconsistent && usage.raw.len() == 11);
        assert_eq!((call.unknown_shape, failure(&call)), (0, None));
        assert!(!format!("{call:?}").contains("CANARY"));
        if let Some(stream) = &call.stream {
            assert_eq!((stream.chunks, stream.content_chunks), (11, 5));
        }
    }
}

#[test]
fn the_total_tells_where_thoughts_are() {
    for (output, thoughts, total, expect, odd) in
        [(10, 5, 115, 15, false), (10, 5, 110, 10, false), (10, 5, 99, 15, true), (10, 0, 110, 10, false)]
    {
        let usage = format!(
            r#"{{"total_input_tokens":100,"total_output_tokens":{output},"total_thought_tokens":{thoughts},"total_tokens":{total}}}"#
        );
        let body = format!(r#"{{"object":"interaction","status":"completed","usage":{usage}}}"#);
        let call = bytes_of::check(&post(HOST, PATH, "{}"), &plain("200 OK", &body));
        assert_eq!((call.usage.output, call.usage.inconsistent), (Some(expect), odd), "{usage}");
    }
}

#[test]
fn every_form_of_input() {
    for (input, messages, user, chars) in [
        (r#""CANARY""#, 1, 1, 6),
        (r#"{"type":"text","text":"CANARY"}"#, 1, 1, 6),
        (r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, 2, 2, 2),
        (
            r#"[{"role":"user","content":"a"},{"role":"model","content":[{"type":"text","text":"b"}]}]"#,
            2,
            1,
            1,
        ),
        ("[]", 0, 0, 0),
    ] {
        let body = format!(r#"{{"agent":"deep-research","input":{input}}}"#);
        let call = bytes_of::check(&post(HOST, PATH, &body), &plain("200 OK", &answer()));
        assert_eq!((call.request.message_count, call.unknown_shape), (Some(messages), 0), "{input}");
        assert_eq!(call.request.prompt.map(|prompt| prompt.user), Some(part(user, chars)), "{input}");
        assert_eq!(call.traces.messages.len() as u64, messages, "{input}");
        assert_eq!(call.request.model.as_deref(), Some("deep-research"));
    }
}

#[test]
fn what_events_carry() {
    let delta = |delta: &str| format!(r#"{{"event_type":"step.delta","index":0,"delta":{delta}}}"#);
    for (event, content, text) in [
        (delta(r#"{"type":"text","text":"a"}"#), true, true),
        (delta(r#"{"type":"text","text":""}"#), false, false),
        (delta(r#"{"text":"a","type":"text"}"#), true, true),
        (delta(r#"{"type":"audio","data":"AAAA"}"#), true, true),
        (delta(r#"{"type":"thought_summary","content":{"type":"text","text":"a"}}"#), true, false),
        (delta(r#"{"type":"arguments_delta","arguments":"{"}"#), true, false),
        (delta(r#"{"type":"function_call","name":"f","arguments":{}}"#), true, false),
        (delta(r#"{"type":"function_result","result":"a"}"#), false, false),
        (delta(r#"{"type":"thought_signature","signature":"a"}"#), false, false),
        (delta(r#"{"type":"text_annotation_delta","annotations":[]}"#), false, false),
        (
            r#"{"event_type":"content.delta","index":0,"delta":{"type":"text","text":"a"}}"#.to_owned(),
            true,
            true,
        ),
        (r#"{"event_type":"new.thing","delta":{"type":"text","text":"a"}}"#.to_owned(), false, false),
    ] {
        let call = streamed(&[&event]).end(End::Complete).call();
        assert_eq!(
            (call.times.first_token.is_some(), call.times.first_text.is_some()),
            (content, text),
            "{event}"
        );
        assert_eq!((call.outcome, call.unknown_shape), (Outcome::Cut, 0), "{event}");
    }
}

#[test]
fn endings_and_errors() {
    let over =
        |kind: &str| format!(r#"{{"event_type":"interaction.{kind}","interaction":{{"status":"{kind}"}}}}"#);
    for (kind, error) in
        [("completed", None), ("failed", Some("_OTHER")), ("incomplete", None), ("cancelled", None)]
    {
        let call = streamed(&[&over(kind)]).call();
        let outcome = if error.is_some() { Outcome::Cut } else { Outcome::Complete };
        assert_eq!((call.outcome, failure(&call)), (outcome, error), "{kind}");
        assert_eq!(call.response.finish_reasons, [kind]);
    }
    let event = r#"{"event_type":"error","error":{"code":"gateway_timeout","message":"CANARY"}}"#;
    assert_eq!(failure(&streamed(&[event]).call()), Some("gateway_timeout"));
    let body = r#"{"error":{"code":"invalid_request","message":"CANARY"}}"#;
    let call = bytes_of::check(&post(HOST, PATH, REQUEST), &plain("400 Bad Request", body));
    assert_eq!((failure(&call), call.unknown_shape), (Some("invalid_request"), 0));
    // In the background it goes on.
    let body = r#"{"id":"int_1","object":"interaction","status":"in_progress"}"#;
    let call = bytes_of::check(&post(HOST, PATH, REQUEST), &plain("200 OK", body));
    assert!(call.response.finish_reasons.is_empty());
    assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 0));
    // Cut at any byte of the transport.
    let response = sse(&events());
    for at in 0..response.len() {
        let calls = bytes_of::calls(&post(HOST, PATH, REQUEST), &response[..at], |bytes| vec![bytes]);
        assert_eq!(calls.len(), 1, "at {at}");
        assert!(calls[0].unknown_shape == 0 && !calls[0].lossy, "at {at}");
    }
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (body, wrong) in [
        (r#"{"model":7,"input":7,"stream":true}"#, 2),
        (r#"{"model":"m","input":[7,{"type":5,"content":5}],"stream":true}"#, 3),
        (r#"{"generation_config":[],"tools":{},"stream":true}"#, 2),
        (r#"{"generation_config":{"temperature":"x","stop_sequences":5},"stream":true}"#, 2),
        (r#"{"model":null,"input":null,"tools":null,"stream":true}"#, 0),
    ] {
        let call = bytes_of::check(&post(HOST, PATH, body), &plain("200 OK", &answer()));
        assert_eq!((call.request.stream, call.unknown_shape), (Some(true), wrong), "{body}");
    }
    for (event, wrong) in [
        (r#"{"event_type":5,"interaction":7,"id":"i"}"#, 2),
        (r#"{"event_type":"step.delta","delta":[],"index":"0","id":"i"}"#, 2),
        (r#"{"event_type":"step.delta","delta":{"type":5,"text":5},"usage":7,"id":"i"}"#, 3),
        (r#"{"steps":{},"error":[],"id":"i"}"#, 2),
    ] {
        let call = streamed(&[event]).end(End::Complete).call();
        assert_eq!((call.response.id.as_deref(), call.unknown_shape), (Some("i"), wrong), "{event}");
    }
}

#[test]
fn other_paths_are_told_by_the_body() {
    let ask = |path: &str, body: &str, answer: &str| {
        let talk = Talk::new().request("POST", "gateway.example", path).body(Direction::ToServer, body);
        let talk = talk.end_request(End::Complete).json(200).answer(answer).end(End::Complete);
        assert_eq!(talk.cut(1).calls(), talk.calls(), "{body}");
        talk.calls().first().map(|call| call.api.name)
    };
    let bare = r#"{"model":"m","input":"x"}"#;
    for (path, body, answer, expect) in [
        ("/v1/interactions", bare, answer(), Some("interactions")),
        ("/ask", REQUEST, answer(), Some("interactions")),
        ("/ask", bare, answer(), None),
        ("/v1/interactions", r#"{"customer":5}"#, answer(), None),
        ("/v1/interactions", bare, r#"{"id":"crm"}"#.to_owned(), None),
    ] {
        assert_eq!(ask(path, body, &answer), expect, "{path} {body}");
    }
    let events = events();
    let late = events.iter().fold(Talk::new().sse(), |talk, event| talk.event(event)).call();
    assert_eq!((late.api.name, late.joined_late, late.usage.output), ("interactions", true, Some(1691)));
}

#[test]
fn texts_show_nowhere() {
    let events = events();
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    bytes_of::shows_nothing(&streamed(&events));
    let talk = Talk::new().request("POST", HOST, PATH).body(Direction::ToServer, REQUEST);
    bytes_of::shows_nothing(&talk.end_request(End::Complete).json(200).answer(answer()).end(End::Complete));
}

proptest! {
    #[test]
    fn any_bytes_give_one_call_and_the_same_for_any_cut(request: Vec<u8>, answered: Vec<u8>, flip in any::<prop::sample::Index>(), byte: u8, size in 1usize..20) {
        let talk = |request: &[u8], answer: &[u8]| Talk::new()
            .request("POST", HOST, PATH)
            .body(Direction::ToServer, request)
            .end_request(End::Complete)
            .json(200)
            .answer(answer)
            .end(End::Complete);
        let spoil = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            let at = flip.index(bytes.len());
            bytes[at] = byte;
            bytes
        };
        for talk in [talk(&request, &answered), talk(&spoil(REQUEST), &spoil(&answer()))] {
            prop_assert_eq!(talk.cut(size).calls(), talk.calls());
            prop_assert_eq!(talk.calls().len(), 1);
        }
    }
}

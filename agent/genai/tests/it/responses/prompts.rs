//! What a prompt is made of, and what of a request is kept.

use genai::digest::{Digester, Key};
use genai::memory::Block;
use genai::{CacheMiss, Part, Prompt};

use super::*;

fn part(count: u64, chars: u64) -> Part {
    Part { count, chars }
}

fn digest(text: &str) -> genai::Digest {
    Digester::of(Key::default(), text.as_bytes())
}

/// The prompt of a request with these items.
#[track_caller]
fn of_items(items: &str) -> (Prompt, Call) {
    let body = format!(r#"{{"model":"m","input":[{items}],"stream":true}}"#);
    let call = check(&ask(&body).json(200).answer("{}").end(End::Complete));
    assert_eq!(call.unknown_shape, 0, "{items}");
    (call.request.prompt.expect("a prompt"), call)
}

#[test]
fn a_prompt_as_a_whole() {
    let call = check(&ask(REQUEST).json(200).answer(ANSWER).end(End::Complete));
    let tools = &REQUEST[REQUEST.find(r#"[{"type":"function","name":"get_weather""#).expect("tools")..];
    let tools = &tools[..tools.find("],").expect("their end") + 1];
    let expect = Prompt {
        // `CANARY-PROMPT {"model":"fake"}` and the instructions.
        system: part(2, 30 + 19),
        user: part(1, 3),
        assistant: part(1, 2),
        tool_result: part(1, 13),
        retrieved: Part::default(),
        media: 1,
        tool_definitions: tools.len() as u64,
    };
    assert_eq!(call.request.prompt, Some(expect));
    let block = |text: &str, chars| Some(Block { digest: digest(text), chars });
    assert_eq!(call.traces.tools, block(tools, tools.len() as u64));
    assert_eq!(call.traces.system, block("\"CANARY-INSTRUCTIONS\"", 19));
    assert_eq!(call.traces.tool_results, [digest("call_0")]);
    assert_eq!((call.traces.messages.len(), call.traces.more_messages), (4, false));
    assert!(call.traces.body.is_some());
}

#[test]
fn every_item_has_its_part() {
    let none = Prompt::default();
    for (item, expect) in [
        (r#"{"role":"user","content":"CANARY"}"#, Prompt { user: part(1, 6), ..none }),
        (
            r#"{"content":[{"text":"CANARY","type":"input_text"}],"role":"system"}"#,
            Prompt { system: part(1, 6), ..none },
        ),
        (
            r#"{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"CANARY","annotations":[]},{"type":"refusal","refusal":"no"}]}"#,
            Prompt { assistant: part(1, 8), ..none },
        ),
        (
            r#"{"role":"user","content":[{"type":"input_file","filename":"CANARY","file_data":"AAAA"},{"type":"input_audio","input_audio":{"data":"AAAA","format":"mp3"}},{"type":"input_image","file_id":"f"}]}"#,
            Prompt { user: part(1, 0), media: 3, ..none },
        ),
        (
            r#"{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"}"#,
            Prompt { assistant: part(1, 7), ..none },
        ),
        (
            r#"{"type":"custom_tool_call","call_id":"c","name":"f","input":"CANARY"}"#,
            Prompt { assistant: part(1, 6), ..none },
        ),
        (
            r#"{"type":"computer_call","call_id":"c","action":{"type":"type","text":"CANARY","x":5,"keys":["a"]}}"#,
            Prompt { assistant: part(1, 4 + 6 + 1), ..none },
        ),
        (
            r#"{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"CANARY"}],"encrypted_content":"CANARY"}"#,
            Prompt { assistant: part(1, 6), ..none },
        ),
        (r#"{"type":"item_reference","id":"msg_1"}"#, Prompt { assistant: part(1, 0), ..none }),
        (
            r#"{"output":"CANARY","call_id":"c","type":"function_call_output"}"#,
            Prompt { tool_result: part(1, 6), ..none },
        ),
        (
            r#"{"type":"custom_tool_call_output","call_id":"c","output":[{"type":"input_text","text":"CANARY"},{"type":"input_image","image_url":"data:AAAA"}]}"#,
            Prompt { tool_result: part(1, 6), media: 1, ..none },
        ),
        (
            r#"{"type":"computer_call_output","call_id":"c","output":{"type":"computer_screenshot","image_url":"data:AAAA"}}"#,
            Prompt { tool_result: part(1, 0), media: 1, ..none },
        ),
        (
            r#"{"type":"shell_call_output","call_id":"c","output":[{"stdout":"CANARY","stderr":"no","outcome":{"type":"exit","exit_code":0}}]}"#,
            Prompt { tool_result: part(1, 8), ..none },
        ),
        (
            r#"{"type":"mcp_call","id":"m","server_label":"s","name":"f","arguments":"{}","output":"CANARY"}"#,
            Prompt { assistant: part(1, 2), tool_result: part(1, 6), ..none },
        ),
        (
            r#"{"type":"file_search_call","id":"f","queries":["who"],"results":[{"file_id":"a","filename":"n","score":0.5,"text":"CANARY"},{"text":"no"}]}"#,
            Prompt { assistant: part(1, 3), retrieved: part(2, 8), ..none },
        ),
        (
            r#"{"type":"image_generation_call","id":"i","result":"AAAA","status":"completed"}"#,
            Prompt { assistant: part(1, 0), media: 1, ..none },
        ),
        (r#"{"type":"compaction","encrypted_content":"CANARY"}"#, Prompt { assistant: part(1, 0), ..none }),
    ] {
        let (prompt, call) = of_items(item);
        assert_eq!(prompt, expect, "{item}");
        assert_eq!((call.request.message_count, call.traces.messages.len()), (Some(1), 1), "{item}");
        let returned = item.contains("_output\"") && item.contains(r#""call_id":"c""#);
        assert_eq!(call.traces.tool_results.len(), usize::from(returned), "{item}");
        // The same again is the same, and another is another.
        let (_, again) =
            of_items(&format!("{item},{}", item.replace("CANARY", "OTHER").replace("AAAA", "BBBB")));
        let blocks = again.traces.messages;
        assert_eq!(blocks.first(), call.traces.messages.first(), "{item}");
        if item.contains("CANARY") || item.contains("AAAA") {
            let named_only = item.contains("filename\":\"CANARY") && !item.contains("AAAA");
            assert!(named_only || blocks[0].digest != blocks[1].digest, "{item}");
        }
    }
    let (_, call) = of_items(r#"{"role":"user","content":"a"},{"role":"assistant","content":"a"}"#);
    assert_ne!(call.traces.messages[0].digest, call.traces.messages[1].digest, "roles");
}

#[test]
fn a_prompt_of_one_text_is_the_users() {
    let call = check(&ask(r#"{"model":"m","input":"CANARY"}"#).json(200).answer(ANSWER));
    assert_eq!(call.request.prompt, Some(Prompt { user: part(1, 6), ..Prompt::default() }));
    assert_eq!(call.traces.messages.len(), 1);
    // A prompt that was not read to its end, and none.
    for body in [
        r#"{"model":"m","stream":true,"input":[{"role":"user","content":"CANARY"#,
        r#"{"model":"m","prompt":{"id":"p"}}"#,
    ] {
        assert_eq!(ask(body).json(200).answer(ANSWER).call().request.prompt, None, "{body}");
    }
}

#[test]
fn every_field_of_a_request() {
    let body = r#"{"previous_response_id":"resp_0","conversation":{"id":"conv_1"},"prompt":{"id":"pmpt_1","version":"3","variables":{"id":"x"}},
     "service_tier":"flex","user":"CANARY-OLD","safety_identifier":"CANARY-USER","metadata":{"user":"x"},"reasoning":{"effort":"high"},
     "top_k":5,"frequency_penalty":0.5,"presence_penalty":-0.5,"background":true,"include":["x"],"truncation":"auto","model":"m"}"#;
    let call = check(&ask(body).json(200).answer(ANSWER).end(End::Complete));
    let expect = Request {
        model: some("m"),
        previous_response: some("resp_0"),
        conversation: some("conv_1"),
        prompt_id: some("pmpt_1"),
        prompt_version: some("3"),
        service_tier: some("flex"),
        user: Some(digest("CANARY-USER")),
        reasoning_level: some("high"),
        top_k: Some(5.0),
        frequency_penalty: Some(0.5),
        presence_penalty: Some(-0.5),
        ..Request::default()
    };
    assert_eq!((call.request, call.unknown_shape), (expect, 0));
    for (body, conversation, user) in [
        (r#"{"conversation":"conv_2","user":"CANARY"}"#, some("conv_2"), Some(digest("CANARY"))),
        (r#"{"conversation":"auto"}"#, None, None),
    ] {
        let request = ask(body).json(200).answer(ANSWER).call().request;
        assert_eq!((request.conversation, request.user), (conversation, user), "{body}");
    }
}

#[test]
fn every_field_of_an_answer() {
    let body = r#"{"object":"response","status":"completed","conversation":{"id":"conv_1"},"prompt_cache_diagnostics":{"type":"cache_miss","reason":"tools_changed"},
     "tool_usage":{"web_search":{"num_requests":3},"image_gen":{"input_tokens":5}},"output":[{"type":"compaction","encrypted_content":"CANARY"}],
     "usage":{"input_tokens":3,"output_tokens":2,"total_tokens":9,"cost":{"total_cost":0.5}}}"#;
    let call = check(&ask("{}").json(200).answer(body).end(End::Complete));
    assert_eq!((call.response.conversation.as_deref(), call.response.compacted), (Some("conv_1"), true));
    assert_eq!(call.response.cache_miss_reason, some("tools_changed"));
    assert_eq!((call.usage.web_searches, call.usage.inconsistent), (Some(3), true));
    assert_eq!(call.cost, genai::price::Cost::told("usage.cost.total_cost", "0.5"));
    assert_eq!((call.unknown_shape, call.cache_miss), (0, None::<CacheMiss>));
    for (told, expect) in [
        (r#"{"type":"cache_hit"}"#, None),
        (r#"{"type":"cache_miss"}"#, some("cache_miss")),
        (r#"{"type":"cache_miss","reason":"CANARY is a sentence"}"#, some("cache_miss")),
        ("null", None),
    ] {
        let body = format!(r#"{{"object":"response","prompt_cache_diagnostics":{told}}}"#);
        assert_eq!(ask("{}").json(200).answer(body).call().response.cache_miss_reason, expect, "{told}");
    }
}

#[test]
fn json_is_looked_at_where_it_was_asked_for() {
    let asked = r#"{"model":"m","input":"x","text":{"format":{"type":"json_schema"}}}"#;
    let piece = |delta: &str| {
        format!(
            r#"{{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"{delta}"}}"#
        )
    };
    let elsewhere = piece("[]").replace(r#""content_index":0"#, r#""content_index":1"#);
    let late = r#"{"delta":"{}","type":"response.output_text.delta"}"#.to_owned();
    let thought = r#"{"type":"response.reasoning_text.delta","delta":"hm"}"#.to_owned();
    for (request, events, expect) in [
        (asked, vec![piece(r#"{\"a\""#), piece(":1}")], Some(true)),
        (asked, vec![thought, piece("{}")], Some(true)),
        (asked, vec![piece("{"), piece("a}")], Some(false)),
        (asked, vec![piece("{}"), elsewhere], None),
        (asked, vec![late], None),
        (asked, vec![], None),
        ("{}", vec![piece("{")], None),
    ] {
        let talk = events.iter().fold(ask(request).sse(), |talk, event| talk.event(event));
        assert_eq!(talk.event(STREAM[10]).call().response.valid_json, expect, "{events:?}");
    }
    let message = |texts: &[&str]| {
        let parts: Vec<_> =
            texts.iter().map(|text| format!(r#"{{"type":"output_text","text":"{text}"}}"#)).collect();
        format!(
            r#"{{"object":"response","output":[{{"type":"reasoning","content":[{{"type":"reasoning_text","text":"hm"}}]}},{{"type":"message","content":[{}]}}]}}"#,
            parts.join(",")
        )
    };
    for (texts, expect) in [(&["{}"][..], Some(true)), (&["{"], Some(false)), (&["{}", "{}"], None)] {
        let call = check(&ask(asked).json(200).answer(message(texts)).end(End::Complete));
        assert_eq!(call.response.valid_json, expect, "{texts:?}");
    }
}

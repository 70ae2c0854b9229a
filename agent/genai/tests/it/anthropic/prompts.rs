//! What prompts are made of.

use genai::digest::{Digester, Key};
use genai::memory::Block;
use genai::{Part, Prompt};
use wire::End;

use super::samples::{ANSWER, REQUEST};
use super::{ask, check};

fn part(count: u64, chars: u64) -> Part {
    Part { count, chars }
}

/// The prompt of a request with these messages, and what else it has.
fn prompt(messages: &str) -> Prompt {
    let call =
        check(&ask(&format!(r#"{{"messages":[{messages}]}}"#)).json(200).answer(ANSWER).end(End::Complete));
    assert_eq!(call.unknown_shape, 0, "{messages}");
    call.request.prompt.expect("a prompt")
}

fn user(block: &str) -> Prompt {
    prompt(&format!(r#"{{"role":"user","content":[{block}]}}"#))
}

#[test]
fn a_prompt_as_a_whole() {
    let call = check(&ask(REQUEST).json(200).answer(ANSWER).end(End::Complete));
    let tools = &REQUEST[REQUEST.find(r#"[{"name":"get_weather""#).expect("tools")..];
    let tools = &tools[..=tools.find(']').expect("their end")];
    let expect = Prompt {
        system: part(1, 13),
        // The one with the tool's result is the user's too.
        user: part(2, 30),
        // `]}\` and the arguments.
        assistant: part(1, 3 + 13),
        tool_result: part(1, 2),
        tool_definitions: tools.len() as u64,
        ..Prompt::default()
    };
    assert_eq!(call.request.prompt, Some(expect));
    let digest = |text: &str| Digester::of(Key::default(), text.as_bytes());
    let block = |text: &str, chars| Some(Block { digest: digest(text), chars });
    assert_eq!(call.traces.tools, block(tools, tools.len() as u64));
    assert_eq!(call.traces.system, block("\"CANARY-SYSTEM\"", 13));
    assert_eq!(call.traces.tool_results, [digest("toolu_0")]);
    assert_eq!((call.traces.messages.len(), call.traces.more_messages), (3, false));
    assert!(call.traces.body.is_some());
}

#[test]
fn blocks_are_what_they_say() {
    let one = Prompt { user: part(1, 0), ..Prompt::default() };
    let with = |block: &str, expect: Prompt| assert_eq!(user(block), expect, "{block}");
    with(
        r#"{"type":"text","text":"h\u00e4h","cache_control":{"type":"ephemeral"}}"#,
        Prompt { user: part(1, 3), ..one },
    );
    with(r#"{"text":"abc","type":"text"}"#, Prompt { user: part(1, 3), ..one });
    with(
        r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}"#,
        Prompt { media: 1, ..one },
    );
    with(r#"{"type":"image","source":{"type":"url","url":"https://x"}}"#, Prompt { media: 1, ..one });
    with(
        r#"{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"},"title":"t"}"#,
        Prompt { media: 1, ..one },
    );
    with(r#"{"type":"document","source":{"type":"file","file_id":"f"}}"#, Prompt { media: 1, ..one });
    with(r#"{"type":"container_upload","file_id":"f"}"#, Prompt { media: 1, ..one });
    with(
        r#"{"type":"document","source":{"type":"text","media_type":"text/plain","data":"seven!!"}}"#,
        Prompt { retrieved: part(1, 7), ..one },
    );
    with(
        r#"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"ab"},{"type":"text","text":"c"}]}}"#,
        Prompt { retrieved: part(1, 3), ..one },
    );
    with(
        r#"{"type":"search_result","source":"https://x","title":"t","content":[{"type":"text","text":"four"}]}"#,
        Prompt { retrieved: part(1, 4), ..one },
    );
    with(
        r#"{"type":"tool_result","tool_use_id":"t","content":"four","is_error":false}"#,
        Prompt { tool_result: part(1, 4), ..one },
    );
    with(
        r#"{"tool_use_id":"t","content":"four","type":"tool_result"}"#,
        Prompt { tool_result: part(1, 4), ..one },
    );
    with(r#"{"type":"tool_result","tool_use_id":"t"}"#, Prompt { tool_result: part(1, 0), ..one });
    with(
        r#"{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"four"},{"type":"image","source":{"type":"base64","data":"AA"}},
            {"type":"search_result","source":"x","content":[{"type":"text","text":"abc"}]},{"type":"text","text":"x"}]}"#,
        Prompt { tool_result: part(1, 5), retrieved: part(1, 3), media: 1, ..one },
    );
    with(
        r#"{"type":"web_fetch_tool_result","tool_use_id":"t","content":{"type":"web_fetch_result","url":"https://x",
            "content":{"type":"document","source":{"type":"text","data":"abcde"}}}}"#,
        Prompt { tool_result: part(1, 0), retrieved: part(1, 5), ..one },
    );
    with(
        r#"{"type":"code_execution_tool_result","tool_use_id":"t","content":{"type":"code_execution_result","stdout":"42\n","stderr":"","return_code":0,"content":[]}}"#,
        Prompt { tool_result: part(1, 3), ..one },
    );
    with(
        r#"{"type":"web_search_tool_result","tool_use_id":"t","content":[{"type":"web_search_result","url":"u","title":"t","encrypted_content":"e"}]}"#,
        Prompt { tool_result: part(1, 0), ..one },
    );
    with(r#"{"type":"redacted_thinking","data":"AAAA"}"#, one);
    with(r#"{"type":"invented","text":"ab"}"#, Prompt { user: part(1, 2), ..one });
}

#[test]
fn a_prompt_that_was_not_read_to_its_end_is_none() {
    for body in [r#"{"messages":[{"role":"user","content":"x"}]"#, r#"{"messages":["#, "", r#"{"model":"m"}"#]
    {
        let call = check(&ask(body).json(200).answer(ANSWER).end(End::Complete));
        assert_eq!(call.request.prompt, None, "{body}");
    }
    let parts = r#"{"system":"abc","messages":[{"content":"x"},{"role":"assistant","content":""}]}"#;
    let call = check(&ask(parts).json(200).answer(ANSWER).end(End::Complete));
    let expect = Prompt { system: part(1, 3), user: part(1, 1), assistant: part(1, 0), ..Prompt::default() };
    assert_eq!(call.request.prompt, Some(expect));
}

#[test]
fn messages_are_recognised_by_what_they_say_and_not_by_marks() {
    let messages = |messages: &str| {
        let body = format!(r#"{{"messages":[{messages}]}}"#);
        ask(&body).json(200).answer(ANSWER).end(End::Complete).call().traces.messages
    };
    let text = |text: &str, more: &str| {
        format!(r#"{{"role":"user","content":[{{"type":"text","text":"{text}"{more}}}]}}"#)
    };
    let marked = messages(&text("hello", r#","cache_control":{"type":"ephemeral"}"#));
    assert_eq!(marked, messages(&text("hello", "")));
    let call = |input: &str, id: &str| {
        format!(
            r#"{{"role":"assistant","content":[{{"type":"tool_use","id":"{id}","name":"n","input":{input}}}]}}"#
        )
    };
    let result = |result: &str| {
        format!(
            r#"{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"t","content":{result}}}]}}"#
        )
    };
    let image = |data: &str| {
        format!(
            r#"{{"role":"user","content":[{{"type":"image","source":{{"type":"base64","data":"{data}"}}}}]}}"#
        )
    };
    let all: Vec<_> = [
        text("hello", ""),
        text("hellp", ""),
        text("hello", "").replace("user", "assistant"),
        call("{}", "a"),
        call(r#"{"x":1}"#, "a"),
        call("{}", "b"),
        result(r#""x""#),
        result(r#"[{"type":"text","text":"y"}]"#),
        image("AAAA"),
        image("AAAB"),
    ]
    .iter()
    .flat_map(|message| messages(message))
    .collect();
    let mut different = all.clone();
    different.sort_unstable_by_key(|block| block.digest);
    different.dedup();
    assert_eq!((all.len(), different.len()), (10, 10));
    // The conversation goes on, and begins as before.
    let two = messages(&format!("{},{}", text("hello", ""), call("{}", "a")));
    assert_eq!(two, [all[0], all[3]]);
}

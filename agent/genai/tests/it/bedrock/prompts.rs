//! What prompts are made of.

use genai::digest::{Digester, Key};
use genai::memory::Block;
use genai::{Part, Prompt};
use wire::End;

use super::samples::{ANSWER, CONVERSE, REQUEST};
use super::{ask, check};

fn part(count: u64, chars: u64) -> Part {
    Part { count, chars }
}

#[test]
fn a_prompt_as_a_whole() {
    let call = check(&ask(CONVERSE, REQUEST).json(200).answer(ANSWER).end(End::Complete));
    let tools = r#"[{"toolSpec":{"name":"get_weather","inputSchema":{"json":{"type":"object"}}}}]"#;
    let expect = Prompt {
        system: part(1, 13),
        user: part(2, 13),
        // What it thought, and `{"text":"x"}`.
        assistant: part(1, 14 + 12),
        tool_result: part(1, 2),
        tool_definitions: tools.len() as u64,
        ..Prompt::default()
    };
    assert_eq!(call.request.prompt, Some(expect));
    let digest = |text: &str| Digester::of(Key::default(), text.as_bytes());
    let block = |text: &str, chars| Some(Block { digest: digest(text), chars });
    assert_eq!(
        (call.traces.tools, call.traces.system),
        (block(tools, tools.len() as u64), block("\"CANARY-SYSTEM\"", 13))
    );
    assert_eq!(call.traces.tool_results, [digest("tooluse_0")]);
    // A cache point that moves makes no other message.
    let moved = REQUEST.replacen(r#",{"cachePoint":{"type":"default"}}"#, "", 1);
    let again = ask(CONVERSE, &moved).json(200).answer(ANSWER).end(End::Complete).call();
    assert_eq!((again.traces.messages.len(), again.traces.messages), (3, call.traces.messages));
}

#[test]
fn blocks_are_what_they_say() {
    let one = Prompt { user: part(1, 0), ..Prompt::default() };
    for (block, expect) in [
        (r#"{"text":"abc"}"#, Prompt { user: part(1, 3), ..one }),
        (r#"{"image":{"format":"png","source":{"bytes":"AAAA"}}}"#, Prompt { media: 1, ..one }),
        (
            r#"{"video":{"format":"mp4","source":{"s3Location":{"uri":"s3://x"}}}}"#,
            Prompt { media: 1, ..one },
        ),
        (r#"{"document":{"format":"pdf","name":"n","source":{"bytes":"AAAA"}}}"#, Prompt { media: 1, ..one }),
        (
            r#"{"document":{"format":"pdf","name":"n","source":{"s3Location":{"uri":"s3://x"}}}}"#,
            Prompt { media: 1, ..one },
        ),
        (r#"{"document":{"name":"n","source":{"text":"four"}}}"#, Prompt { retrieved: part(1, 4), ..one }),
        (
            r#"{"document":{"name":"n","source":{"content":[{"text":"ab"},{"text":"c"}]},"citations":{"enabled":true}}}"#,
            Prompt { retrieved: part(1, 3), ..one },
        ),
        (
            r#"{"searchResult":{"source":"u","title":"t","content":[{"text":"four"}]}}"#,
            Prompt { retrieved: part(1, 4), ..one },
        ),
        (
            r#"{"toolResult":{"toolUseId":"t","content":[{"json":{"a":1}},{"text":"x"},{"image":{"source":{"bytes":"AA"}}},{"document":{"source":{"text":"abc"}}}]}}"#,
            Prompt { tool_result: part(1, 8), media: 1, retrieved: part(1, 3), ..one },
        ),
        (
            r#"{"guardContent":{"text":{"text":"abcd","qualifiers":["query"]}}}"#,
            Prompt { user: part(1, 4), ..one },
        ),
        (r#"{"reasoningContent":{"redactedContent":"AAAA"}}"#, one),
        (
            r#"{"citationsContent":{"content":[{"text":"ab"}],"citations":[]}}"#,
            Prompt { user: part(1, 2), ..one },
        ),
        (r#"{"cachePoint":{"type":"default"}}"#, one),
        (r#"{"inventedLater":{"text":"abc"}}"#, one),
    ] {
        let body = format!(r#"{{"messages":[{{"role":"user","content":[{block}]}}]}}"#);
        let call = check(&ask(CONVERSE, &body).json(200).answer(ANSWER).end(End::Complete));
        assert_eq!((call.request.prompt, call.unknown_shape), (Some(expect), 0), "{block}");
    }
    let cut = r#"{"messages":[{"role":"user","content":[{"text":"abc"}]}]"#;
    let call = check(&ask(CONVERSE, cut).json(200).answer(ANSWER).end(End::Complete));
    assert_eq!((call.request.prompt, call.request.message_count), (None, Some(1)));
}

//! What holds for any message, and for any bytes.

use genai::{Outcome, ToolCall, Usage};
use proptest::prelude::*;
use wire::{Direction, End};

use super::samples::{ANSWER, ANTHROPIC, MESSAGES, REQUEST, STOP, STREAM, VERSION};
use super::{ask, tool};
use crate::talk::Talk;

/// A content block as a model makes it: its pieces, and what it is.
#[derive(Clone, Debug)]
enum Block {
    Text(Vec<String>),
    Thinking(Vec<String>),
    Tool(String, Vec<String>),
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let pieces = || proptest::collection::vec("[a-z {}\\[\\],:]{0,6}", 0..4);
    let block = prop_oneof![
        pieces().prop_map(Block::Text),
        pieces().prop_map(Block::Thinking),
        ("[a-z_]{1,8}", pieces()).prop_map(|(name, pieces)| Block::Tool(name, pieces)),
    ];
    proptest::collection::vec(block, 0..6)
}

/// What a message of these blocks is as a document, as events, and how many of the events carry content.
fn encode(blocks: &[Block], usage: [u32; 4], reason: &str) -> (String, Vec<String>, u64) {
    let [input, read, write, output] = usage;
    let cached = format!(
        r#""input_tokens":{input},"cache_read_input_tokens":{read},"cache_creation_input_tokens":{write}"#
    );
    let head = r#""id":"msg_1","type":"message","role":"assistant","model":"m""#;
    let mut whole = Vec::new();
    let mut events = vec![format!(
        r#"{{"type":"message_start","message":{{{head},"content":[],"stop_reason":null,"usage":{{{cached},"output_tokens":0}}}}}}"#
    )];
    let mut content = 0;
    for (index, block) in blocks.iter().enumerate() {
        let (begun, ended, delta, pieces) = match block {
            Block::Text(pieces) => {
                let block = |text: &str| format!(r#"{{"type":"text","text":"{text}"}}"#);
                (block(""), block(&pieces.concat()), ("text_delta", "text"), pieces)
            }
            Block::Thinking(pieces) => {
                let block =
                    |text: &str| format!(r#"{{"type":"thinking","thinking":"{text}","signature":"s"}}"#);
                (block(""), block(&pieces.concat()), ("thinking_delta", "thinking"), pieces)
            }
            Block::Tool(name, pieces) => {
                content += 1;
                let block = format!(r#"{{"type":"tool_use","id":"t{index}","name":"{name}","input":{{}}}}"#);
                (block.clone(), block, ("input_json_delta", "partial_json"), pieces)
            }
        };
        events.push(format!(r#"{{"type":"content_block_start","index":{index},"content_block":{begun}}}"#));
        for piece in pieces {
            content += u64::from(!piece.is_empty());
            let (kind, member) = delta;
            events.push(format!(
                r#"{{"type":"content_block_delta","index":{index},"delta":{{"type":"{kind}","{member}":"{piece}"}}}}"#
            ));
        }
        events.push(format!(r#"{{"type":"content_block_stop","index":{index}}}"#));
        whole.push(ended);
    }
    events.push(format!(
        r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}"}},"usage":{{"output_tokens":{output}}}}}"#
    ));
    events.push(STOP.to_owned());
    let document = format!(
        r#"{{{head},"content":[{}],"stop_reason":"{reason}","usage":{{{cached},"output_tokens":{output}}}}}"#,
        whole.join(",")
    );
    (document, events, content)
}

/// Bytes of a text, some of them changed.
fn spoil(text: &str, flips: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (index, byte) in flips {
        let at = index.index(bytes.len());
        bytes[at] = *byte;
    }
    bytes
}

proptest! {
    #[test]
    fn a_message_is_the_same_streamed_or_not(blocks in blocks(), usage: [u32; 4], reason in "[a-z_]{1,12}") {
        let (document, events, content) = encode(&blocks, usage, &reason);
        let one = ask(REQUEST).json(200).answer(document).end(End::Complete).call();
        let many = events.iter().fold(ask(REQUEST).sse(), |talk, event| talk.event(event)).call();
        let tools: Vec<ToolCall> = blocks
            .iter()
            .enumerate()
            .filter_map(|(index, block)| match block {
                Block::Tool(name, _) => Some(tool(&format!("t{index}"), name)),
                Block::Text(_) | Block::Thinking(_) => None,
            })
            .collect();
        let [input, read, write, output] = usage.map(u64::from);
        let expect = Usage {
            input: Some(input + read + write),
            output: Some(output),
            cache_read: Some(read),
            cache_write: Some(write),
            reasoning: None, ..Usage::default() };
        for call in [&one, &many] {
            prop_assert_eq!((&call.usage, call.unknown_shape, call.outcome), (&expect, 0, Outcome::Complete));
            prop_assert_eq!(&call.response.tool_calls, &tools);
            prop_assert_eq!(&call.response.finish_reasons, &vec![reason.clone()]);
        }
        prop_assert_eq!(&one.response, &many.response);
        prop_assert_eq!(many.stream.map(|stream| (stream.chunks, stream.content_chunks)), Some((events.len() as u64 - 1, content)));
    }

    #[test]
    fn any_body_gives_one_call_and_the_same_for_any_cut(request: Vec<u8>, answer: Vec<u8>, events: Vec<Vec<u8>>, size in 1usize..20) {
        let talk = Talk::new()
            .request_with("POST", ANTHROPIC, MESSAGES, &[VERSION])
            .body(Direction::ToServer, request)
            .end_request(End::Complete);
        let document = talk.clone().json(200).answer(answer).end(End::Complete);
        prop_assert_eq!(document.cut(size).calls(), document.calls());
        prop_assert_eq!(document.calls().len(), 1);
        let stream = events.into_iter().fold(talk.sse(), |talk, event| talk.event(event));
        prop_assert_eq!(stream.calls().len(), 1);
    }

    #[test]
    fn a_body_with_bytes_changed_is_still_one_call(flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), size in 1usize..20) {
        let talk = ask("{}").json(200).answer(spoil(ANSWER, &flips)).end(End::Complete);
        prop_assert_eq!(talk.cut(size).calls(), talk.calls());
        let talk = STREAM.iter().fold(ask("{}").sse(), |talk, event| talk.event(spoil(event, &flips)));
        prop_assert_eq!(talk.event(STOP).calls().len(), 1);
    }
}

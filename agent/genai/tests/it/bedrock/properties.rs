//! What holds for any conversation, and for any bytes.

use genai::{Outcome, Usage};
use proptest::prelude::*;
use wire::{Direction, End};

use super::samples::{ANSWER, CONVERSE, CONVERSE_STREAM, HOST, INVOKE_STREAM, REQUEST, STREAM};
use super::{ask, chunk, counts, event, events, exception, streams};
use crate::talk::Talk;

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
    fn a_conversation_is_the_same_streamed_or_not(
        text in proptest::collection::vec("[a-z {}]{1,6}", 1..5),
        tools in proptest::collection::vec("[a-z_]{1,8}", 0..4),
        usage: [u32; 4],
        reason in "[a-z_]{1,12}",
    ) {
        let [input, read, write, output] = usage.map(u64::from);
        let usage = format!(r#"{{"inputTokens":{input},"cacheReadInputTokens":{read},"cacheWriteInputTokens":{write},"outputTokens":{output}}}"#);
        let mut blocks = vec![format!(r#"{{"text":"{}"}}"#, text.concat())];
        let mut talk = event(streams(ask(CONVERSE_STREAM, REQUEST)), "messageStart", r#"{"role":"assistant"}"#);
        for piece in &text {
            let payload = format!(r#"{{"contentBlockIndex":0,"delta":{{"text":"{piece}"}}}}"#);
            talk = event(talk, "contentBlockDelta", payload);
        }
        for (index, name) in tools.iter().enumerate() {
            let call = format!(r#"{{"toolUse":{{"toolUseId":"t{index}","name":"{name}","input":{{}}}}}}"#);
            let payload = format!(r#"{{"start":{call},"contentBlockIndex":{}}}"#, index + 1);
            talk = event(talk, "contentBlockStart", payload);
            blocks.push(call);
        }
        talk = event(talk, "messageStop", format!(r#"{{"stopReason":"{reason}"}}"#));
        let many = event(talk, "metadata", format!(r#"{{"usage":{usage}}}"#)).end(End::Complete).call();
        let answer = format!(
            r#"{{"output":{{"message":{{"content":[{}]}}}},"stopReason":"{reason}","usage":{usage}}}"#,
            blocks.join(",")
        );
        let one = ask(CONVERSE, REQUEST).json(200).answer(answer).end(End::Complete).call();
        let expect = Usage {
            input: Some(input + read + write),
            output: Some(output),
            cache_read: Some(read),
            cache_write: Some(write),
            ..Usage::default()
        };
        for call in [&one, &many] {
            prop_assert_eq!((counts(call.usage.clone()), call.unknown_shape, call.outcome), (expect.clone(), 0, Outcome::Complete));
            prop_assert_eq!(call.response.tool_calls.len(), tools.len());
        }
        prop_assert_eq!(&one.response, &many.response);
        let content = (text.len() + tools.len()) as u64;
        prop_assert_eq!(many.stream.map(|stream| stream.content_chunks), Some(content));
    }

    #[test]
    fn any_bytes_give_one_call_and_the_same_for_any_cut(
        request: Vec<u8>,
        answer: Vec<u8>,
        frames in proptest::collection::vec((0usize..10, any::<Vec<u8>>()), 0..8),
        size in 1usize..20,
    ) {
        for path in [CONVERSE_STREAM, INVOKE_STREAM, "/model/meta.llama3/invoke", "/model/m/count-tokens"] {
            let talk = Talk::new()
                .request("POST", HOST, path)
                .body(Direction::ToServer, request.clone())
                .end_request(End::Complete);
            let document = talk.clone().json(200).answer(answer.clone()).end(End::Complete);
            prop_assert_eq!(document.cut(size).calls(), document.calls());
            prop_assert_eq!(document.calls().len(), 1);
            let stream = frames.iter().fold(streams(talk), |talk, (what, bytes)| match what {
                0 => chunk(talk, &String::from_utf8_lossy(bytes)),
                1 => event(talk, "chunk", bytes),
                2 => exception(talk, &String::from_utf8_lossy(bytes)),
                3 => talk.event(bytes),
                4 => talk.frame(&[], bytes),
                _ => event(talk, STREAM[*what].0, bytes),
            });
            prop_assert_eq!(stream.calls().len(), 1);
        }
    }

    #[test]
    fn bytes_changed_are_still_one_call(flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), size in 1usize..20) {
        let talk = Talk::new()
            .request("POST", HOST, CONVERSE)
            .body(Direction::ToServer, spoil(REQUEST, &flips))
            .end_request(End::Complete)
            .json(200)
            .answer(spoil(ANSWER, &flips))
            .end(End::Complete);
        prop_assert_eq!(talk.cut(size).calls(), talk.calls());
        let talk = STREAM.iter().fold(streams(ask(CONVERSE_STREAM, "{}")), |talk, (name, payload)| {
            event(talk, name, spoil(payload, &flips))
        });
        prop_assert_eq!(events(talk, &STREAM[9..]).calls().len(), 1);
    }
}

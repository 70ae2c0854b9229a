//! Nothing that Google, or who speaks in its name, sends harms, grows without bound, or shows in `Debug`.

use proptest::prelude::*;
use wire::{Direction, End};

use super::{ANSWER, EXHAUSTED, HOST, REQUEST, STREAM, STREAMED, WHOLE, answered, asked};
use crate::bytes_of;
use crate::talk::Talk;

#[test]
fn arrays_without_end_stop_at_their_caps() {
    let call = r#"{"functionCall":{"name":"f"}}"#;
    let candidates: Vec<String> = (0..1000)
        .map(|index| {
            format!(r#"{{"index":{index},"finishReason":"STOP","content":{{"parts":[{call},{call}]}}}}"#)
        })
        .collect();
    let call = answered(&format!(r#"{{"candidates":[{}]}}"#, candidates.join(",")));
    assert_eq!(call.response.finish_reasons.len(), genai::limits::CHOICES);
    assert_eq!(call.response.tool_calls.len(), genai::limits::TOOL_CALLS);
    assert!(call.unknown_shape > 0);
}

#[test]
fn prompts_and_completions_show_nowhere() {
    let keyed = WHOLE.to_owned() + "?key=CANARY-KEY";
    bytes_of::shows_nothing(&asked(&keyed, REQUEST).sse().events(&STREAM).end(End::Complete));
    bytes_of::shows_nothing(&asked(WHOLE, REQUEST).json(200).answer(ANSWER).end(End::Complete));
    bytes_of::shows_nothing(&asked(WHOLE, REQUEST).json(429).answer(EXHAUSTED).end(End::Complete));
}

proptest! {
    #[test]
    fn any_bytes_give_one_call_and_the_same_for_any_cut(request: Vec<u8>, answer: Vec<u8>, size in 1usize..20) {
        let talk = Talk::new()
            .request("POST", HOST, WHOLE)
            .body(Direction::ToServer, request)
            .end_request(End::Complete)
            .json(200)
            .answer(answer)
            .end(End::Complete);
        prop_assert_eq!(talk.calls().len(), 1);
        prop_assert_eq!(talk.cut(size).calls(), talk.calls());
    }

    #[test]
    fn samples_with_bytes_changed_are_still_one_call(flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), size in 1usize..20) {
        let spoil = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            for (index, byte) in &flips {
                let at = index.index(bytes.len());
                bytes[at] = *byte;
            }
            bytes
        };
        let talk = asked(WHOLE, "{}").json(200).answer(spoil(ANSWER)).end(End::Complete);
        prop_assert_eq!(talk.cut(size).calls(), talk.calls());
        let talk = STREAM.iter().fold(asked(STREAMED, "{}").sse(), |talk, event| talk.event(spoil(event)));
        prop_assert_eq!(talk.end(End::Complete).calls().len(), 1);
    }
}

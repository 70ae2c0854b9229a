//! Nothing that a peer sends panics, grows without bound, or shows in `Debug`.

use proptest::prelude::*;
use wire::{Direction, End, Kind, Notice, Time};

use crate::samples::{ANSWER, REQUEST, STREAM, TOOL_STREAM};
use crate::talk::{CHAT, OPENAI, Talk};

#[test]
fn prompts_and_completions_show_nowhere() {
    let stream = Talk::ask(REQUEST).sse().events(&STREAM).event("[DONE]");
    let answer = Talk::ask(REQUEST).json(200).answer(ANSWER).end(End::Complete);
    let failed = Talk::ask(REQUEST)
        .json(400)
        .answer(r#"{"error":{"message":"CANARY-MESSAGE","type":"CANARY in a sentence","code":null}}"#)
        .end(End::Complete);
    for talk in [stream, answer, failed] {
        // The interpreter while it runs: after each message, and in the middle of each body.
        let talk = talk.cut(5);
        for kept in 0..=talk.messages.len() {
            let mut part = talk.clone();
            part.messages.truncate(kept);
            assert!(!format!("{:?}", part.interpreter()).contains("CANARY"), "after {kept}");
        }
        let call = talk.call();
        assert!(!format!("{call:?}").contains("CANARY"));
    }
}

#[test]
fn arrays_without_end_stop_at_their_caps() {
    let choices: Vec<String> = (0..5000)
        .map(|index| {
            let tools: Vec<String> =
                (0..3).map(|tool| format!(r#"{{"index":{tool},"id":"t{index}-{tool}"}}"#)).collect();
            format!(
                r#"{{"index":{index},"finish_reason":"stop","message":{{"tool_calls":[{}]}}}}"#,
                tools.join(",")
            )
        })
        .collect();
    let body = format!(r#"{{"object":"chat.completion","choices":[{}]}}"#, choices.join(","));
    let call = Talk::ask("{}").json(200).answer(body).end(End::Complete).call();
    assert_eq!(call.response.finish_reasons.len(), genai::limits::CHOICES);
    assert_eq!(call.response.tool_calls.len(), genai::limits::TOOL_CALLS);
    assert!(call.unknown_shape > 0);

    let long = "x".repeat(1 << 20);
    let body = format!(r#"{{"id":"{long}","model":"m","service_tier":"{long}"}}"#);
    let call = Talk::ask("{}").json(200).answer(body).end(End::Complete).call();
    assert_eq!((call.response.id, call.response.service_tier, call.unknown_shape), (None, None, 2));
    assert_eq!(call.response.model.as_deref(), Some("m"));

    let call = Talk::new()
        .request_with(
            "POST",
            OPENAI,
            &format!("/{long}{CHAT}"),
            &[("user-agent", &long), ("traceparent", &long)],
        )
        .call();
    assert_eq!(call.http.path.len(), genai::limits::PATH);
    assert_eq!((call.http.user_agent, call.http.traceparent), (None, None));
}

/// One message of any kind, with any bytes.
fn step(talk: Talk, (what, id, bytes): (u8, u64, Vec<u8>)) -> Talk {
    let talk = talk.exchange(id);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match what {
        0 => talk.request("POST", OPENAI, CHAT),
        1 => talk.request("POST", &text, &text),
        2 => talk.body(Direction::ToServer, bytes),
        3 => talk.json(200),
        4 => talk.sse(),
        5 => talk.event(bytes),
        6 => talk.event(STREAM[bytes.len() % STREAM.len()]),
        7 => talk.event(TOOL_STREAM[bytes.len() % TOOL_STREAM.len()]),
        8 => talk.answer(bytes),
        9 => talk.event("[DONE]"),
        10 => talk.end_request([End::Complete, End::Closed, End::Cut, End::Lost][bytes.len() % 4]),
        11 => talk.end([End::Complete, End::Closed, End::Cut, End::Lost][bytes.len() % 4]),
        12 => talk.notice(Direction::ToClient, Notice::Gap(u64::MAX)),
        13 => talk.notice(Direction::ToServer, Notice::Resync(1)),
        14 => talk.response(u16::from(bytes.len() as u8) * 37, &[("x-request-id", &text)]),
        _ => talk.answer(&ANSWER[..(bytes.len() * 40).min(ANSWER.len())]),
    }
}

proptest! {
    #[test]
    fn any_messages_in_any_order(steps in proptest::collection::vec((0u8..16, 0u64..3, proptest::collection::vec(any::<u8>(), 0..32)), 0..60)) {
        let talk = steps.into_iter().fold(Talk::new(), step);
        let exchanges: std::collections::BTreeSet<u64> = talk.messages.iter().map(|message| message.exchange.0).collect();
        prop_assert!(talk.calls().len() <= exchanges.len());
        prop_assert!(talk.calls_closed().len() <= exchanges.len());
    }

    #[test]
    fn any_body_gives_one_call_and_the_same_for_any_cut(request: Vec<u8>, answer: Vec<u8>, size in 1usize..20) {
        let talk = Talk::new()
            .request("POST", OPENAI, CHAT)
            .body(Direction::ToServer, request)
            .end_request(End::Complete)
            .json(200)
            .answer(answer)
            .end(End::Complete);
        prop_assert_eq!(talk.cut(size).calls(), talk.calls());
        prop_assert_eq!(talk.calls().len(), 1);
    }

    #[test]
    fn a_body_with_bytes_changed_is_still_one_call(flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), size in 1usize..20) {
        let spoil = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            for (index, byte) in &flips {
                let at = index.index(bytes.len());
                bytes[at] = *byte;
            }
            bytes
        };
        let talk = Talk::ask("{}").json(200).answer(spoil(ANSWER)).end(End::Complete);
        prop_assert_eq!(talk.cut(size).calls(), talk.calls());
        let talk = STREAM.iter().fold(Talk::ask("{}").sse(), |talk, event| talk.event(spoil(event)));
        prop_assert_eq!(talk.event("[DONE]").calls().len(), 1);
    }

    #[test]
    fn times_that_run_backwards_harm_nothing(times in proptest::collection::vec(any::<u64>(), 12)) {
        let mut talk = Talk::ask(REQUEST).sse().events(&STREAM).event("[DONE]");
        for (message, time) in talk.messages.iter_mut().zip(times) {
            message.at = Time(time);
            message.first_at = Time(time);
            prop_assert!(!matches!(message.kind, Kind::Notice(_)));
        }
        prop_assert_eq!(talk.calls().len(), 1);
    }
}

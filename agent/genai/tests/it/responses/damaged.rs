//! Exchanges that are cut, of wrong types, too long, or nonsense.

use genai::limits::TOOL_CALLS;
use proptest::prelude::*;
use wire::Notice;

use super::*;

#[test]
fn a_stream_cut_after_any_message_is_one_call_that_says_so() {
    let whole = ask(REQUEST).sse().events(&STREAM).end(End::Complete);
    let complete = whole.call();
    for kept in 1..=whole.messages.len() {
        let mut talk = whole.clone();
        talk.messages.truncate(kept);
        let (stopped, closed) = (talk.call(), talk.calls_closed().remove(0));
        let (expect_stopped, expect_closed) = match kept {
            1..=3 => (Outcome::NoResponse, (Outcome::NoResponse, Some("no_response"))),
            4..=14 => (Outcome::Unfinished, (Outcome::Cut, Some("stream_truncated"))),
            _ => (Outcome::Complete, (Outcome::Complete, None)),
        };
        assert_eq!((stopped.outcome, failure(&stopped)), (expect_stopped, None));
        assert_eq!((closed.outcome, failure(&closed)), expect_closed, "after {kept}");
        assert_eq!((stopped.unknown_shape, closed.unknown_shape), (0, 0), "after {kept}");
        assert_eq!(stopped == complete, kept >= 15, "after {kept}");
        assert_eq!(closed.usage.input.is_some(), kept >= 15, "after {kept}");
    }
    // A framing that ends well before the answer does.
    let call = ask(REQUEST).sse().events(&STREAM[..10]).end(End::Complete).call();
    assert_eq!((call.outcome, failure(&call)), (Outcome::Cut, Some("stream_truncated")));
    assert!(call.response.finish_reasons.is_empty());
    // What gateways add.
    assert_eq!(ask(REQUEST).sse().events(&STREAM).event("[DONE]").end(End::Complete).calls(), [complete]);
    // The last event lost on the way to us.
    let call = ask(REQUEST)
        .sse()
        .events(&STREAM[..10])
        .notice(Direction::ToClient, Notice::Gap(900))
        .event("[DONE]")
        .call();
    assert_eq!((call.outcome, failure(&call), call.lossy), (Outcome::Complete, None, true));
}

#[test]
fn an_answer_cut_at_any_byte_keeps_what_came_before() {
    let usage = ANSWER.find("123}").expect("the end of usage") + 3;
    for at in 0..ANSWER.len() {
        let call = ask("{}").json(200).answer(&ANSWER[..at]).end(End::Cut).call();
        assert_eq!((call.outcome, failure(&call)), (Outcome::Cut, Some("response_truncated")), "at {at}");
        assert_eq!((call.usage.output.is_some(), call.unknown_shape), (at > usage, 0), "at {at}");
    }
    for at in 0..REQUEST.len() {
        let call = Talk::new()
            .request("POST", OPENAI, PATH)
            .body(Direction::ToServer, &REQUEST[..at])
            .end_request(End::Cut)
            .call();
        let closed = REQUEST
            .find(
                r#"],
 "instructions""#,
            )
            .expect("an end");
        assert_eq!(call.request.message_count.is_some(), at > closed, "at {at}");
        assert_eq!(call.unknown_shape, 0, "at {at}");
    }
}

#[test]
fn a_last_event_cut_at_any_byte_is_still_the_last() {
    let last = STREAM[10];
    for at in 0..last.len() {
        let mut talk = named(ask("{}").sse().events(&STREAM[..10]), &name_of(last), &last[..at]);
        if let Some(Message { kind: Kind::Sse(event), .. }) = talk.messages.last_mut() {
            event.truncated = true;
        }
        let call = talk.call();
        assert_eq!(
            (call.outcome, failure(&call), call.unknown_shape),
            (Outcome::Complete, None, 1),
            "at {at}"
        );
        assert_eq!(call.response.finish_reasons, ["stop"], "at {at}");
    }
}

#[test]
fn any_event_with_any_byte_changed_is_one_call() {
    for (index, event) in STREAM.iter().chain(&TOOL_STREAM).enumerate() {
        for at in 0..event.len() {
            for byte in [b'"', b'}', b'\\', 0xff] {
                let mut bytes = event.as_bytes().to_vec();
                bytes[at] = byte;
                let talk = ask("{}").sse().event(bytes).event(STREAM[10]);
                assert_eq!(talk.calls().len(), 1, "event {index} at {at}");
                assert_eq!(talk.end(End::Complete).calls().len(), 1, "event {index} at {at}");
            }
        }
    }
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (body, wrong) in [
        (r#"{"model":7,"stream":true,"tools":[{}]}"#, 1),
        (r#"{"model":{"a":1},"stream":true,"tools":[{}]}"#, 1),
        (r#"{"temperature":"hot","top_p":[1],"stream":true,"tools":[{}]}"#, 2),
        (r#"{"max_output_tokens":-1,"text":"json","stream":true,"tools":[{}]}"#, 2),
        (r#"{"text":{"format":"json"},"input":{"role":"user"},"stream":true,"tools":[{}]}"#, 2),
        (r#"{"input":5,"reasoning":5,"stream":true,"tools":[{}]}"#, 2),
        (r#"{"model":null,"input":null,"text":null,"max_output_tokens":null,"stream":true,"tools":[{}]}"#, 0),
    ] {
        let call = check(&ask(body).json(200).answer("{}").end(End::Complete));
        let expect = Request { stream: Some(true), tool_count: Some(1), ..Request::default() };
        assert_eq!((call.request, call.unknown_shape), (expect, wrong), "{body}");
    }
    for (response, wrong) in [
        (r#"{"id":5,"output":{},"usage":"many","model":"m"}"#, 3),
        (r#"{"status":"new","object":1,"service_tier":[],"model":"m"}"#, 3),
        (r#"{"output":[7,{"type":5,"content":"text"},[]],"model":"m"}"#, 4),
        (
            r#"{"output":[{"type":"function_call","call_id":5,"name":{}}],"incomplete_details":"x","model":"m"}"#,
            3,
        ),
        (r#"{"usage":{"input_tokens":"5","input_tokens_details":[],"output_tokens":-2},"model":"m"}"#, 0),
        (r#"{"error":[],"model":"m"}"#, 1),
        (r#"{"new":{"model":"x"},"model":"m","output":[]}"#, 0),
    ] {
        let call = check(&ask("{}").json(200).answer(response).end(End::Complete));
        assert_eq!((call.response.model.as_deref(), call.unknown_shape), (Some("m"), wrong), "{response}");
        assert_eq!((counts(call.usage.clone()), call.response.id), (Usage::default(), None), "{response}");
        let event = format!(r#"{{"type":"response.in_progress","response":{response}}}"#);
        let call = ask("{}").sse().event(&event).event(STREAM[10]).call();
        assert_eq!((call.unknown_shape, call.usage.input), (wrong, Some(37)), "{event}");
    }
    for (event, wrong) in [
        (r#"{"type":7,"delta":[],"output_index":"0"}"#, 3),
        (r#"{"type":"response.output_item.added","item":[],"part":5}"#, 2),
        (r#"{"type":"response.created","response":"none"}"#, 1),
        (r#"[]"#, 1),
        ("hello", 1),
        ("{", 1),
    ] {
        let call = ask("{}").sse().event(event).event(STREAM[10]).call();
        assert_eq!(
            (call.unknown_shape, chunks(&call), call.usage.input),
            (wrong, (1, 0), Some(37)),
            "{event}"
        );
    }
}

#[test]
fn calls_without_end_stop_at_their_cap() {
    let items: Vec<String> = (0..5000)
        .map(|index| format!(r#"{{"type":"function_call","call_id":"c{index}","name":"f"}}"#))
        .collect();
    let body = format!(r#"{{"object":"response","output":[{}]}}"#, items.join(","));
    let call = ask("{}").json(200).answer(body).end(End::Complete).call();
    assert_eq!(call.response.tool_calls.len(), TOOL_CALLS);
    assert_eq!(call.unknown_shape as usize, 5000 - TOOL_CALLS);
}

#[test]
fn a_last_event_of_8_mib_is_read_to_its_end() {
    let text = "x".repeat(8 << 20);
    let last = STREAM[10].replacen("CANARY", &text, 1);
    let call = ask("{}").sse().event(&last).call();
    assert_eq!((call.usage.input, call.unknown_shape), (Some(37), 0));
}

proptest! {
    #[test]
    fn any_bytes_give_one_call_and_the_same_for_any_cut(request: Vec<u8>, answer: Vec<u8>, size in 1usize..20) {
        let talk = Talk::new()
            .request("POST", OPENAI, PATH)
            .body(Direction::ToServer, request)
            .end_request(End::Complete)
            .json(200)
            .answer(answer)
            .end(End::Complete);
        prop_assert_eq!(talk.cut(size).calls(), talk.calls());
        prop_assert_eq!(talk.calls().len(), 1);
    }

    #[test]
    fn any_events_in_any_order_give_one_call(picks in proptest::collection::vec((0usize..30, any::<Vec<u8>>()), 0..30)) {
        let all: Vec<&str> = STREAM.iter().chain(&TOOL_STREAM).copied().collect();
        let talk = picks.into_iter().fold(ask("{}").sse(), |talk, (pick, bytes)| match all.get(pick) {
            Some(event) => talk.event(event),
            None => talk.event(bytes),
        });
        prop_assert_eq!(talk.calls().len(), 1);
        prop_assert_eq!(talk.calls_closed().len(), 1);
    }
}

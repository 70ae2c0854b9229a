//! One call told rightly, and spoilt in one place at a time.

use serde_json::{Value, json};

use super::*;
use crate::provider::{ChunkSent, Told, UsageTold};

fn truth() -> Truth {
    Truth {
        request_id: "req_1".to_owned(),
        response_id: Some("chatcmpl-1".to_owned()),
        request_model: "m".to_owned(),
        response_model: Some("m-1".to_owned()),
        stream: true,
        status: 200,
        request_done: 200,
        head_sent: Some(300),
        chunks: [(310, false), (400, true), (500, true), (510, false)]
            .map(|(at, content)| ChunkSent { at, content })
            .to_vec(),
        done_sent: Some(520),
        usage: Some(UsageTold { input: 7, output: 2, cached: 0 }),
        told: Told::default(),
        end: End::Whole,
        peer_port: 1,
        http2_stream: None,
        coding: None,
        request_bytes: 90,
        response_bytes: 100,
    }
}

fn line() -> Value {
    json!({
        "name": "chat m", "start_unix_ns": 1, "end_unix_ns": 2, "phases": [], "process": {"pid": 1}, "connection": "c",
        "attributes": {
            "gen_ai.request.model": "m", "gen_ai.response.model": "m-1", "gen_ai.response.id": "chatcmpl-1",
            "gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 2,
            "gen_ai.usage.cache_read.input_tokens": 0, "wirelight.provider.request_id": "req_1",
            "wirelight.stream.chunk_count": 4, "wirelight.stream.content_chunk_count": 2,
            "wirelight.outcome": "complete", "http.response.status_code": 200, "http.request.body.size": 90,
        },
        "ktime": {
            "request_first_byte": 150, "request_last_byte": 160, "response_first_byte": 301, "first_chunk": 311,
            "first_token": 402, "last_token": 505, "last_byte": 530,
        },
    })
}

fn call(change: impl FnOnce(&mut Value)) -> AgentCall {
    let mut line = line();
    change(&mut line);
    serde_json::from_value(line).unwrap()
}

fn client() -> ClientCall {
    let times = [
        ("start", 100),
        ("head", 305),
        ("first_chunk", 312),
        ("first_token", 410),
        ("last_token", 506),
        ("end", 600),
    ];
    ClientCall {
        times: times.into_iter().map(|(name, at)| (name.to_owned(), at)).collect(),
        ..ClientCall::default()
    }
}

#[test]
fn an_account_that_is_right_has_no_difference() {
    let call = call(|_| ());
    assert_eq!(differences(&truth(), &call), [""; 0]);
    assert_eq!(misplaced(&truth(), &call, &client()), [""; 0]);
    let expect = Delays { first_token: Some(2), last_token: Some(5), client_first_token: Some(10) };
    assert_eq!(Delays::of(&truth(), &call, &client()), expect);
}

#[test]
fn each_wrong_fact_is_found_alone() {
    for (attribute, value, words) in [
        ("gen_ai.request.model", json!("x"), "request model"),
        ("gen_ai.response.model", json!(null), "response model"),
        ("gen_ai.response.id", json!("x"), "response id"),
        ("gen_ai.usage.input_tokens", json!(8), "input tokens"),
        ("gen_ai.usage.output_tokens", json!(null), "output tokens"),
        ("gen_ai.usage.cache_read.input_tokens", json!(1), "cached tokens"),
        ("wirelight.provider.request_id", json!("req_2"), "request id"),
        ("wirelight.stream.chunk_count", json!(5), "chunks"),
        ("wirelight.stream.content_chunk_count", json!(3), "content chunks"),
        ("wirelight.outcome", json!("cut"), "outcome"),
        ("http.response.status_code", json!(500), "status"),
        ("http.request.body.size", json!(91), "request bytes"),
        ("wirelight.capture.truncated", json!(true), "lost"),
    ] {
        let found = differences(&truth(), &call(|line| line["attributes"][attribute] = value));
        assert_eq!(found.len(), 1, "{attribute}: {found:?}");
        assert!(found[0].contains(words), "{attribute}: {found:?}");
    }
}

#[test]
fn what_was_not_told_must_be_absent() {
    let untold = Truth { usage: None, stream: false, chunks: Vec::new(), ..truth() };
    let found = differences(&untold, &call(|_| ()));
    assert_eq!(found.len(), 5, "three of usage, two of chunks: {found:?}");
    let found = misplaced(&untold, &call(|_| ()), &client());
    assert_eq!(found, ["a first token of a response that is no stream"]);
}

#[test]
fn each_misplaced_time_is_found() {
    for (time, value, words) in [
        ("request_first_byte", json!(99), "1 ns before it could be"),
        ("request_last_byte", json!(201), "1 ns after the process had it"),
        ("response_first_byte", json!(299), "1 ns before it could be"),
        ("response_first_byte", json!(306), "1 ns after the process had it"),
        ("first_chunk", json!(309), "1 ns before"),
        ("first_token", json!(399), "1 ns before"),
        ("first_token", json!(411), "1 ns after"),
        ("first_token", json!(null), "the agent saw none"),
        ("last_token", json!(499), "1 ns before"),
        ("last_byte", json!(519), "1 ns before"),
        ("last_byte", json!(601), "1 ns after"),
    ] {
        let found = misplaced(&truth(), &call(|line| line["ktime"][time] = value), &client());
        assert_eq!(found.len(), 1, "{time}: {found:?}");
        assert!(found[0].contains(words), "{time}: {found:?}");
    }
}

#[test]
fn a_client_without_a_clock_sets_no_bound() {
    let late = call(|line| line["ktime"]["first_token"] = json!(9999));
    assert_eq!(misplaced(&truth(), &late, &ClientCall::default()), [""; 0]);
}

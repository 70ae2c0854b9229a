//! What requests and answers say in words.

use genai::digest::{Digester, Key};
use genai::{Call, Outcome, Request};
use wire::{Direction, End};

use super::samples::{ANSWER, STOP, STREAM, VERSION};
use super::{ask, ask_at, check, document, some, stream_of};

fn asked(body: &str) -> Request {
    Request { prompt: None, ..check(&ask(body).json(200).answer(ANSWER).end(End::Complete)).request }
}

#[test]
fn every_member_of_a_request_has_its_field() {
    let user = r#"{\"device_id\":\"d\",\"account_uuid\":\"a\"}"#;
    let long = "u".repeat(3000);
    let digest = |text: &str| Some(Digester::of(Key::default(), text.as_bytes()));
    for (body, expect) in [
        (r#"{"top_k":40}"#.to_owned(), Request { top_k: Some(40.0), ..Request::default() }),
        (
            r#"{"thinking":{"type":"adaptive","display":"omitted"}}"#.to_owned(),
            Request { reasoning_level: some("adaptive"), ..Request::default() },
        ),
        (
            r#"{"thinking":{"type":"enabled","budget_tokens":9},"output_config":{"effort":"max"}}"#
                .to_owned(),
            Request { reasoning_level: some("max"), ..Request::default() },
        ),
        (
            r#"{"output_format":{"type":"json_schema","schema":{"type":"x"}}}"#.to_owned(),
            Request { output_type: some("json_schema"), ..Request::default() },
        ),
        (
            r#"{"service_tier":"standard_only","speed":"fast"}"#.to_owned(),
            Request { service_tier: some("standard_only"), speed: some("fast"), ..Request::default() },
        ),
        (
            r#"{"stop_sequences":["a","b",""],"diagnostics":{"previous_message_id":"msg_0"}}"#.to_owned(),
            Request { stop_count: Some(3), previous_response: some("msg_0"), ..Request::default() },
        ),
        (r#"{"stop_sequences":[]}"#.to_owned(), Request { stop_count: Some(0), ..Request::default() }),
        (
            format!(r#"{{"metadata":{{"user_id":"{user}"}}}}"#),
            Request { user: digest(user), ..Request::default() },
        ),
        (
            format!(r#"{{"metadata":{{"user_id":"{long}"}}}}"#),
            Request { user: digest(&long), ..Request::default() },
        ),
        (r#"{"metadata":{"user_id":""}}"#.to_owned(), Request::default()),
        (r#"{"metadata":{"user_id":null,"other":"x"}}"#.to_owned(), Request::default()),
        // Not of this call's own.
        (r#"{"messages_":[],"nested":{"model":"m"},"container":"c"}"#.to_owned(), Request::default()),
    ] {
        assert_eq!(asked(&body), expect, "{body}");
    }
}

#[test]
fn what_an_answer_was_made_with() {
    let usage = r#"{"input_tokens":1,"output_tokens":2,"service_tier":"batch","speed":"fast","inference_geo":"us","server_tool_use":{"web_search_requests":3,"web_fetch_requests":1}}"#;
    let check = |call: Call| {
        assert_eq!(
            (&call.response.service_tier, &call.response.speed, &call.response.inference_geo),
            (&some("batch"), &some("fast"), &some("us"))
        );
        assert_eq!((call.usage.web_searches, call.unknown_shape), (Some(3), 0));
        let told =
            |path: &str| call.usage.raw.iter().find(|(known, _)| known == path).map(|(_, number)| *number);
        assert_eq!((told("server_tool_use.web_fetch_requests"), told("nothing")), (Some(1.0), None));
        assert_eq!(call.usage.output, Some(2));
    };
    check(document(format!(r#"{{"type":"message","role":"assistant","usage":{usage}}}"#)));
    check(stream_of(&[&format!(r#"{{"type":"message_start","message":{{"usage":{usage}}}}}"#)]));
    check(stream_of(&[STREAM[0], &format!(r#"{{"type":"message_delta","delta":{{}},"usage":{usage}}}"#)]));
}

#[test]
fn why_a_cache_was_missed_and_what_was_shortened() {
    for (member, reason, compacted) in [
        (
            r#""diagnostics":{"cache_miss_reason":{"type":"tools_changed","x":1}}"#,
            some("tools_changed"),
            false,
        ),
        (r#""diagnostics":{"cache_miss_reason":null}"#, None, false),
        (r#""diagnostics":null,"context_management":null"#, None, false),
        (r#""diagnostics":{"cache_miss_reason":{"type":"CANARY a sentence"}}"#, None, false),
        (r#""context_management":{"applied_edits":[]}"#, None, false),
        (r#""context_management":{"applied_edits":[{"type":"clear_tool_uses_20250919"}]}"#, None, true),
    ] {
        for call in [
            document(format!("{{{member}}}")),
            stream_of(&[&format!(r#"{{"type":"message_start","message":{{{member}}}}}"#)]),
            stream_of(&[&format!(r#"{{"type":"message_delta","delta":{{{member}}}}}"#)]),
        ] {
            let said = (call.response.cache_miss_reason, call.response.compacted, call.unknown_shape);
            assert_eq!(said, (reason.clone(), compacted, 0), "{member}");
        }
    }
    let compaction = r#"{"type":"compaction","content":"so far"}"#;
    let start = format!(r#"{{"type":"content_block_start","index":0,"content_block":{compaction}}}"#);
    for call in [document(format!(r#"{{"content":[{compaction}]}}"#)), stream_of(&[&start])] {
        assert_eq!((call.response.compacted, call.unknown_shape), (true, 0));
    }
}

#[test]
fn whether_text_is_json_is_told_where_json_was_asked_for() {
    const JSON: &str = r#"{"output_config":{"format":{"type":"json_schema"}}}"#;
    let text = |pieces: &[&str]| {
        let delta = |piece: &&str| {
            format!(
                r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{piece}"}}}}"#
            )
        };
        let start = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
        pieces.iter().fold(ask(JSON).sse().event(start), |talk, piece| talk.event(delta(piece))).event(STOP)
    };
    for (pieces, expect) in [
        (&[r#"{\"a\":"#, "1}"][..], Some(true)),
        (&[r#"{\"a\":"#], Some(false)),
        (&["Sure! {}"], Some(false)),
        (&[], None),
    ] {
        assert_eq!(text(pieces).call().response.valid_json, expect, "{pieces:?}");
    }
    let answer = |body: &str, content: &str| {
        let answer = format!(r#"{{"type":"message","role":"assistant","content":[{content}]}}"#);
        check(&ask(body).json(200).answer(answer).end(End::Complete)).response.valid_json
    };
    let block = r#"{"type":"text","text":"{}"}"#;
    assert_eq!(answer(JSON, block), Some(true));
    assert_eq!(answer("{}", block), None);
    assert_eq!(answer(JSON, &format!("{block},{block}")), None, "there is no one text");
    let thinking = r#"{"type":"thinking","thinking":"hm"}"#;
    assert_eq!(answer(JSON, &format!("{thinking},{block}")), Some(true));
}

#[test]
fn vertex_names_the_model_in_its_path() {
    const HOST: &str = "us-east5-aiplatform.googleapis.com";
    const BODY: &str = r#"{"anthropic_version":"vertex-2023-10-16","messages":[],"max_tokens":1}"#;
    let base = "/v1/projects/p/locations/us-east5/publishers/anthropic/models/";
    for (end, api, model, stream) in [
        ("claude-opus-4-1@20250805:rawPredict", "messages", some("claude-opus-4-1@20250805"), None),
        (
            "claude-opus-4-1%4020250805:streamRawPredict",
            "messages",
            some("claude-opus-4-1@20250805"),
            Some(true),
        ),
        ("claude-x:rawPredict/", "messages", some("claude-x"), None),
        ("%ff:rawPredict", "messages", None, None),
        ("count-tokens:rawPredict", "count_tokens", None, None),
    ] {
        let talk =
            ask_at(HOST, &format!("{base}{end}"), &[], BODY).json(200).answer(ANSWER).end(End::Complete);
        let call = check(&talk);
        assert_eq!((call.provider.name, call.api.name), ("gcp.vertex_ai", api), "{end}");
        assert_eq!((call.request.model, call.request.stream), (model, stream), "{end}");
        assert_eq!(
            (call.request.message_count, call.outcome, call.unknown_shape),
            (Some(0), Outcome::Complete, 0)
        );
    }
    // What the body says comes first.
    let body = BODY.replace("{", r#"{"model":"m","stream":false,"#);
    let talk = ask_at(HOST, &format!("{base}x:streamRawPredict"), &[VERSION], &body);
    let call = talk.json(200).body(Direction::ToClient, ANSWER).end(End::Complete).call();
    assert_eq!((call.request.model, call.request.stream), (some("m"), Some(false)));
}

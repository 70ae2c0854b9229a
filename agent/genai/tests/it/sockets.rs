//! Calls over WebSockets: Responses and Realtime.

use genai::headers::{Quantity, RateLimit};
use genai::limits::SOCKET_CALLS;
use genai::{Api, Call, Outcome, Provider, Usage, Verdict};
use proptest::prelude::*;
use wire::{Direction, End, Kind, Message, Notice, WebSocketKind};

use crate::talk::{OPENAI, Talk};

const UP: Direction = Direction::ToServer;
const DOWN: Direction = Direction::ToClient;

fn socket(host: &str, target: &str) -> Talk {
    Talk::new().request_with("GET", host, target, &[("upgrade", "websocket")]).upgrade()
}

fn responses() -> Talk {
    socket(OPENAI, "/v1/responses")
}

fn realtime() -> Talk {
    socket(OPENAI, "/v1/realtime?model=gpt-realtime")
}

/// Messages of the server.
fn say(talk: Talk, all: &[&str]) -> Talk {
    all.iter().fold(talk, |talk, data| talk.text(DOWN, data))
}

fn failure(call: &Call) -> Option<&str> {
    call.failure.as_ref().map(|failure| failure.kind.as_str())
}

/// An answer of a Responses WebSocket, in four messages.
fn answer(id: &str, extra: &str) -> [String; 4] {
    [
        format!(
            r#"{{"type":"response.created"{extra},"response":{{"id":"{id}","object":"response","status":"in_progress","model":"gpt-5"}}}}"#
        ),
        format!(r#"{{"type":"response.output_text.delta"{extra},"output_index":0,"delta":"CANARY"}}"#),
        format!(r#"{{"type":"response.output_text.delta"{extra},"output_index":0,"delta":"CANARY"}}"#),
        format!(
            r#"{{"type":"response.completed"{extra},"response":{{"id":"{id}","object":"response","status":"completed","model":"gpt-5","output":[{{"type":"message","content":[]}}],"usage":{{"input_tokens":7,"output_tokens":2,"total_tokens":9}}}}}}"#
        ),
    ]
}

const CREATE: &str = r#"{"type":"response.create","model":"gpt-5","previous_response_id":"resp_0","input":[{"role":"user","content":"CANARY"}],"tools":[]}"#;

#[test]
fn each_response_is_a_call_of_its_own() {
    let mut talk = responses();
    for id in ["resp_1", "resp_2"] {
        talk = talk.text(UP, CREATE);
        talk = answer(id, "").iter().fold(talk, |talk, event| talk.text(DOWN, event));
    }
    let calls = talk.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    // Head at 110, its end at 120, the answer's at 130, the upgrade at 140, the first message at 150.
    for (call, id, begun) in [(&calls[0], "resp_1", 150), (&calls[1], "resp_2", 200)] {
        assert_eq!(
            (call.provider, call.api),
            (Provider::host("openai"), Api { name: "responses", operation: "chat" })
        );
        assert_eq!(call.response.id.as_deref(), Some(id));
        assert_eq!(call.request.previous_response.as_deref(), Some("resp_0"));
        assert_eq!((call.request.message_count, call.request.tool_count), (Some(1), Some(0)));
        assert_eq!(call.request.prompt.map(|prompt| prompt.user.chars), Some(6));
        assert_eq!(call.response.finish_reasons, ["stop"]);
        assert_eq!((call.usage.input, call.usage.output, call.usage.inconsistent), (Some(7), Some(2), false));
        let at = |at: u64| Some(wire::Time(begun + at));
        let times = call.times;
        assert_eq!((times.request_first_byte, times.request_last_byte), (Some(wire::Time(begun - 5)), at(0)));
        assert_eq!((times.response_first_byte, times.first_chunk), (Some(wire::Time(begun + 5)), at(10)));
        assert_eq!((times.first_token, times.last_token, times.last_byte), (at(20), at(30), at(40)));
        let stream = call.stream.as_ref().expect("a stream");
        assert_eq!((stream.chunks, stream.content_chunks), (3, 2));
        assert_eq!(
            (call.outcome, failure(call), call.unknown_shape, call.lossy),
            (Outcome::Complete, None, 0, false)
        );
        assert_eq!((call.http.path.as_str(), call.http.status), ("/v1/responses", Some(101)));
        assert_eq!(call.http.request_bytes, CREATE.len() as u64);
    }
    assert!(!format!("{calls:?}").contains("CANARY"));
    assert_eq!((talk.interpreter().verdict(), talk.interpreter().foreign()), (Verdict::Model, 0));
    // The end of the WebSocket makes no further call, and what trails behind an answer neither.
    let trailing =
        talk.text(DOWN, r#"{"type":"response.failed","response":{"id":"resp_2","status":"failed"}}"#);
    assert_eq!(
        trailing.websocket(DOWN, WebSocketKind::Close(Some(1000)), "").end(End::Complete).calls(),
        calls
    );
}

#[test]
fn answers_at_once_are_told_apart_by_their_stream() {
    let create = |stream: &str| CREATE.replacen('{', &format!(r#"{{"stream_id":"{stream}","#), 1);
    let (a, b) = (answer("resp_a", r#","stream_id":"a""#), answer("resp_b", r#","stream_id":"b""#));
    let mut talk = responses().text(UP, &create("a")).text(UP, &create("b"));
    for event in [&b[0], &a[0], &a[1], &b[1], &b[2], &b[3], &a[2], &a[3]] {
        talk = talk.text(DOWN, event);
    }
    let calls = talk.calls();
    let ids: Vec<_> = calls.iter().map(|call| call.response.id.as_deref()).collect();
    assert_eq!(ids, [Some("resp_b"), Some("resp_a")]);
    assert!(calls.iter().all(|call| call.stream.as_ref().is_some_and(|stream| stream.content_chunks == 2)));
    assert_eq!(calls[1].times.request_last_byte, Some(wire::Time(150)));
    // Without one they come in the order in which they were asked for.
    let mut talk = responses().text(UP, CREATE).text(UP, CREATE);
    for event in answer("resp_1", "").iter().chain(&answer("resp_2", "")) {
        talk = talk.text(DOWN, event);
    }
    let calls = talk.calls();
    let asked: Vec<_> = calls.iter().map(|call| call.times.request_last_byte.map(|at| at.0)).collect();
    assert_eq!(asked, [Some(150), Some(160)]);
}

#[test]
fn what_is_open_at_the_end_is_cut() {
    let events = answer("resp_1", "");
    let begun = responses().text(UP, CREATE).text(DOWN, &events[0]).text(DOWN, &events[1]);
    let close =
        |talk: &Talk, by| talk.clone().websocket(by, WebSocketKind::Close(Some(1000)), "").end(End::Complete);
    for (talk, outcome, kind) in [
        (close(&begun, DOWN), Outcome::Cut, Some("stream_truncated")),
        (close(&begun, UP), Outcome::Cut, Some("client_cancelled")),
        (begun.clone().end(End::Cut), Outcome::Cut, Some("stream_truncated")),
        (begun.clone().end(End::Lost), Outcome::Unfinished, None),
        (begun.clone(), Outcome::Unfinished, None),
        (responses().text(UP, CREATE).end(End::Cut), Outcome::NoResponse, Some("no_response")),
        (responses().text(UP, CREATE), Outcome::NoResponse, None),
    ] {
        let call = talk.call();
        assert_eq!((call.outcome, failure(&call)), (outcome, kind), "{:?}", talk.messages.last());
    }
    assert_eq!(begun.calls_closed()[0].outcome, Outcome::Cut);
    let call = begun.notice(DOWN, Notice::Gap(9)).text(DOWN, &events[3]).call();
    assert_eq!((call.lossy, call.lost_bytes, call.outcome), (true, 9, Outcome::Complete));
}

#[test]
fn errors_end_the_call_that_they_are_about() {
    let error = r#"{"type":"error","status":400,"error":{"type":"invalid_request_error","code":"previous_response_not_found","message":"CANARY"}}"#;
    let call = responses().text(UP, CREATE).text(DOWN, error).call();
    assert_eq!(
        (call.outcome, failure(&call), call.unknown_shape),
        (Outcome::Cut, Some("previous_response_not_found"), 0)
    );
    // Nobody asked for anything.
    assert!(responses().text(DOWN, error).calls().is_empty());
    let error = |event: &str| {
        format!(
            r#"{{"type":"error","event_id":"e9","error":{{"type":"invalid_request_error","code":"bad","event_id":{event}}}}}"#
        )
    };
    let create = |event: &str| format!(r#"{{"type":"response.create","event_id":"{event}"}}"#);
    let created = r#"{"type":"response.created","response":{"id":"resp_1","object":"realtime.response","status":"in_progress"}}"#;
    for (talk, expect) in [
        (realtime().text(UP, &create("e1")).text(DOWN, &error(r#""e1""#)), Some("bad")),
        (realtime().text(UP, &create("e1")).text(DOWN, &error("null")), Some("bad")),
        // About something else.
        (realtime().text(UP, &create("e1")).text(DOWN, &error(r#""e2""#)), None),
        (realtime().text(UP, &create("e1")).text(DOWN, created).text(DOWN, &error("null")), None),
    ] {
        assert_eq!(failure(&talk.call()), expect);
    }
}

const SESSION: &str = r#"{"type":"session.created","event_id":"e0","session":{"id":"sess_1","object":"realtime.session","model":"gpt-realtime-2025-08-28","instructions":"CANARY","tools":[{"id":"x","model":"y"}]}}"#;
const CREATED: &str = r#"{"type":"response.created","event_id":"e1","response":{"object":"realtime.response","id":"resp_1","status":"in_progress","status_details":null,"output":[],"conversation_id":"conv_1","usage":null}}"#;
const DONE: &str = r#"{"type":"response.done","event_id":"e9","response":{"object":"realtime.response","id":"resp_1","status":"completed","status_details":null,"output":[{"id":"item_1","object":"realtime.item","type":"message","status":"completed","role":"assistant","content":[{"type":"output_audio","transcript":"CANARY"}]}],"conversation_id":"conv_1","usage":{"total_tokens":253,"input_tokens":132,"output_tokens":121,"input_token_details":{"text_tokens":119,"audio_tokens":13,"image_tokens":0,"cached_tokens":64,"cached_tokens_details":{"text_tokens":60,"audio_tokens":4,"image_tokens":0}},"output_token_details":{"text_tokens":30,"audio_tokens":91}}}}"#;

#[test]
fn a_spoken_turn_is_a_call() {
    let talk = say(
        realtime(),
        &[
            SESSION,
            r#"{"type":"input_audio_buffer.speech_started","item_id":"item_0"}"#,
            r#"{"type":"input_audio_buffer.speech_stopped","item_id":"item_0"}"#,
            r#"{"type":"input_audio_buffer.committed","item_id":"item_0"}"#,
            CREATED,
            r#"{"type":"rate_limits.updated","rate_limits":[{"name":"requests","limit":1000,"remaining":999,"reset_seconds":60},{"name":"tokens","limit":50000,"remaining":49950,"reset_seconds":0.5}]}"#,
            r#"{"type":"response.output_item.added","response_id":"resp_1","output_index":0,"item":{"id":"item_1","type":"message","role":"assistant","content":[]}}"#,
            r#"{"type":"response.output_audio_transcript.delta","response_id":"resp_1","output_index":0,"content_index":0,"delta":"CANARY"}"#,
            r#"{"type":"conversation.item.input_audio_transcription.delta","item_id":"item_0","delta":"CANARY"}"#,
            r#"{"type":"response.output_audio.delta","response_id":"resp_1","output_index":0,"content_index":0,"delta":"Q0FOQVJZ"}"#,
            r#"{"type":"response.output_audio.done","response_id":"resp_1"}"#,
            DONE,
        ],
    );
    let call = talk.call();
    assert_eq!(
        (call.provider, call.api),
        (Provider::host("openai"), Api { name: "realtime", operation: "chat" })
    );
    assert_eq!(
        (call.request.model.as_deref(), call.response.model.as_deref()),
        (Some("gpt-realtime"), Some("gpt-realtime-2025-08-28"))
    );
    assert_eq!(
        (call.request.conversation.as_deref(), call.response.conversation.as_deref()),
        (Some("sess_1"), Some("conv_1"))
    );
    assert_eq!(call.response.id.as_deref(), Some("resp_1"));
    assert_eq!(call.response.finish_reasons, ["stop"]);
    let expect = Usage {
        input: Some(132),
        output: Some(121),
        cache_read: Some(64),
        cache_read_audio: Some(4),
        cache_read_image: Some(0),
        input_audio: Some(13),
        input_image: Some(0),
        output_audio: Some(91),
        ..Usage::default()
    };
    assert_eq!(Usage { raw: Vec::new(), ..call.usage }, expect);
    // The session at 150, the end of speech at 170, the response from 190 on.
    let at = |at| Some(wire::Time(at));
    let times = call.times;
    assert_eq!((times.request_first_byte, times.request_last_byte), (at(165), at(170)));
    assert_eq!((times.first_chunk, times.first_token, times.first_text), (at(190), at(220), at(220)));
    assert_eq!((times.last_token, times.last_byte), (at(240), at(260)));
    let second = 1_000_000_000;
    let limit = |what, limit, remaining, reset| RateLimit {
        what,
        limit: Some(limit),
        remaining: Some(remaining),
        reset_after: Some(reset),
        ..RateLimit::default()
    };
    assert_eq!(
        call.beside.rate_limits.entries,
        [
            limit(Quantity::Requests, 1000, 999, 60 * second),
            limit(Quantity::Tokens, 50000, 49950, second / 2)
        ]
    );
    assert_eq!((call.outcome, failure(&call), call.unknown_shape), (Outcome::Complete, None, 0));
    assert!(!format!("{call:?}").contains("CANARY"));
}

#[test]
fn a_response_that_was_asked_for_begins_there() {
    let create = r#"{"type":"response.create","event_id":"c1","response":{"instructions":"CANARY","output_modalities":["text"],"max_output_tokens":"inf","conversation":"none","tools":[{}],"prompt":{"id":"pmpt_1"},"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"CANARY"}]}]}}"#;
    let talk = say(realtime().text(UP, create), &[CREATED, DONE]);
    let call = talk.call();
    let request = &call.request;
    assert_eq!(
        (request.output_type.as_deref(), request.max_tokens, request.tool_count),
        (Some("text"), None, Some(1))
    );
    assert_eq!((request.conversation.as_deref(), request.prompt_id.as_deref()), (None, Some("pmpt_1")));
    let prompt = request.prompt.expect("a prompt");
    assert_eq!((prompt.system.chars, prompt.user.chars), (6, 6));
    assert_eq!((call.times.request_last_byte, call.unknown_shape), (Some(wire::Time(150)), 0));
}

#[test]
fn why_realtime_ended() {
    for (status, details, reason, kind) in [
        ("cancelled", r#"{"type":"cancelled","reason":"turn_detected"}"#, "cancelled", None),
        (
            "cancelled",
            r#"{"type":"cancelled","reason":"client_cancelled"}"#,
            "cancelled",
            Some("client_cancelled"),
        ),
        ("incomplete", r#"{"type":"incomplete","reason":"max_output_tokens"}"#, "length", None),
        ("incomplete", r#"{"type":"incomplete","reason":"content_filter"}"#, "content_filter", None),
        (
            "failed",
            r#"{"type":"failed","error":{"type":"server_error","code":"overloaded"}}"#,
            "error",
            Some("overloaded"),
        ),
        ("failed", "null", "error", Some("_OTHER")),
    ] {
        let done = format!(
            r#"{{"type":"response.done","response":{{"object":"realtime.response","id":"resp_1","status":"{status}","status_details":{details},"output":[]}}}}"#
        );
        let call = say(realtime(), &[CREATED, &done]).call();
        assert_eq!(
            (&call.response.finish_reasons[..], failure(&call)),
            (&[reason.to_owned()][..], kind),
            "{details}"
        );
        assert_eq!(call.response.refusal, reason == "content_filter", "{details}");
        let outcome = if kind.is_some() { Outcome::Cut } else { Outcome::Complete };
        assert_eq!((call.outcome, call.unknown_shape), (outcome, 0), "{details}");
    }
}

#[test]
fn only_a_websocket_at_such_a_path_is_a_session() {
    let turn = |talk: Talk| say(talk.text(UP, CREATE), &[CREATED, DONE]);
    for (host, target, expect) in [
        (OPENAI, "/v1/responses", Some("responses")),
        ("g.example", "/any/prefix/responses/", Some("responses")),
        ("g.example", "/forms/1/responses?x=y", Some("responses")),
        ("x.openai.azure.com", "/openai/realtime?api-version=1&deployment=d", Some("realtime")),
        ("x.openai.azure.com", "/openai/v1/realtime?model=d", Some("realtime")),
        ("g.example", "/v1/chat", None),
        ("g.example", "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent", None),
    ] {
        let talk = turn(socket(host, target));
        let calls = talk.calls();
        assert_eq!(calls.first().map(|call| call.api.name), expect, "{target}");
        if expect == Some("realtime") {
            assert_eq!(calls[0].provider, Provider::host("azure.ai.openai"));
            assert_eq!(calls[0].request.model.as_deref(), Some("gpt-5"));
        }
    }
    // Of a deployment.
    let call = say(socket("x.openai.azure.com", "/openai/realtime?deployment=d"), &[CREATED, DONE]).call();
    assert_eq!((call.request.model.as_deref(), call.response.model), (Some("d"), None));
    // HTTP/2 asks otherwise.
    let connect = Talk::new().request("CONNECT", OPENAI, "/v1/realtime").upgrade();
    assert_eq!(turn(connect).calls().len(), 1);
    // No WebSocket came of it; nobody asked for anything.
    let refused = |host| {
        Talk::new()
            .request("GET", host, "/forms/responses")
            .end_request(End::Complete)
            .json(200)
            .answer("{}")
            .end(End::Complete)
    };
    for (talk, foreign) in [
        (refused("g.example"), 1),
        (refused(OPENAI), 1),
        (realtime().text(DOWN, SESSION).end(End::Closed), 1),
    ] {
        assert_eq!((talk.calls().len(), talk.interpreter().foreign()), (0, foreign));
    }
}

#[test]
fn calls_without_end_stop_at_their_cap() {
    let talk = (0..SOCKET_CALLS + 3).fold(responses(), |talk, _| talk.text(UP, CREATE));
    let mut interpreter = talk.interpreter();
    let given_up: Vec<_> = std::iter::from_fn(|| interpreter.poll()).collect();
    assert_eq!(given_up.len(), 3);
    assert!(given_up.iter().all(|call| call.outcome == Outcome::NoResponse && call.failure.is_none()));
    assert_eq!(talk.calls().len(), SOCKET_CALLS + 3);
}

#[test]
fn what_is_no_message_of_the_api_is_passed_over() {
    for data in [
        "",
        "hello",
        "[]",
        "{}",
        r#"{"type":7}"#,
        r#"{"type":"new.event","response_id":"resp_9"}"#,
        DONE,
        "{\"type\":\"response.output_text.delta\",\"response_id\":\"x\"}",
    ] {
        for talk in [responses(), realtime()] {
            assert!(talk.clone().text(DOWN, data).text(UP, data).calls().is_empty(), "{data}");
            let talk =
                talk.websocket(UP, WebSocketKind::Binary, CREATE).websocket(UP, WebSocketKind::Ping, CREATE);
            assert!(talk.calls().is_empty());
        }
    }
}

#[test]
fn a_session_shows_nothing_of_what_is_said() {
    let talk = say(realtime().text(UP, CREATE), &[SESSION, CREATED, DONE]);
    for kept in 0..=talk.messages.len() {
        let mut part = talk.clone();
        part.messages.truncate(kept);
        assert!(!format!("{:?}", part.interpreter()).contains("CANARY"), "after {kept}");
    }
}

#[test]
fn a_message_that_is_cut_off_says_what_it_says() {
    for at in 0..DONE.len() {
        let mut talk = say(realtime(), &[CREATED, &DONE[..at]]);
        if let Some(Message { kind: Kind::WebSocket(message), .. }) = talk.messages.last_mut() {
            message.truncated = true;
        }
        let call = talk.call();
        let known = DONE.find("\"status\"").expect("its id");
        assert_eq!(call.outcome == Outcome::Complete, at >= known - 1, "at {at}");
    }
}

proptest! {
    #[test]
    fn any_messages_give_calls_that_end(picks in proptest::collection::vec((0usize..9, any::<bool>(), ".{0,40}"), 0..40), rt: bool) {
        let events = answer("resp_1", "");
        let all = [CREATE, CREATED, DONE, SESSION, &events[0], &events[1], &events[3]];
        let start = if rt { realtime() } else { responses() };
        let talk = picks.iter().fold(start, |talk, (pick, up, text)| {
            talk.text(if *up { UP } else { DOWN }, all.get(*pick).copied().unwrap_or(text))
        });
        let asked = picks.iter().filter(|(pick, up, _)| (*pick == 0 && *up) || (matches!(pick, 1 | 4) && !*up)).count();
        prop_assert!(talk.calls().len() <= asked);
        prop_assert_eq!(talk.calls().len(), talk.calls_closed().len());
    }
}

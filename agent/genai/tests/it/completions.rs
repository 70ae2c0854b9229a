//! Completions: a prompt that is gone on with; and chats that have a prompt for messages.

use genai::{Api, Call, Outcome, Part, Prompt, Provider};
use wire::{Direction, End};

use crate::bytes_of;
use crate::talk::{CHAT, Talk};

const PATH: &str = "/v1/completions";
const API: Api = Api { name: "completions", operation: "text_completion" };

const REQUEST: &str = r#"{"model":"m","prompt":"CANARY","suffix":"CANARY!","max_tokens":16,"echo":false,"best_of":2,"n":2,
 "temperature":0,"logprobs":5,"stop":["\n","CANARY"],"stream":true,"seed":1,"user":"CANARY"}"#;

const ANSWER: &str = r#"{"id":"cmpl-1","object":"text_completion","created":1,"model":"m-1","system_fingerprint":"fp",
 "choices":[{"text":"CANARY","index":0,"logprobs":null,"finish_reason":"length"},{"text":"","index":1,"finish_reason":"stop"}],
 "usage":{"prompt_tokens":3,"completion_tokens":16,"total_tokens":19}}"#;

const STREAM: [&str; 5] = [
    r#"{"id":"cmpl-1","object":"text_completion","created":1,"choices":[{"text":"","index":0,"logprobs":null,"finish_reason":null}],"model":"m-1"}"#,
    r#"{"id":"cmpl-1","object":"text_completion","created":1,"choices":[{"text":"CANARY","index":0,"logprobs":null,"finish_reason":null}],"model":"m-1"}"#,
    r#"{"id":"cmpl-1","object":"text_completion","created":2,"choices":[{"text":" CANARY","index":0,"logprobs":null,"finish_reason":null}],"model":"m-1"}"#,
    r#"{"id":"cmpl-1","object":"text_completion","created":2,"choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}],"model":"m-1"}"#,
    r#"{"id":"cmpl-1","object":"text_completion","created":2,"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5},"model":"m-1"}"#,
];

fn ask_at(host: &str, path: &str, body: &str) -> Talk {
    Talk::new().request("POST", host, path).body(Direction::ToServer, body).end_request(End::Complete)
}

#[track_caller]
fn check(talk: &Talk) -> Call {
    let whole = talk.call();
    for size in [1, 2, 3, 7, 64] {
        assert_eq!(talk.cut(size).call(), whole, "in pieces of {size}");
    }
    whole
}

#[test]
fn a_stream_and_an_answer() {
    let ask = ask_at("api.openai.com", PATH, REQUEST);
    let stream = ask.clone().sse().events(&STREAM).event("[DONE]");
    let call = check(&stream);
    assert_eq!((call.api, call.provider, call.outcome), (API, Provider::host("openai"), Outcome::Complete));
    let request = &call.request;
    assert_eq!(
        (request.model.as_deref(), request.max_tokens, request.stop_count),
        (Some("m"), Some(16), Some(2))
    );
    assert_eq!((request.input_count, request.message_count, request.choice_count), (Some(1), None, Some(2)));
    assert_eq!((request.seed, request.user.is_some(), request.stream), (Some(1), true, Some(true)));
    let user = Part { count: 2, chars: 13 };
    assert_eq!(request.prompt, Some(Prompt { user, ..Prompt::default() }));
    assert_eq!(call.response.finish_reasons, ["stop"]);
    assert_eq!((call.usage.input, call.usage.output, call.unknown_shape), (Some(3), Some(2), 0));
    let counted = call.stream.as_ref().map(|stream| (stream.chunks, stream.content_chunks));
    assert_eq!((counted, call.times.first_text), (Some((5, 2)), call.times.first_token));

    let answer = ask.json(200).answer(ANSWER).end(End::Complete);
    let call = check(&answer);
    assert_eq!(call.response.finish_reasons, ["length", "stop"]);
    assert_eq!((call.response.model.as_deref(), call.response.id.as_deref()), (Some("m-1"), Some("cmpl-1")));
    assert_eq!((call.usage.output, call.usage.inconsistent, call.unknown_shape), (Some(16), false, 0));
    for talk in [stream, answer] {
        bytes_of::shows_nothing(&talk);
    }
}

#[test]
fn the_bytes_may_be_cut_anywhere() {
    let request = bytes_of::post("api.openai.com", PATH, REQUEST);
    let chunks: Vec<String> =
        STREAM.iter().chain(&["[DONE]"]).map(|event| format!("data: {event}\n\n")).collect();
    let call = bytes_of::check(&request, &bytes_of::chunked("text/event-stream", &chunks));
    assert_eq!((call.api, call.outcome, call.usage.output), (API, Outcome::Complete, Some(2)));
    let call = bytes_of::check(&request, &bytes_of::plain("200 OK", ANSWER));
    assert_eq!((call.api, call.usage.output), (API, Some(16)));
}

#[test]
fn prompts_are_counted_in_all_their_forms() {
    for (prompt, inputs, user, odd) in [
        (r#""abc""#, Some(1), Some((1, 3)), 0),
        (r#"["abc","d"]"#, Some(2), Some((2, 4)), 0),
        (r#"[1,2,3]"#, Some(1), Some((1, 0)), 0),
        (r#"[[1,2],[3]]"#, Some(2), Some((2, 0)), 0),
        ("[]", Some(0), Some((0, 0)), 0),
        ("null", None, None, 0),
        ("7", None, None, 1),
        (r#"{"a":1}"#, None, None, 1),
        (r#"["a",true]"#, Some(2), Some((2, 1)), 1),
    ] {
        let body = format!(r#"{{"model":"m","prompt":{prompt}}}"#);
        let call = check(&ask_at("h", PATH, &body).json(200).answer(ANSWER).end(End::Complete));
        let parts = call.request.prompt.map(|prompt| (prompt.user.count, prompt.user.chars));
        assert_eq!((call.request.input_count, parts, call.unknown_shape), (inputs, user, odd), "{prompt}");
        let messages = call.traces.messages.len() as u64;
        assert_eq!(messages, user.map_or(0, |(count, _)| count), "{prompt}");
    }
}

#[test]
fn unknown_paths_are_told_by_the_body() {
    const CHAT_ANSWER: &str = crate::samples::ANSWER;
    for (body, answer, api) in [
        (REQUEST, ANSWER, Some("completions")),
        (r#"{"prompt":["a"],"model":"m"}"#, ANSWER, Some("completions")),
        (REQUEST, r#"{"choices":[{"text":"x","finish_reason":"stop"}]}"#, Some("completions")),
        (REQUEST, r#"{"accepted":true}"#, None),
        (REQUEST, CHAT_ANSWER, None),
        (r#"{"prompt":{},"model":"m"}"#, ANSWER, None),
        (r#"{"prompt":"a"}"#, ANSWER, None),
        (r#"{"model":"m","messages":[]}"#, ANSWER, None),
        (r#"{"model":"m","messages":[],"prompt":"a"}"#, CHAT_ANSWER, Some("chat_completions")),
    ] {
        let talk = ask_at("gateway.example", "/ask", body).json(200).answer(answer).end(End::Complete);
        for talk in [talk.cut(1), talk.cut(5), talk] {
            let apis: Vec<&str> = talk.calls().iter().map(|call| call.api.name).collect();
            assert_eq!(apis, Vec::from_iter(api), "{body} → {answer}");
        }
    }
    let late = Talk::new().sse().events(&STREAM).event("[DONE]").call();
    assert_eq!((late.api, late.joined_late), (API, true));
}

#[test]
fn paths_tell_completions_from_chats() {
    for (host, path, api) in [
        ("api.openai.com", "/v1/completions", "completions"),
        ("127.0.0.1:8080", "/completions", "completions"),
        ("x.openai.azure.com", "/openai/deployments/d/completions?api-version=1", "completions"),
        ("api.openai.com", CHAT, "chat_completions"),
        ("codestral.mistral.ai", "/v1/fim/completions", "chat_completions"),
        ("api.mistral.ai", "/v1/agents/completions", "chat_completions"),
    ] {
        let call = ask_at(host, path, "{}").json(200).answer("{}").end(End::Complete).call();
        assert_eq!(call.api.name, api, "{path}");
    }
    // What goes into the middle.
    let body =
        r#"{"model":"codestral-latest","prompt":"def f(","suffix":"return a","stop":"\n","random_seed":3}"#;
    let answer = r#"{"object":"chat.completion","choices":[{"index":0,"finish_reason":"model_length","message":{"content":"a)"}}],"usage":{"prompt_tokens":8,"completion_tokens":2}}"#;
    let talk = ask_at("codestral.mistral.ai", "/v1/fim/completions", body).json(200).answer(answer);
    let call = check(&talk.end(End::Complete));
    assert_eq!(
        (call.provider.name, call.request.input_count, call.request.seed),
        ("mistral_ai", Some(1), Some(3))
    );
    assert_eq!(call.request.prompt.map(|prompt| prompt.user), Some(Part { count: 2, chars: 14 }));
    assert_eq!((call.usage.output, call.response.is_too_long(), call.unknown_shape), (Some(2), true, 0));
}

#[test]
fn lost_bytes_and_errors() {
    let ask = ask_at("api.openai.com", PATH, REQUEST);
    let error = r#"{"error":{"message":"CANARY","type":"invalid_request_error","code":"model_not_found"}}"#;
    let call = ask.clone().json(404).answer(error).end(End::Complete).call();
    assert_eq!(call.failure.map(|failure| failure.kind).as_deref(), Some("model_not_found"));
    let lossy = ask.sse().event(STREAM[1]).notice(Direction::ToClient, wire::Notice::Gap(9)).event(STREAM[3]);
    let call = lossy.event("[DONE]").call();
    assert_eq!((call.lossy, call.outcome, call.unknown_shape), (true, Outcome::Complete, 0));
    assert_eq!(call.response.finish_reasons, ["stop"]);
    for at in 0..ANSWER.len() {
        let call = ask_at("h", PATH, REQUEST).json(200).answer(&ANSWER[..at]).end(End::Cut).call();
        assert_eq!((call.outcome, call.unknown_shape), (Outcome::Cut, 0), "at {at}");
    }
}

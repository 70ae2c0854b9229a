//! What is read of Ollama's own API.

use genai::headers::Phase;
use genai::{Call, Outcome, Part, Prompt, Provider, Request, Response, ToolCall, Usage, Verdict};
use proptest::prelude::*;
use wire::{Direction, End, Notice};

use crate::bytes_of::{self, chunked, plain, post};
use crate::samples;
use crate::talk::Talk;

const HOST: &str = "127.0.0.1:11434";

const CHAT: &str = r#"{"model":"qwen3:8b","messages":[{"role":"system","content":"CANARY-SYSTEM"},{"role":"user","content":"CANARY-PROMPT","images":["AAAA"]}],
 "tools":[{"type":"function","function":{"name":"get_weather"}}],"format":{"type":"object","properties":{}},"think":true,
 "options":{"temperature":0.2,"top_p":0.9,"top_k":40,"seed":-7,"stop":["CANARY","b"],"frequency_penalty":0.5,"presence_penalty":0.25,"num_predict":256,"num_ctx":8192},"keep_alive":"5m"}"#;

/// Thinks, says, calls a tool, ends.
const LINES: [&str; 4] = [
    r#"{"model":"qwen3:8b","created_at":"2026-08-04T08:52:19.385406455-07:00","message":{"role":"assistant","content":"","thinking":"CANARY-THOUGHT"},"done":false}"#,
    r#"{"model":"qwen3:8b","created_at":"2026-08-04T08:52:19.485406455-07:00","message":{"role":"assistant","content":"CANARY-COMPLETION"},"done":false}"#,
    r#"{"model":"qwen3:8b","created_at":"2026-08-04T08:52:19.585406455-07:00","message":{"role":"assistant","content":"","tool_calls":[{"id":"call_k1","function":{"index":0,"name":"get_weather","arguments":{"city":"CANARY-ARGUMENT"}}},{"function":{"name":"get_time","arguments":{}}}]},"done":false}"#,
    r#"{"model":"qwen3:8b","created_at":"2026-08-04T08:52:19.685406455-07:00","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":4883583458,"load_duration":1334875,"prompt_eval_count":26,"prompt_eval_cached_count":20,"prompt_eval_duration":342546000,"eval_count":282,"eval_duration":4535599000}"#,
];

const GENERATED: &str = r#"{"model":"llama3.2","created_at":"2026-08-04T19:22:45.499127Z","response":"CANARY-COMPLETION \"done\":false","done":true,"done_reason":"length","context":[1,2,3],"total_duration":5043500667,"prompt_eval_count":26,"eval_count":290}"#;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn asked(target: &str, body: &str) -> Talk {
    Talk::new().request("POST", HOST, target).body(Direction::ToServer, body).end_request(End::Complete)
}

/// A chat with these lines.
fn lines(all: &[&str]) -> Talk {
    let talk = asked("/api/chat", CHAT).response(200, &[("content-type", "application/x-ndjson")]);
    all.iter().fold(talk, |talk, line| talk.item(line))
}

fn ndjson(lines: &[&str]) -> Vec<u8> {
    let lines: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
    chunked("application/x-ndjson", &lines)
}

#[test]
fn a_chat_in_lines() {
    let call = bytes_of::check(&post(HOST, "/api/chat", CHAT), &ndjson(&LINES));
    assert_eq!((&call.provider, call.outcome), (&Provider::server("ollama"), Outcome::Complete));
    assert_eq!((call.api.name, call.api.operation), ("ollama_chat", "chat"));
    assert_eq!(
        call.request,
        Request {
            model: some("qwen3:8b"),
            stream: None,
            max_tokens: Some(256),
            temperature: Some(0.2),
            top_p: Some(0.9),
            choice_count: None,
            message_count: Some(2),
            tool_count: Some(1),
            output_type: some("json_schema"),
            top_k: Some(40.0),
            frequency_penalty: Some(0.5),
            presence_penalty: Some(0.25),
            seed: Some(-7),
            stop_count: Some(2),
            reasoning_level: some("true"),
            prompt: Some(Prompt {
                system: Part { count: 1, chars: 13 },
                user: Part { count: 1, chars: 13 },
                media: 1,
                tool_definitions: 55,
                ..Prompt::default()
            }),
            ..Request::default()
        }
    );
    assert_eq!((call.traces.messages.len(), call.traces.tools.is_some()), (2, true));
    assert_eq!(
        call.response,
        Response {
            model: some("qwen3:8b"),
            finish_reasons: vec!["stop".to_owned()],
            tool_calls: vec![
                ToolCall { id: some("call_k1"), name: some("get_weather") },
                ToolCall { id: None, name: some("get_time") },
            ],
            valid_json: Some(false),
            ..Response::default()
        }
    );
    let raw = raw(&[("prompt_eval_count", 26.0), ("prompt_eval_cached_count", 20.0), ("eval_count", 282.0)]);
    let usage = Usage { input: Some(26), output: Some(282), cache_read: Some(20), raw, ..Usage::default() };
    let told = |phase| call.beside.times.get(phase).map(|told| (told.nanos, told.source));
    assert_eq!(told(Phase::Total), Some((4_883_583_458, "total_duration")));
    assert_eq!(told(Phase::Load), Some((1_334_875, "load_duration")));
    assert_eq!(told(Phase::Prefill), Some((342_546_000, "prompt_eval_duration")));
    assert_eq!(told(Phase::Decode), Some((4_535_599_000, "eval_duration")));
    assert_eq!((call.usage.clone(), &call.failure, call.unknown_shape), (usage, &None, 0));
    let stream = call.stream.as_ref().expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks), (3, 3), "the last line is the end mark");
    assert!(!format!("{call:?}").contains("CANARY"));
    // Thoughts are content that nobody sees.
    let lines = lines(&LINES).call();
    assert!(lines.times.first_token < lines.times.first_text && lines.times.first_text.is_some());
}

fn raw(figures: &[(&str, f64)]) -> Vec<(String, f64)> {
    figures.iter().map(|(path, figure)| ((*path).to_owned(), *figure)).collect()
}

#[test]
fn a_completion_that_is_no_stream() {
    let body = r#"{"model":"llama3.2","prompt":"CANARY-PROMPT","stream":false,"format":"json","options":{"num_predict":-1}}"#;
    let call = bytes_of::check(&post(HOST, "/api/generate", body), &plain("200 OK", GENERATED));
    assert_eq!((call.api.name, call.api.operation), ("ollama_generate", "text_completion"));
    let request = Request {
        model: some("llama3.2"),
        stream: Some(false),
        output_type: some("json"),
        prompt: Some(Prompt { user: Part { count: 1, chars: 13 }, ..Prompt::default() }),
        ..Request::default()
    };
    assert_eq!(call.response.valid_json, Some(false));
    assert_eq!((call.request, call.outcome, call.unknown_shape), (request, Outcome::Complete, 0));
    let raw = raw(&[("prompt_eval_count", 26.0), ("eval_count", 290.0)]);
    assert_eq!(call.usage, Usage { input: Some(26), output: Some(290), raw, ..Usage::default() });
    assert_eq!((call.response.finish_reasons, call.stream), (vec!["length".to_owned()], None));

    let part = GENERATED.replace(r#""done":true"#, r#""done":false"#);
    let call = bytes_of::check(&post(HOST, "/api/generate", body), &ndjson(&[&part, GENERATED]));
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks), (2, 2), "content in the last line counts");
    assert_eq!((call.outcome, call.failure), (Outcome::Complete, None));
}

#[test]
fn a_chat_that_is_cut_anywhere() {
    let (request, response) = (post(HOST, "/api/chat", CHAT), ndjson(&LINES));
    let mark = b"\"eval_duration\":4535599000}\n";
    let done = response.windows(mark.len()).position(|window| window == mark).expect("an end") + mark.len();
    for at in 0..response.len() {
        let calls = bytes_of::calls(&request, &response[..at], |bytes| vec![bytes]);
        assert_eq!(calls.len(), 1, "at {at}");
        let complete = at >= done;
        assert_eq!(calls[0].outcome == Outcome::Complete, complete, "at {at}: {:?}", calls[0].outcome);
        assert_eq!(calls[0].usage.output, complete.then_some(282), "at {at}");
        assert_eq!((calls[0].unknown_shape, calls[0].failure.is_some()), (0, !complete), "at {at}");
    }
    for kept in 0..LINES.len() {
        let call = lines(&LINES[..kept]).end(End::Complete).calls();
        let kinds: Vec<_> =
            call.iter().map(|call| call.failure.clone().map(|failure| failure.kind)).collect();
        // A body without a line has not the shape that the request's path and body made expect.
        let expect = if kept == 0 { Vec::new() } else { vec![some("stream_truncated")] };
        assert_eq!(kinds, expect, "{kept}");
    }
}

#[test]
fn errors() {
    let not_found = r#"{"error":"model 'CANARY' not found"}"#;
    let call = bytes_of::check(&post(HOST, "/api/chat", CHAT), &plain("404 Not Found", not_found));
    assert_eq!(call.failure.map(|failure| failure.kind).as_deref(), Some("404"));
    for (error, kind) in [
        (r#"{"error":"CANARY: an error was encountered"}"#, "_OTHER"),
        (r#"{"error":{"code":"overloaded","message":"CANARY"}}"#, "overloaded"),
        (r#"{"error":{"type":"api_error"}}"#, "api_error"),
    ] {
        let call = lines(&LINES[..2]).item(error).end(End::Complete).call();
        assert_eq!(call.failure.as_ref().map(|failure| failure.kind.as_str()), Some(kind), "{error}");
        assert!(call.unknown_shape == 0 && !format!("{call:?}").contains("CANARY"), "{error}");
        let call = lines(&[error]).end(End::Complete).call();
        assert_eq!(call.failure.as_ref().map(|failure| failure.kind.as_str()), Some(kind), "{error}");
    }
}

#[test]
fn what_counts_as_content() {
    for (message, content) in [
        (r#"{"role":"assistant","content":""}"#, false),
        (r#"{"content":"","thinking":""}"#, false),
        (r#"{"tool_calls":[]}"#, false),
        (r#"{"tool_calls":[{"function":{"arguments":{}}}]}"#, false),
        (r#"{"content":" "}"#, true),
        (r#"{"content":"","thinking":"hm"}"#, true),
        (r#"{"tool_calls":[{"function":{"name":"f","arguments":{}}}]}"#, true),
    ] {
        let line = format!(r#"{{"model":"m","created_at":"t","message":{message},"done":false}}"#);
        let call = lines(&[&line, LINES[3]]).call();
        assert_eq!(call.times.first_token.is_some(), content, "{message}");
        assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 0), "{message}");
    }
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (more, wrong) in [
        (r#""stream":"yes","tools":{},"options":[]"#, 3),
        (r#""options":{"temperature":"hot","top_p":{},"num_predict":1.5}"#, 3),
        (r#""format":7"#, 1),
        (r#""stream":null,"tools":null,"options":null,"format":null,"new":{"model":1}"#, 0),
    ] {
        let body = format!(r#"{{"model":"m","messages":[],{more}}}"#);
        let talk = asked("/api/chat", &body)
            .response(200, &[("content-type", "application/x-ndjson")])
            .item(LINES[3]);
        let call = talk.call();
        let prompt = Some(Prompt::default());
        let expect = Request { model: some("m"), message_count: Some(0), prompt, ..Request::default() };
        assert_eq!((&call.request, call.unknown_shape), (&expect, wrong), "{more}");
        assert_eq!(talk.cut(1).call(), call, "{more}");
    }
    for (line, wrong) in [
        (r#"{"message":"text","done":"no","eval_count":-1,"done_reason":2}"#, 4),
        (r#"{"message":{"content":1,"tool_calls":[7,{"function":"f"}]},"created_at":5}"#, 4),
        (r#"{"prompt_eval_count":{},"error":[],"model":4}"#, 3),
    ] {
        let call = lines(&[line, LINES[3]]).call();
        assert_eq!((call.usage.output, call.unknown_shape), (Some(282), wrong), "{line}");
    }
    let bad = lines(&[]).item(b"{\"model\":\"\xff\xfe\"}").item("{").item(LINES[3]).call();
    assert_eq!((bad.response.model.as_deref(), bad.unknown_shape), (Some("qwen3:8b"), 2));
}

#[test]
fn embeddings() {
    let answer = r#"{"model":"all-minilm","embeddings":[[0.1,0.2],[0.3]],"total_duration":14143917,"load_duration":1019500,"prompt_eval_count":8}"#;
    let old = r#"{"embedding":[0.5,0.6]}"#;
    for (path, body, answer, texts, chars, input) in [
        (
            "/api/embed",
            r#"{"model":"all-minilm","input":["CANARY","ab"],"dimensions":2}"#,
            answer,
            2,
            8,
            Some(8),
        ),
        ("/api/embed", r#"{"model":"all-minilm","dimensions":2,"input":"CANARY"}"#, answer, 1, 6, Some(8)),
        ("/api/embeddings", r#"{"model":"all-minilm","prompt":"CANARY","dimensions":2}"#, old, 1, 6, None),
    ] {
        let call = bytes_of::check(&post(HOST, path, body), &plain("200 OK", answer));
        assert_eq!((call.api.name, call.api.operation), ("ollama_embed", "embeddings"), "{path}");
        let prompt = call.request.prompt.expect("a prompt");
        assert_eq!(
            (call.request.input_count, prompt.user),
            (Some(texts), Part { count: texts, chars }),
            "{path}"
        );
        assert_eq!((call.request.dimensions, call.usage.input), (Some(2), input), "{path}");
        assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 0), "{path}");
        assert_eq!(call.traces.messages.len() as u64, texts);
        assert_eq!(call.beside.times.load.is_some(), input.is_some());
        let failed =
            bytes_of::check(&post(HOST, path, body), &plain("404 Not Found", r#"{"error":"no model"}"#));
        assert_eq!((failed.api.name, failed.http.status), ("ollama_embed", Some(404)));
    }
    // OpenAI's at such a path, or no model's at all.
    let openai = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]}],"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}}"#;
    let body = r#"{"model":"m","input":"x"}"#;
    let call = bytes_of::check(&post("gateway", "/api/embeddings", body), &plain("200 OK", openai));
    assert_eq!((call.api.name, call.usage.input), ("embeddings", Some(5)));
    let page = asked("/api/embed", body).json(200).answer(r#"{"html":"<iframe>"}"#).end(End::Complete);
    assert_eq!(page.calls(), []);
}

#[test]
fn parts_of_a_chat() {
    let body = r#"{"model":"m","think":"high","messages":[{"role":"user","content":"ab"},
        {"role":"assistant","content":"","thinking":"hm!","tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":1}}}]},
        {"role":"tool","tool_name":"f","tool_call_id":"c","content":"42"}]}"#;
    let call = asked("/api/chat", body).json(200).answer(LINES[3]).end(End::Complete).call();
    let prompt = call.request.prompt.expect("a prompt");
    assert_eq!(prompt.assistant, Part { count: 1, chars: 10 });
    assert_eq!((prompt.user.chars, prompt.tool_result), (2, Part { count: 1, chars: 2 }));
    assert_eq!((call.request.reasoning_level.as_deref(), call.traces.tool_results.len()), (Some("high"), 1));
    let moved = asked("/api/chat", &body.replace("\"m\"", "\"n\"")).json(200).answer(LINES[3]).call();
    assert_eq!(moved.traces.messages, call.traces.messages);
    let other = asked("/api/chat", &body.replace("{\"a\":1}", "{\"a\":2}")).json(200).answer(LINES[3]).call();
    assert_eq!(other.traces.messages[0], call.traces.messages[0]);
    assert_ne!(other.traces.messages[1], call.traces.messages[1]);
    assert_eq!(call.unknown_shape, 0);
    let body =
        r#"{"model":"m","system":"be","prompt":"a","suffix":"bc","images":["AA","BB"],"stream":false}"#;
    let call = asked("/api/generate", body).json(200).answer(GENERATED).end(End::Complete).call();
    let prompt = call.request.prompt.expect("a prompt");
    assert_eq!((prompt.system, prompt.user), (Part { count: 1, chars: 2 }, Part { count: 1, chars: 3 }));
    assert_eq!((prompt.media, call.unknown_shape, call.traces.system.is_some()), (2, 0, true));
    let remote = LINES[3].replace(
        "\"done\":true",
        r#""remote_model":"big","remote_host":"https://ollama.com:443","done":true"#,
    );
    let call = asked("/api/chat", CHAT).json(200).answer(remote).end(End::Complete).call();
    assert_eq!(call.response.upstream.as_deref(), Some("https://ollama.com:443"));
}

#[test]
fn web_applications_at_the_same_paths_are_not_calls() {
    let answer = |target: &str, body: &str, talk: fn(Talk) -> Talk| -> Vec<Call> {
        let talk = talk(asked(target, body)).end(End::Complete);
        assert_eq!(talk.cut(1).calls(), talk.calls());
        assert_ne!(talk.interpreter().verdict(), Verdict::Foreign);
        talk.calls()
    };
    let page = |talk: Talk| talk.sse().event(r#"{"type":"text-delta","id":"0","delta":"x"}"#);
    let chat = |talk: Talk| talk.json(200).answer(samples::ANSWER);
    for (target, body) in [
        (
            "/api/chat",
            r#"{"id":"c","messages":[{"role":"user","parts":[{"type":"text","text":"x"}]}],"trigger":"submit-message"}"#,
        ),
        ("/api/generate", r#"{"model":"m","prompt":"x"}"#),
        ("/api/generate", r#"{"prompt":"x"}"#),
    ] {
        assert_eq!(answer(target, body, page), [], "{target} {body}");
        assert_eq!(answer(target, body, chat), [], "{target} {body}");
    }
    // A chat of OpenAI's there is one where the answer is one.
    assert_eq!(answer("/api/chat", samples::REQUEST, page), []);
    assert_eq!(answer("/api/chat", samples::REQUEST, chat).len(), 1);
    // Nor are Ollama's bodies Ollama's anywhere else, nor claimed by others.
    assert_eq!(answer("/ask", CHAT, |talk| talk.json(200).answer(LINES[3])), []);
    assert_eq!(answer("/ask", r#"{"model":"m","prompt":"x"}"#, |talk| talk.json(200).answer(GENERATED)), []);
    let chat = asked("/ask", samples::REQUEST).json(200).answer(samples::ANSWER).end(End::Complete).call();
    assert_eq!(chat.api.name, "chat_completions");
}

#[test]
fn a_call_that_was_not_seen_whole() {
    let late = LINES[1..].iter().fold(Talk::new().response(200, &[]), |talk, line| talk.item(line)).call();
    assert_eq!((late.api.name, late.joined_late, late.outcome), ("ollama_chat", true, Outcome::Complete));
    assert_eq!((late.usage.output, late.stream.map(|stream| stream.content_chunks)), (Some(282), Some(2)));
    let late = Talk::new().json(200).answer(GENERATED).end(End::Complete).call();
    assert_eq!((late.api.name, late.joined_late), ("ollama_generate", true));
    // Half the request was lost on the way.
    let talk = Talk::new()
        .request("POST", HOST, "/api/chat")
        .body(Direction::ToServer, r#"{"messages":[{"content":""#)
        .notice(Direction::ToServer, Notice::Gap(70_000))
        .body(Direction::ToServer, r#""}],"model":"m"}"#)
        .end_request(End::Complete)
        .response(200, &[("content-type", "application/x-ndjson")]);
    let call = LINES.iter().fold(talk, |talk, line| talk.item(line)).call();
    assert_eq!((call.api.name, call.lossy, call.unknown_shape), ("ollama_chat", true, 0));
    assert_eq!((call.request.message_count, call.usage.input), (None, Some(26)));
}

#[test]
fn prompts_and_completions_show_nowhere() {
    bytes_of::shows_nothing(&lines(&LINES));
    bytes_of::shows_nothing(&asked("/api/chat", CHAT).json(200).answer(LINES[2]).end(End::Complete));
    bytes_of::shows_nothing(
        &asked("/api/chat", CHAT).json(500).answer(r#"{"error":"CANARY"}"#).end(End::Complete),
    );
}

proptest! {
    #[test]
    fn any_bytes_give_at_most_one_call_and_the_same_for_any_cut(answer: Vec<u8>, line: Vec<u8>, size in 1usize..20) {
        let talk = asked("/api/chat", CHAT).json(200).answer(answer).end(End::Complete);
        prop_assert!(talk.calls().len() <= 1);
        prop_assert_eq!(talk.cut(size).calls(), talk.calls());
        let talk = lines(&LINES[..3]).item(line).item(LINES[3]);
        prop_assert_eq!(talk.calls().len(), 1);
    }
}

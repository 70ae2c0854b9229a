//! What servers that speak OpenAI's chat completions add to them.

use proptest::prelude::*;

use genai::headers::Phase;
use genai::{Call, KnownBy, Part, Prompt, ToolCall, Usage};
use wire::{Direction, End};

use crate::bytes_of;
use crate::talk::{CHAT, Talk};

/// A call to a host that nobody knows.
fn ask(body: &str) -> Talk {
    ask_at("10.0.0.1:8000", CHAT, body)
}

fn ask_at(host: &str, path: &str, body: &str) -> Talk {
    Talk::new().request("POST", host, path).body(Direction::ToServer, body).end_request(End::Complete)
}

/// The talk's call; it must be the same however the bodies are cut.
#[track_caller]
fn check(talk: &Talk) -> Call {
    let whole = talk.call();
    for size in [1, 2, 3, 7, 64] {
        assert_eq!(talk.cut(size).call(), whole, "in pieces of {size}");
    }
    whole
}

fn answer(body: &str) -> Call {
    check(&ask("{}").json(200).answer(body).end(End::Complete))
}

fn stream(events: &[&str]) -> Call {
    ask("{}").sse().events(events).event("[DONE]").call()
}

#[test]
fn every_member_of_a_request_is_read() {
    let body = r#"{"model":"m","messages":[
     {"role":"developer","content":"be kind","name":"d"},
     {"role":"user","content":[{"type":"text","text":"h\u00e4"},{"type":"image_url","image_url":{"url":"data:CANARY"}},
      {"type":"input_audio","input_audio":{"data":"CANARY","format":"wav"}},{"type":"file","file":{"file_id":"f"}}]},
     {"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"ok"}],
      "tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
      {"id":"call_2","function":{"name":"g","arguments":{"a":1}}}]},
     {"role":"tool","tool_call_id":"call_1","content":"42"},
     {"role":"tool","content":[{"type":"text","text":"43"}],"tool_call_id":"call_2"}],
     "documents":["one",{"id":"x","text":"two","more":["3"]}],"tools":[{"type":"function","function":{"name":"f"}}],
     "stream":false,"max_tokens":7,"temperature":0.5,"top_p":0.9,"top_k":40,"frequency_penalty":0.1,"presence_penalty":-0.2,
     "seed":-5,"n":3,"stop":["a","b"],"service_tier":"flex","reasoning_effort":"high","user":"u","safety_identifier":"s",
     "response_format":{"type":"json_object"}}"#;
    let talk = ask(body).json(200).answer("{}").end(End::Complete);
    let call = check(&talk);
    let request = &call.request;
    let part = |count, chars| Part { count, chars };
    assert_eq!(
        request.prompt,
        Some(Prompt {
            system: part(1, 7),
            user: part(1, 2),
            assistant: part(1, 11),
            tool_result: part(2, 4),
            retrieved: part(2, 7),
            media: 3,
            tool_definitions: 45,
        })
    );
    assert_eq!((request.message_count, request.tool_count, request.stop_count), (Some(5), Some(1), Some(2)));
    assert_eq!((request.max_tokens, request.choice_count, request.seed), (Some(7), Some(3), Some(-5)));
    assert_eq!((request.temperature, request.top_p, request.top_k), (Some(0.5), Some(0.9), Some(40.0)));
    assert_eq!((request.frequency_penalty, request.presence_penalty), (Some(0.1), Some(-0.2)));
    assert_eq!(
        (request.service_tier.as_deref(), request.reasoning_level.as_deref()),
        (Some("flex"), Some("high"))
    );
    assert_eq!((request.output_type.as_deref(), request.stream), (Some("json_object"), Some(false)));
    assert_eq!((call.traces.messages.len(), call.traces.tool_results.len(), call.unknown_shape), (5, 2, 0));
    bytes_of::shows_nothing(&talk);
    // The safety identifier stands over the user, wherever it stands.
    let user = |body: &str| ask(body).json(200).answer("{}").end(End::Complete).call().request.user;
    assert_eq!(request.user, user(r#"{"safety_identifier":"s"}"#));
    assert_eq!(request.user, user(r#"{"user":"s"}"#));
    assert_ne!(request.user, user(r#"{"user":"u"}"#));
}

#[test]
fn messages_are_recognised_whatever_moves_about_them() {
    let traces = |messages: &str| {
        let body = format!(r#"{{"model":"m","messages":[{messages}]}}"#);
        check(&ask(&body).json(200).answer("{}").end(End::Complete)).traces.messages
    };
    let one = traces(r#"{"role":"user","content":"a"},{"role":"assistant","content":"b"}"#);
    assert_eq!(
        one,
        traces(r#"{"role":"user","content":"a"},{"role":"assistant","content":"b","annotations":[]}"#)
    );
    assert_eq!(one.first(), traces(r#"{"role":"user","content":"a","cache_control":{"type":"x"}}"#).first());
    assert_ne!(one.first(), traces(r#"{"role":"user","content":"b"}"#).first());
    assert_ne!(one.first(), traces(r#"{"role":"system","content":"a"}"#).first());
    let call = |arguments: &str| {
        let function = format!(r#"{{"name":"f","arguments":{arguments}}}"#);
        traces(&format!(r#"{{"role":"assistant","tool_calls":[{{"id":"c","function":{function}}}]}}"#))
    };
    assert_ne!(call(r#""1""#), call(r#""2""#));
}

#[test]
fn other_names_of_request_members() {
    for (body, read) in [
        (r#"{"random_seed":7}"#, "Some(7) None None None"),
        (r#"{"stop":"x"}"#, "None Some(1) None None"),
        (r#"{"stop":[]}"#, "None Some(0) None None"),
        (r#"{"stop":null}"#, "None None None None"),
        (r#"{"reasoning":{"effort":"low","max_tokens":5}}"#, "None None Some(\"low\") None"),
        (r#"{"thinking":{"type":"disabled"}}"#, "None None Some(\"disabled\") None"),
        (r#"{"max_tokens":5,"max_completion_tokens":6}"#, "None None None Some(6)"),
        (r#"{"max_completion_tokens":6,"max_tokens":5}"#, "None None None Some(6)"),
    ] {
        let call = check(&ask(body).json(200).answer("{}").end(End::Complete));
        let request = call.request;
        let said = format!(
            "{:?} {:?} {:?} {:?}",
            request.seed, request.stop_count, request.reasoning_level, request.max_tokens
        );
        assert_eq!((said.as_str(), call.unknown_shape), (read, 0), "{body}");
    }
}

#[test]
fn what_is_seen_is_text_and_the_rest_is_content() {
    for (choice, seen, content) in [
        (r#"{"delta":{"content":"x"}}"#, true, true),
        (r#"{"delta":{"content":""}}"#, false, false),
        (r#"{"delta":{"refusal":"x"}}"#, true, true),
        (r#"{"delta":{"audio":{"data":"AA"}}}"#, true, true),
        (r#"{"delta":{"images":[{"image_url":{"url":"x"}}]}}"#, true, true),
        (r#"{"delta":{"reasoning_content":"x"}}"#, false, true),
        (r#"{"delta":{"reasoning":"x"}}"#, false, true),
        (r#"{"delta":{"reasoning_details":[{"type":"reasoning.summary","summary":"x"}]}}"#, false, true),
        (
            r#"{"delta":{"reasoning_details":[{"type":"reasoning.text","text":"","format":"f"}]}}"#,
            false,
            false,
        ),
        (r#"{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}}"#, false, true),
        (r#"{"delta":{"function_call":{"name":"f"}}}"#, false, true),
        // Mistral's parts.
        (r#"{"delta":{"content":[{"type":"text","text":"x"}]}}"#, true, true),
        (r#"{"delta":{"content":[{"type":"text","text":""}]}}"#, false, false),
        (
            r#"{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"x"}]}]}}"#,
            false,
            true,
        ),
        (r#"{"delta":{"content":[{"type":"reference","reference_ids":[1]}]}}"#, false, false),
        // Together repeats the text.
        (r#"{"text":"x","delta":{"content":"x"}}"#, true, true),
        // Perplexity repeats all of it.
        (r#"{"message":{"content":"all"},"delta":{"content":""}}"#, false, false),
        (r#"{"delta":{"content":""},"message":{"content":"all"}}"#, false, false),
        (r#"{"delta":{"content":"x"},"message":{"content":"all"}}"#, true, true),
        (r#"{"message":{"content":"all"}}"#, true, true),
    ] {
        let chunk = format!(r#"{{"object":"chat.completion.chunk","choices":[{choice}]}}"#);
        // The second is read by comparing it with the first.
        let call = stream(&[&chunk, &chunk]);
        let counted = call.stream.as_ref().map_or(0, |stream| stream.content_chunks);
        assert_eq!(
            (call.times.first_text.is_some(), counted),
            (seen, if content { 2 } else { 0 }),
            "{choice}"
        );
        assert_eq!(call.unknown_shape, 0, "{choice}");
    }
}

#[test]
fn servers_tell_on_themselves() {
    for (body, name) in [
        (r#"{"choices":[],"x_groq":{"id":"req_1"}}"#, "groq"),
        (r#"{"choices":[],"time_info":{"queue_time":0.1}}"#, "cerebras"),
        (r#"{"choices":[],"kv_transfer_params":null}"#, "vllm"),
        (r#"{"choices":[],"prompt_logprobs":null}"#, "vllm"),
        (r#"{"choices":[],"sglext":{}}"#, "sglang"),
        (r#"{"choices":[{"index":0,"matched_stop":128009}]}"#, "sglang"),
        (r#"{"choices":[],"timings":{"prompt_n":1}}"#, "llama_cpp"),
        (r#"{"choices":[],"perf_metrics":{"prompt-tokens":"5"}}"#, "fireworks_ai"),
        (r#"{"choices":[],"prompt_filter_results":[]}"#, "azure.ai.openai"),
        (r#"{"choices":[],"prompt_filter_results":[],"copilot_usage":{"x":1}}"#, "github_copilot"),
        (r#"{"choices":[{"native_finish_reason":"STOP"}],"provider":"Google AI Studio"}"#, "openrouter"),
        (r#"{"choices":[],"provider":"Google AI Studio"}"#, "openai"),
        (r#"{"choices":[],"system_fingerprint":"fp_ollama"}"#, "ollama"),
        (r#"{"choices":[],"base_resp":{"status_code":0,"status_msg":""}}"#, "minimax"),
        (r#"{"choices":[],"usage":{"prompt_cache_hit_tokens":0}}"#, "deepseek"),
        (r#"{"choices":[],"usage":{"cost_in_usd_ticks":5}}"#, "x_ai"),
        (r#"{"choices":[],"timings":null,"metrics":null,"provider":7,"usage":{}}"#, "openai"),
        (r#"{"choices":[]}"#, "openai"),
    ] {
        for call in [answer(body), stream(&[body]), stream(&[body, body])] {
            let known_by = if name == "openai" { KnownBy::Api } else { KnownBy::Server };
            assert_eq!((call.provider.name, call.provider.known_by), (name, known_by), "{body}");
            assert_eq!((call.failure, call.unknown_shape), (None, 0), "{body}");
        }
    }
    // The host knows better.
    let talk = ask_at("api.openai.com", CHAT, "{}").json(200).answer(r#"{"x_groq":{}}"#).end(End::Complete);
    assert_eq!(talk.call().provider.name, "openai");
}

#[test]
fn usage_is_found_wherever_it_is_put() {
    let expect = Usage { input: Some(9), output: Some(5), ..Usage::default() };
    let usage = r#"{"prompt_tokens":9,"completion_tokens":5}"#;
    for body in [
        format!(r#"{{"usage":{usage}}}"#),
        format!(r#"{{"choices":[{{"index":0,"usage":{usage}}}]}}"#),
        format!(r#"{{"x_groq":{{"id":"r","usage":{usage}}}}}"#),
        r#"{"timings":{"cache_n":4,"prompt_n":5,"predicted_n":5}}"#.to_owned(),
    ] {
        for call in [answer(&body), stream(&[&body, &body])] {
            let told = Usage { raw: Vec::new(), cache_read: None, ..call.usage };
            assert_eq!(told, expect, "{body}");
        }
    }
    // Whose host it is decides what is beside the output.
    let body = r#"{"usage":{"prompt_tokens":9,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":6}}}"#;
    for (host, output) in [("api.x.ai", 11), ("eu-west-1.API.X.AI:443", 11), ("api.openai.com", 5)] {
        let call = ask_at(host, CHAT, "{}").json(200).answer(body).end(End::Complete).call();
        assert_eq!(call.usage.output, Some(output), "{host}");
    }
}

#[test]
fn what_is_told_beside_the_answer_is_part_of_the_call() {
    let chunk = r#"{"id":"c","choices":[{"index":0,"delta":{"content":"x"}}]}"#;
    let last = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"timings":{"prompt_n":5,"prompt_ms":30.5,"predicted_n":7,"predicted_ms":661.25,"draft_n":4,"draft_n_accepted":3},"usage":{"prompt_tokens":5,"completion_tokens":7,"cost":0.25}}"#;
    let call = stream(&[chunk, chunk, last]);
    let told = |phase| call.beside.times.get(phase).map(|told| (told.nanos, told.source));
    assert_eq!(told(Phase::Prefill), Some((30_500_000, "timings.prompt_ms")));
    assert_eq!(told(Phase::Decode), Some((661_250_000, "timings.predicted_ms")));
    let engine = &call.beside.engine;
    assert_eq!((engine.proposed_tokens, engine.accepted_tokens), (Some(4), Some(3)));
    assert_eq!(call.cost, genai::price::Cost::told("usage.cost", "0.25"));
    assert_eq!((call.usage.output, call.provider.name, call.unknown_shape), (Some(7), "llama_cpp", 0));
}

#[test]
fn filters_tell_which_of_them_it_was() {
    let filter = |name: &str, filtered: bool| {
        format!(r#"{{"{name}":{{"filtered":{filtered},"severity":"high"}},"other":{{"filtered":true}}}}"#)
    };
    for (body, refusal, category) in [
        (
            format!(r#"{{"choices":[{{"index":0,"content_filter_results":{}}}]}}"#, filter("violence", true)),
            true,
            Some("violence"),
        ),
        (
            format!(
                r#"{{"choices":[{{"index":0,"content_filter_results":{}}}]}}"#,
                filter("violence", false)
            ),
            false,
            None,
        ),
        (
            format!(
                r#"{{"prompt_filter_results":[{{"prompt_index":0,"content_filter_results":{}}}]}}"#,
                filter("hate", true)
            ),
            true,
            Some("hate"),
        ),
        (r#"{"choices":[{"index":0,"finish_reason":"content_filter"}]}"#.to_owned(), true, None),
        (
            r#"{"choices":[{"index":0,"finish_reason":"stop","native_finish_reason":"SAFETY"}]}"#.to_owned(),
            true,
            Some("SAFETY"),
        ),
        (
            r#"{"choices":[{"index":0,"finish_reason":"stop","native_finish_reason":"STOP"}]}"#.to_owned(),
            false,
            None,
        ),
        (r#"{"choices":[{"index":0,"finish_reason":"sensitive"}]}"#.to_owned(), true, None),
        (r#"{"choices":[{"index":0,"message":{"refusal":"I will not"}}]}"#.to_owned(), true, None),
    ] {
        for call in [answer(&body), stream(&[&body])] {
            let told = (call.response.refusal, call.response.refusal_category.as_deref(), call.unknown_shape);
            assert_eq!(told, (refusal, category, 0), "{body}");
        }
    }
    // A prompt that Azure does not hand on.
    let error = format!(
        r#"{{"error":{{"code":"content_filter","message":"CANARY","status":400,"innererror":{{"code":"ResponsibleAIPolicyViolation","content_filter_result":{}}}}}}}"#,
        filter("jailbreak", true)
    );
    let call = check(&ask("{}").json(400).answer(&error).end(End::Complete));
    assert_eq!(call.failure.map(|failure| failure.kind).as_deref(), Some("content_filter"));
    assert_eq!((call.response.refusal, call.response.refusal_category.as_deref()), (true, Some("jailbreak")));
}

#[test]
fn a_deployment_in_the_path_is_the_model() {
    let host = "x.openai.azure.com";
    let path = "/openai/deployments/my-gpt/chat/completions?api-version=1";
    let model = |path: &str, body: &str| {
        ask_at(host, path, body).json(200).answer("{}").end(End::Complete).call().request.model
    };
    assert_eq!(model(path, "{}").as_deref(), Some("my-gpt"));
    assert_eq!(model(path, r#"{"model":"m"}"#).as_deref(), Some("m"));
    assert_eq!(model("/openai/deployments//chat/completions", "{}"), None);
    assert_eq!(model("/openai/v1/chat/completions", "{}"), None);
}

#[test]
fn azures_first_chunk_says_nothing_of_the_answer() {
    let first = r#"{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}"#;
    let chunk = |word: &str| {
        format!(
            r#"{{"choices":[{{"content_filter_results":{{"hate":{{"filtered":false,"severity":"safe"}}}},"delta":{{"content":"{word}"}},"index":0}}],"id":"c","model":"m","object":"chat.completion.chunk"}}"#
        )
    };
    let call = stream(&[first, &chunk("a"), &chunk("b"), &chunk("")]);
    let counted = call.stream.map(|stream| (stream.chunks, stream.content_chunks));
    assert_eq!((counted, call.provider.name), (Some((4, 2)), "azure.ai.openai"));
    assert_eq!((call.response.id.as_deref(), call.unknown_shape), (Some("c"), 0));
    assert!(call.times.first_chunk < call.times.first_token);
}

#[test]
fn an_upstream_that_fails_in_mid_stream() {
    let call = stream(&[
        r#"{"id":"g","provider":"Azure","model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null,"native_finish_reason":null}]}"#,
        r#"{"id":"g","provider":"Azure","model":"m","error":{"code":502,"message":"CANARY"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","native_finish_reason":"error"}]}"#,
    ]);
    assert_eq!(call.failure.map(|failure| failure.kind).as_deref(), Some("502"));
    assert_eq!((call.response.upstream.as_deref(), call.provider.name), (Some("Azure"), "openrouter"));
    assert_eq!(call.response.finish_reasons, ["error"]);
}

#[test]
fn json_that_was_asked_for_is_looked_at() {
    let asked = r#"{"response_format":{"type":"json_object"}}"#;
    let chunk = |index: u8, text: &str| {
        format!(r#"{{"choices":[{{"index":{index},"delta":{{"content":"{text}"}}}}]}}"#)
    };
    for (events, valid) in [
        (vec![chunk(0, r#"{\"a\""#), chunk(0, ":"), chunk(0, "1"), chunk(0, "}")], Some(true)),
        (vec![chunk(0, r#"{\"a\""#), chunk(0, ":"), chunk(0, "1"), chunk(0, "")], Some(false)),
        (vec![chunk(0, "[1,"), chunk(0, r"2\n"), chunk(0, "]")], Some(true)),
        (vec![chunk(0, "{}"), chunk(1, "{}")], None),
        (vec![], None),
        (
            vec![r#"{"choices":[{"index":0,"text":"{}","delta":{"content":"{}"},"message":{"content":"{}"}}]}"#.to_owned()],
            Some(false),
        ),
    ] {
        let talk = events.iter().fold(ask(asked).sse(), |talk, event| talk.event(event));
        assert_eq!(talk.event("[DONE]").call().response.valid_json, valid, "{events:?}");
        let talk = events.iter().fold(ask("{}").sse(), |talk, event| talk.event(event));
        assert_eq!(talk.event("[DONE]").call().response.valid_json, None, "{events:?}");
    }
}

#[test]
fn chunks_like_the_one_before_are_read_as_if_they_were_not() {
    let chunk = |id: &str, text: &str, created: &str, obfuscation: &str| {
        format!(
            r#"{{"id":"{id}","created":{created},"choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}],"obfuscation":"{obfuscation}"}}"#
        )
    };
    let first = chunk("a", "x", "1", "p");
    for (second, content, id, odd) in [
        (chunk("a", "y", "1", "qq"), 2, "a", 0),
        (chunk("a", "", "1", ""), 1, "a", 0),
        (chunk("a", r#"\"}],\"id\":\"z"#, "1", r"\\"), 2, "a", 0),
        (chunk("a", "y", "-2.5e9", "p"), 2, "a", 0),
        (chunk("b", "y", "1", "p"), 2, "b", 0),
        (chunk("ab", "y", "1", "p"), 2, "ab", 0),
        // No number, no string, no end.
        (chunk("a", "y", "null", "p"), 2, "a", 0),
        (chunk("a", "y", "1 ", "p"), 2, "a", 0),
        (chunk("a", "y", "", "p"), 1, "a", 1),
        (chunk("a", "y", "1", r"\"), 2, "a", 1),
        (first.get(..first.len() - 1).map(str::to_owned).unwrap_or_default(), 2, "a", 1),
        (format!("{first} "), 2, "a", 0),
    ] {
        let call = stream(&[&first, &second]);
        let counted = call.stream.map(|stream| stream.content_chunks);
        assert_eq!((counted, call.unknown_shape), (Some(content), odd), "{second}");
        assert_eq!(call.response.id.as_deref(), Some(id), "{second}");
    }
    // A piece of a name is a piece each time that it comes.
    let name = |name: &str| {
        format!(
            r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":0,"function":{{"name":"{name}"}}}}]}}}}]}}"#
        )
    };
    let call = stream(&[&name("get_"), &name("a"), &name("a")]);
    assert_eq!(call.response.tool_calls, [ToolCall { id: None, name: Some("get_aa".to_owned()) }]);
    // What is passed over may be anything that has an end.
    let more =
        |more: &str| format!(r#"{{"more":{more},"choices":[{{"index":0,"delta":{{"content":"x"}}}}]}}"#);
    for (second, content, odd) in [
        (r#"{"a":"]}\\\"","b":[1,{}]}"#, 2, 0),
        ("[]", 2, 0),
        (r#""text""#, 2, 0),
        ("null", 2, 0),
        (r#"{"a":[}"#, 1, 1),
        ("]", 1, 1),
        ("", 1, 1),
    ] {
        let call = stream(&[&more(r#"{"a":"b"}"#), &more(second)]);
        let counted = call.stream.map(|stream| stream.content_chunks);
        assert_eq!((counted, call.unknown_shape), (Some(content), odd), "{second}");
    }
    // What is odd is odd each time.
    let odd = r#"{"choices":[{"index":0,"delta":{"content":7}}]}"#;
    assert_eq!(stream(&[odd, odd, odd]).unknown_shape, 3);
    // Another choice begins in a chunk that is all like the one before but for its number.
    let of = |index: u8| {
        format!(r#"{{"choices":[{{"index":{index},"delta":{{"content":"x"}},"finish_reason":"stop"}}]}}"#)
    };
    assert_eq!(stream(&[&of(0), &of(1), &of(1)]).response.finish_reasons, ["stop", "stop"]);
}

#[test]
fn prompts_and_completions_of_all_dialects_show_nowhere() {
    let chunk = r#"{"id":"c","choices":[{"index":0,"text":"CANARY","delta":{"content":"CANARY","reasoning":"CANARY","tool_calls":[{"index":0,"function":{"arguments":"CANARY"}}]},"logprobs":{"content":[{"token":"CANARY"}]}}],"error":{"message":"CANARY"},"detail":"CANARY","obfuscation":"CANARY"}"#;
    let plain = r#"{"id":"c","choices":[{"index":0,"delta":{"content":"CANARY"}}],"obfuscation":"CANARY"}"#;
    let asked = r#"{"model":"m","prompt":"CANARY","suffix":"CANARY","documents":[{"text":"CANARY"}],"user":"CANARY","system":"CANARY"}"#;
    bytes_of::shows_nothing(&ask(asked).sse().events(&[chunk, plain, plain, chunk, plain]).event("[DONE]"));
}

proptest! {
    /// A space that stands elsewhere makes each chunk unlike the one before, and so it is read in full.
    #[test]
    fn comparing_finds_what_reading_finds(steps in proptest::collection::vec((0usize..9, "[a-c\\\\\"{}0-9]{0,4}"), 0..12)) {
        let chunk = |(which, text): &(usize, String)| {
            let text = text.replace('\\', r"\\").replace('"', r#"\""#);
            let index = which % 2;
            match which {
                0 | 1 => format!(r#"{{"id":"a","choices":[{{"index":{index},"delta":{{"content":"{text}"}}}}],"x":"{text}","y":{{"z":["{text}"]}}}}"#),
                2 => format!(r#"{{"id":"a","choices":[{{"delta":{{"reasoning":"{text}"}},"index":0,"finish_reason":null}}],"n":4}}"#),
                3 => format!(r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":0,"function":{{"arguments":"{text}"}}}}]}}}}]}}"#),
                4 => format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{{"id":"c","function":{{"name":"f","arguments":"{text}"}}}}]}}}}]}}"#),
                5 => format!(r#"{{"id":"{text}","choices":[{{"index":0,"text":"{text}"}}]}}"#),
                6 => format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{text}"}},"message":{{"content":"{text}"}}}}]}}"#),
                7 => r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#.to_owned(),
                _ => format!(r#"{{"choices":[{{"index":0,"delta":{{"content":7,"refusal":"{text}"}}}}]}}"#),
            }
        };
        let body = r#"{"response_format":{"type":"json_object"}}"#;
        let alike = steps.iter().fold(ask(body).sse(), |talk, step| talk.event(chunk(step)));
        let unlike = steps.iter().enumerate().fold(ask(body).sse(), |talk, (at, step)| {
            talk.event(if at % 2 == 0 { chunk(step) } else { chunk(step).replacen('{', "{ ", 1) })
        });
        let [mut alike, mut unlike] = [alike, unlike].map(|talk| talk.event("[DONE]").call());
        alike.http.response_bytes = 0;
        unlike.http.response_bytes = 0;
        prop_assert_eq!(alike, unlike);
    }
}

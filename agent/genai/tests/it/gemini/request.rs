//! What is read of the request of a generation, and what hangs on it.

use genai::{Call, Part, Prompt};
use wire::{Direction, End};

use super::{ANSWER, HOST, STREAMED, WHOLE, answered, asked, some, streamed};
use crate::bytes_of::{self, plain, post};
use crate::talk::Talk;

/// Every field that is read.
const FULL: &str = r#"{"model":"models/tuned","serviceTier":"priority","cachedContent":"cachedContents/c1","labels":{"a":"b"},
 "systemInstruction":{"role":"system","parts":[{"text":"be kind"},{"text":"äö"}]},
 "contents":[{"role":"user","parts":[{"text":"hi\n"},{"fileData":{"fileUri":"gs://CANARY"}}]},
  {"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"S1"},{"executableCode":{"language":"PYTHON","code":"1+1"}},
   {"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"2"}},{"functionCall":{"id":"f1","name":"get","args":{"a":"b"}}}]},
  {"role":"user","parts":[{"functionResponse":{"id":"f1","name":"get","response":{"r":"CANARY"},"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}},
   {"functionResponse":{"name":"other","response":{}}}]}],
 "tools":[{"functionDeclarations":[{"name":"get"},{"name":"other"}]},{"googleSearch":{}},{"codeExecution":{}}],
 "generationConfig":{"temperature":0.5,"topP":0.25,"topK":40,"candidateCount":1,"maxOutputTokens":9,"stopSequences":["CANARY","x"],
  "seed":-7,"presencePenalty":0.5,"frequencyPenalty":-0.5,"responseMimeType":"application/json","responseJsonSchema":{"type":"object"},
  "thinkingConfig":{"thinkingLevel":"HIGH","thinkingBudget":128,"includeThoughts":true}}}"#;

/// The same in the names of protocol buffers.
fn snake_case() -> String {
    let names = [
        ("serviceTier", "service_tier"),
        ("cachedContent\"", "cached_content\""),
        ("systemInstruction", "system_instruction"),
        ("fileData", "file_data"),
        ("executableCode", "executable_code"),
        ("codeExecutionResult", "code_execution_result"),
        ("functionCall", "function_call"),
        ("functionResponse", "function_response"),
        ("inlineData", "inline_data"),
        ("functionDeclarations", "function_declarations"),
        ("generationConfig", "generation_config"),
        ("topP", "top_p"),
        ("topK", "top_k"),
        ("candidateCount", "candidate_count"),
        ("maxOutputTokens", "max_output_tokens"),
        ("stopSequences", "stop_sequences"),
        ("presencePenalty", "presence_penalty"),
        ("frequencyPenalty", "frequency_penalty"),
        ("responseMimeType", "response_mime_type"),
        ("thinkingConfig", "thinking_config"),
        ("thinkingLevel", "thinking_level"),
        ("thinkingBudget", "thinking_budget"),
    ];
    names.iter().fold(FULL.to_owned(), |text, (camel, snake)| text.replace(camel, snake))
}

fn ask(body: &str) -> Call {
    asked(WHOLE, body).json(200).answer(ANSWER).end(End::Complete).call()
}

#[test]
fn every_field_in_both_ways_to_write_its_name() {
    for body in [FULL.to_owned(), snake_case()] {
        let call = bytes_of::check(
            &post(HOST, "/v1/tunedModels/1:generateContent", &body),
            &plain("200 OK", ANSWER),
        );
        let request = &call.request;
        assert_eq!(request.model.as_deref(), Some("tunedModels/1"));
        assert_eq!((request.service_tier.as_deref(), request.stream), (Some("priority"), Some(false)));
        assert_eq!(request.prompt_id.as_deref(), Some("cachedContents/c1"));
        assert_eq!((request.temperature, request.top_p, request.top_k), (Some(0.5), Some(0.25), Some(40.0)));
        assert_eq!((request.choice_count, request.max_tokens, request.stop_count), (None, Some(9), Some(2)));
        assert_eq!((request.presence_penalty, request.frequency_penalty), (Some(0.5), Some(-0.5)));
        assert_eq!((request.seed, request.output_type.as_deref()), (Some(-7), Some("application/json")));
        assert_eq!(request.reasoning_level.as_deref(), Some("HIGH"));
        assert_eq!((request.message_count, request.tool_count), (Some(3), Some(4)));
        let part = |count, chars| Part { count, chars };
        let Prompt { tool_definitions, .. } = request.prompt.expect("a prompt");
        let expect = Prompt {
            system: part(1, 9),
            user: part(2, 3),
            // A thought, code and arguments.
            assistant: part(1, 2 + 3 + 9),
            // Google's own, `{"r":"CANARY"}` and `{}`.
            tool_result: part(3, 1 + 14 + 2),
            retrieved: part(0, 0),
            media: 2,
            tool_definitions,
        };
        assert_eq!((request.prompt, tool_definitions > 80), (Some(expect), true));
        assert_eq!((call.traces.messages.len(), call.traces.tool_results.len()), (3, 2));
        assert!(call.traces.system.is_some() && call.traces.tools.is_some() && call.traces.body.is_some());
        assert_eq!((call.unknown_shape, &call.failure), (0, &None));
        assert!(!format!("{call:?}").contains("CANARY"));
    }
}

#[test]
fn a_budget_is_the_level_where_none_is_told() {
    for (thinking, level) in [
        (r#"{"thinkingBudget":-1}"#, Some("-1")),
        (r#"{"thinkingBudget":0}"#, Some("0")),
        (r#"{"thinkingLevel":"low"}"#, Some("low")),
        (r#"{"includeThoughts":true}"#, None),
    ] {
        let call = ask(&format!(r#"{{"generationConfig":{{"thinkingConfig":{thinking}}}}}"#));
        assert_eq!((call.request.reasoning_level.as_deref(), call.unknown_shape), (level, 0), "{thinking}");
    }
}

#[test]
fn the_next_turn_begins_with_the_messages_of_the_last() {
    let first = ask(FULL).traces;
    let closed = FULL.find("],\n \"tools\"").expect("an end");
    let (before, after) = FULL.split_at(closed);
    // Signatures come and go between turns.
    let before = before.replace(r#","thoughtSignature":"S1""#, "");
    let second = ask(&format!(r#"{before},{{"role":"model","parts":[{{"text":"ok"}}]}}{after}"#)).traces;
    assert_eq!((second.messages.len(), &second.messages[..3]), (4, &first.messages[..]));
    assert_eq!((second.system, second.tools), (first.system, first.tools));
    assert_ne!(second.body, first.body);
    // Any other part makes it another message.
    for (old, new) in [
        ("hi", "ho"),
        ("gs://CANARY", "gs://other"),
        ("1+1", "1+2"),
        (r#""output":"2""#, r#""output":"3""#),
        (r#""a":"b"}}"#, r#""a":"c"}}"#),
        (r#""id":"f1","name":"get","args""#, r#""id":"f2","name":"get","args""#),
        (r#""r":"CANARY""#, r#""r":"other""#),
        (r#""role":"model""#, r#""role":"user""#),
        ("AAAA", "AAAB"),
    ] {
        assert_ne!(ask(&FULL.replacen(old, new, 1)).traces.messages, first.messages, "{old}");
    }
    assert_ne!(ask(&FULL.replace("be kind", "be kinder")).traces.system, first.system);
    assert_ne!(ask(&FULL.replace(r#"{"googleSearch":{}},"#, "")).traces.tools, first.tools);
    // A result is known by the call's id, and where calls have none, by the tool's name.
    let other =
        ask(&FULL.replace(r#"{"id":"f1","name":"get","response""#, r#"{"id":"f9","name":"get","response""#));
    assert_ne!(other.traces.tool_results[0], first.tool_results[0]);
    assert_eq!(other.traces.tool_results[1], first.tool_results[1]);
}

#[test]
fn a_prompt_that_was_not_read_to_its_end_is_absent() {
    for at in 0..FULL.len() {
        let talk = Talk::new().request("POST", HOST, WHOLE).body(Direction::ToServer, &FULL.as_bytes()[..at]);
        let call = talk.end_request(End::Cut).call();
        assert_eq!((call.request.prompt, call.unknown_shape), (None, 0), "at {at}");
    }
}

#[test]
fn projects_are_tenants() {
    let of = |host: &str, target: &str, headers: &[(&str, &str)], body: &str| {
        let talk = Talk::new().request_with("POST", host, target, headers).body(Direction::ToServer, body);
        talk.end_request(End::Complete).call().request.tenant
    };
    let path = "/v1/projects/p/locations/l/publishers/google/models/m:generateContent";
    let by_path = of("aiplatform.googleapis.com", path, &[], "{}");
    assert!(by_path.is_some());
    assert_eq!(by_path, of(HOST, WHOLE, &[("x-goog-user-project", "p")], "{}"));
    assert_eq!(by_path, of(HOST, "/v1internal:generateContent", &[], r#"{"project":"p","request":{}}"#));
    assert_ne!(by_path, of(HOST, WHOLE, &[("x-goog-user-project", "q")], "{}"));
    assert_eq!(of(HOST, WHOLE, &[], "{}"), None);
}

#[test]
fn whether_an_answer_is_the_json_that_was_asked_for() {
    let json = r#"{"generationConfig":{"responseMimeType":"application/json"}}"#;
    let text = |parts: &str| {
        format!(r#"{{"candidates":[{{"content":{{"parts":[{parts}]}},"finishReason":"STOP","index":0}}]}}"#)
    };
    for (asks, chunks, expect) in [
        (json, vec![text(r#"{"text":"{\"a\":"}"#), text(r#"{"text":"1}"}"#)], Some(true)),
        (json, vec![text(r#"{"text":"{\"a\":"}"#)], Some(false)),
        (json, vec![text(r#"{"text":"let me see","thought":true},{"text":"[1]"}"#)], Some(true)),
        (json, vec![text(r#"{"text":"[1]","thought":true},{"text":"no"}"#)], Some(false)),
        (json, vec![text(r#"{"functionCall":{"name":"f"}}"#)], None),
        (
            json,
            vec![text(r#"{"text":"1"}"#), text(r#"{"text":"2"}"#).replace("\"index\":0", "\"index\":1")],
            None,
        ),
        ("{}", vec![text(r#"{"text":"{\"a\":1}"}"#)], None),
    ] {
        let chunks: Vec<&str> = chunks.iter().map(String::as_str).collect();
        let call = asked(STREAMED, asks).sse().events(&chunks).end(End::Complete).call();
        assert_eq!((call.response.valid_json, call.unknown_shape), (expect, 0), "{asks} → {chunks:?}");
    }
}

#[test]
fn usage_by_modality_and_by_its_total() {
    let usage = r#"{"promptTokenCount":100,"cachedContentTokenCount":60,"toolUsePromptTokenCount":5,"candidatesTokenCount":40,"thoughtsTokenCount":10,"totalTokenCount":155,
     "promptTokensDetails":[{"modality":"TEXT","tokenCount":10},{"modality":"IMAGE","tokenCount":58},{"modality":"AUDIO","tokenCount":32}],
     "cacheTokensDetails":[{"modality":"IMAGE","tokenCount":50},{"modality":"AUDIO","tokenCount":10}],
     "toolUsePromptTokensDetails":[{"modality":"AUDIO","tokenCount":5}],
     "candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":15},{"modality":"IMAGE","tokenCount":25}],"trafficType":"PROVISIONED_THROUGHPUT"}"#;
    let call = answered(&format!(r#"{{"usageMetadata":{usage}}}"#));
    let told = &call.usage;
    assert_eq!((told.input, told.output, told.reasoning), (Some(105), Some(50), Some(10)));
    assert_eq!((told.input_audio, told.input_image), (Some(37), Some(58)));
    assert_eq!((told.output_audio, told.output_image), (Some(15), Some(25)));
    assert_eq!(
        (told.cache_read, told.cache_read_audio, told.cache_read_image),
        (Some(60), Some(10), Some(50))
    );
    assert_eq!((told.inconsistent, told.raw.len()), (false, 14));
    assert_eq!(call.response.service_tier, some("PROVISIONED_THROUGHPUT"));
    for (total, odd) in [("155", false), ("154", true), ("null", false), (r#""many""#, false)] {
        let call = answered(&format!(r#"{{"usageMetadata":{}}}"#, usage.replace("155", total)));
        assert_eq!((call.usage.inconsistent, call.usage.output), (odd, Some(50)), "{total}");
    }
}

#[test]
fn searches_of_the_web_are_counted() {
    let chunk = |queries: &str| {
        format!(
            r#"{{"candidates":[{{"finishReason":"STOP","groundingMetadata":{{"webSearchQueries":{queries}}}}}]}}"#
        )
    };
    for (queries, expect) in [(r#"["CANARY","b"]"#, Some(2)), ("[]", Some(0)), ("null", None)] {
        let call = streamed(&[&chunk(queries), r#"{"candidates":[{"groundingMetadata":{}}]}"#])
            .end(End::Complete)
            .call();
        assert_eq!((call.usage.web_searches, call.unknown_shape), (expect, 0), "{queries}");
    }
}

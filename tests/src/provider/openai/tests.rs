//! The formats, held against what OpenAI sends.

use serde_json::{Value, json};

use super::*;

fn asked(body: &Value) -> Asked {
    Asked::parse(body.to_string().as_bytes()).unwrap()
}

fn streamed(include_usage: bool) -> Asked {
    asked(&json!({
        "model": "gpt-4o",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say it"}],
        "stream": true,
        "stream_options": {"include_usage": include_usage},
    }))
}

fn identity() -> Identity {
    Identity {
        response_id: "chatcmpl-B9".to_owned(),
        created: 1_741_569_952,
        words: ["Hello", "there"].map(str::to_owned).to_vec(),
    }
}

fn script(text: &str) -> Script {
    Script::parse(text).unwrap()
}

fn payload(event: &Event) -> Value {
    let text = std::str::from_utf8(&event.bytes).unwrap();
    let data = text.strip_prefix("data: ").and_then(|rest| rest.strip_suffix("\n\n")).unwrap();
    assert!(!data.contains('\n'), "one line per event: {data}");
    serde_json::from_str(data).unwrap()
}

#[test]
fn a_stream_is_what_openai_sends() {
    let asked = Asked { include_obfuscation: false, ..streamed(true) };
    let events = events(&asked, &script("chunks=1"), &identity());
    let lines: Vec<&str> = events.iter().map(|event| std::str::from_utf8(&event.bytes).unwrap()).collect();
    assert_eq!(
        lines,
        [
            "data: {\"id\":\"chatcmpl-B9\",\"object\":\"chat.completion.chunk\",\"created\":1741569952,\"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
            "data: {\"id\":\"chatcmpl-B9\",\"object\":\"chat.completion.chunk\",\"created\":1741569952,\"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
            "data: {\"id\":\"chatcmpl-B9\",\"object\":\"chat.completion.chunk\",\"created\":1741569952,\"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":null}\n\n",
            "data: {\"id\":\"chatcmpl-B9\",\"object\":\"chat.completion.chunk\",\"created\":1741569952,\"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[],\"usage\":{\"prompt_tokens\":13,\"completion_tokens\":1,\"total_tokens\":14,\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0,\"cache_write_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}}\n\n",
        ]
    );
    assert_eq!(events.iter().map(|event| event.content).collect::<Vec<_>>(), [false, true, false, false]);
}

#[test]
fn usage_and_padding_come_only_when_asked_for() {
    let bare = Asked { include_obfuscation: false, ..streamed(false) };
    let events = events(&bare, &script("chunks=2"), &identity());
    assert_eq!(events.len(), 4);
    for event in &events {
        let chunk = payload(event);
        assert!(chunk.get("usage").is_none() && chunk.get("obfuscation").is_none(), "{chunk}");
    }
}

#[test]
fn padding_varies_in_length() {
    let lengths: Vec<usize> = events(&streamed(false), &script("chunks=4"), &identity())
        .iter()
        .map(|event| payload(event)["obfuscation"].as_str().unwrap().len())
        .collect();
    assert_eq!(lengths, [1, 8, 2, 9, 3, 10]);
}

#[test]
fn tool_calls_come_as_name_then_arguments() {
    let events = events(&streamed(false), &script("chunks=0,tool=2"), &identity());
    assert_eq!(events.iter().filter(|event| event.content).count(), 6);
    let deltas: Vec<Value> =
        events.iter().map(|event| payload(event)["choices"][0]["delta"]["tool_calls"].clone()).collect();
    assert_eq!(
        deltas[1],
        json!([{"index": 0, "id": "call_B90", "type": "function", "function": {"name": "get_weather", "arguments": ""}}])
    );
    assert_eq!(deltas[2], json!([{"index": 0, "function": {"arguments": "{\"city\":"}}]));
    assert_eq!(deltas[5], json!([{"index": 1, "function": {"arguments": "{\"city\":"}}]));
    assert_eq!(payload(&events[7])["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn a_completion_holds_the_text_of_the_stream() {
    for text in
        ["chunks=7", "chunks=3,content=unicode", "chunks=2,content=long", "chunks=2,content=echo,tool=1"]
    {
        let script = script(text);
        let streamed: String = events(&streamed(false), &script, &identity())
            .iter()
            .filter_map(|event| payload(event)["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
            .collect();
        let body: Value =
            serde_json::from_slice(&completion(&self::streamed(false), &script, &identity())).unwrap();
        assert_eq!(body["choices"][0]["message"]["content"], streamed, "{text}");
        assert_eq!(body["usage"]["completion_tokens"], script.chunks + 3 * script.tools);
        let tools = body["choices"][0]["message"]["tool_calls"].as_array().map_or(0, Vec::len);
        assert_eq!(tools, script.tools as usize);
    }
    assert!(streamed(false).text(&script("content=echo"), &identity(), 0) == "Say it");
}

#[test]
fn every_event_fits_one_record() {
    let long = asked(&json!({"model": "m", "messages": [{"role": "user", "content": "é".repeat(20_000)}]}));
    for text in ["chunks=2,content=long", "chunks=2,content=echo", "chunks=2,tool=16"] {
        for event in events(&long, &script(text), &identity()) {
            assert!(event.bytes.len() < 16 * 1024, "{text}: {}", event.bytes.len());
        }
    }
}

#[test]
fn tokens_follow_the_rule() {
    let long = asked(&json!({"model": "m", "messages": [
        {"role": "user", "content": [{"type": "text", "text": "x".repeat(8000)}, {"type": "image_url"}]},
        {"role": "assistant"},
    ]}));
    let script = script("chunks=5,tool=1");
    assert_eq!(long.usage(&script), UsageTold { input: 2009, output: 8, cached: 1920 });
}

#[test]
fn a_body_that_is_no_request_is_refused_without_being_quoted() {
    for body in ["", "{}", "[1]", "{\"model\":\"m\"}", "{\"model\":5,\"messages\":[]}", "{\"model\":\"CANARY"]
    {
        let error = Asked::parse(body.as_bytes()).expect_err(body).to_string();
        assert!(!error.contains("CANARY"), "{error}");
    }
}

#[test]
fn errors_and_models_are_what_openai_sends() {
    assert_eq!(
        String::from_utf8(error(429, "slow down")).unwrap(),
        "{\"error\":{\"message\":\"slow down\",\"type\":\"requests\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}"
    );
    let body: Value = serde_json::from_slice(&error(503, "later")).unwrap();
    assert_eq!(body["error"]["type"], "server_error");
    let models: Value = serde_json::from_slice(&models()).unwrap();
    assert_eq!(models["data"][0]["id"], "gpt-4o");
}

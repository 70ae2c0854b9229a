//! Which request is whose, and that what each API says can be read by what speaks JSON. Whether it is what the provider
//! sends, the SDKs decide (`harness/sdk_tests.rs`).

use serde_json::Value;

use super::*;
use crate::provider::script::Script;

#[test]
fn each_request_has_its_dialect() {
    for (target, host, expect) in [
        ("/v1/chat/completions", "127.0.0.1:1", "Chat"),
        ("/v1/completions", "", "Text"),
        ("/v1/responses", "api.openai.com", "Responses"),
        ("/v1/embeddings?x=y", "", "Embeddings"),
        ("/v1/messages", "", "Messages"),
        ("/v1/messages/count_tokens", "", "CountTokens"),
        ("/v1beta/models/g:generateContent", "", "Gemini"),
        ("/v1/models/g:streamGenerateContent?alt=sse", "", "Gemini"),
        ("/v2/chat", "", "Cohere"),
        ("/v2/rerank", "", "Cohere"),
        ("/api/embed", "", "Ollama"),
    ] {
        let address = Address::new("POST", host, target);
        assert_eq!(find(&address).map(|dialect| format!("{dialect:?}")).as_deref(), Some(expect), "{target}");
        assert!(find(&Address { method: "GET", ..address }).is_none(), "{target}");
    }
    for (target, host, mistrals) in [
        ("/v1/chat/completions", "api.mistral.ai:443", true),
        ("/mistral/v1/chat/completions", "127.0.0.1:1", true),
        ("/v1/chat/completions", "not-api.mistral.ai", false),
    ] {
        let dialect = find(&Address::new("POST", host, target)).unwrap();
        let call = Identity { request: "0".repeat(32), ..Identity::default() };
        assert_eq!(dialect.request_id(&call).unwrap().starts_with("req_"), !mistrals, "{target} {host}");
    }
    for target in ["/", "/v1/models/g:tuneModel", "/v1/chat/completions/", "/mistral"] {
        assert!(find(&Address::new("POST", "", target)).is_none(), "{target}");
    }
}

/// Objects of JSON in a body, whatever frames them.
fn objects(said: &Said) -> Vec<Value> {
    let (events, end) = match said {
        Said::Whole { body, .. } => return vec![serde_json::from_slice(body).unwrap()],
        Said::Stream { events, end, .. } => (events, end),
    };
    let parts = events.iter().map(|event| event.bytes.as_slice()).chain([end.as_slice()]);
    let text: String = parts.map(|part| std::str::from_utf8(part).unwrap()).collect();
    if text.starts_with('[') {
        return serde_json::from_str(&text).unwrap();
    }
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("event: "));
    let data = lines.map(|line| line.strip_prefix("data: ").unwrap_or(line));
    data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[test]
fn every_answer_can_be_read_and_is_its_calls_own() {
    let script = Script::parse("chunks=3,tool=2,thoughts=1,cached=7,reasoning=5,parts=1").unwrap();
    let call = |number: u64| Identity {
        request: format!("{number:032x}"),
        response: format!("{:032x}", number + 9),
        number,
        created: 1_741_569_952,
        words: vec!["word".to_owned()],
    };
    for (target, more) in [
        ("/mistral/v1/chat/completions", "\"messages\":[]"),
        ("/v1/completions", "\"stream_options\":{\"include_usage\":true}"),
        ("/v1/responses", "\"input\":\"x\""),
        ("/v1/embeddings", "\"input\":\"x\""),
        ("/v1/messages", "\"messages\":[]"),
        ("/v1/messages/count_tokens", "\"messages\":[]"),
        ("/v1/models/m:generateContent", "\"contents\":[]"),
        ("/v1/models/m:streamGenerateContent", "\"contents\":[]"),
        ("/v1/models/m:streamGenerateContent?alt=sse", "\"contents\":[]"),
        ("/v2/chat", "\"messages\":[]"),
        ("/v2/embed", "\"texts\":[\"x\"]"),
        ("/api/chat", "\"messages\":[]"),
        ("/api/generate", "\"prompt\":\"x\""),
    ] {
        let address = Address::new("POST", "", target);
        let dialect = find(&address).unwrap();
        for stream in [false, true] {
            let body = format!("{{\"model\":\"m\",\"stream\":{stream},{more}}}");
            let asked = Asked { address, body: body.as_bytes() };
            let [one, two] = [1, 2].map(|number| dialect.answer(&asked, &script, &call(number)).unwrap());
            let objects = objects(&one.said);
            assert!(objects.iter().all(Value::is_object) && !objects.is_empty(), "{target}");
            assert_eq!(one.request_model, "m", "{target}");
            if !target.contains(":embed") {
                assert_ne!(one.told.tokens, two.told.tokens, "{target}: as many tokens as another call");
            }
            if let Said::Stream { events, .. } = &one.said {
                assert!(events.iter().filter(|event| event.content).count() >= 3, "{target}");
            }
            let error = dialect.error(429, "no", &call(1));
            assert!(serde_json::from_slice::<Value>(&error).unwrap().is_object(), "{target}");
        }
        let no_json = Asked { address, body: b"{\"model\":\"CANARY" };
        let refused = dialect.answer(&no_json, &script, &call(1)).unwrap_err();
        assert!(!refused.to_string().contains("CANARY"), "{target}: {refused}");
    }
}

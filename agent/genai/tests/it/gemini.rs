//! What is read of Google's `generateContent`.

mod embed;
mod hostile;
mod request;

use genai::{Call, Outcome, Part, Prompt, Provider, Request, Response, ToolCall, Usage};
use wire::{Direction, End};

use crate::bytes_of::{self, chunked, plain, post};
use crate::samples;
use crate::talk::Talk;

const HOST: &str = "generativelanguage.googleapis.com";
const WHOLE: &str = "/v1beta/models/gemini-2.5-flash:generateContent";
const STREAMED: &str = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";

const REQUEST: &str = r#"{"systemInstruction":{"parts":[{"text":"CANARY-SYSTEM"}]},
 "contents":[{"role":"user","parts":[{"text":"CANARY-PROMPT \"contents\":[{\"parts\":[]}]"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]},
 {"role":"model","parts":[{"functionCall":{"name":"n","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"n","response":{}}}]}],
 "tools":[{"functionDeclarations":[{"name":"get_weather","parameters":{"type":"OBJECT"}},{"name":"get_time"}]},{"googleSearch":{}}],
 "generationConfig":{"temperature":0.7,"topP":0.95,"topK":40,"candidateCount":2,"maxOutputTokens":1024,
 "responseMimeType":"application/json","responseSchema":{"type":"OBJECT"},"thinkingConfig":{"thinkingBudget":-1}},"safetySettings":[]}"#;

/// A stream that thinks first, as AI Studio sends it.
const STREAM: [&str; 4] = [
    r#"{"candidates": [{"content": {"parts": [{"text": "CANARY-THOUGHT","thought": true}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 8,"totalTokenCount": 27,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 8}],"thoughtsTokenCount": 19},"modelVersion": "gemini-2.5-flash","responseId": "mZ8xaKqFNoaSz7IP4Zu1oA4"}"#,
    r#"{"candidates": [{"content": {"parts": [{"text": "CANARY-COMPLETION ]},{"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 8,"cachedContentTokenCount": 4,"candidatesTokenCount": 2,"totalTokenCount": 41,"thoughtsTokenCount": 31,"serviceTier": "standard"},"modelVersion": "gemini-2.5-flash","responseId": "mZ8xaKqFNoaSz7IP4Zu1oA4"}"#,
    r#"{"candidates": [{"content": {"parts": [{"text": " there"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 8,"candidatesTokenCount": 5,"totalTokenCount": 44,"thoughtsTokenCount": 31},"modelVersion": "gemini-2.5-flash","responseId": "mZ8xaKqFNoaSz7IP4Zu1oA4"}"#,
    r#"{"candidates": [{"content": {"parts": [{"text": "","thoughtSignature": "CANARY-SIG"}],"role": "model"},"finishReason": "STOP","index": 0}],"usageMetadata": {"promptTokenCount": 8,"candidatesTokenCount": 6,"totalTokenCount": 45,"thoughtsTokenCount": 31},"modelVersion": "gemini-2.5-flash","responseId": "mZ8xaKqFNoaSz7IP4Zu1oA4"}"#,
];

/// An answer as Vertex sends it, with calls of tools.
const ANSWER: &str = r#"{
  "candidates": [{"content": {"role": "model","parts": [{"text": "CANARY-COMPLETION \"usageMetadata\":{"},
   {"functionCall": {"name": "get_weather","args": {"city": "CANARY-ARGUMENT"}},"thoughtSignature": "CiQB"},
   {"functionCall": {"id": "fc_2","name": "get_time","args": {}}}]},"finishReason": "STOP","avgLogprobs": -0.1,
   "safetyRatings": [{"category": "HARM_CATEGORY_HATE_SPEECH","probability": "NEGLIGIBLE"}]}],
  "usageMetadata": {"promptTokenCount": 42,"toolUsePromptTokenCount": 100,"candidatesTokenCount": 11,"totalTokenCount": 153,"trafficType": "ON_DEMAND"},
  "modelVersion": "gemini-2.0-flash-001","createTime": "2026-08-04T15:52:19.385406Z","responseId": "c2VjcmV0"}"#;

const BLOCKED: &str = r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT","safetyRatings":[]},"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9},"modelVersion":"gemini-2.5-flash","responseId":"r1"}"#;

const EXHAUSTED: &str = r#"{"error":{"code":429,"message":"CANARY-MESSAGE","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}"#;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The usage without the figures as told.
fn told(usage: &Usage) -> Usage {
    Usage { raw: Vec::new(), ..usage.clone() }
}

/// What [`REQUEST`] is made of.
fn prompt() -> Prompt {
    let part = |count, chars| Part { count, chars };
    let tools = REQUEST.find("\"tools\":").expect("tools") + 8;
    Prompt {
        system: part(1, 13),
        user: part(2, r#"CANARY-PROMPT "contents":[{"parts":[]}]"#.len() as u64),
        assistant: part(1, 2),
        tool_result: part(1, 2),
        retrieved: part(0, 0),
        media: 1,
        tool_definitions: (REQUEST.find(",\n \"generationConfig").expect("tools' end") - tools) as u64,
    }
}

fn asked(target: &str, body: &str) -> Talk {
    Talk::new().request("POST", HOST, target).body(Direction::ToServer, body).end_request(End::Complete)
}

fn streamed(events: &[&str]) -> Talk {
    asked(STREAMED, "{}").sse().events(events)
}

fn answered(body: &str) -> Call {
    let talk = asked(WHOLE, "{}").json(200).answer(body).end(End::Complete);
    let call = talk.call();
    for size in [1, 2, 3, 7, 64] {
        assert_eq!(talk.cut(size).call(), call, "in pieces of {size}");
    }
    call
}

/// A chunk whose one candidate has these parts.
fn parts(parts: &str) -> String {
    format!(r#"{{"candidates":[{{"content":{{"role":"model","parts":[{parts}]}}}}]}}"#)
}

fn sse(events: &[&str]) -> Vec<u8> {
    let events: Vec<String> = events.iter().map(|data| format!("data: {data}\r\n\r\n")).collect();
    chunked("text/event-stream", &events)
}

/// As an array, with the separators that Google puts in.
fn array(elements: &[&str]) -> Vec<u8> {
    let mut chunks = vec!["[".to_owned()];
    for (index, element) in elements.iter().enumerate() {
        chunks.push(if index == 0 { (*element).to_owned() } else { format!(",\r\n{element}") });
    }
    chunks.push("\n]\n".to_owned());
    chunked("application/json; charset=UTF-8", &chunks)
}

#[test]
fn a_stream_as_events_and_as_an_array() {
    let target = STREAMED.trim_end_matches("?alt=sse");
    for (target, response) in [(STREAMED, sse(&STREAM)), (target, array(&STREAM))] {
        let call = bytes_of::check(&post(HOST, target, REQUEST), &response);
        assert_eq!((&call.provider, call.outcome), (&Provider::host("gcp.gemini"), Outcome::Complete));
        assert_eq!((call.api.name, call.api.operation), ("generate_content", "generate_content"));
        assert_eq!(
            call.request,
            Request {
                model: some("gemini-2.5-flash"),
                stream: Some(true),
                max_tokens: Some(1024),
                temperature: Some(0.7),
                top_p: Some(0.95),
                top_k: Some(40.0),
                reasoning_level: some("-1"),
                prompt: Some(prompt()),
                choice_count: Some(2),
                message_count: Some(3),
                tool_count: Some(3),
                output_type: some("application/json"),
                ..Request::default()
            }
        );
        assert_eq!(
            call.response,
            Response {
                id: some("mZ8xaKqFNoaSz7IP4Zu1oA4"),
                model: some("gemini-2.5-flash"),
                finish_reasons: vec!["STOP".to_owned()],
                service_tier: some("standard"),
                valid_json: Some(false),
                ..Response::default()
            }
        );
        let usage = Usage {
            input: Some(8),
            output: Some(37),
            cache_read: Some(4),
            cache_write: None,
            reasoning: Some(31),
            ..Usage::default()
        };
        assert_eq!((told(&call.usage), &call.failure, call.unknown_shape), (usage, &None, 0));
        assert!(call.usage.raw.contains(&("promptTokensDetails.0.tokenCount".to_owned(), 8.0)));
        assert_eq!(call.times.first_text.is_some(), call.times.first_token.is_some());
        let stream = call.stream.as_ref().expect("a stream");
        assert_eq!((stream.chunks, stream.content_chunks), (4, 3));
        assert!(!format!("{call:?}").contains("CANARY"));
    }
}

#[test]
fn an_answer_of_vertex_that_is_no_stream() {
    let host = "us-central1-aiplatform.googleapis.com";
    let target =
        "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.0-flash-001:generateContent";
    let call = bytes_of::check(&post(host, target, REQUEST), &plain("200 OK", ANSWER));
    assert_eq!((&call.provider, call.outcome), (&Provider::host("gcp.vertex_ai"), Outcome::Complete));
    assert_eq!(
        (call.request.model.as_deref(), call.request.stream),
        (Some("gemini-2.0-flash-001"), Some(false))
    );
    let tools = [(None, "get_weather"), (some("fc_2"), "get_time")];
    assert_eq!(
        call.response,
        Response {
            id: some("c2VjcmV0"),
            model: some("gemini-2.0-flash-001"),
            finish_reasons: vec!["STOP".to_owned()],
            tool_calls: tools.map(|(id, name)| ToolCall { id, name: some(name) }).to_vec(),
            service_tier: some("ON_DEMAND"),
            valid_json: Some(false),
            ..Response::default()
        }
    );
    let usage = Usage { input: Some(142), output: Some(11), ..Usage::default() };
    assert_eq!((told(&call.usage), &call.stream, call.unknown_shape), (usage, &None, 0));
    assert!(call.request.tenant.is_some());
    assert!(!format!("{call:?}").contains("CANARY"));
}

#[test]
fn code_assist_wraps_both_sides() {
    let request = format!(r#"{{"model":"gemini-2.5-pro","project":"p","request":{REQUEST}}}"#);
    let chunks = STREAM.map(|chunk| format!(r#"{{"response":{chunk},"traceId":"t"}}"#));
    let call = bytes_of::check(
        &post("cloudcode-pa.googleapis.com", "/v1internal:streamGenerateContent?alt=sse", &request),
        &sse(&chunks.each_ref().map(String::as_str)),
    );
    assert_eq!((&call.provider, call.outcome), (&Provider::host("gcp.gen_ai"), Outcome::Complete));
    assert_eq!((call.request.model.as_deref(), call.request.stream), (Some("gemini-2.5-pro"), Some(true)));
    assert_eq!((call.request.message_count, call.usage.output, call.unknown_shape), (Some(3), Some(37), 0));
}

#[test]
fn a_stream_that_is_cut_is_whole_only_after_its_finish_reason() {
    for kept in 0..=STREAM.len() {
        let call = streamed(&STREAM[..kept]).end(End::Complete).call();
        let expect = if kept == STREAM.len() { Outcome::Complete } else { Outcome::Cut };
        let failure = (kept < STREAM.len()).then_some("stream_truncated");
        assert_eq!(call.outcome, expect, "{kept}");
        assert_eq!(call.failure.as_ref().map(|failure| failure.kind.as_str()), failure, "{kept}");
    }
    // Cut at any byte of the transport.
    let request = post(HOST, STREAMED, REQUEST);
    for response in [sse(&STREAM), array(&STREAM)] {
        for at in 0..response.len() {
            let calls = bytes_of::calls(&request, &response[..at], |bytes| vec![bytes]);
            assert_eq!(calls.len(), 1, "at {at}");
            assert_ne!(calls[0].outcome, Outcome::Complete, "at {at}");
            assert!(calls[0].unknown_shape == 0 && !calls[0].lossy, "at {at}");
        }
    }
    // Without an index they stand in order.
    let bare = streamed(&[r#"{"candidates":[{"finishReason":"STOP"},{"finishReason":"SAFETY"}]}"#]);
    assert_eq!(bare.end(End::Complete).call().response.finish_reasons, ["STOP", "SAFETY"]);
    // Two candidates, of which one has not told.
    let both = r#"{"candidates":[{"content":{"parts":[]},"finishReason":"STOP"},{"index":1,"content":{"parts":[]},"finishReason":"FINISH_REASON_UNSPECIFIED"}]}"#;
    let talk = streamed(&[both]);
    assert_eq!(talk.clone().end(End::Complete).call().outcome, Outcome::Cut);
    let call =
        talk.event(r#"{"candidates":[{"finishReason":"MAX_TOKENS","index":1}]}"#).end(End::Complete).call();
    assert_eq!(call.response.finish_reasons, ["STOP", "MAX_TOKENS"]);
    assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 0));
}

#[test]
fn a_blocked_prompt_is_a_refusal_and_whole() {
    for call in [answered(BLOCKED), streamed(&[BLOCKED]).end(End::Complete).call()] {
        assert!(call.response.refusal);
        assert_eq!(call.response.refusal_category.as_deref(), Some("PROHIBITED_CONTENT"));
        assert_eq!((call.outcome, &call.failure, call.unknown_shape), (Outcome::Complete, &None, 0));
        assert_eq!(told(&call.usage), Usage { input: Some(9), ..Usage::default() });
        assert!(call.response.finish_reasons.is_empty());
    }
    let safe = answered(
        r#"{"candidates":[{"finishReason":"SAFETY","index":0}],"promptFeedback":{"safetyRatings":[]}}"#,
    );
    assert_eq!((safe.response.refusal, safe.response.refusal_category), (true, some("SAFETY")));
    assert_eq!(safe.response.finish_reasons, ["SAFETY"]);
}

#[test]
fn errors_in_every_place() {
    let request = post(HOST, STREAMED, REQUEST);
    let in_array = format!("[{EXHAUSTED}\n]");
    for body in [EXHAUSTED, &in_array] {
        let call = bytes_of::check(&request, &plain("429 Too Many Requests", body));
        assert_eq!(call.failure.as_ref().map(|failure| failure.kind.as_str()), Some("RESOURCE_EXHAUSTED"));
        assert_eq!((call.outcome, call.unknown_shape), (Outcome::Complete, 0));
        assert!(!format!("{call:?}").contains("CANARY"));
    }
    // An array that is given in one piece.
    assert_eq!(
        answered(&in_array).failure.map(|failure| failure.kind).as_deref(),
        Some("RESOURCE_EXHAUSTED")
    );
    for (error, kind) in [
        (r#"{"error":{"code":503,"message":"CANARY","status":"UNAVAILABLE"}}"#, "UNAVAILABLE"),
        (r#"{"error":{"code":503,"message":"CANARY"}}"#, "503"),
        (r#"{"error":{"status":"CANARY in a sentence"}}"#, "_OTHER"),
        (r#"{"error":{}}"#, "_OTHER"),
        (r#"{"error":"CANARY"}"#, "_OTHER"),
    ] {
        let call = streamed(&STREAM[..2]).event(error).end(End::Complete).call();
        assert_eq!(call.failure.map(|failure| failure.kind).as_deref(), Some(kind), "{error}");
        assert_eq!((call.usage.output, call.unknown_shape), (Some(33), 0), "{error}");
    }
}

#[test]
fn what_counts_as_content() {
    for (part, content, text) in [
        ("", false, false),
        (r#"{"text":""}"#, false, false),
        (r#"{"text":"","thoughtSignature":"abc"}"#, false, false),
        (r#"{"inlineData":{"mimeType":"image/png"}}"#, false, false),
        (r#"{"functionCall":{}}"#, false, false),
        (r#"{"functionCall":{"args":{}}}"#, false, false),
        (r#"{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1"}}"#, false, false),
        (r#"{"text":" "}"#, true, true),
        (r#"{"text":"hm","thought":false}"#, true, true),
        (r#"{"thought":true,"text":"hm"},{"text":"","inlineData":{"data":""}}"#, true, false),
        (r#"{"thought":true,"inlineData":{"mimeType":"image/png","data":"AAAA"}}"#, true, false),
        (r#"{"text":"hm","thought":true},{"text":"hi"}"#, true, true),
        (r#"{"text":"hm","thought":true}"#, true, false),
        (r#"{"inlineData":{"mimeType":"image/png","data":"AAAA"}}"#, true, true),
        (r#"{"fileData":{"fileUri":"gs://a"}}"#, true, true),
        (r#"{"executableCode":{"language":"PYTHON","code":"1"}}"#, true, false),
        (r#"{"functionCall":{"name":"f"}}"#, true, false),
        (r#"{"functionCall":{"args":{"a":null}}}"#, true, false),
        (
            r#"{"functionCall":{"partialArgs":[{"jsonPath":"$.a","stringValue":"x"}],"willContinue":true}}"#,
            true,
            false,
        ),
    ] {
        let call = streamed(&[&parts(part)]).end(End::Complete).call();
        assert_eq!(call.times.first_token.is_some(), content, "{part}");
        assert_eq!(call.times.first_text.is_some(), text, "{part}");
        assert!(call.times.first_chunk.is_some(), "{part}");
        assert_eq!(call.unknown_shape, 0, "{part}");
    }
    // An event without data, and a mark that a gateway adds.
    let call = streamed(&["", STREAM[3]]).event("[DONE]").call();
    assert_eq!((call.outcome, call.times.first_token, call.unknown_shape), (Outcome::Complete, None, 0));
}

#[test]
fn tool_calls_whole_and_in_pieces() {
    let tool = |id: Option<&str>, name: Option<&str>| ToolCall {
        id: id.map(str::to_owned),
        name: name.map(str::to_owned),
    };
    for (pieces, expect) in [
        (
            vec![r#"{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"f","args":{}}}"#],
            vec![tool(None, Some("f")); 2],
        ),
        (
            vec![
                r#"{"functionCall":{"name":"f","willContinue":true}}"#,
                r#"{"functionCall":{"partialArgs":[{"jsonPath":"$.a","stringValue":"x"}],"willContinue":true}}"#,
                r#"{"functionCall":{}}"#,
                r#"{"functionCall":{"name":"g","args":{}}}"#,
            ],
            vec![tool(None, Some("f")), tool(None, Some("g"))],
        ),
        (
            vec![
                r#"{"functionCall":{"id":"a","name":"f","willContinue":true}}"#,
                r#"{"functionCall":{"id":"a","name":"f","partialArgs":[{}]}}"#,
                r#"{"functionCall":{"id":"b","name":"f","args":{}}}"#,
            ],
            vec![tool(Some("a"), Some("f")), tool(Some("b"), Some("f"))],
        ),
        // The beginning was not seen.
        (vec![r#"{"functionCall":{"partialArgs":[{}]}}"#], vec![tool(None, None)]),
        (vec![r#"{"functionCall":{}}"#], vec![]),
    ] {
        let chunks: Vec<String> = pieces.iter().map(|piece| parts(piece)).collect();
        let chunks: Vec<&str> = chunks.iter().map(String::as_str).collect();
        let call = streamed(&chunks).end(End::Complete).call();
        assert_eq!((call.response.tool_calls, call.unknown_shape), (expect, 0), "{pieces:?}");
    }
}

#[test]
fn usage_is_what_was_told_last() {
    for (usages, input, output, odd) in [
        (vec!["{}"], None, None, 0),
        (vec![r#"{"thoughtsTokenCount":7}"#], None, Some(7), 0),
        (vec![r#"{"promptTokenCount":5}"#, r#"{"candidatesTokenCount":2}"#], Some(5), Some(2), 0),
        (vec![r#"{"promptTokenCount":5}"#, "null", r#"{"promptTokenCount":null}"#], Some(5), None, 0),
        (vec![r#"{"candidatesTokenCount":9}"#, r#"{"candidatesTokenCount":4}"#], None, Some(4), 0),
        (vec![r#"{"toolUsePromptTokenCount":9}"#], None, None, 0),
        (vec![r#"{"promptTokenCount":18446744073709551615,"toolUsePromptTokenCount":2}"#], None, None, 0),
    ] {
        let chunks: Vec<String> =
            usages.iter().map(|usage| format!(r#"{{"usageMetadata":{usage}}}"#)).collect();
        let chunks: Vec<&str> = chunks.iter().map(String::as_str).collect();
        let call = streamed(&chunks).end(End::Complete).call();
        assert_eq!(
            (call.usage.input, call.usage.output, call.unknown_shape),
            (input, output, odd),
            "{usages:?}"
        );
    }
}

#[test]
fn a_wrong_type_costs_its_field_and_nothing_else() {
    for (body, wrong) in [
        (r#"{"contents":7,"generation_config":{"top_p":0.5}}"#, 1),
        (r#"{"contents":[1,{"parts":"x"}],"tools":{},"generation_config":{"top_p":0.5}}"#, 3),
        (
            r#"{"tools":[{"function_declarations":true}],"generation_config":{"temperature":"hot","top_p":0.5,"max_output_tokens":-1}}"#,
            3,
        ),
        (r#"{"contents":null,"tools":null,"model":null,"generation_config":{"top_p":0.5}}"#, 0),
    ] {
        let talk = asked(WHOLE, body).json(200).answer("{}").end(End::Complete);
        let call = talk.call();
        assert_eq!(
            (call.request.top_p, call.request.max_tokens, call.unknown_shape),
            (Some(0.5), None, wrong),
            "{body}"
        );
        assert_eq!(talk.cut(1).call(), call, "{body}");
    }
    for (chunk, wrong) in [
        (r#"{"responseId":5,"candidates":{"index":0},"usageMetadata":"many","modelVersion":"m"}"#, 3),
        (r#"{"candidates":[7,{"index":"0","finishReason":0,"content":[]}],"modelVersion":"m"}"#, 4),
        (r#"{"candidates":[{"content":{"parts":[{"text":5,"functionCall":[]},3]}}],"modelVersion":"m"}"#, 3),
        (r#"{"usageMetadata":{"promptTokenCount":"5","thoughtsTokenCount":-1},"modelVersion":"m"}"#, 0),
        (r#"{"promptFeedback":[],"error":[],"modelVersion":"m"}"#, 2),
        (r#"{"more":{"modelVersion":"x"},"modelVersion":"m"}"#, 0),
    ] {
        let call = streamed(&[chunk]).end(End::Complete).call();
        assert_eq!((call.response.model.as_deref(), call.unknown_shape), (Some("m"), wrong), "{chunk}");
        assert_eq!((told(&call.usage), call.response.id), (Usage::default(), None), "{chunk}");
    }
    let bad =
        asked(STREAMED, "{}").sse().event(b"{\"modelVersion\":\"\xff\"}").event(STREAM[3]).end(End::Complete);
    assert_eq!(
        (bad.call().response.model.as_deref(), bad.call().unknown_shape),
        (Some("gemini-2.5-flash"), 1)
    );
}

#[test]
fn unknown_paths_are_told_by_the_body() {
    let ask = |body: &str, answer: &str| {
        Talk::new()
            .request("POST", "gateway.example", "/ask")
            .body(Direction::ToServer, body)
            .end_request(End::Complete)
            .json(200)
            .answer(answer)
            .end(End::Complete)
    };
    let one = r#"{"contents":{"role":"user","parts":{"text":"x"}}}"#;
    for (body, answer, api) in [
        (REQUEST, ANSWER, Some("generate_content")),
        (one, BLOCKED, Some("generate_content")),
        (samples::REQUEST, samples::ANSWER, Some("chat_completions")),
        // Each other's answers contradict.
        (REQUEST, samples::ANSWER, None),
        (samples::REQUEST, ANSWER, None),
        (REQUEST, r#"{"totalTokens":31}"#, None),
        (r#"{"contents":[]}"#, ANSWER, None),
        (r#"{"contents":["text"]}"#, ANSWER, None),
        (r#"{"contents":[{"text":"x"}]}"#, ANSWER, None),
    ] {
        let talk = ask(body, answer);
        for talk in [talk.cut(1), talk.cut(5), talk] {
            let apis: Vec<&str> = talk.calls().iter().map(|call| call.api.name).collect();
            assert_eq!(apis, Vec::from_iter(api), "{body} → {answer}");
        }
    }
    let call = ask(one, ANSWER).call();
    assert_eq!((call.request.message_count, call.request.stream), (Some(1), None));
}

#[test]
fn a_call_joined_late_is_told_by_its_response() {
    let events = Talk::new().sse().events(&STREAM).end(End::Complete);
    let elements =
        STREAM.iter().fold(Talk::new().json(200), |talk, chunk| talk.item(chunk)).end(End::Complete);
    for talk in [events, elements] {
        let call = talk.call();
        assert!(call.joined_late);
        assert_eq!((call.api.name, call.outcome), ("generate_content", Outcome::Complete));
        assert_eq!((call.usage.output, call.unknown_shape), (Some(37), 0));
        assert_eq!(call.stream.map(|stream| stream.content_chunks), Some(3));
    }
    let chat = Talk::new().sse().events(&samples::STREAM).event("[DONE]").call();
    assert_eq!(
        (chat.api.name, chat.stream.map(|stream| stream.content_chunks)),
        ("chat_completions", Some(3))
    );
}

//! Cohere's second version: `POST /v2/chat`, whole and as server-sent events with names, `/v2/embed` and `/v2/rerank`.
//!
//! ```text
//! message-start ─ (content-start ─ content-delta* ─ content-end)* ─ (tool-call-start ─ -delta* ─ -end)* ─ message-end
//! ```
//!
//! Citations and the first version are not played. What is billed differs from what was counted, as it does there.

use super::{
    dialect::{Address, Answer, Asked, Dialect, Event, Facts, Fields, Identity, NotARequest, SSE, Said},
    json::{Json, list, object},
    material::{self, ARGUMENTS, Counts, Material, Tool, VECTOR},
    mistral::uuid,
    script::Script,
    truth::{Tokens, Told, UsageTold},
};

#[derive(Debug)]
pub(super) struct Cohere;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Chat,
    Embed,
    Rerank,
}

fn called(address: &Address<'_>) -> Option<Method> {
    let methods = [("/v2/chat", Method::Chat), ("/v2/embed", Method::Embed), ("/v2/rerank", Method::Rerank)];
    methods.into_iter().find(|(path, _)| address.posts_to(path)).map(|(_, method)| method)
}

impl Dialect for Cohere {
    fn takes(&self, address: &Address<'_>) -> bool {
        called(address).is_some()
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        let model = material::text(&body, "model")?;
        let material = Material::new(script, call)?;
        let id = uuid(&call.response);
        let Counts { fresh, cached, .. } = material.counts;
        let count = |key: &str| body[key].as_array().map_or(1, Vec::len).min(MOST);
        let meta =
            |billed: Json| object! { "api_version": object! { "version": "2" }, "billed_units": billed };
        let (told, said) = match called(&asked.address) {
            Some(Method::Embed) => {
                let vectors: Vec<Json> = (0..count("texts").max(count("inputs")))
                    .map(|_| Json::List(VECTOR.map(Json::from).to_vec()))
                    .collect();
                let body = object! {
                    "id": &id, "texts": list!["text"], "embeddings": object! { "float": vectors },
                    "response_type": "embeddings_by_type", "meta": meta(object! { "input_tokens": fresh }),
                };
                let tokens = Tokens { input: Some(fresh), ..Tokens::default() };
                let usage = Some(UsageTold { input: fresh, ..UsageTold::default() });
                (Told { tokens, ..Told::default() }, Said::Whole { body: body.bytes(), usage })
            }
            Some(Method::Rerank) => {
                let results: Vec<Json> = (0..count("documents") as u64)
                    .rev()
                    .map(|index| object! { "index": index, "relevance_score": 0.25 + index as f64 / 1024.0 })
                    .collect();
                let meta = meta(object! { "search_units": 1u64 });
                let body = object! { "id": &id, "results": results, "meta": meta };
                (Told::default(), Said::Whole { body: body.bytes(), usage: None })
            }
            Some(Method::Chat) | None => {
                let usual = if material.tools.is_empty() { "COMPLETE" } else { "TOOL_CALL" };
                let finish = script.finish.as_deref().unwrap_or(usual);
                let told = Told {
                    finish_reasons: vec![finish.to_owned()],
                    tools: material.tools_told(|tool| Some(tool_id(tool))),
                    tokens: Tokens {
                        input: Some(material.counts.input()),
                        output: Some(material.counts.output()),
                        cached: Some(cached),
                        ..Tokens::default()
                    },
                };
                let said = if body["stream"] == true {
                    let (events, end) = stream(&id, finish, &material);
                    Said::Stream { content_type: SSE, events, end }
                } else {
                    let body = whole(&id, finish, &material);
                    Said::Whole { body: body.bytes(), usage: Some(material.counts.told()) }
                };
                (told, said)
            }
        };
        Ok(Answer {
            request_model: model.to_owned(),
            response_id: Some(id),
            response_model: None,
            told,
            said,
        })
    }

    fn error(&self, _status: u16, message: &str, call: &Identity) -> Vec<u8> {
        object! { "id": uuid(&call.response), "message": message }.bytes()
    }

    fn request_id(&self, call: &Identity) -> Option<String> {
        Some(call.request.clone())
    }

    fn fields(&self, facts: &Facts<'_>) -> Fields {
        let mut fields = vec![
            ("x-debug-trace-id", facts.call.request.clone()),
            ("x-envoy-upstream-service-time", facts.processing.as_millis().to_string()),
            ("x-trial-endpoint-call-limit", "40".to_owned()),
            ("x-trial-endpoint-call-remaining", "39".to_owned()),
            ("x-endpoint-monthly-call-limit", "1000".to_owned()),
            ("num_chars", "123".to_owned()),
            ("num_tokens", "24".to_owned()),
            ("Server", "envoy".to_owned()),
            ("via", "1.1 google".to_owned()),
        ];
        if facts.status == 429 {
            fields.push(("retry-after", "1".to_owned()));
        }
        fields
    }
}

fn tool_id(tool: &Tool) -> String {
    format!("{}_{}", tool.name, tool.digits)
}

fn tool_call(tool: &Tool, arguments: &str) -> Json {
    let function = object! { "name": tool.name, "arguments": arguments };
    object! { "id": tool_id(tool), "type": "function", "function": function }
}

fn usage(counts: &Counts) -> Json {
    // Tokens that the template adds are counted and not billed; they are whole numbers written as reals.
    let tokens =
        object! { "input_tokens": counts.input() as f64 + 500.0, "output_tokens": counts.output() as f64 };
    let billed = object! { "input_tokens": counts.input() as f64, "output_tokens": counts.output() as f64 };
    object! { "billed_units": billed, "tokens": tokens, "cached_tokens": counts.cached as f64 }
}

fn whole(id: &str, finish: &str, material: &Material) -> Json {
    let mut content = Vec::new();
    if !material.thoughts.is_empty() {
        content.push(object! { "type": "thinking", "thinking": material.thinking() });
    }
    if !material.texts.is_empty() {
        content.push(object! { "type": "text", "text": material.text() });
    }
    let mut message = object! { "role": "assistant" };
    if !material.tools.is_empty() {
        let calls: Vec<Json> =
            material.tools.iter().map(|tool| tool_call(tool, &ARGUMENTS.concat())).collect();
        message = message.with("tool_plan", "I look it up.").with("tool_calls", calls);
    }
    if !content.is_empty() {
        message = message.with("content", content);
    }
    object! { "id": id, "finish_reason": finish, "message": message, "usage": usage(&material.counts) }
}

fn stream(id: &str, finish: &str, material: &Material) -> (Vec<Event>, Vec<u8>) {
    let message = |message: Json| object! { "message": message };
    let begun = message(object! {
        "role": "assistant", "content": list![], "tool_plan": "", "tool_calls": list![], "citations": list![],
    });
    let mut events = vec![Event::silent(frame("message-start", object! { "id": id, "delta": begun }))];
    let mut index = 0u64;
    for (kind, texts) in [("thinking", &material.thoughts), ("text", &material.texts)] {
        if texts.is_empty() {
            continue;
        }
        let (start, field) = match kind {
            "thinking" => (object! { "type": "thinking", "thinking": "" }, "thinking"),
            _ => (object! { "type": "text", "text": "" }, "text"),
        };
        let at = || object! { "index": index };
        let start = message(object! { "content": start });
        events.push(Event::silent(frame("content-start", at().with("delta", start))));
        for text in texts {
            let content = Json::Object(vec![(field, text.into())]);
            let delta = message(object! { "content": content });
            events.push(Event::content(frame("content-delta", at().with("delta", delta))));
        }
        events.push(Event::silent(frame("content-end", at())));
        index += 1;
    }
    if !material.tools.is_empty() {
        let delta = message(object! { "tool_plan": "I look it up." });
        events.push(Event::content(frame("tool-plan-delta", object! { "delta": delta })));
    }
    for (tool, index) in material.tools.iter().zip(0u64..) {
        let at = || object! { "index": index };
        let start = message(object! { "tool_calls": tool_call(tool, "") });
        events.push(Event::content(frame("tool-call-start", at().with("delta", start))));
        for piece in ARGUMENTS {
            let call = object! { "function": object! { "arguments": piece } };
            let delta = message(object! { "tool_calls": call });
            events.push(Event::content(frame("tool-call-delta", at().with("delta", delta))));
        }
        events.push(Event::silent(frame("tool-call-end", at())));
    }
    let delta = object! { "finish_reason": finish, "usage": usage(&material.counts) };
    (events, frame("message-end", object! { "id": id, "delta": delta }))
}

/// An event, whose data says its name too.
fn frame(name: &str, fields: Json) -> Vec<u8> {
    let data = fields.with("type", name);
    [format!("event: {name}\ndata: ").as_bytes(), &data.bytes(), b"\n\n"].concat()
}

/// Inputs of one request: Cohere takes 96 texts and 1,000 documents.
const MOST: usize = 1000;

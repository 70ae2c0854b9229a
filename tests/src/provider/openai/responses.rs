//! `POST /v1/responses`, whole and as server-sent events with names.
//!
//! ```text
//! created ─ in_progress ─ (output_item.added ─ part.added ─ delta* ─ done ─ part.done ─ output_item.done)* ─ completed
//! ```
//!
//! Items come in the order reasoning, message, function calls. Background responses and WebSockets are not played.

use super::edge;
use crate::provider::{
    dialect::{Address, Answer, Asked, Dialect, Event, Facts, Fields, Identity, NotARequest, SSE, Said},
    json::{Json, list, object},
    material::{self, ARGUMENTS, Counts, Material, Tool},
    script::Script,
    truth::{Tokens, Told},
};

#[derive(Debug)]
pub(in crate::provider) struct Responses;

impl Dialect for Responses {
    fn takes(&self, address: &Address<'_>) -> bool {
        address.posts_to("/v1/responses")
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        let model = material::text(&body, "model")?;
        let material = Material::new(script, call)?;
        let counts = material.counts;
        let response = Response {
            id: format!("resp_{}", call.response),
            model: format!("{model}-2025-08-07"),
            created: call.created,
            incomplete: script.finish.as_deref(),
            refusal: script.refusal,
            digits: call.response.get(..12).unwrap_or_default(),
        };
        let said = if body["stream"] == true {
            let (events, end) = stream(&response, &material);
            Said::Stream { content_type: SSE, events, end }
        } else {
            let body = response.ended(&response.items(&material), &counts);
            Said::Whole { body: body.bytes(), usage: Some(counts.told()) }
        };
        let mut finish_reasons = Vec::new();
        match script.finish.as_deref() {
            Some("max_output_tokens") => finish_reasons.push("length".to_owned()),
            Some(reason) => finish_reasons.push(reason.to_owned()),
            None => {
                if !material.texts.is_empty() {
                    finish_reasons.push("stop".to_owned());
                }
                if !material.tools.is_empty() {
                    finish_reasons.push("tool_calls".to_owned());
                }
            }
        }
        Ok(Answer {
            request_model: model.to_owned(),
            response_id: Some(response.id),
            response_model: Some(response.model),
            told: Told {
                finish_reasons,
                tools: material.tools_told(|tool| Some(call_id(tool))),
                tokens: Tokens {
                    input: Some(counts.input()),
                    output: Some(counts.output()),
                    cached: Some(counts.cached),
                    cache_write: Some(counts.cache_write),
                    reasoning: Some(counts.reasoning),
                },
            },
            said,
        })
    }

    fn error(&self, status: u16, message: &str, _call: &Identity) -> Vec<u8> {
        edge::error(status, message)
    }

    fn request_id(&self, call: &Identity) -> Option<String> {
        Some(edge::request_id(&call.request))
    }

    fn fields(&self, facts: &Facts<'_>) -> Fields {
        edge::fields(facts)
    }
}

struct Response<'a> {
    id: String,
    model: String,
    created: u64,
    /// Why it is incomplete.
    incomplete: Option<&'a str>,
    refusal: bool,
    digits: &'a str,
}

fn call_id(tool: &Tool) -> String {
    format!("call_{}", tool.digits)
}

impl Response<'_> {
    fn object(&self, status: &str, output: Json, usage: Json) -> Json {
        let incomplete = self.incomplete.filter(|_| status == "incomplete");
        object! {
            "id": &self.id, "object": "response", "created_at": self.created, "status": status,
            "background": false, "error": Json::Null,
            "incomplete_details": incomplete.map(|reason| object! { "reason": reason }),
            "instructions": Json::Null, "max_output_tokens": Json::Null, "model": &self.model, "output": output,
            "parallel_tool_calls": true, "previous_response_id": Json::Null,
            "reasoning": object! { "effort": "medium", "summary": Json::Null },
            "service_tier": "default", "store": true, "temperature": 1.0,
            "text": object! { "format": object! { "type": "text" }, "verbosity": "medium" },
            "tool_choice": "auto", "tools": list![], "top_p": 1.0, "truncation": "disabled",
            "usage": usage, "user": Json::Null, "metadata": object! {},
        }
    }

    /// When it is over.
    fn ended(&self, items: &[Json], counts: &Counts) -> Json {
        let status = if self.incomplete.is_some() { "incomplete" } else { "completed" };
        self.object(status, Json::List(items.to_vec()), usage(counts))
    }

    fn items(&self, material: &Material) -> Vec<Json> {
        let mut items = Vec::new();
        if !material.thoughts.is_empty() {
            items.push(self.reasoning(list![summary(&material.thinking())]));
        }
        if !material.texts.is_empty() {
            items.push(self.message("completed", list![self.part(&material.text())]));
        }
        items.extend(
            material.tools.iter().map(|tool| self.function_call(tool, "completed", &ARGUMENTS.concat())),
        );
        items
    }

    fn reasoning(&self, summary: Json) -> Json {
        object! { "id": format!("rs_{}", self.digits), "type": "reasoning", "summary": summary }
    }

    fn message(&self, status: &str, content: Json) -> Json {
        object! {
            "id": self.message_id(), "type": "message", "status": status, "role": "assistant", "content": content,
        }
    }

    fn message_id(&self) -> String {
        format!("msg_{}", self.digits)
    }

    fn part(&self, text: &str) -> Json {
        if self.refusal {
            object! { "type": "refusal", "refusal": text }
        } else {
            object! { "type": "output_text", "text": text, "annotations": list![], "logprobs": list![] }
        }
    }

    fn function_call(&self, tool: &Tool, status: &str, arguments: &str) -> Json {
        object! {
            "id": format!("fc_{}", tool.digits), "type": "function_call", "status": status, "arguments": arguments,
            "call_id": call_id(tool), "name": tool.name,
        }
    }
}

fn summary(text: &str) -> Json {
    object! { "type": "summary_text", "text": text }
}

fn usage(counts: &Counts) -> Json {
    object! {
        "input_tokens": counts.input(),
        "input_tokens_details": object! { "cached_tokens": counts.cached, "cache_write_tokens": counts.cache_write },
        "output_tokens": counts.output(),
        "output_tokens_details": object! { "reasoning_tokens": counts.reasoning },
        "total_tokens": counts.total(),
    }
}

/// The events, and the one that ends them.
fn stream(response: &Response<'_>, material: &Material) -> (Vec<Event>, Vec<u8>) {
    let mut events = Events::default();
    let begun = || response.object("in_progress", list![], Json::Null);
    events.silent("response.created", object! { "response": begun() });
    events.silent("response.in_progress", object! { "response": begun() });
    let mut index = 0u64;
    if !material.thoughts.is_empty() {
        let item = format!("rs_{}", response.digits);
        let at = || object! { "item_id": &item, "output_index": index, "summary_index": 0u64 };
        events.silent("response.output_item.added", added(index, response.reasoning(list![])));
        events.silent("response.reasoning_summary_part.added", at().with("part", summary("")));
        for thought in &material.thoughts {
            events.content("response.reasoning_summary_text.delta", at().with("delta", thought));
        }
        let whole = material.thinking();
        events.silent("response.reasoning_summary_text.done", at().with("text", &whole));
        events.silent("response.reasoning_summary_part.done", at().with("part", summary(&whole)));
        events.silent("response.output_item.done", added(index, response.reasoning(list![summary(&whole)])));
        index += 1;
    }
    if !material.texts.is_empty() {
        let (kind, field) = if response.refusal { ("refusal", "refusal") } else { ("output_text", "text") };
        let item = response.message_id();
        let at = || object! { "item_id": &item, "output_index": index, "content_index": 0u64 };
        events.silent("response.output_item.added", added(index, response.message("in_progress", list![])));
        events.silent("response.content_part.added", at().with("part", response.part("")));
        for text in &material.texts {
            let delta = at().with("delta", text);
            let delta = if response.refusal { delta } else { delta.with("logprobs", list![]) };
            events.content(&format!("response.{kind}.delta"), delta);
        }
        let whole = material.text();
        let done = at().with(field, &whole);
        let done = if response.refusal { done } else { done.with("logprobs", list![]) };
        events.silent(&format!("response.{kind}.done"), done);
        events.silent("response.content_part.done", at().with("part", response.part(&whole)));
        let item = response.message("completed", list![response.part(&whole)]);
        events.silent("response.output_item.done", added(index, item));
        index += 1;
    }
    for tool in &material.tools {
        let item = format!("fc_{}", tool.digits);
        let at = || object! { "item_id": &item, "output_index": index };
        let begun = response.function_call(tool, "in_progress", "");
        // It names the tool.
        events.content("response.output_item.added", added(index, begun));
        for piece in ARGUMENTS {
            events.content("response.function_call_arguments.delta", at().with("delta", piece));
        }
        let arguments = ARGUMENTS.concat();
        let done = at().with("name", tool.name).with("arguments", &arguments);
        events.silent("response.function_call_arguments.done", done);
        let whole = response.function_call(tool, "completed", &arguments);
        events.silent("response.output_item.done", added(index, whole));
        index += 1;
    }
    let ended = response.ended(&response.items(material), &material.counts);
    let name = if response.incomplete.is_some() { "response.incomplete" } else { "response.completed" };
    let end = events.frame(name, object! { "response": ended });
    (events.events, end)
}

fn added(index: u64, item: Json) -> Json {
    object! { "output_index": index, "item": item }
}

/// Numbers events as they are made.
#[derive(Default)]
struct Events {
    events: Vec<Event>,
    number: u64,
}

impl Events {
    fn silent(&mut self, name: &str, fields: Json) {
        let bytes = self.frame(name, fields);
        self.events.push(Event::silent(bytes));
    }

    fn content(&mut self, name: &str, fields: Json) {
        let bytes = self.frame(name, fields);
        self.events.push(Event::content(bytes));
    }

    fn frame(&mut self, name: &str, fields: Json) -> Vec<u8> {
        let mut data = vec![("type", Json::from(name)), ("sequence_number", Json::from(self.number))];
        self.number += 1;
        if let Json::Object(fields) = fields {
            data.extend(fields);
        }
        [format!("event: {name}\ndata: ").as_bytes(), &Json::Object(data).bytes(), b"\n\n"].concat()
    }
}

//! Anthropic: `POST /v1/messages`, whole and as server-sent events with names, and `/v1/messages/count_tokens`.
//!
//! ```text
//! message_start ─ ping ─ (content_block_start ─ content_block_delta* ─ content_block_stop)* ─ message_delta ─ message_stop
//! ```
//!
//! Blocks come in the order thinking, text, tool_use. Batches and the tools that run at Anthropic's are not played.

use super::{
    dialect::{Address, Answer, Asked, Dialect, Event, Facts, Fields, Identity, NotARequest, SSE, Said},
    json::{Json, list, object},
    material::{self, ARGUMENTS, Counts, Material, Tool},
    script::Script,
    truth::{Tokens, Told},
};

#[derive(Debug)]
pub(super) struct Messages;

#[derive(Debug)]
pub(super) struct CountTokens;

impl Dialect for Messages {
    fn takes(&self, address: &Address<'_>) -> bool {
        address.posts_to("/v1/messages")
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        let material = Material::new(script, call)?;
        let model = material::text(&body, "model")?;
        let usual = match (script.refusal, material.tools.is_empty()) {
            (true, _) => "refusal",
            (false, true) => "end_turn",
            (false, false) => "tool_use",
        };
        let message = Message {
            id: format!("msg_{}", call.response),
            model: format!("{model}-20250929"),
            stop_reason: script.finish.as_deref().unwrap_or(usual),
        };
        let Counts { cached, cache_write, reasoning, .. } = material.counts;
        let told = Told {
            finish_reasons: vec![message.stop_reason.to_owned()],
            tools: material.tools_told(|tool| Some(tool_id(tool))),
            tokens: Tokens {
                input: Some(material.counts.input()),
                output: Some(material.counts.output()),
                cached: Some(cached),
                cache_write: Some(cache_write),
                reasoning: Some(reasoning),
            },
        };
        let said = if body["stream"] == true {
            let events = message.events(&material);
            Said::Stream {
                content_type: SSE,
                events,
                end: frame("message_stop", &object! { "type": "message_stop" }),
            }
        } else {
            let usage = Some(material.counts.told());
            Said::Whole { body: message.whole(&material).bytes(), usage }
        };
        Ok(Answer {
            request_model: model.to_owned(),
            response_id: Some(message.id),
            response_model: Some(message.model),
            told,
            said,
        })
    }

    fn error(&self, status: u16, message: &str, call: &Identity) -> Vec<u8> {
        error(status, message, call)
    }

    fn request_id(&self, call: &Identity) -> Option<String> {
        Some(request_id(call))
    }

    fn fields(&self, facts: &Facts<'_>) -> Fields {
        fields(facts)
    }
}

impl Dialect for CountTokens {
    fn takes(&self, address: &Address<'_>) -> bool {
        address.posts_to("/v1/messages/count_tokens")
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        let Counts { fresh, .. } = Material::new(script, call)?.counts;
        Ok(Answer {
            request_model: material::text(&body, "model")?.to_owned(),
            response_id: None,
            response_model: None,
            told: Told { tokens: Tokens { input: Some(fresh), ..Tokens::default() }, ..Told::default() },
            said: Said::Whole { body: object! { "input_tokens": fresh }.bytes(), usage: None },
        })
    }

    fn error(&self, status: u16, message: &str, call: &Identity) -> Vec<u8> {
        error(status, message, call)
    }

    fn request_id(&self, call: &Identity) -> Option<String> {
        Some(request_id(call))
    }

    fn fields(&self, facts: &Facts<'_>) -> Fields {
        fields(facts)
    }
}

/// An answer; also Bedrock's, where its model is one of Anthropic's.
pub(super) struct Message<'a> {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) stop_reason: &'a str,
}

pub(super) fn tool_id(tool: &Tool) -> String {
    format!("toolu_{}", tool.digits)
}

impl Message<'_> {
    fn object(&self, content: Json, stop_reason: Option<&str>, usage: Json) -> Json {
        object! {
            "id": &self.id, "type": "message", "role": "assistant", "model": &self.model, "content": content,
            "stop_reason": stop_reason, "stop_sequence": Json::Null, "usage": usage,
        }
    }

    pub(super) fn whole(&self, material: &Material) -> Json {
        let mut blocks = Vec::new();
        if !material.thoughts.is_empty() {
            blocks.push(thinking(&material.thinking()).with("signature", SIGNATURE));
        }
        if !material.texts.is_empty() {
            blocks.push(object! { "type": "text", "text": material.text() });
        }
        blocks.extend(material.tools.iter().map(|tool| tool_use(tool, object! { "city": "Paris" })));
        let usage = usage(&material.counts, material.counts.output());
        self.object(Json::List(blocks), Some(self.stop_reason), usage)
    }

    pub(super) fn events(&self, material: &Material) -> Vec<Event> {
        // Two: so many tokens are out when it begins. The last word on them is message_delta's.
        let begun = self.object(list![], None, usage(&material.counts, 2));
        let mut events = vec![silent("message_start", object! { "message": begun })];
        let mut index = 0u64;
        let mut block = |start: Json, names: bool, deltas: Vec<Event>| {
            let start = silent("content_block_start", object! { "index": index, "content_block": start });
            // A tool's name is content.
            events.push(Event { content: names, ..start });
            if index == 0 {
                events.push(silent("ping", object! {}));
            }
            events.extend(deltas);
            events.push(silent("content_block_stop", object! { "index": index }));
            index += 1;
        };
        let delta = |index: u64, delta: Json| object! { "index": index, "delta": delta };
        let mut at = 0;
        if !material.thoughts.is_empty() {
            let texts = material.thoughts.iter();
            let mut deltas: Vec<Event> = texts
                .map(|text| delta(at, object! { "type": "thinking_delta", "thinking": text }))
                .map(|fields| content("content_block_delta", fields))
                .collect();
            let signature = object! { "type": "signature_delta", "signature": SIGNATURE };
            deltas.push(silent("content_block_delta", delta(at, signature)));
            block(thinking("").with("signature", ""), false, deltas);
            at += 1;
        }
        if !material.texts.is_empty() {
            let deltas = material
                .texts
                .iter()
                .map(|text| delta(at, object! { "type": "text_delta", "text": text }))
                .map(|fields| content("content_block_delta", fields));
            block(object! { "type": "text", "text": "" }, false, deltas.collect());
            at += 1;
        }
        for tool in &material.tools {
            let json = |piece: &str| delta(at, object! { "type": "input_json_delta", "partial_json": piece });
            let mut deltas = vec![silent("content_block_delta", json(""))];
            deltas.extend(ARGUMENTS.map(|piece| content("content_block_delta", json(piece))));
            block(tool_use(tool, object! {}), true, deltas);
            at += 1;
        }
        let ended = object! {
            "delta": object! { "stop_reason": self.stop_reason, "stop_sequence": Json::Null },
            "usage": usage(&material.counts, material.counts.output()),
        };
        let usage = Some(material.counts.told());
        events.push(Event { usage, ..silent("message_delta", ended) });
        events
    }
}

fn thinking(text: &str) -> Json {
    object! { "type": "thinking", "thinking": text }
}

fn tool_use(tool: &Tool, input: Json) -> Json {
    object! { "type": "tool_use", "id": tool_id(tool), "name": tool.name, "input": input }
}

/// `input_tokens` is what no cache had.
fn usage(counts: &Counts, output: u64) -> Json {
    object! {
        "input_tokens": counts.fresh,
        "cache_creation_input_tokens": counts.cache_write,
        "cache_read_input_tokens": counts.cached,
        "cache_creation": object! {
            "ephemeral_5m_input_tokens": counts.cache_write, "ephemeral_1h_input_tokens": 0u64,
        },
        "output_tokens": output,
        "output_tokens_details": object! { "thinking_tokens": counts.reasoning },
        "service_tier": "standard",
    }
}

fn silent(name: &str, fields: Json) -> Event {
    Event::silent(named(name, fields))
}

fn content(name: &str, fields: Json) -> Event {
    Event::content(named(name, fields))
}

fn named(name: &str, fields: Json) -> Vec<u8> {
    let mut data = vec![("type", Json::from(name))];
    if let Json::Object(fields) = fields {
        data.extend(fields);
    }
    frame(name, &Json::Object(data))
}

fn frame(name: &str, data: &Json) -> Vec<u8> {
    [format!("event: {name}\ndata: ").as_bytes(), &data.bytes(), b"\n\n"].concat()
}

fn request_id(call: &Identity) -> String {
    format!("req_011{}", call.request)
}

fn error(status: u16, message: &str, call: &Identity) -> Vec<u8> {
    let kind = match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    };
    let error = object! { "type": kind, "message": message };
    object! { "type": "error", "error": error, "request_id": request_id(call) }.bytes()
}

fn fields(facts: &Facts<'_>) -> Fields {
    let mut fields = vec![("request-id", request_id(facts.call))];
    for kind in LIMITS {
        fields.extend(kind.map(|(name, value)| (name, value.to_owned())));
    }
    if matches!(facts.status, 429 | 529) {
        fields.push(("retry-after", "1".to_owned()));
        fields.push(("x-should-retry", "true".to_owned()));
    }
    fields.extend([
        ("anthropic-organization-id", "01234567-89ab-4cde-8f01-23456789abcd".to_owned()),
        ("x-envoy-upstream-service-time", facts.processing.as_millis().to_string()),
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload".to_owned()),
        ("via", "1.1 google".to_owned()),
        ("cf-cache-status", "DYNAMIC".to_owned()),
        ("Server", "cloudflare".to_owned()),
        ("CF-RAY", "8f0a1b2c3d4e5f61-CDG".to_owned()),
    ]);
    fields
}

const SIGNATURE: &str = "EqQBCgIYAhIM1gbcDa9GJwZA2b3h";
/// Limit, what is left of it, and when it is whole again.
const LIMITS: [[(&str, &str); 3]; 3] = [
    [
        ("anthropic-ratelimit-requests-limit", "4000"),
        ("anthropic-ratelimit-requests-remaining", "3999"),
        ("anthropic-ratelimit-requests-reset", "2026-11-21T12:00:01Z"),
    ],
    [
        ("anthropic-ratelimit-input-tokens-limit", "2000000"),
        ("anthropic-ratelimit-input-tokens-remaining", "1998000"),
        ("anthropic-ratelimit-input-tokens-reset", "2026-11-21T12:00:01Z"),
    ],
    [
        ("anthropic-ratelimit-output-tokens-limit", "400000"),
        ("anthropic-ratelimit-output-tokens-remaining", "400000"),
        ("anthropic-ratelimit-output-tokens-reset", "2026-11-21T12:00:00Z"),
    ],
];

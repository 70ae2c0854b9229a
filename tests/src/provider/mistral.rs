//! Mistral: `chat/completions` and `embeddings`, told from OpenAI's by the host, or by `/mistral` before the path for
//! clients that cannot choose one.
//!
//! Unlike OpenAI's: content may be a list of parts, a tool call comes whole, the last chunk carries finish and usage.

use super::{
    dialect::{Address, Answer, Asked, Dialect, Event, Facts, Fields, Identity, NotARequest, SSE, Said},
    json::{Json, list, object},
    material::{self, ARGUMENTS, Counts, Material, Tool, VECTOR},
    openai,
    script::Script,
    truth::{Tokens, Told, UsageTold},
};

#[derive(Debug)]
pub(super) struct Chat;

#[derive(Debug)]
pub(super) struct Embeddings;

/// The path at Mistral's, if it is one.
fn path<'a>(address: &Address<'a>) -> Option<&'a str> {
    let at_host = address.host.split(':').next() == Some("api.mistral.ai");
    match address.path.strip_prefix("/mistral") {
        _ if address.method != "POST" => None,
        Some(path) => Some(path),
        None => at_host.then_some(address.path),
    }
}

impl Dialect for Chat {
    fn takes(&self, address: &Address<'_>) -> bool {
        path(address) == Some("/v1/chat/completions")
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        let model = material::text(&body, "model")?;
        let material = Material::new(script, call)?;
        let usual = if material.tools.is_empty() { "stop" } else { "tool_calls" };
        let completion = Completion {
            id: call.response.clone(),
            model: format!("{model}-2508"),
            created: call.created,
            finish: script.finish.as_deref().unwrap_or(usual),
            parts: script.parts,
        };
        let counts = material.counts;
        let said = if body["stream"] == true {
            let events = completion.events(&material);
            Said::Stream { content_type: SSE, events, end: openai::DONE.to_vec() }
        } else {
            Said::Whole { body: completion.whole(&material).bytes(), usage: Some(counts.told()) }
        };
        Ok(Answer {
            request_model: model.to_owned(),
            response_id: Some(completion.id),
            response_model: Some(completion.model),
            told: Told {
                finish_reasons: vec![completion.finish.to_owned()],
                tools: material.tools_told(|tool| Some(tool_id(tool))),
                tokens: Tokens {
                    input: Some(counts.input()),
                    output: Some(counts.output()),
                    cached: Some(counts.cached).filter(|&count| count > 0),
                    ..Tokens::default()
                },
            },
            said,
        })
    }

    fn error(&self, status: u16, message: &str, _call: &Identity) -> Vec<u8> {
        error(status, message)
    }

    fn request_id(&self, call: &Identity) -> Option<String> {
        Some(uuid(&call.request))
    }

    fn fields(&self, facts: &Facts<'_>) -> Fields {
        fields(facts)
    }
}

impl Dialect for Embeddings {
    fn takes(&self, address: &Address<'_>) -> bool {
        path(address) == Some("/v1/embeddings")
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        let model = material::text(&body, "model")?;
        let inputs = material::inputs(&body["input"])?;
        let vector = Json::List(VECTOR.map(Json::from).to_vec());
        let data: Vec<Json> = (0..inputs as u64)
            .map(|index| object! { "object": "embedding", "embedding": vector.clone(), "index": index })
            .collect();
        let Counts { fresh, .. } = Material::new(script, call)?.counts;
        let usage = object! { "prompt_tokens": fresh, "total_tokens": fresh, "completion_tokens": 0u64 };
        let body = object! {
            "id": &call.response, "object": "list", "data": data, "model": model, "usage": usage,
        };
        let usage = UsageTold { input: fresh, ..UsageTold::default() };
        Ok(Answer {
            request_model: model.to_owned(),
            response_id: Some(call.response.clone()),
            response_model: Some(model.to_owned()),
            told: Told {
                tokens: Tokens { input: Some(fresh), output: Some(0), ..Tokens::default() },
                ..Told::default()
            },
            said: Said::Whole { body: body.bytes(), usage: Some(usage) },
        })
    }

    fn error(&self, status: u16, message: &str, _call: &Identity) -> Vec<u8> {
        error(status, message)
    }

    fn request_id(&self, call: &Identity) -> Option<String> {
        Some(uuid(&call.request))
    }

    fn fields(&self, facts: &Facts<'_>) -> Fields {
        fields(facts)
    }
}

struct Completion<'a> {
    id: String,
    model: String,
    created: u64,
    finish: &'a str,
    /// Content as a list also where it is text alone.
    parts: bool,
}

/// Nine letters and digits, as Mistral's are.
fn tool_id(tool: &Tool) -> String {
    tool.digits.get(tool.digits.len().saturating_sub(9)..).unwrap_or_default().to_owned()
}

fn tool_call(index: u64, tool: &Tool) -> Json {
    let function = object! { "name": tool.name, "arguments": ARGUMENTS.concat() };
    object! { "id": tool_id(tool), "function": function, "index": index }
}

fn thought(text: &str) -> Json {
    object! { "type": "thinking", "thinking": list![object! { "type": "text", "text": text }] }
}

impl Completion<'_> {
    fn object(&self, kind: &str, choice: Json) -> Json {
        object! {
            "id": &self.id, "object": kind, "created": self.created, "model": &self.model,
            "choices": list![choice],
        }
    }

    fn text(&self, text: &str) -> Json {
        if self.parts { list![object! { "type": "text", "text": text }] } else { text.into() }
    }

    fn whole(&self, material: &Material) -> Json {
        let content = if material.thoughts.is_empty() {
            self.text(&material.text())
        } else {
            list![thought(&material.thinking()), object! { "type": "text", "text": material.text() }]
        };
        let calls: Vec<Json> =
            material.tools.iter().zip(0..).map(|(tool, index)| tool_call(index, tool)).collect();
        let calls = if calls.is_empty() { Json::Null } else { calls.into() };
        let message = object! { "role": "assistant", "tool_calls": calls, "content": content };
        let choice = object! { "index": 0u64, "message": message, "finish_reason": self.finish };
        self.object("chat.completion", choice).with("usage", usage(&material.counts))
    }

    fn events(&self, material: &Material) -> Vec<Event> {
        let frame = |chunk: Json| [b"data: ", chunk.bytes().as_slice(), b"\n\n"].concat();
        let chunk = |delta: Json, finish: Option<&str>| {
            let choice = object! { "index": 0u64, "delta": delta, "finish_reason": finish };
            self.object("chat.completion.chunk", choice)
        };
        let mut events =
            vec![Event::silent(frame(chunk(object! { "role": "assistant", "content": "" }, None)))];
        let thoughts = material.thoughts.iter().map(|text| list![thought(text)]);
        let texts = material.texts.iter().map(|text| self.text(text));
        events.extend(
            thoughts
                .chain(texts)
                .map(|content| Event::content(frame(chunk(object! { "content": content }, None)))),
        );
        let calls = material.tools.iter().zip(0..).map(|(tool, index)| tool_call(index, tool));
        events.extend(calls.map(|call| {
            Event::content(frame(chunk(object! { "content": "", "tool_calls": list![call] }, None)))
        }));
        let last = chunk(object! { "content": "" }, Some(self.finish)).with("usage", usage(&material.counts));
        events.push(Event { bytes: frame(last), content: false, usage: Some(material.counts.told()) });
        events
    }
}

fn usage(counts: &Counts) -> Json {
    let cached = (counts.cached > 0).then(|| object! { "cached_tokens": counts.cached });
    object! {
        "prompt_tokens": counts.input(), "total_tokens": counts.total(), "completion_tokens": counts.output(),
    }
    .with_some("prompt_tokens_details", cached)
}

fn error(status: u16, message: &str) -> Vec<u8> {
    let (kind, code) = match status {
        401 => ("unauthorized", "1000"),
        429 => ("rate_limited", "1300"),
        400..=499 => ("invalid_request_error", "1500"),
        _ => ("service_unavailable", "3505"),
    };
    let error = object! { "object": "error", "message": message, "type": kind, "param": Json::Null };
    error.with("code", code).bytes()
}

/// 32 digits as Kong writes them.
pub(super) fn uuid(digits: &str) -> String {
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

fn fields(facts: &Facts<'_>) -> Fields {
    let milliseconds = facts.processing.as_millis().to_string();
    let mut fields = vec![
        ("mistral-correlation-id", uuid(&facts.call.request)),
        ("x-kong-request-id", uuid(&facts.call.request)),
        ("x-envoy-upstream-service-time", milliseconds.clone()),
        ("x-kong-upstream-latency", milliseconds),
        ("x-kong-proxy-latency", "3".to_owned()),
        ("x-ratelimit-limit-req-minute", "600".to_owned()),
        ("x-ratelimit-remaining-req-minute", "599".to_owned()),
        ("x-ratelimit-limit-tokens-minute", "500000".to_owned()),
        ("x-ratelimit-remaining-tokens-minute", "499900".to_owned()),
        ("x-ratelimit-tokens-query-cost", "24".to_owned()),
        ("Server", "cloudflare".to_owned()),
        ("CF-RAY", "8f0a1b2c3d4e5f62-CDG".to_owned()),
    ];
    if facts.status == 429 {
        fields.push(("retry-after", "1".to_owned()));
    }
    fields
}

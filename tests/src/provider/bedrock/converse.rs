//! `/converse` and `/converse-stream`: one format for all models.
//!
//! ```text
//! messageStart ─ (contentBlockStart? ─ contentBlockDelta* ─ contentBlockStop)* ─ messageStop ─ metadata
//! ```
//!
//! Blocks come in the order reasoning, text, tool calls; only a tool call's has a start. The answer names neither itself
//! nor a model.

use super::{EVENT_STREAM, Piece, error, fields, framed, model, request_id, tokens};
use crate::provider::{
    dialect::{Address, Answer, Asked, Dialect, Facts, Fields, Identity, NotARequest, Said},
    json::{Json, object},
    material::{self, ARGUMENTS, Counts, Material, Tool},
    script::Script,
    truth::Told,
};

/// The operation, streamed or not.
#[derive(Debug)]
pub(super) struct Converse {
    pub(super) stream: bool,
}

impl Converse {
    fn operation(&self) -> &'static str {
        if self.stream { "converse-stream" } else { "converse" }
    }
}

impl Dialect for Converse {
    fn takes(&self, address: &Address<'_>) -> bool {
        model(address, self.operation()).is_some()
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        if !body["messages"].is_array() {
            return Err(NotARequest("the body has no messages".to_owned()));
        }
        let material = Material::new(script, call)?;
        let reason = script.finish.as_deref().unwrap_or(match script.tools {
            0 => "end_turn",
            _ => "tool_use",
        });
        let told = Told {
            finish_reasons: vec![reason.to_owned()],
            tools: material.tools_told(|tool| Some(tool_id(tool))),
            tokens: tokens(script, &material.counts),
        };
        let (said, told) = if self.stream {
            let (events, told) = framed(stream(&material, reason, script), script, told);
            (Said::Stream { content_type: EVENT_STREAM, events, end: Vec::new() }, told)
        } else {
            let body = whole(&material, reason, script).bytes();
            (Said::Whole { body, usage: Some(material.counts.told()) }, told)
        };
        let request_model = model(&asked.address, self.operation()).unwrap_or_default().into_owned();
        Ok(Answer { request_model, response_id: None, response_model: None, told, said })
    }

    fn error(&self, _status: u16, message: &str, _call: &Identity) -> Vec<u8> {
        error(message)
    }

    fn request_id(&self, call: &Identity) -> Option<String> {
        Some(request_id(call))
    }

    fn fields(&self, facts: &Facts<'_>) -> Fields {
        fields(facts)
    }

    fn fails_in_streams(&self) -> bool {
        self.stream
    }
}

fn tool_id(tool: &Tool) -> String {
    format!("tooluse_{}", tool.digits)
}

fn usage(counts: &Counts, script: &Script) -> Json {
    let fresh = object! {
        "inputTokens": counts.fresh, "outputTokens": counts.output(), "totalTokens": counts.total(),
    };
    fresh
        .with_some("cacheReadInputTokens", script.cached)
        .with_some("cacheWriteInputTokens", script.cache_write)
}

fn metrics(script: &Script) -> Json {
    object! { "latencyMs": script.total().as_millis() as u64 }
}

fn whole(material: &Material, reason: &str, script: &Script) -> Json {
    let mut content = Vec::new();
    if !material.thoughts.is_empty() {
        let text = object! { "text": material.thinking(), "signature": SIGNATURE };
        content.push(object! { "reasoningContent": object! { "reasoningText": text } });
    }
    if !material.texts.is_empty() {
        content.push(object! { "text": material.text() });
    }
    for tool in &material.tools {
        let input = object! { "city": "Paris" };
        let call = object! { "input": input, "name": tool.name, "toolUseId": tool_id(tool) };
        content.push(object! { "toolUse": call });
    }
    object! {
        "metrics": metrics(script),
        "output": object! { "message": object! { "content": content, "role": "assistant" } },
        "stopReason": reason,
        "usage": usage(&material.counts, script),
    }
}

fn stream(material: &Material, reason: &str, script: &Script) -> Vec<Piece> {
    let mut pieces = vec![Piece::silent("messageStart", object! { "role": "assistant" })];
    let mut block = 0u64;
    let delta = |block: u64, delta: Json| object! { "contentBlockIndex": block, "delta": delta };
    let content = |block: u64, json: Json| Piece::content("contentBlockDelta", delta(block, json));
    let stop = |block: u64| Piece::silent("contentBlockStop", object! { "contentBlockIndex": block });
    if !material.thoughts.is_empty() {
        let said = |text: &String| content(block, object! { "reasoningContent": object! { "text": text } });
        pieces.extend(material.thoughts.iter().map(said));
        let signature = object! { "reasoningContent": object! { "signature": SIGNATURE } };
        pieces.extend([Piece::silent("contentBlockDelta", delta(block, signature)), stop(block)]);
        block += 1;
    }
    if !material.texts.is_empty() {
        pieces.extend(material.texts.iter().map(|text| content(block, object! { "text": text })));
        pieces.push(stop(block));
        block += 1;
    }
    for tool in &material.tools {
        let call = object! { "name": tool.name, "toolUseId": tool_id(tool) };
        let start = object! { "contentBlockIndex": block, "start": object! { "toolUse": call } };
        pieces.push(Piece::content("contentBlockStart", start));
        let said = |part: &str| content(block, object! { "toolUse": object! { "input": part } });
        pieces.extend(ARGUMENTS.map(said));
        pieces.push(stop(block));
        block += 1;
    }
    pieces.push(Piece::silent("messageStop", object! { "stopReason": reason }));
    let counts = material.counts;
    let metadata = object! { "metrics": metrics(script), "usage": usage(&counts, script) };
    pieces.push(Piece { counts: Some(counts), ..Piece::silent("metadata", metadata) });
    pieces
}

/// Of reasoning; nobody checks it here.
const SIGNATURE: &str = "EqoBCkgIARABGAIiQL0c";

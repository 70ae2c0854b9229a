//! `/invoke` and `/invoke-with-response-stream`: the model's own format, which is Anthropic's here.
//!
//! Streamed, each event of Anthropic's is the base64 of a message `chunk`; what Bedrock itself measured is a member of the
//! last one. Whole, it is in the head.

use super::{EVENT_STREAM, Piece, error, fields, framed, model, request_id};
use crate::provider::{
    anthropic::{self, Message},
    dialect::{Address, Answer, Asked, Dialect, Event, Facts, Fields, Identity, NotARequest, Said},
    json::{Json, object},
    material::{self, Counts, Material},
    script::Script,
    truth::{Tokens, Told},
};

/// The operation, streamed or not.
#[derive(Debug)]
pub(super) struct Invoke {
    pub(super) stream: bool,
}

impl Invoke {
    fn operation(&self) -> &'static str {
        if self.stream { "invoke-with-response-stream" } else { "invoke" }
    }
}

impl Dialect for Invoke {
    fn takes(&self, address: &Address<'_>) -> bool {
        model(address, self.operation()).is_some()
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        let version = material::text(&body, "anthropic_version")?;
        if version != VERSION {
            return Err(NotARequest(format!("the body's anthropic_version is not {VERSION}")));
        }
        let request_model = model(&asked.address, self.operation()).unwrap_or_default().into_owned();
        let material = Material::new(script, call)?;
        let message = Message {
            id: format!("msg_bdrk_{}", call.response),
            model: answering(&request_model).to_owned(),
            stop_reason: script.finish.as_deref().unwrap_or(match script.tools {
                0 => "end_turn",
                _ => "tool_use",
            }),
        };
        let counts = material.counts;
        let told = Told {
            finish_reasons: vec![message.stop_reason.to_owned()],
            tools: material.tools_told(|tool| Some(anthropic::tool_id(tool))),
            tokens: Tokens {
                input: Some(counts.input()),
                output: Some(counts.output()),
                cached: Some(counts.cached),
                cache_write: Some(counts.cache_write),
                reasoning: Some(counts.reasoning),
            },
        };
        let (said, told) = if self.stream {
            let (mut events, told) = framed(stream(&message, &material, script), script, told);
            // `message_stop`, which says only that this is the end.
            let last = if script.error_after.is_none() { events.pop() } else { None };
            let end = last.map_or_else(Vec::new, |last| last.bytes);
            (Said::Stream { content_type: EVENT_STREAM, events, end }, told)
        } else {
            let body = message.whole(&material).bytes();
            (Said::Whole { body, usage: Some(counts.told()) }, told)
        };
        Ok(Answer {
            request_model,
            response_id: Some(message.id),
            response_model: Some(message.model),
            told,
            said,
        })
    }

    fn error(&self, _status: u16, message: &str, _call: &Identity) -> Vec<u8> {
        error(message)
    }

    fn request_id(&self, call: &Identity) -> Option<String> {
        Some(request_id(call))
    }

    fn fields(&self, facts: &Facts<'_>) -> Fields {
        let mut fields = fields(facts);
        if facts.status != 200 {
            return fields;
        }
        if self.stream {
            fields.push(("X-Amzn-Bedrock-Content-Type", "application/json".to_owned()));
        } else if let Ok(Material { counts, .. }) = Material::new(facts.script, facts.call) {
            fields.extend(
                [
                    ("X-Amzn-Bedrock-Invocation-Latency", latency(facts.script)),
                    ("X-Amzn-Bedrock-Input-Token-Count", counts.fresh),
                    ("X-Amzn-Bedrock-Output-Token-Count", counts.output()),
                    ("X-Amzn-Bedrock-Cache-Read-Input-Token-Count", counts.cached),
                    ("X-Amzn-Bedrock-Cache-Write-Input-Token-Count", counts.cache_write),
                ]
                .map(|(name, count)| (name, count.to_string())),
            );
        }
        fields
    }

    fn fails_in_streams(&self) -> bool {
        self.stream
    }
}

/// Of Bedrock's flavour of Anthropic's API; the only one that there is.
const VERSION: &str = "bedrock-2023-05-31";

fn latency(script: &Script) -> u64 {
    script.total().as_millis() as u64
}

/// The model as Anthropic calls it: `us.anthropic.claude-x-v1:0` is `claude-x`.
fn answering(model: &str) -> &str {
    let model = model.rsplit_once("anthropic.").map_or(model, |(_, model)| model);
    model.split_once("-v").map_or(model, |(model, _)| model)
}

fn stream(message: &Message<'_>, material: &Material, script: &Script) -> Vec<Piece> {
    let Counts { fresh, cached, cache_write, .. } = material.counts;
    let metrics = object! {
        "inputTokenCount": fresh, "outputTokenCount": material.counts.output(),
        "invocationLatency": latency(script), "firstByteLatency": (script.think + script.ttft).as_millis() as u64,
        "cacheReadInputTokenCount": cached, "cacheWriteInputTokenCount": cache_write,
    };
    let mut pieces: Vec<Piece> =
        message.events(material).iter().map(|event| piece(data(event), event)).collect();
    let last = object! { "type": "message_stop", "amazon-bedrock-invocationMetrics": metrics };
    pieces.push(piece(&last.bytes(), &Event::silent(Vec::new())));
    // `message_delta`, the last but this one.
    if let Some(told) = pieces.iter_mut().rev().nth(1) {
        told.counts = Some(material.counts);
    }
    pieces
}

/// The JSON of a server-sent event.
fn data(event: &Event) -> &[u8] {
    let start = event.bytes.windows(6).position(|bytes| bytes == b"data: ").map_or(0, |at| at + 6);
    event.bytes.get(start..).unwrap_or_default().trim_ascii_end()
}

fn piece(json: &[u8], event: &Event) -> Piece {
    let body = Json::Object(vec![("bytes", Json::Text(base64(json)))]);
    Piece { content: event.content, ..Piece::silent("chunk", body) }
}

/// RFC 4648 §4. Ours, as the agent's is another's.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > group.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xbf]), "+/+/");
    }

    #[test]
    fn models_are_called_as_anthropic_calls_them() {
        for (model, expect) in [
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"),
            ("anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku-20240307"),
            ("model-0", "model-0"),
        ] {
            assert_eq!(answering(model), expect);
        }
    }
}

//! `POST /v1/completions`: OpenAI's first API, which most engines still speak.

use super::{DONE, edge};
use crate::provider::{
    dialect::{Address, Answer, Asked, Dialect, Event, Facts, Fields, Identity, NotARequest, SSE, Said},
    json::{Json, list, object},
    material::{self, Counts, Material},
    script::Script,
    truth::{Tokens, Told},
};

#[derive(Debug)]
pub(in crate::provider) struct Text;

impl Dialect for Text {
    fn takes(&self, address: &Address<'_>) -> bool {
        address.posts_to("/v1/completions")
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        let model = material::text(&body, "model")?;
        let stream = body["stream"] == true;
        let tells = !stream || body["stream_options"]["include_usage"] == true;
        let Material { texts, counts, .. } = Material::new(script, call)?;
        let finish = script.finish.as_deref().unwrap_or("stop");
        let id = format!("cmpl-{}", call.response);
        let response_model = format!("{model}-0914");
        let part = |text: &str, finish: Option<&str>| {
            list![object! { "text": text, "index": 0u64, "logprobs": Json::Null, "finish_reason": finish }]
        };
        let head = |choices: Json| {
            object! {
                "id": &id, "object": "text_completion", "created": call.created, "model": &response_model,
                "choices": choices,
            }
        };
        let said = if stream {
            let frame = |chunk: Json| [b"data: ", chunk.bytes().as_slice(), b"\n\n"].concat();
            let chunk = |choices: Json, told: Json| {
                let chunk = head(choices);
                frame(if tells { chunk.with("usage", told) } else { chunk })
            };
            let mut events: Vec<Event> =
                texts.iter().map(|text| Event::content(chunk(part(text, None), Json::Null))).collect();
            events.push(Event::silent(chunk(part("", Some(finish)), Json::Null)));
            if tells {
                let bytes = chunk(list![], usage(&counts));
                events.push(Event { bytes, content: false, usage: Some(counts.told()) });
            }
            Said::Stream { content_type: SSE, events, end: DONE.to_vec() }
        } else {
            let body = head(part(&texts.concat(), Some(finish))).with("usage", usage(&counts));
            Said::Whole { body: body.bytes(), usage: Some(counts.told()) }
        };
        let tokens = Tokens {
            input: Some(counts.input()),
            output: Some(counts.output()),
            cached: Some(counts.cached),
            cache_write: None,
            reasoning: Some(counts.reasoning),
        };
        Ok(Answer {
            request_model: model.to_owned(),
            response_id: Some(id),
            response_model: Some(response_model),
            told: Told {
                finish_reasons: vec![finish.to_owned()],
                tools: Vec::new(),
                tokens: if tells { tokens } else { Tokens::default() },
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

fn usage(counts: &Counts) -> Json {
    object! {
        "prompt_tokens": counts.input(), "completion_tokens": counts.output(), "total_tokens": counts.total(),
        "prompt_tokens_details": object! { "cached_tokens": counts.cached },
        "completion_tokens_details": object! { "reasoning_tokens": counts.reasoning },
    }
}

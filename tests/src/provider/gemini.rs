//! Google's Gemini API: `:generateContent`, `:streamGenerateContent` (server-sent events with `alt=sse`, else an array
//! that grows), `:embedContent`, `:batchEmbedContents` and `:countTokens`. The model is in the path.
//!
//! Every part of a stream tells the tokens so far; function calls come whole. The Interactions and Live APIs are not
//! played.

use super::{
    dialect::{Address, Answer, Asked, Dialect, Event, Facts, Fields, Identity, NotARequest, SSE, Said},
    json::{Json, list, object},
    material::{self, Counts, Material, Tool, VECTOR},
    script::Script,
    truth::{Tokens, Told},
};

#[derive(Debug)]
pub(super) struct Gemini;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Generate,
    Stream,
    Embed,
    BatchEmbed,
    CountTokens,
}

/// Model and method of a path.
fn called(path: &str) -> Option<(&str, Method)> {
    let (_, name) = path.rsplit_once("/models/")?;
    let (model, method) = name.rsplit_once(':')?;
    let method = match method {
        "generateContent" => Method::Generate,
        "streamGenerateContent" => Method::Stream,
        "embedContent" => Method::Embed,
        "batchEmbedContents" => Method::BatchEmbed,
        "countTokens" => Method::CountTokens,
        _ => return None,
    };
    Some((model, method))
}

impl Dialect for Gemini {
    fn takes(&self, address: &Address<'_>) -> bool {
        address.method == "POST" && called(address.path).is_some()
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        let (model, method) =
            called(asked.address.path).ok_or_else(|| NotARequest("no model in the path".to_owned()))?;
        let material = Material::new(script, call)?;
        let answer = |response_id: Option<String>, told: Told, said: Said| Answer {
            request_model: model.to_owned(),
            response_model: response_id.is_some().then(|| version(model)),
            response_id,
            told,
            said,
        };
        let whole = |body: Json| Said::Whole { body: body.bytes(), usage: None };
        let embedding = || object! { "values": Json::List(VECTOR.map(Json::from).to_vec()) };
        Ok(match method {
            Method::Embed => answer(None, Told::default(), whole(object! { "embedding": embedding() })),
            Method::BatchEmbed => {
                let count = body["requests"].as_array().map_or(1, Vec::len);
                let embeddings = (0..count).map(|_| embedding()).collect::<Vec<_>>();
                answer(None, Told::default(), whole(object! { "embeddings": embeddings }))
            }
            Method::CountTokens => {
                let Counts { fresh, .. } = material.counts;
                let tokens = Tokens { input: Some(fresh), ..Tokens::default() };
                let details = list![object! { "modality": "TEXT", "tokenCount": fresh }];
                let said = whole(object! { "totalTokens": fresh, "promptTokensDetails": details });
                answer(None, Told { tokens, ..Told::default() }, said)
            }
            Method::Generate | Method::Stream => {
                let finish = script.finish.as_deref().unwrap_or("STOP");
                let response = Response {
                    id: call.response.get(..22).unwrap_or_default().to_owned(),
                    model: version(model),
                    finish,
                };
                let said = match method {
                    Method::Stream if asked.address.query.split('&').any(|pair| pair == "alt=sse") => {
                        let frame =
                            |_, chunk: &Json| [b"data: ", chunk.bytes().as_slice(), b"\r\n\r\n"].concat();
                        let events = response.events(&material, frame);
                        Said::Stream { content_type: SSE, events, end: Vec::new() }
                    }
                    Method::Stream => {
                        let frame = |index, chunk: &Json| {
                            let before: &[u8] = if index == 0 { b"[" } else { b"\n,\r\n" };
                            [before, &chunk.bytes()].concat()
                        };
                        let events = response.events(&material, frame);
                        Said::Stream { content_type: JSON, events, end: b"\n]\n".to_vec() }
                    }
                    _ => {
                        let body = response.whole(&material);
                        Said::Whole { body: body.bytes(), usage: Some(material.counts.told()) }
                    }
                };
                let Counts { cached, reasoning, .. } = material.counts;
                let told = Told {
                    finish_reasons: vec![finish.to_owned()],
                    tools: material.tools_told(|tool| Some(tool_id(tool))),
                    tokens: Tokens {
                        input: Some(material.counts.input()),
                        output: Some(material.counts.output()),
                        cached: Some(cached).filter(|&count| count > 0),
                        cache_write: None,
                        reasoning: Some(reasoning).filter(|&count| count > 0),
                    },
                };
                answer(Some(response.id), told, said)
            }
        })
    }

    fn error(&self, status: u16, message: &str, _call: &Identity) -> Vec<u8> {
        let name = match status {
            400 => "INVALID_ARGUMENT",
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            429 => "RESOURCE_EXHAUSTED",
            503 => "UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            _ => "INTERNAL",
        };
        let error = object! { "code": status, "message": message, "status": name };
        let retry = || object! { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s" };
        let error = error.with_some("details", (status == 429).then(|| list![retry()]));
        object! { "error": error }.bytes()
    }

    /// Google has no header that can be relied on.
    fn request_id(&self, _call: &Identity) -> Option<String> {
        None
    }

    fn fields(&self, facts: &Facts<'_>) -> Fields {
        vec![
            ("Vary", "Origin, X-Origin, Referer".to_owned()),
            ("Server", "scaffolding on HTTPServer2".to_owned()),
            ("X-XSS-Protection", "0".to_owned()),
            ("X-Frame-Options", "SAMEORIGIN".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
            ("Server-Timing", format!("gfet4t7; dur={}", facts.processing.as_millis())),
            ("Alt-Svc", "h3=\":443\"; ma=2592000,h3-29=\":443\"; ma=2592000".to_owned()),
        ]
    }
}

struct Response<'a> {
    id: String,
    model: String,
    finish: &'a str,
}

fn version(model: &str) -> String {
    format!("{model}-001")
}

fn tool_id(tool: &Tool) -> String {
    format!("fc{}", tool.digits)
}

impl Response<'_> {
    fn object(&self, parts: Vec<Json>, finish: Option<&str>, usage: Json) -> Json {
        let candidate = object! { "content": object! { "parts": parts, "role": "model" } };
        let candidate = candidate.with_some("finishReason", finish).with("index", 0u64);
        object! {
            "candidates": list![candidate], "usageMetadata": usage, "modelVersion": &self.model,
            "responseId": &self.id,
        }
    }

    fn parts(material: &Material) -> impl Iterator<Item = Json> {
        let thoughts = material.thoughts.iter().map(|text| object! { "text": text, "thought": true });
        let texts = material.texts.iter().map(|text| object! { "text": text });
        let calls = material.tools.iter().map(|tool| {
            let call =
                object! { "id": tool_id(tool), "name": tool.name, "args": object! { "city": "Paris" } };
            object! { "functionCall": call }
        });
        thoughts.chain(texts).chain(calls)
    }

    fn whole(&self, material: &Material) -> Json {
        let usage = usage(&material.counts, material.counts.visible);
        self.object(Self::parts(material).collect(), Some(self.finish), usage)
    }

    fn events(&self, material: &Material, frame: impl Fn(usize, &Json) -> Vec<u8>) -> Vec<Event> {
        let counts = &material.counts;
        let mut events: Vec<Event> = Self::parts(material)
            .enumerate()
            .map(|(index, part)| {
                // Fewer than at the end: it is the last word that counts.
                let usage = usage(counts, counts.visible.min(index as u64 + 1));
                Event::content(frame(index, &self.object(vec![part], None, usage)))
            })
            .collect();
        let end = self.object(vec![object! { "text": "" }], Some(self.finish), usage(counts, counts.visible));
        let bytes = frame(events.len(), &end);
        events.push(Event { bytes, content: false, usage: Some(counts.told()) });
        events
    }
}

/// What is not there is not said.
fn usage(counts: &Counts, visible: u64) -> Json {
    let some = |count: u64| Some(count).filter(|&count| count > 0);
    let details = |count: u64| list![object! { "modality": "TEXT", "tokenCount": count }];
    object! { "promptTokenCount": counts.input(), "candidatesTokenCount": visible }
        .with("totalTokenCount", counts.input() + visible + counts.reasoning)
        .with_some("cachedContentTokenCount", some(counts.cached))
        .with("promptTokensDetails", details(counts.input()))
        .with_some("cacheTokensDetails", some(counts.cached).map(details))
        .with_some("thoughtsTokenCount", some(counts.reasoning))
}

const JSON: &str = "application/json; charset=UTF-8";

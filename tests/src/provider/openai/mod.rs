//! OpenAI's chat.completions formats: what was asked, and the bytes of the answer.
//!
//! In: a request body, a [`Script`], and the ids and times of this call. Out: the events of a stream, or one body.
//! Pure: the same input gives the same bytes, so a failure can be looked at again. Several choices, logprobs, audio and
//! reasoning are not played.

mod body;
mod edge;
mod embeddings;
mod responses;
mod text;

use std::{error::Error, fmt};

use serde::{Deserialize, Serialize};

use self::body::{
    Choice, Chunk, Completion, Delta, FunctionDelta, Message, Model, Models, StreamChoice, ToolDelta, Usage,
};
pub(in crate::provider) use self::{
    edge::{error, fields},
    embeddings::Embeddings,
    responses::Responses,
    text::Text,
};
use super::{
    dialect::{self, Address, Answer, Dialect, Event, Facts, SSE, Said},
    limits,
    script::{Content, Script},
    truth::{Tokens, Told, ToolTold, UsageTold},
};

/// `POST /v1/chat/completions`.
#[derive(Debug)]
pub(in crate::provider) struct Chat;

impl Dialect for Chat {
    fn takes(&self, address: &Address<'_>) -> bool {
        address.posts_to("/v1/chat/completions")
    }

    fn answer(
        &self,
        asked: &dialect::Asked<'_>,
        script: &Script,
        call: &dialect::Identity,
    ) -> Result<Answer, dialect::NotARequest> {
        let asked = Asked::parse(asked.body).map_err(|error| dialect::NotARequest(error.to_string()))?;
        let identity = Identity {
            response_id: format!("chatcmpl-{}", call.response),
            created: call.created,
            words: call.words.clone(),
        };
        let Usage { told: usage, cache_write, reasoning } = asked.all_usage(script);
        let tokens = Tokens {
            input: Some(usage.input),
            output: Some(usage.output),
            cached: Some(usage.cached),
            cache_write: Some(cache_write),
            reasoning: Some(reasoning),
        };
        let tells = !asked.stream || asked.include_usage;
        let told = Told {
            finish_reasons: vec![Asked::finish_reason(script)],
            tools: (0..script.tools)
                .map(|tool| ToolTold::new(Some(tool_id(tool, &identity)), TOOL_NAME))
                .collect(),
            tokens: if tells { tokens } else { Tokens::default() },
        };
        let said = if asked.stream {
            let events = events(&asked, script, &identity);
            Said::Stream { content_type: SSE, events, end: DONE.to_vec() }
        } else {
            Said::Whole { body: completion(&asked, script, &identity), usage: Some(usage) }
        };
        Ok(Answer {
            response_model: Some(asked.answering_model()),
            response_id: Some(identity.response_id),
            request_model: asked.model,
            told,
            said,
        })
    }

    fn error(&self, status: u16, message: &str, _call: &dialect::Identity) -> Vec<u8> {
        error(status, message)
    }

    fn request_id(&self, call: &dialect::Identity) -> Option<String> {
        Some(edge::request_id(&call.request))
    }

    fn fields(&self, facts: &Facts<'_>) -> Vec<(&'static str, String)> {
        fields(facts)
    }
}

/// What a client asked for, as far as the answer depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::provider) struct Asked {
    pub(in crate::provider) model: String,
    pub(in crate::provider) stream: bool,
    pub(in crate::provider) include_usage: bool,
    pub(in crate::provider) include_obfuscation: bool,
    /// Characters of all messages.
    prompt_chars: usize,
    messages: usize,
    /// Text of the last message, for scripts that echo it.
    last_message: String,
}

/// The body is not a chat completion request.
#[derive(Debug)]
pub(in crate::provider) struct NotARequest(serde_json::Error);

/// What makes this call's answer its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::provider) struct Identity {
    pub(in crate::provider) response_id: String,
    /// Unix seconds.
    pub(in crate::provider) created: u64,
    /// The words that text is made of.
    pub(in crate::provider) words: Vec<String>,
}

/// The end of every whole stream.
pub(in crate::provider) const DONE: &[u8] = b"data: [DONE]\n\n";

const FINGERPRINT: &str = "fp_44709d6fcb";
const SERVICE_TIER: &str = "default";
const TOOL_NAME: &str = "get_weather";
/// A tool call is sent as its name, then its arguments in these pieces.
const TOOL_ARGUMENTS: [&str; 2] = ["{\"city\":", "\"Paris\"}"];

impl Asked {
    /// Reads a request body.
    pub(in crate::provider) fn parse(body: &[u8]) -> Result<Self, NotARequest> {
        let request: Request = serde_json::from_slice(body).map_err(NotARequest)?;
        let options = request.stream_options.unwrap_or_default();
        let texts: Vec<String> = request.messages.into_iter().map(|message| message.content.text()).collect();
        Ok(Self {
            model: request.model,
            stream: request.stream,
            include_usage: options.include_usage,
            include_obfuscation: options.include_obfuscation.unwrap_or(true),
            prompt_chars: texts.iter().map(|text| text.chars().count()).sum(),
            messages: texts.len(),
            last_message: texts.last().cloned().unwrap_or_default(),
        })
    }

    /// The model that answers: the dated one that OpenAI's aliases stand for.
    pub(in crate::provider) fn answering_model(&self) -> String {
        format!("{}-2024-08-06", self.model)
    }

    /// Tokens by a rule simple enough to be checked by hand: four characters are a token of the prompt, each message
    /// costs three more and the answer three; one content chunk is a token of the answer. From 1,024 on, whole
    /// blocks of 128 come from the cache, as OpenAI's do; a script may say otherwise, and adds reasoning to the answer.
    pub(in crate::provider) fn usage(&self, script: &Script) -> UsageTold {
        let input = (self.prompt_chars.div_ceil(4) + 3 * self.messages + 3) as u64;
        let reasoning: u64 = script.reasoning.unwrap_or(0).into();
        let output = u64::from(script.chunks + script.tools * CHUNKS_PER_TOOL) + reasoning;
        let cached = if input < 1024 { 0 } else { input / 128 * 128 };
        UsageTold { input, output, cached: script.cached.map_or(cached, u64::from) }
    }

    fn all_usage(&self, script: &Script) -> Usage {
        Usage {
            told: self.usage(script),
            cache_write: script.cache_write.unwrap_or(0).into(),
            reasoning: script.reasoning.unwrap_or(0).into(),
        }
    }

    fn text(&self, script: &Script, identity: &Identity, index: u32) -> String {
        let words = &identity.words;
        let word = words.get(index as usize % words.len().max(1)).map_or("word", String::as_str);
        match script.content {
            Content::Word if index == 0 => word.to_owned(),
            Content::Word => format!(" {word}"),
            Content::Long => format!("{word} ").repeat(8192 / (word.len() + 1)),
            Content::Unicode => format!(" {word} é ≠ 🦀"),
            Content::Echo => {
                let mut end = self.last_message.len().min(limits::CONTENT_BYTES);
                while !self.last_message.is_char_boundary(end) {
                    end -= 1;
                }
                self.last_message[..end].to_owned()
            }
        }
    }

    fn finish_reason(script: &Script) -> String {
        let usual = if script.tools > 0 { "tool_calls" } else { "stop" };
        script.finish.clone().unwrap_or_else(|| usual.to_owned())
    }
}

fn tool_id(tool: u32, identity: &Identity) -> String {
    let suffix = identity.response_id.trim_start_matches("chatcmpl-");
    format!("call_{suffix}{tool}")
}

/// Content events of one tool call: its name, then its arguments.
const CHUNKS_PER_TOOL: u32 = 1 + TOOL_ARGUMENTS.len() as u32;

/// The events of a stream, `[DONE]` not included.
pub(in crate::provider) fn events(asked: &Asked, script: &Script, identity: &Identity) -> Vec<Event> {
    let mut deltas =
        vec![Delta { role: Some("assistant"), content: Some(String::new()), ..Delta::default() }];
    deltas.extend(
        (0..script.chunks).map(|index| Delta::text(asked.text(script, identity, index), script.refusal)),
    );
    for tool in 0..script.tools {
        deltas.push(Delta::tool(ToolDelta::start(tool, identity)));
        deltas.extend(TOOL_ARGUMENTS.map(|part| Delta::tool(ToolDelta::arguments(tool, part))));
    }
    let contents = deltas.len() - 1;
    let model = asked.answering_model();
    let chunk = |index: usize, choices: Vec<StreamChoice>, usage: Option<Usage>| Chunk {
        id: &identity.response_id,
        object: "chat.completion.chunk",
        created: identity.created,
        model: &model,
        service_tier: SERVICE_TIER,
        system_fingerprint: FINGERPRINT,
        choices,
        usage: asked.include_usage.then_some(usage),
        obfuscation: asked.include_obfuscation.then(|| obfuscation(index)),
    };
    let mut events: Vec<Event> = deltas
        .into_iter()
        .enumerate()
        .map(|(index, delta)| Event {
            bytes: frame(&chunk(index, vec![StreamChoice::delta(delta)], None)),
            content: index > 0,
            usage: None,
        })
        .collect();
    let finish = StreamChoice::finish(Asked::finish_reason(script));
    events.push(Event {
        bytes: frame(&chunk(contents + 1, vec![finish], None)),
        content: false,
        usage: None,
    });
    if asked.include_usage {
        let usage = asked.all_usage(script);
        let bytes = frame(&chunk(contents + 2, Vec::new(), Some(usage)));
        events.push(Event { bytes, content: false, usage: Some(usage.told) });
    }
    events
}

/// The body of a response that is not a stream.
pub(in crate::provider) fn completion(asked: &Asked, script: &Script, identity: &Identity) -> Vec<u8> {
    let text: String = (0..script.chunks).map(|index| asked.text(script, identity, index)).collect();
    let text = Some(text).filter(|text| !text.is_empty());
    let (content, refusal) = if script.refusal { (None, text) } else { (text, None) };
    let tool_calls = (0..script.tools)
        .map(|tool| ToolDelta {
            index: None,
            function: FunctionDelta { name: Some(TOOL_NAME), arguments: TOOL_ARGUMENTS.concat() },
            ..ToolDelta::start(tool, identity)
        })
        .collect();
    json(&Completion {
        id: &identity.response_id,
        object: "chat.completion",
        created: identity.created,
        model: asked.answering_model(),
        choices: [Choice {
            index: 0,
            message: Message { role: "assistant", content, refusal, tool_calls, annotations: [] },
            logprobs: None,
            finish_reason: Asked::finish_reason(script),
        }],
        usage: asked.all_usage(script),
        service_tier: SERVICE_TIER,
        system_fingerprint: FINGERPRINT,
    })
}

/// The body of `GET /v1/models`.
pub(in crate::provider) fn models() -> Vec<u8> {
    let data = ["gpt-4o", "gpt-4o-mini"].map(|id| Model {
        id,
        object: "model",
        created: 1_715_367_049,
        owned_by: "system",
    });
    json(&Models { object: "list", data })
}

/// Padding that hides the length of the text, deterministic here.
fn obfuscation(index: usize) -> String {
    const LETTERS: &[u8] = b"AbCdEfGhIjKlMnOpQrStUvWxYz0123456789";
    (0..1 + index * 7 % 13).map(|at| char::from(LETTERS[(index * 31 + at * 17) % LETTERS.len()])).collect()
}

fn frame(chunk: &Chunk<'_>) -> Vec<u8> {
    [b"data: ", json(chunk).as_slice(), b"\n\n"].concat()
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // Strings, numbers and lists only: there is nothing in it that JSON cannot say.
    serde_json::to_vec(value).expect("these types serialise")
}

#[derive(Deserialize)]
struct Request {
    model: String,
    messages: Vec<RequestMessage>,
    #[serde(default)]
    stream: bool,
    stream_options: Option<StreamOptions>,
}

#[derive(Default, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
    include_obfuscation: Option<bool>,
}

#[derive(Deserialize)]
struct RequestMessage {
    #[serde(default)]
    content: RequestContent,
}

#[derive(Default, Deserialize)]
#[serde(untagged)]
enum RequestContent {
    #[default]
    None,
    Text(String),
    Parts(Vec<RequestPart>),
}

#[derive(Deserialize)]
struct RequestPart {
    #[serde(default)]
    text: String,
}

impl RequestContent {
    fn text(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().map(|part| part.text).collect(),
        }
    }
}

impl fmt::Display for NotARequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Where, not what: serde's own words may quote the body.
        let Self(error) = self;
        write!(
            f,
            "the body is not a chat completion request (line {}, column {})",
            error.line(),
            error.column()
        )
    }
}

impl Error for NotARequest {}

#[cfg(test)]
mod tests;

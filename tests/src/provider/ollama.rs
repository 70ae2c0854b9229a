//! Ollama: `POST /api/chat`, `/api/generate` and `/api/embed`. A stream, which is what it does unless told otherwise, is
//! lines of JSON; the last one has the counts and the times. There is no header that names a request.

use super::{
    dialect::{Address, Answer, Asked, Dialect, Event, Facts, Fields, Identity, NotARequest, Said},
    json::{Json, list, object},
    material::{self, Counts, Material, Tool, VECTOR},
    script::Script,
    truth::{Tokens, Told, ToolTold, UsageTold},
};

#[derive(Debug)]
pub(super) struct Ollama;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Chat,
    Generate,
    Embed,
}

fn called(address: &Address<'_>) -> Option<Method> {
    let methods =
        [("/api/chat", Method::Chat), ("/api/generate", Method::Generate), ("/api/embed", Method::Embed)];
    methods.into_iter().find(|(path, _)| address.posts_to(path)).map(|(_, method)| method)
}

impl Dialect for Ollama {
    fn takes(&self, address: &Address<'_>) -> bool {
        called(address).is_some()
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        let model = material::text(&body, "model")?;
        let material = Material::new(script, call)?;
        let Counts { fresh, cached, .. } = material.counts;
        let answer = |told: Told, said: Said| Answer {
            request_model: model.to_owned(),
            response_id: None,
            response_model: Some(model.to_owned()),
            told,
            said,
        };
        let method = called(&asked.address).unwrap_or(Method::Chat);
        if method == Method::Embed {
            let inputs = material::inputs(&body["input"])?;
            let vectors: Vec<Json> =
                (0..inputs).map(|_| Json::List(VECTOR.map(Json::from).to_vec())).collect();
            let body = object! {
                "model": model, "embeddings": vectors, "total_duration": 14_143_917u64,
                "load_duration": 1_019_500u64, "prompt_eval_count": fresh,
            };
            let tokens = Tokens { input: Some(fresh), ..Tokens::default() };
            let usage = Some(UsageTold { input: fresh, ..UsageTold::default() });
            let said = Said::Whole { body: body.bytes(), usage };
            return Ok(answer(Told { tokens, ..Told::default() }, said));
        }
        let lines = Lines { method, model, done_reason: script.finish.as_deref().unwrap_or("stop") };
        let chat = method == Method::Chat;
        let tools = if chat { material.tools_told(|_| None) } else { Vec::<ToolTold>::new() };
        let told = Told {
            finish_reasons: vec![lines.done_reason.to_owned()],
            tools,
            tokens: Tokens {
                input: Some(material.counts.input()),
                output: Some(material.counts.output()),
                cached: Some(cached).filter(|&count| count > 0),
                ..Tokens::default()
            },
        };
        let said = if body["stream"] == false {
            let body = lines.whole(&material).bytes();
            Said::Whole { body, usage: Some(material.counts.told()) }
        } else {
            let (events, end) = lines.stream(&material);
            Said::Stream { content_type: "application/x-ndjson", events, end }
        };
        Ok(answer(told, said))
    }

    fn error(&self, _status: u16, message: &str, _call: &Identity) -> Vec<u8> {
        object! { "error": message }.bytes()
    }

    fn request_id(&self, _call: &Identity) -> Option<String> {
        None
    }

    fn fields(&self, _facts: &Facts<'_>) -> Fields {
        vec![("Date", "Sat, 21 Nov 2026 12:00:00 GMT".to_owned())]
    }
}

struct Lines<'a> {
    method: Method,
    model: &'a str,
    done_reason: &'a str,
}

fn tool_call(tool: &Tool) -> Json {
    object! { "function": object! { "name": tool.name, "arguments": object! { "city": "Paris" } } }
}

/// When a line was made; what it says is read by nobody here.
const CREATED: &str = "2026-11-21T12:00:00.385406455Z";

impl Lines<'_> {
    fn line(&self, text: &str, thinking: Option<&str>, calls: Vec<Json>) -> Json {
        let line = object! { "model": self.model, "created_at": CREATED };
        if self.method == Method::Generate {
            return line.with("response", text).with_some("thinking", thinking);
        }
        let message = object! { "role": "assistant", "content": text };
        let calls = if calls.is_empty() { None } else { Some(calls) };
        line.with("message", message.with_some("thinking", thinking).with_some("tool_calls", calls))
    }

    /// What the last line, or the only one, has beside.
    fn over(&self, line: Json, counts: &Counts) -> Json {
        let line = line.with("done", true).with("done_reason", self.done_reason);
        let line = if self.method == Method::Generate {
            line.with("context", list![128_006u64, 882u64])
        } else {
            line
        };
        let cached = Some(counts.cached).filter(|&count| count > 0);
        line.with("total_duration", 4_883_583_458u64)
            .with("load_duration", 1_334_875u64)
            .with("prompt_eval_count", counts.input())
            .with_some("prompt_eval_cached_count", cached)
            .with("prompt_eval_duration", 342_546_000u64)
            .with("eval_count", counts.output())
            .with("eval_duration", 4_535_599_000u64)
    }

    fn calls<'m>(&self, material: &'m Material) -> impl Iterator<Item = &'m Tool> {
        let chat = self.method == Method::Chat;
        material.tools.iter().filter(move |_| chat)
    }

    fn whole(&self, material: &Material) -> Json {
        let thinking = material.thinking();
        let thinking = Some(thinking.as_str()).filter(|text| !text.is_empty());
        let calls = self.calls(material).map(tool_call).collect();
        self.over(self.line(&material.text(), thinking, calls), &material.counts)
    }

    fn stream(&self, material: &Material) -> (Vec<Event>, Vec<u8>) {
        let frame = |line: Json| [line.bytes().as_slice(), b"\n"].concat();
        let thoughts = material.thoughts.iter().map(|text| self.line("", Some(text), Vec::new()));
        let texts = material.texts.iter().map(|text| self.line(text, None, Vec::new()));
        let calls = self.calls(material).map(|tool| self.line("", None, vec![tool_call(tool)]));
        let lines = thoughts.chain(texts).chain(calls);
        let events = lines.map(|line| Event::content(frame(line.with("done", false)))).collect();
        (events, frame(self.over(self.line("", None, Vec::new()), &material.counts)))
    }
}

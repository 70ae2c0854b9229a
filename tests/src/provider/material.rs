//! What all dialects but OpenAI's chat make their answers of: the texts, tool calls and numbers that a script asks for.
//!
//! In: a script and a call's identity. Out: the same for the same. The numbers differ from call to call, so that figures
//! which a reader takes from another call are wrong.

use serde_json::Value;

use super::{
    dialect::{Asked, Identity, NotARequest},
    script::{Content, Script},
    truth::{ToolTold, UsageTold},
};

/// Tools that may be called, in this order and then again.
const TOOLS: [&str; 4] = ["get_weather", "get_time", "search_flights", "book_table"];
/// Their arguments, as the pieces in which they are streamed.
pub(super) const ARGUMENTS: [&str; 3] = ["{\"city\":", "\"Pa", "ris\"}"];

/// What an answer is made of.
#[derive(Clone, Debug)]
pub(super) struct Material {
    /// Text, one a content chunk.
    pub(super) texts: Vec<String>,
    /// Reasoning, one a chunk.
    pub(super) thoughts: Vec<String>,
    /// Calls, with eight digits that are each's own.
    pub(super) tools: Vec<Tool>,
    pub(super) counts: Counts,
}

/// A call of a tool.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    pub(super) name: &'static str,
    /// Its own, for the id.
    pub(super) digits: String,
}

/// Tokens. Each kind is apart from the others; what an API counts together, its dialect adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    /// Input of no cache.
    pub(super) fresh: u64,
    pub(super) cached: u64,
    pub(super) cache_write: u64,
    /// Output that is no reasoning.
    pub(super) visible: u64,
    pub(super) reasoning: u64,
}

impl Material {
    /// For one call.
    pub(super) fn new(script: &Script, call: &Identity) -> Result<Self, NotARequest> {
        if script.content == Content::Echo {
            return Err(NotARequest("content=echo is played by OpenAI's chat only".to_owned()));
        }
        let word = |index: u32| {
            let words = &call.words;
            words.get(index as usize % words.len().max(1)).map_or("word", String::as_str)
        };
        let text = |index: u32| match script.content {
            Content::Word | Content::Echo if index == 0 => word(index).to_owned(),
            Content::Word | Content::Echo => format!(" {}", word(index)),
            Content::Long => format!("{} ", word(index)).repeat(8192 / (word(index).len() + 1)),
            Content::Unicode => format!(" {} é ≠ 🦀", word(index)),
        };
        let tool = |index: u32| Tool {
            name: TOOLS[(call.number as usize + index as usize) % TOOLS.len()],
            digits: format!("{}{index:02}", call.response.get(..16).unwrap_or_default()),
        };
        Ok(Self {
            texts: (0..script.chunks).map(text).collect(),
            thoughts: (0..script.thoughts).map(|index| format!("Hm, {}. ", word(index))).collect(),
            tools: (0..script.tools).map(tool).collect(),
            counts: Counts::new(script, call.number),
        })
    }

    /// The whole text.
    pub(super) fn text(&self) -> String {
        self.texts.concat()
    }

    /// The whole reasoning.
    pub(super) fn thinking(&self) -> String {
        self.thoughts.concat()
    }

    /// What a client must find, with ids in a dialect's shape.
    pub(super) fn tools_told(&self, id: impl Fn(&Tool) -> Option<String>) -> Vec<ToolTold> {
        self.tools.iter().map(|tool| ToolTold::new(id(tool), tool.name)).collect()
    }
}

impl Counts {
    fn new(script: &Script, number: u64) -> Self {
        // Factors that share nothing with 1000: a thousand calls have a thousand numbers.
        Self {
            fresh: 2_001 + number * 7 % 1000,
            cached: script.cached.unwrap_or(0).into(),
            cache_write: script.cache_write.unwrap_or(0).into(),
            visible: 41 + number * 3 % 1000,
            reasoning: script.reasoning.unwrap_or(0).into(),
        }
    }

    /// Everything that went in.
    pub(super) fn input(&self) -> u64 {
        self.fresh + self.cached + self.cache_write
    }

    /// Everything that came out.
    pub(super) fn output(&self) -> u64 {
        self.visible + self.reasoning
    }

    pub(super) fn total(&self) -> u64 {
        self.input() + self.output()
    }

    pub(super) fn told(&self) -> UsageTold {
        UsageTold { input: self.input(), output: self.output(), cached: self.cached }
    }
}

/// A request's body.
pub(super) fn body(asked: &Asked<'_>) -> Result<Value, NotARequest> {
    // Where, not what: serde's own words may quote the body.
    let not_json = |error: serde_json::Error| {
        NotARequest(format!("the body is not JSON (line {}, column {})", error.line(), error.column()))
    };
    serde_json::from_slice(asked.body).map_err(not_json)
}

/// A field that must be there.
pub(super) fn text<'a>(body: &'a Value, key: &'static str) -> Result<&'a str, NotARequest> {
    body[key].as_str().ok_or_else(|| NotARequest(format!("the body has no text `{key}`")))
}

/// How many inputs an embedding is asked for: one text, or a list.
pub(super) fn inputs(value: &Value) -> Result<usize, NotARequest> {
    match value {
        Value::String(_) => Ok(1),
        Value::Array(texts) if !texts.is_empty() => Ok(texts.len().min(MOST_INPUTS)),
        _ => Err(NotARequest("the body has no input".to_owned())),
    }
}

/// Vectors of one answer.
const MOST_INPUTS: usize = 256;
/// Numbers of one vector: few, so that tapes stay small.
pub(super) const VECTOR: [f64; 4] = [0.5, -0.25, 0.125, 0.0625];

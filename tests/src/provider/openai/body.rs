//! The JSON of the answers, in OpenAI's order of fields.

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{Identity, TOOL_NAME, tool_id};
use crate::provider::truth::UsageTold;

#[derive(Serialize)]
pub(super) struct Chunk<'a> {
    pub(super) id: &'a str,
    pub(super) object: &'static str,
    pub(super) created: u64,
    pub(super) model: &'a str,
    pub(super) service_tier: &'static str,
    pub(super) system_fingerprint: &'static str,
    pub(super) choices: Vec<StreamChoice>,
    /// Absent unless asked for; then `null` in every chunk but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<Option<Usage>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) obfuscation: Option<String>,
}

#[derive(Serialize)]
pub(super) struct StreamChoice {
    pub(super) index: u32,
    pub(super) delta: Delta,
    pub(super) logprobs: Option<()>,
    pub(super) finish_reason: Option<String>,
}

impl StreamChoice {
    pub(super) fn delta(delta: Delta) -> Self {
        Self { index: 0, delta, logprobs: None, finish_reason: None }
    }

    pub(super) fn finish(reason: String) -> Self {
        Self { finish_reason: Some(reason), ..Self::delta(Delta::default()) }
    }
}

#[derive(Default)]
pub(super) struct Delta {
    pub(super) role: Option<&'static str>,
    pub(super) content: Option<String>,
    pub(super) refusal: Option<String>,
    pub(super) tool_calls: Option<[ToolDelta; 1]>,
}

impl Delta {
    pub(super) fn text(text: String, refusal: bool) -> Self {
        match refusal {
            true => Self { refusal: Some(text), ..Self::default() },
            false => Self { content: Some(text), ..Self::default() },
        }
    }

    pub(super) fn tool(tool: ToolDelta) -> Self {
        Self { tool_calls: Some([tool]), ..Self::default() }
    }
}

impl Serialize for Delta {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { role, content, refusal, tool_calls } = self;
        let mut object = serializer.serialize_struct("Delta", 4)?;
        if let Some(role) = role {
            object.serialize_field("role", role)?;
        }
        if let Some(content) = content {
            object.serialize_field("content", content)?;
        }
        // OpenAI says `refusal: null` in the role-only chunk alone.
        if let Some(refusal) = refusal {
            object.serialize_field("refusal", refusal)?;
        } else if role.is_some() {
            object.serialize_field("refusal", &None::<()>)?;
        }
        if let Some(tool_calls) = tool_calls {
            object.serialize_field("tool_calls", tool_calls)?;
        }
        object.end()
    }
}

#[derive(Serialize)]
pub(super) struct ToolDelta {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    pub(super) function: FunctionDelta,
}

#[derive(Serialize)]
pub(super) struct FunctionDelta {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'static str>,
    pub(super) arguments: String,
}

impl ToolDelta {
    pub(super) fn start(tool: u32, identity: &Identity) -> Self {
        Self {
            index: Some(tool),
            id: Some(tool_id(tool, identity)),
            kind: Some("function"),
            function: FunctionDelta { name: Some(TOOL_NAME), arguments: String::new() },
        }
    }

    pub(super) fn arguments(tool: u32, part: &str) -> Self {
        Self {
            index: Some(tool),
            id: None,
            kind: None,
            function: FunctionDelta { name: None, arguments: part.to_owned() },
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Usage {
    pub(super) told: UsageTold,
    pub(super) cache_write: u64,
    pub(super) reasoning: u64,
}

impl Serialize for Usage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { told: UsageTold { input, output, cached }, cache_write, reasoning } = self;
        let mut object = serializer.serialize_struct("Usage", 5)?;
        object.serialize_field("prompt_tokens", input)?;
        object.serialize_field("completion_tokens", output)?;
        object.serialize_field("total_tokens", &(input + output))?;
        object.serialize_field(
            "prompt_tokens_details",
            &PromptDetails { cached_tokens: *cached, audio_tokens: 0, cache_write_tokens: *cache_write },
        )?;
        object.serialize_field(
            "completion_tokens_details",
            &CompletionDetails { reasoning_tokens: *reasoning, ..CompletionDetails::default() },
        )?;
        object.end()
    }
}

#[derive(Serialize)]
pub(super) struct PromptDetails {
    pub(super) cached_tokens: u64,
    pub(super) audio_tokens: u64,
    pub(super) cache_write_tokens: u64,
}

#[derive(Default, Serialize)]
pub(super) struct CompletionDetails {
    pub(super) reasoning_tokens: u64,
    pub(super) audio_tokens: u64,
    pub(super) accepted_prediction_tokens: u64,
    pub(super) rejected_prediction_tokens: u64,
}

#[derive(Serialize)]
pub(super) struct Completion<'a> {
    pub(super) id: &'a str,
    pub(super) object: &'static str,
    pub(super) created: u64,
    pub(super) model: String,
    pub(super) choices: [Choice; 1],
    pub(super) usage: Usage,
    pub(super) service_tier: &'static str,
    pub(super) system_fingerprint: &'static str,
}

#[derive(Serialize)]
pub(super) struct Choice {
    pub(super) index: u32,
    pub(super) message: Message,
    pub(super) logprobs: Option<()>,
    pub(super) finish_reason: String,
}

#[derive(Serialize)]
pub(super) struct Message {
    pub(super) role: &'static str,
    pub(super) content: Option<String>,
    pub(super) refusal: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tool_calls: Vec<ToolDelta>,
    pub(super) annotations: [(); 0],
}

#[derive(Serialize)]
pub(super) struct Models {
    pub(super) object: &'static str,
    pub(super) data: [Model; 2],
}

#[derive(Serialize)]
pub(super) struct Model {
    pub(super) id: &'static str,
    pub(super) object: &'static str,
    pub(super) created: u64,
    pub(super) owned_by: &'static str,
}

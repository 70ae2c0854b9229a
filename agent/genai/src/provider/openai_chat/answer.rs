//! The answer of a chat completion: one document, or many chunks that have the same members with `delta` for
//! `message`.
//!
//! A member may come before the `index` that says which choice or tool call it belongs to, so what an element of an
//! array says is collected until the element closes.

use crate::call::{Response, ToolCall, Usage};
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;
use crate::provider::{ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    usage: Usage,
    error: Option<ProviderError>,
    choices: Vec<Choice>,
    tools: Vec<Tool>,
    /// `object` says that this is a chat completion, or says something else.
    object: Option<bool>,
    /// A choice had a `message` or `delta`.
    spoke: bool,
    /// The chunk at hand carries content.
    content: bool,
    /// Elements of `choices` so far in the document at hand.
    choices_begun: u64,
    /// The element of `choices` at hand.
    open_choice: OpenChoice,
    /// The element of `tool_calls` at hand.
    open_tool: OpenTool,
    unknown_shape: u32,
}

#[derive(Debug)]
struct Choice {
    index: u64,
    finish_reason: Option<String>,
}

#[derive(Debug)]
struct Tool {
    choice: u64,
    index: u64,
    call: ToolCall,
}

#[derive(Debug, Default)]
struct OpenChoice {
    position: u64,
    index: Option<u64>,
    finish_reason: Option<String>,
    tools: Vec<OpenTool>,
}

#[derive(Debug, Default)]
struct OpenTool {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
}

impl Answer {
    pub(super) fn begin_chunk(&mut self) {
        self.content = false;
        self.choices_begun = 0;
    }

    /// Whether the chunk carried content.
    pub(super) fn end_chunk(&mut self) -> bool {
        self.content
    }

    /// Whether this is a chat completion: it says so, or it says nothing and looks like one.
    pub(super) fn is_chat(&self) -> bool {
        self.object.unwrap_or(self.spoke)
    }

    /// Every choice that was begun has told why it ended.
    pub(super) fn is_finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.finish_reason.is_some())
    }

    pub(super) fn unknown_shape(&self) -> u32 {
        self.unknown_shape
    }

    pub(super) fn into_parts(self) -> (Response, Usage, Option<ProviderError>) {
        let Self { mut response, usage, error, mut choices, mut tools, .. } = self;
        choices.sort_by_key(|choice| choice.index);
        tools.sort_by_key(|tool| (tool.choice, tool.index));
        response.finish_reasons = choices.into_iter().filter_map(|choice| choice.finish_reason).collect();
        response.tool_calls = tools.into_iter().map(|tool| tool.call).collect();
        (response, usage, error)
    }

    fn close_choice(&mut self) {
        let OpenChoice { position, index, finish_reason, tools } = std::mem::take(&mut self.open_choice);
        let index = index.unwrap_or(position);
        for (position, tool) in tools.into_iter().enumerate() {
            self.merge_tool(index, position as u64, tool);
        }
        if let Some(choice) = self.choices.iter_mut().find(|choice| choice.index == index) {
            choice.finish_reason = finish_reason.or(choice.finish_reason.take());
        } else if self.choices.len() < limits::CHOICES {
            self.choices.push(Choice { index, finish_reason });
        } else {
            self.unknown_shape += 1;
        }
    }

    /// Adds a fragment of a tool call to the call that it continues. Some servers leave out `index`, or leave it at 0
    /// for every call: another id at the same place is another call.
    fn merge_tool(&mut self, choice: u64, position: u64, fragment: OpenTool) {
        let OpenTool { index, id, name } = fragment;
        let index = index.unwrap_or(position);
        let known = self.tools.iter_mut().rfind(|tool| tool.choice == choice && tool.index == index);
        let continued = known.filter(|tool| id.is_none() || tool.call.id.is_none() || tool.call.id == id);
        if let Some(Tool { call, .. }) = continued {
            call.id = call.id.take().or(id);
            // A name may come in pieces, which join, or be repeated, which adds nothing.
            match (&mut call.name, name) {
                (Some(known), Some(more)) if *known != more && known.len() + more.len() <= limits::TEXT => {
                    known.push_str(&more);
                }
                (Some(_), _) => {}
                (known @ None, name) => *known = name,
            }
        } else if self.tools.len() < limits::TOOL_CALLS {
            self.tools.push(Tool { choice, index, call: ToolCall { id, name } });
        } else {
            self.unknown_shape += 1;
        }
    }
}

/// Where things stand in an answer or chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Id,
    Model,
    Object,
    SystemFingerprint,
    ServiceTier,
    Choices,
    Choice,
    ChoiceIndex,
    FinishReason,
    /// `message` or `delta`.
    Delta,
    /// Text, reasoning or audio: a string, or a list of parts.
    Content,
    /// A part of such a list.
    ContentPart,
    Refusal,
    Audio,
    ToolCalls,
    ToolCall,
    ToolIndex,
    ToolId,
    /// `function` or `custom` of a tool call.
    Function,
    /// `function_call`: the one tool call of old, without id or index.
    FunctionCall,
    FunctionName,
    FunctionArguments,
    Usage,
    PromptTokens,
    CompletionTokens,
    PromptDetails,
    CachedTokens,
    CacheWriteTokens,
    CompletionDetails,
    ReasoningTokens,
    Error,
    ErrorCode,
    ErrorType,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"id") => Some(Place::Id),
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"object") => Some(Place::Object),
            (Place::Root, b"system_fingerprint") => Some(Place::SystemFingerprint),
            (Place::Root, b"service_tier") => Some(Place::ServiceTier),
            (Place::Root, b"choices") => Some(Place::Choices),
            (Place::Root, b"usage") => Some(Place::Usage),
            (Place::Root, b"error") => Some(Place::Error),
            (Place::Choice, b"index") => Some(Place::ChoiceIndex),
            (Place::Choice, b"finish_reason") => Some(Place::FinishReason),
            (Place::Choice, b"delta" | b"message") => Some(Place::Delta),
            // The names of reasoning are those of DeepSeek, vLLM and SGLang; of OpenRouter and Groq; of Ollama's kin.
            (
                Place::Delta,
                b"content" | b"reasoning_content" | b"reasoning" | b"reasoning_details" | b"thinking",
            ) => Some(Place::Content),
            (Place::Delta, b"refusal") => Some(Place::Refusal),
            (Place::Delta, b"audio") => Some(Place::Audio),
            (Place::Audio, b"data" | b"transcript") => Some(Place::Content),
            (Place::Delta, b"tool_calls") => Some(Place::ToolCalls),
            (Place::Delta, b"function_call") => Some(Place::FunctionCall),
            (Place::ToolCall, b"index") => Some(Place::ToolIndex),
            (Place::ToolCall, b"id") => Some(Place::ToolId),
            (Place::ToolCall, b"function" | b"custom") => Some(Place::Function),
            (Place::Function | Place::FunctionCall, b"name") => Some(Place::FunctionName),
            (Place::Function | Place::FunctionCall, b"arguments" | b"input") => {
                Some(Place::FunctionArguments)
            }
            (Place::Usage, b"prompt_tokens") => Some(Place::PromptTokens),
            (Place::Usage, b"completion_tokens") => Some(Place::CompletionTokens),
            (Place::Usage, b"prompt_tokens_details") => Some(Place::PromptDetails),
            (Place::PromptDetails, b"cached_tokens") => Some(Place::CachedTokens),
            (Place::PromptDetails, b"cache_write_tokens") => Some(Place::CacheWriteTokens),
            (Place::Usage, b"completion_tokens_details") => Some(Place::CompletionDetails),
            (Place::CompletionDetails, b"reasoning_tokens") => Some(Place::ReasoningTokens),
            (Place::Error, b"code") => Some(Place::ErrorCode),
            (Place::Error, b"type") => Some(Place::ErrorType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Choices => Some(Place::Choice),
            Place::ToolCalls => Some(Place::ToolCall),
            Place::Content => Some(Place::ContentPart),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::Id
                | Place::Model
                | Place::Object
                | Place::SystemFingerprint
                | Place::ServiceTier
                | Place::FinishReason
                | Place::ToolId
                | Place::FunctionName
                | Place::ErrorCode
                | Place::ErrorType
        )
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Choices | Place::ToolCalls | Place::Content, Container::Array)
            | (
                Place::Root
                | Place::Audio
                | Place::Function
                | Place::Usage
                | Place::PromptDetails
                | Place::CompletionDetails,
                Container::Object,
            ) => true,
            (Place::Choice, Container::Object) => {
                self.open_choice = OpenChoice { position: self.choices_begun, ..OpenChoice::default() };
                self.choices_begun += 1;
                true
            }
            (Place::Delta, Container::Object) => {
                self.spoke = true;
                true
            }
            (Place::ToolCall | Place::FunctionCall, Container::Object) => {
                self.open_tool = OpenTool::default();
                true
            }
            (Place::Error, Container::Object) => {
                self.error.get_or_insert_default();
                true
            }
            (Place::ContentPart, Container::Object) => {
                self.content = true;
                false
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Choice => self.close_choice(),
            Place::ToolCall | Place::FunctionCall => {
                let tool = std::mem::take(&mut self.open_tool);
                if self.open_choice.tools.len() < limits::TOOL_CALLS {
                    self.open_choice.tools.push(tool);
                } else {
                    self.unknown_shape += 1;
                }
            }
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let known = match place {
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::SystemFingerprint => fields::text(&mut self.response.system_fingerprint, scalar),
            Place::ServiceTier => fields::text(&mut self.response.service_tier, scalar),
            Place::FinishReason => fields::text(&mut self.open_choice.finish_reason, scalar),
            Place::ToolId => fields::text(&mut self.open_tool.id, scalar),
            Place::FunctionName => {
                self.content |=
                    fields::text(&mut self.open_tool.name, scalar) && self.open_tool.name.is_some();
                matches!(scalar, Scalar::Text { .. })
            }
            Place::Object => {
                self.object = scalar.as_text().map(|object| object.starts_with("chat.completion"));
                // vLLM's errors are their own document.
                if scalar.as_text().as_deref() == Some("error") {
                    self.error.get_or_insert_default();
                }
                self.object.is_some()
            }
            Place::ChoiceIndex => fields::number(&mut self.open_choice.index, scalar),
            Place::ToolIndex => fields::number(&mut self.open_tool.index, scalar),
            Place::PromptTokens => fields::number(&mut self.usage.input, scalar),
            Place::CompletionTokens => fields::number(&mut self.usage.output, scalar),
            Place::CachedTokens => fields::number(&mut self.usage.cache_read, scalar),
            Place::CacheWriteTokens => fields::number(&mut self.usage.cache_write, scalar),
            Place::ReasoningTokens => fields::number(&mut self.usage.reasoning, scalar),
            Place::Content | Place::ContentPart | Place::FunctionArguments | Place::Refusal => {
                let said = matches!(scalar, Scalar::Text { empty: false, .. });
                self.content |= said;
                self.response.refusal |= said && place == Place::Refusal;
                matches!(scalar, Scalar::Text { .. })
            }
            // OpenRouter and llama.cpp repeat the HTTP status here as a number: nothing that the status lacks.
            Place::ErrorCode => {
                self.error.get_or_insert_default().code = fields::name(scalar);
                matches!(scalar, Scalar::Text { .. } | Scalar::Number(_))
            }
            Place::ErrorType => {
                self.error.get_or_insert_default().kind = fields::name(scalar);
                matches!(scalar, Scalar::Text { .. })
            }
            // TGI's and Ollama's errors are a sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                matches!(scalar, Scalar::Text { .. })
            }
            Place::Root
            | Place::Choices
            | Place::Choice
            | Place::Delta
            | Place::Audio
            | Place::ToolCalls
            | Place::ToolCall
            | Place::Function
            | Place::FunctionCall
            | Place::Usage
            | Place::PromptDetails
            | Place::CompletionDetails => false,
        };
        if !known {
            self.unknown_shape += 1;
        }
    }
}

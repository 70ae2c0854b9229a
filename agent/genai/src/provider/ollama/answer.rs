//! The answer: one document, or lines of the same shape. Each tool call comes whole, in one line.

use super::super::{ProviderError, fields};
use crate::call::{Response, ToolCall, Usage};
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) usage: Usage,
    pub(super) error: Option<ProviderError>,
    /// The line at hand carries content.
    pub(super) content: bool,
    /// The last line came.
    pub(super) done: bool,
    pub(super) unknown_shape: u32,
    /// It had `created_at`.
    dated: bool,
    /// It had `done`, true or false.
    tells_done: bool,
    /// It had a `message`.
    message: bool,
    /// It had a `response`.
    text: bool,
    tool: ToolCall,
}

impl Answer {
    pub(super) fn begin_chunk(&mut self) {
        self.content = false;
    }

    pub(super) fn is_ollama(&self) -> bool {
        self.response.model.is_some() && self.dated && self.tells_done
    }

    pub(super) fn is_chat(&self) -> bool {
        self.is_ollama() && self.message
    }

    pub(super) fn is_generate(&self) -> bool {
        self.is_ollama() && self.text
    }
}

/// Where things stand in an answer or line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    CreatedAt,
    Message,
    Response,
    /// Text or thoughts.
    Said,
    ToolCalls,
    ToolCall,
    ToolId,
    Function,
    FunctionName,
    Done,
    DoneReason,
    PromptCount,
    CachedCount,
    EvalCount,
    Error,
    ErrorCode,
    ErrorType,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"created_at") => Some(Place::CreatedAt),
            (Place::Root, b"message") => Some(Place::Message),
            (Place::Root, b"response") => Some(Place::Response),
            (Place::Root | Place::Message, b"thinking") => Some(Place::Said),
            (Place::Message, b"content") => Some(Place::Said),
            (Place::Message, b"tool_calls") => Some(Place::ToolCalls),
            (Place::ToolCall, b"id") => Some(Place::ToolId),
            (Place::ToolCall, b"function") => Some(Place::Function),
            (Place::Function, b"name") => Some(Place::FunctionName),
            (Place::Root, b"done") => Some(Place::Done),
            (Place::Root, b"done_reason") => Some(Place::DoneReason),
            (Place::Root, b"prompt_eval_count") => Some(Place::PromptCount),
            (Place::Root, b"prompt_eval_cached_count") => Some(Place::CachedCount),
            (Place::Root, b"eval_count") => Some(Place::EvalCount),
            (Place::Root, b"error") => Some(Place::Error),
            (Place::Error, b"code") => Some(Place::ErrorCode),
            (Place::Error, b"type") => Some(Place::ErrorType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        (place == Place::ToolCalls).then_some(Place::ToolCall)
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::Model
                | Place::ToolId
                | Place::FunctionName
                | Place::DoneReason
                | Place::ErrorCode
                | Place::ErrorType
        )
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Function, Container::Object) | (Place::ToolCalls, Container::Array) => true,
            (Place::Message, Container::Object) => {
                self.message = true;
                true
            }
            (Place::ToolCall, Container::Object) => {
                self.tool = ToolCall::default();
                true
            }
            (Place::Error, Container::Object) => {
                self.error.get_or_insert_default();
                true
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        if place == Place::ToolCall {
            let tool = std::mem::take(&mut self.tool);
            if self.response.tool_calls.len() < limits::TOOL_CALLS {
                self.response.tool_calls.push(tool);
            } else {
                self.unknown_shape += 1;
            }
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let says = matches!(scalar, Scalar::Text { empty: false, .. });
        let name = || fields::name(scalar);
        let known = match place {
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::CreatedAt => {
                self.dated |= is_text;
                is_text
            }
            Place::Said => {
                self.content |= says;
                is_text
            }
            Place::Response => {
                self.text |= is_text;
                self.content |= says;
                is_text
            }
            Place::ToolId => fields::text(&mut self.tool.id, scalar),
            Place::FunctionName => {
                self.content |= says;
                fields::text(&mut self.tool.name, scalar)
            }
            Place::Done => {
                self.tells_done |= scalar.as_bool().is_some();
                self.done |= scalar.as_bool() == Some(true);
                scalar.as_bool().is_some()
            }
            Place::DoneReason => {
                let mut reason = None;
                let known = fields::text(&mut reason, scalar);
                // There is one answer, so the last word counts.
                if let Some(reason) = reason {
                    self.response.finish_reasons = vec![reason];
                }
                known
            }
            Place::PromptCount => fields::grown(&mut self.usage.input, scalar),
            Place::CachedCount => fields::grown(&mut self.usage.cache_read, scalar),
            Place::EvalCount => fields::grown(&mut self.usage.output, scalar),
            // Its errors are a sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                is_text
            }
            Place::ErrorCode => {
                self.error.get_or_insert_default().code = name();
                is_text || matches!(scalar, Scalar::Number(_))
            }
            Place::ErrorType => {
                self.error.get_or_insert_default().kind = name();
                is_text
            }
            Place::Root | Place::Message | Place::ToolCalls | Place::ToolCall | Place::Function => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

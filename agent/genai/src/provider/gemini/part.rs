//! A part of a content of a prompt: a text, media, a tool's call or its result.

use crate::json_scan::{Container, Scalar};
use crate::provider::fields;
use crate::provider::prompt::{PromptReader, Said};

/// The part at hand.
#[derive(Debug, Default)]
pub(super) struct PartReader {
    /// Of a tool's result.
    id: Option<String>,
    name: Option<String>,
}

/// Where things stand in a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartPlace {
    Whole,
    Text,
    /// `inlineData`, `fileData`.
    Media,
    Call,
    CallId,
    CallName,
    Arguments,
    Result,
    ResultId,
    ResultName,
    Response,
    /// Media that a result has beside its response.
    ResultParts,
    ResultPart,
    /// Code that the model wrote and Google ran.
    Code,
    CodeText,
    Ran,
    Output,
}

impl PartPlace {
    pub(super) fn member(self, key: &[u8]) -> Option<Self> {
        match (self, key) {
            (Self::Whole, b"text") => Some(Self::Text),
            (Self::Whole | Self::ResultPart, b"inlineData" | b"inline_data" | b"fileData" | b"file_data") => {
                Some(Self::Media)
            }
            (Self::Whole, b"functionCall" | b"function_call") => Some(Self::Call),
            (Self::Call, b"id") => Some(Self::CallId),
            (Self::Call, b"name") => Some(Self::CallName),
            (Self::Call, b"args") => Some(Self::Arguments),
            (Self::Whole, b"functionResponse" | b"function_response") => Some(Self::Result),
            (Self::Result, b"id") => Some(Self::ResultId),
            (Self::Result, b"name") => Some(Self::ResultName),
            (Self::Result, b"response") => Some(Self::Response),
            (Self::Result, b"parts") => Some(Self::ResultParts),
            (Self::Whole, b"executableCode" | b"executable_code") => Some(Self::Code),
            (Self::Code, b"code") => Some(Self::CodeText),
            (Self::Whole, b"codeExecutionResult" | b"code_execution_result") => Some(Self::Ran),
            (Self::Ran, b"output") => Some(Self::Output),
            _ => None,
        }
    }

    pub(super) fn element(self) -> Option<Self> {
        (self == Self::ResultParts).then_some(Self::ResultPart)
    }

    pub(super) fn reads_text(self) -> bool {
        matches!(self, Self::ResultId | Self::ResultName)
    }

    /// What a string here is.
    pub(super) fn said(self) -> Option<Said> {
        match self {
            Self::Text | Self::CodeText => Some(Said::Text),
            Self::Output => Some(Said::ToolResult),
            Self::Whole
            | Self::Media
            | Self::Call
            | Self::CallId
            | Self::CallName
            | Self::Arguments
            | Self::Result
            | Self::ResultId
            | Self::ResultName
            | Self::Response
            | Self::ResultParts
            | Self::ResultPart
            | Self::Code
            | Self::Ran => None,
        }
    }

    /// What a value here is, that is said as it is written.
    pub(super) fn says_as_written(self) -> Option<Said> {
        match self {
            Self::Arguments => Some(Said::Text),
            Self::Response => Some(Said::ToolResult),
            _ => None,
        }
    }

    /// Whether a value here makes the message what it is.
    pub(super) fn is_tapped(self, value: Option<Container>) -> bool {
        match self {
            Self::Media | Self::Arguments | Self::Response => value == Some(Container::Object),
            Self::Text
            | Self::CallId
            | Self::CallName
            | Self::ResultId
            | Self::ResultName
            | Self::CodeText
            | Self::Output => value.is_none(),
            Self::Whole
            | Self::Call
            | Self::Result
            | Self::ResultParts
            | Self::ResultPart
            | Self::Code
            | Self::Ran => false,
        }
    }
}

impl PartReader {
    /// A container begins. `None`: none belongs there.
    pub(super) fn open(
        &mut self,
        place: PartPlace,
        container: Container,
        prompt: &mut PromptReader,
    ) -> Option<bool> {
        match (place, container) {
            (
                PartPlace::Whole | PartPlace::Call | PartPlace::ResultPart | PartPlace::Code,
                Container::Object,
            )
            | (PartPlace::ResultParts, Container::Array) => Some(true),
            (PartPlace::Media, Container::Object) => {
                prompt.count_media();
                Some(false)
            }
            // They were given out whole.
            (PartPlace::Arguments | PartPlace::Response, Container::Object) => Some(false),
            (PartPlace::Result, Container::Object) => {
                *self = Self::default();
                prompt.count_tool_result();
                Some(true)
            }
            (PartPlace::Ran, Container::Object) => {
                prompt.count_tool_result();
                Some(true)
            }
            _ => None,
        }
    }

    pub(super) fn close(&mut self, place: PartPlace, prompt: &mut PromptReader) {
        if place == PartPlace::Result
            && let Some(call) = self.id.take().or(self.name.take())
        {
            // The Gemini API gives calls no ids; then the tool's name is what call and result have in common.
            prompt.result_of(&call);
        }
    }

    /// A scalar that is not null. Whether it has the type that it should have.
    pub(super) fn scalar(&mut self, place: PartPlace, scalar: &Scalar<'_>) -> bool {
        match place {
            PartPlace::ResultId => fields::text(&mut self.id, scalar),
            PartPlace::ResultName => fields::text(&mut self.name, scalar),
            PartPlace::Text
            | PartPlace::CallId
            | PartPlace::CallName
            | PartPlace::CodeText
            | PartPlace::Output => matches!(scalar, Scalar::Text { .. }),
            PartPlace::Whole
            | PartPlace::Media
            | PartPlace::Call
            | PartPlace::Arguments
            | PartPlace::Result
            | PartPlace::Response
            | PartPlace::ResultParts
            | PartPlace::ResultPart
            | PartPlace::Code
            | PartPlace::Ran => false,
        }
    }
}

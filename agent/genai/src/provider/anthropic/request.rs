//! The request for a message, or for the count of its tokens.

use std::borrow::Cow;

use crate::call::Request;
use crate::json_scan::{Container, Scalar, Shape};

/// What was asked, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Asked {
    request: Request,
    /// Elements of `messages` so far. A part of a prompt is no count of it, so it is told once the array is closed.
    messages: Option<u64>,
    tools: u64,
    system: bool,
    /// Whether `system` stood before the later one of `model` and `messages`.
    system_first: Option<bool>,
    unknown_shape: u32,
}

impl Asked {
    /// Whether it has what a prompt has, here and in OpenAI's chat: a string `model` and an array `messages`.
    pub(super) fn is_prompt(&self) -> bool {
        self.request.model.is_some() && self.messages.is_some()
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_prompt(&self) -> bool {
        self.request.model.is_some() || self.messages.is_some()
    }

    /// Whether it had `system` as a member of its own, which chats of others have among their messages, by the time
    /// it was a prompt. What comes after that comes too late: the prompt has been taken for a chat of OpenAI's, and
    /// that must not depend on how the body was cut.
    pub(super) fn system_came_first(&self) -> bool {
        self.system_first == Some(true)
    }

    /// The request, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Request, u32) {
        (self.request, self.unknown_shape)
    }

    fn settle(&mut self) {
        if self.is_prompt() {
            self.system_first.get_or_insert(self.system);
        }
    }

    /// Keeps a value that has the type it should have; null is absent.
    fn keep<T>(slot: &mut Option<T>, value: Option<T>, unknown_shape: &mut u32) {
        match value {
            Some(value) => *slot = Some(value),
            None => *unknown_shape += 1,
        }
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    Stream,
    MaxTokens,
    Temperature,
    TopP,
    System,
    Messages,
    Message,
    Tools,
    Tool,
    OutputConfig,
    /// `output_config.format`, and the `output_format` that it was in 2025's betas.
    OutputFormat,
    OutputType,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"stream") => Some(Place::Stream),
            (Place::Root, b"max_tokens") => Some(Place::MaxTokens),
            (Place::Root, b"temperature") => Some(Place::Temperature),
            (Place::Root, b"top_p") => Some(Place::TopP),
            (Place::Root, b"system") => Some(Place::System),
            (Place::Root, b"messages") => Some(Place::Messages),
            (Place::Root, b"tools") => Some(Place::Tools),
            (Place::Root, b"output_config") => Some(Place::OutputConfig),
            (Place::Root, b"output_format") => Some(Place::OutputFormat),
            (Place::OutputConfig, b"format") => Some(Place::OutputFormat),
            (Place::OutputFormat, b"type") => Some(Place::OutputType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Messages => Some(Place::Message),
            Place::Tools => Some(Place::Tool),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Model | Place::OutputType)
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::OutputConfig | Place::OutputFormat, Container::Object) => true,
            (Place::Messages, Container::Array) => {
                self.messages = Some(0);
                self.settle();
                true
            }
            (Place::Tools, Container::Array) => {
                self.tools = 0;
                true
            }
            (Place::System, Container::Array) => {
                self.system = true;
                false
            }
            (Place::Message, Container::Object) => {
                self.messages = self.messages.map(|count| count + 1);
                false
            }
            (Place::Tool, Container::Object) => {
                self.tools += 1;
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
            Place::Messages => self.request.message_count = self.messages,
            Place::Tools => self.request.tool_count = Some(self.tools),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let Self { request, unknown_shape, .. } = self;
        let text = || scalar.as_text().map(Cow::into_owned);
        match place {
            Place::Model => {
                Self::keep(&mut request.model, text(), unknown_shape);
                self.settle();
            }
            Place::OutputType => Self::keep(&mut request.output_type, text(), unknown_shape),
            Place::MaxTokens => Self::keep(&mut request.max_tokens, scalar.as_u64(), unknown_shape),
            Place::Temperature => Self::keep(&mut request.temperature, scalar.as_f64(), unknown_shape),
            Place::TopP => Self::keep(&mut request.top_p, scalar.as_f64(), unknown_shape),
            Place::Stream => Self::keep(&mut request.stream, scalar.as_bool(), unknown_shape),
            Place::System if matches!(scalar, Scalar::Text { .. }) => self.system = true,
            Place::Root
            | Place::System
            | Place::Messages
            | Place::Message
            | Place::Tools
            | Place::Tool
            | Place::OutputConfig
            | Place::OutputFormat => *unknown_shape += 1,
        }
    }
}

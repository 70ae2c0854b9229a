//! The request of a chat completion.

use std::borrow::Cow;

use crate::call::Request;
use crate::json_scan::{Container, Scalar, Shape};

/// What was asked, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Asked {
    request: Request,
    /// `max_completion_tokens` stands over the older `max_tokens`, whichever comes first.
    completion_limit: Option<u64>,
    messages: Count,
    tools: Count,
    unknown_shape: u32,
}

/// Elements of an array; told only once the array is closed, since a part of a prompt is no count of it.
#[derive(Debug, Default)]
struct Count {
    begun: bool,
    running: u64,
    total: Option<u64>,
}

impl Count {
    fn close(&mut self) {
        self.total = Some(self.running);
    }
}

impl Asked {
    /// Whether this is a chat completion by its members alone: a string `model` and an array `messages`.
    pub(super) fn is_chat(&self) -> bool {
        self.request.model.is_some() && self.messages.begun
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_chat(&self) -> bool {
        self.request.model.is_some() || self.messages.begun
    }

    pub(super) fn unknown_shape(&self) -> u32 {
        self.unknown_shape
    }

    pub(super) fn into_request(self) -> Request {
        let Self { request, completion_limit, messages, tools, unknown_shape: _ } = self;
        Request {
            max_tokens: completion_limit.or(request.max_tokens),
            choice_count: request.choice_count.filter(|count| *count != 1),
            message_count: messages.total,
            tool_count: tools.total,
            ..request
        }
    }

    /// Keeps a value that has the type it should have; null is absent.
    fn keep<T>(slot: &mut Option<T>, value: Option<T>, scalar: &Scalar<'_>, unknown_shape: &mut u32) {
        match value {
            Some(value) => *slot = Some(value),
            None if *scalar == Scalar::Null => {}
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
    MaxCompletionTokens,
    Temperature,
    TopP,
    N,
    Messages,
    Message,
    /// `tools`, and `functions` of old.
    Tools,
    Tool,
    ResponseFormat,
    ResponseFormatType,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"stream") => Some(Place::Stream),
            (Place::Root, b"max_tokens") => Some(Place::MaxTokens),
            (Place::Root, b"max_completion_tokens") => Some(Place::MaxCompletionTokens),
            (Place::Root, b"temperature") => Some(Place::Temperature),
            (Place::Root, b"top_p") => Some(Place::TopP),
            (Place::Root, b"n") => Some(Place::N),
            (Place::Root, b"messages") => Some(Place::Messages),
            (Place::Root, b"tools" | b"functions") => Some(Place::Tools),
            (Place::Root, b"response_format") => Some(Place::ResponseFormat),
            (Place::ResponseFormat, b"type") => Some(Place::ResponseFormatType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Messages => Some(Place::Message),
            Place::Tools => Some(Place::Tool),
            Place::Root
            | Place::Model
            | Place::Stream
            | Place::MaxTokens
            | Place::MaxCompletionTokens
            | Place::Temperature
            | Place::TopP
            | Place::N
            | Place::Message
            | Place::Tool
            | Place::ResponseFormat
            | Place::ResponseFormatType => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Model | Place::ResponseFormatType)
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::ResponseFormat, Container::Object) => true,
            (Place::Messages, Container::Array) => {
                self.messages = Count { begun: true, ..Count::default() };
                true
            }
            (Place::Tools, Container::Array) => {
                self.tools.begun = true;
                true
            }
            (Place::Message, Container::Object) => {
                self.messages.running += 1;
                false
            }
            (Place::Tool, Container::Object) => {
                self.tools.running += 1;
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
            Place::Messages => self.messages.close(),
            Place::Tools => self.tools.close(),
            Place::Root
            | Place::Model
            | Place::Stream
            | Place::MaxTokens
            | Place::MaxCompletionTokens
            | Place::Temperature
            | Place::TopP
            | Place::N
            | Place::Message
            | Place::Tool
            | Place::ResponseFormat
            | Place::ResponseFormatType => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        let Self { request, completion_limit, unknown_shape, .. } = self;
        let text = || scalar.as_text().map(Cow::into_owned);
        match place {
            Place::Model => Self::keep(&mut request.model, text(), scalar, unknown_shape),
            Place::ResponseFormatType => Self::keep(&mut request.output_type, text(), scalar, unknown_shape),
            Place::MaxTokens => Self::keep(&mut request.max_tokens, scalar.as_u64(), scalar, unknown_shape),
            Place::MaxCompletionTokens => {
                Self::keep(completion_limit, scalar.as_u64(), scalar, unknown_shape)
            }
            Place::N => Self::keep(&mut request.choice_count, scalar.as_u64(), scalar, unknown_shape),
            Place::Temperature => {
                Self::keep(&mut request.temperature, scalar.as_f64(), scalar, unknown_shape)
            }
            Place::TopP => Self::keep(&mut request.top_p, scalar.as_f64(), scalar, unknown_shape),
            Place::Stream => Self::keep(&mut request.stream, scalar.as_bool(), scalar, unknown_shape),
            Place::Messages | Place::Tools | Place::ResponseFormat if *scalar == Scalar::Null => {}
            Place::Root
            | Place::Messages
            | Place::Message
            | Place::Tools
            | Place::Tool
            | Place::ResponseFormat => *unknown_shape += 1,
        }
    }
}

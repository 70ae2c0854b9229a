//! The request of a response.

use std::borrow::Cow;

use crate::call::Request;
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::fields;

/// What was asked, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Asked {
    request: Request,
    /// `input` was begun.
    input: bool,
    /// Elements of `input` so far; told only once it is closed, since a part of a prompt is no count of it.
    items: u64,
    tools: u64,
    /// It goes where responses are asked for, or has a member that embeddings, moderations and speech, which ask with
    /// `model` and `input` too, have not.
    marked: bool,
    /// It has `messages`, as a chat completion.
    messages: bool,
    unknown_shape: u32,
}

impl Asked {
    /// Its path looks like it.
    pub(super) fn expect(&mut self) {
        self.marked = true;
    }

    /// Whether this is a response by its members alone: a string `model`, an `input`, and what tells it from the other
    /// APIs that have both.
    pub(super) fn is_responses(&self) -> bool {
        self.request.model.is_some() && self.input && self.marked && !self.messages
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_responses(&self) -> bool {
        self.request.model.is_some() || self.input
    }

    /// Whether it looks like a chat completion.
    pub(super) fn is_chat(&self) -> bool {
        self.messages
    }

    pub(super) fn unknown_shape(&self) -> u32 {
        self.unknown_shape
    }

    pub(super) fn into_request(self) -> Request {
        self.request
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    Stream,
    MaxOutputTokens,
    Temperature,
    TopP,
    Input,
    InputItem,
    /// `role` of an item of `input`.
    Role,
    Tools,
    Tool,
    Text,
    Format,
    FormatType,
    /// A member that only this API has, of whatever type.
    Mark,
    Messages,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"stream") => Some(Place::Stream),
            (Place::Root, b"max_output_tokens") => Some(Place::MaxOutputTokens),
            (Place::Root, b"temperature") => Some(Place::Temperature),
            (Place::Root, b"top_p") => Some(Place::TopP),
            (Place::Root, b"input") => Some(Place::Input),
            (Place::Root, b"tools") => Some(Place::Tools),
            (Place::Root, b"text") => Some(Place::Text),
            (Place::Root, b"messages") => Some(Place::Messages),
            (
                Place::Root,
                b"previous_response_id"
                | b"max_tool_calls"
                | b"parallel_tool_calls"
                | b"reasoning"
                | b"background"
                | b"store",
            ) => Some(Place::Mark),
            (Place::InputItem, b"role") => Some(Place::Role),
            (Place::Text, b"format") => Some(Place::Format),
            (Place::Format, b"type") => Some(Place::FormatType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Input => Some(Place::InputItem),
            Place::Tools => Some(Place::Tool),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Model | Place::FormatType)
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Format, Container::Object) => true,
            (Place::Text, Container::Object) => {
                self.marked = true;
                true
            }
            (Place::Input, Container::Array) => {
                self.input = true;
                self.items = 0;
                true
            }
            (Place::InputItem, Container::Object) => {
                self.items += 1;
                true
            }
            (Place::Tools, Container::Array) => {
                self.marked = true;
                self.tools = 0;
                true
            }
            (Place::Tool, Container::Object) => {
                self.tools += 1;
                false
            }
            (Place::Mark, Container::Object) => {
                self.marked = true;
                false
            }
            // Not of this API, and not read.
            (Place::Messages, Container::Array) => {
                self.messages = true;
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
            Place::Input => self.request.message_count = Some(self.items),
            Place::Tools => self.request.tool_count = Some(self.tools),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let request = &mut self.request;
        let text = || scalar.as_text().map(Cow::into_owned);
        let known = match place {
            Place::Model => fields::value(&mut request.model, text()),
            Place::FormatType => fields::value(&mut request.output_type, text()),
            Place::MaxOutputTokens => {
                self.marked = true;
                fields::value(&mut request.max_tokens, scalar.as_u64())
            }
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::Stream => {
                self.marked |= scalar.as_bool().is_some();
                fields::value(&mut request.stream, scalar.as_bool())
            }
            // A prompt that is one text is one message.
            Place::Input => {
                self.input |= matches!(scalar, Scalar::Text { .. });
                fields::value(&mut request.message_count, matches!(scalar, Scalar::Text { .. }).then_some(1))
            }
            Place::Role => {
                self.marked = true;
                matches!(scalar, Scalar::Text { .. })
            }
            Place::Mark => {
                self.marked = true;
                true
            }
            Place::Root
            | Place::InputItem
            | Place::Tools
            | Place::Tool
            | Place::Text
            | Place::Format
            | Place::Messages => false,
        };
        if !known {
            self.unknown_shape += 1;
        }
    }
}

//! The request of a chat or completion.

use crate::call::Request;
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::fields::{self, Count};

/// What was asked, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Asked {
    request: Request,
    messages: Count,
    tools: Count,
    prompt: bool,
    unknown_shape: u32,
}

impl Asked {
    /// A string `model` and an array `messages`, which is also what tells OpenAI's: of two that claim the same request
    /// at the same byte, the order of flavours decides, however the body is cut.
    pub(super) fn is_chat(&self) -> bool {
        self.request.model.is_some() && self.messages.has_begun()
    }

    /// Strings `model` and `prompt`.
    pub(super) fn is_generate(&self) -> bool {
        self.request.model.is_some() && self.prompt
    }

    pub(super) fn unknown_shape(&self) -> u32 {
        self.unknown_shape
    }

    pub(super) fn into_request(self) -> Request {
        let Self { request, messages, tools, prompt: _, unknown_shape: _ } = self;
        Request { message_count: messages.total(), tool_count: tools.total(), ..request }
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    Stream,
    Prompt,
    Messages,
    Message,
    Tools,
    Tool,
    /// `json`, or a schema.
    Format,
    Options,
    Temperature,
    TopP,
    NumPredict,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"stream") => Some(Place::Stream),
            (Place::Root, b"prompt") => Some(Place::Prompt),
            (Place::Root, b"messages") => Some(Place::Messages),
            (Place::Root, b"tools") => Some(Place::Tools),
            (Place::Root, b"format") => Some(Place::Format),
            (Place::Root, b"options") => Some(Place::Options),
            (Place::Options, b"temperature") => Some(Place::Temperature),
            (Place::Options, b"top_p") => Some(Place::TopP),
            (Place::Options, b"num_predict") => Some(Place::NumPredict),
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
        matches!(place, Place::Model | Place::Format)
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Options, Container::Object) => true,
            (Place::Messages, Container::Array) => {
                self.messages.begin();
                true
            }
            (Place::Tools, Container::Array) => {
                self.tools.begin();
                true
            }
            (Place::Message, Container::Object) => {
                self.messages.add();
                false
            }
            (Place::Tool, Container::Object) => {
                self.tools.add();
                false
            }
            (Place::Format, Container::Object) => {
                // By the name that OpenAI's API has for it.
                self.request.output_type = Some("json_schema".to_owned());
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
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let request = &mut self.request;
        let known = match place {
            Place::Model => fields::text(&mut request.model, scalar),
            Place::Format => fields::text(&mut request.output_type, scalar),
            Place::Stream => fields::value(&mut request.stream, scalar.as_bool()),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            // -1: without end, -2: until the context is full. Neither is a limit.
            Place::NumPredict => {
                fields::value(&mut request.max_tokens, scalar.as_u64())
                    || scalar.as_f64().is_some_and(|number| number < 0.0)
            }
            Place::Prompt => {
                self.prompt = matches!(scalar, Scalar::Text { .. });
                self.prompt
            }
            Place::Root | Place::Messages | Place::Message | Place::Tools | Place::Tool | Place::Options => {
                false
            }
        };
        self.unknown_shape += u32::from(!known);
    }
}

//! The request of a generation. Google reads names in camelCase and, as it does with all protocol buffers, in
//! snake_case.

use std::borrow::Cow;

use crate::call::Request;
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::fields::{self, Count};

/// What was asked, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Asked {
    request: Request,
    contents: Count,
    /// One of the contents has parts.
    parts: bool,
    tools: Count,
    unknown_shape: u32,
}

impl Asked {
    /// Whether this is a generation by its members alone: `contents` that have `parts`.
    pub(super) fn is_gemini(&self) -> bool {
        self.parts
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_gemini(&self) -> bool {
        self.contents.has_begun()
    }

    pub(super) fn unknown_shape(&self) -> u32 {
        self.unknown_shape
    }

    /// The model is the one that the body names, which it seldom does.
    pub(super) fn into_request(self) -> Request {
        let Self { request, contents, parts: _, tools, unknown_shape: _ } = self;
        Request {
            choice_count: request.choice_count.filter(|count| *count != 1),
            message_count: contents.total(),
            tool_count: tools.total(),
            ..request
        }
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The request, also where Code Assist wraps it in another.
    Root,
    Model,
    /// One content, or a list of them.
    Contents,
    Content,
    Parts,
    Tools,
    Tool,
    Functions,
    Function,
    /// A tool of Google's own, which a member stands for: `googleSearch`, `codeExecution`.
    BuiltIn,
    Config,
    Temperature,
    TopP,
    CandidateCount,
    MaxOutputTokens,
    ResponseMimeType,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"request") => Some(Place::Root),
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"contents") => Some(Place::Contents),
            (Place::Contents | Place::Content, b"parts") => Some(Place::Parts),
            (Place::Root, b"tools") => Some(Place::Tools),
            (Place::Tool, b"functionDeclarations" | b"function_declarations") => Some(Place::Functions),
            (Place::Tool, _) => Some(Place::BuiltIn),
            (Place::Root, b"generationConfig" | b"generation_config") => Some(Place::Config),
            (Place::Config, b"temperature") => Some(Place::Temperature),
            (Place::Config, b"topP" | b"top_p") => Some(Place::TopP),
            (Place::Config, b"candidateCount" | b"candidate_count") => Some(Place::CandidateCount),
            (Place::Config, b"maxOutputTokens" | b"max_output_tokens") => Some(Place::MaxOutputTokens),
            (Place::Config, b"responseMimeType" | b"response_mime_type") => Some(Place::ResponseMimeType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Contents => Some(Place::Content),
            Place::Tools => Some(Place::Tool),
            Place::Functions => Some(Place::Function),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Model | Place::ResponseMimeType)
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Config | Place::Tool, Container::Object)
            | (Place::Functions, Container::Array) => true,
            (Place::Contents, Container::Array) => {
                self.contents.begin();
                true
            }
            // Google takes one element for a list of one.
            (Place::Contents, Container::Object) => {
                self.contents.begin();
                self.contents.add();
                true
            }
            (Place::Content, Container::Object) => {
                self.contents.add();
                true
            }
            (Place::Parts, Container::Array | Container::Object) => {
                self.parts = true;
                false
            }
            (Place::Tools, Container::Array) => {
                self.tools.begin();
                true
            }
            (Place::Function | Place::BuiltIn | Place::Functions, Container::Object) => {
                self.tools.add();
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
            Place::Contents => self.contents.close(),
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
            Place::Model => {
                // In bodies it is a resource's name.
                let model = scalar.as_text().map(Cow::into_owned);
                let model = model.map(|model| match model.strip_prefix("models/") {
                    Some(name) => name.to_owned(),
                    None => model,
                });
                fields::value(&mut request.model, model.filter(|model| !model.is_empty()))
            }
            Place::ResponseMimeType => fields::text(&mut request.output_type, scalar),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::CandidateCount => fields::value(&mut request.choice_count, scalar.as_u64()),
            Place::MaxOutputTokens => fields::value(&mut request.max_tokens, scalar.as_u64()),
            Place::Root
            | Place::Contents
            | Place::Content
            | Place::Parts
            | Place::Tools
            | Place::Tool
            | Place::Functions
            | Place::Function
            | Place::BuiltIn
            | Place::Config => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

//! The request for embeddings: one content, several requests of one content each, or instances of `predict`.

use super::super::part::{PartPlace, PartReader};
use super::super::resource;
use crate::call::Request;
use crate::digest::Key;
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct Asked {
    request: Request,
    prompt: PromptReader,
    /// Contents or instances.
    inputs: Count,
    part: PartReader,
    /// A content that has parts.
    content: bool,
    /// An instance that has what is embedded.
    instance: bool,
    unknown_shape: u32,
}

impl Asked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            request: Request::default(),
            prompt: PromptReader::new(key),
            inputs: Count::default(),
            part: PartReader::default(),
            content: false,
            instance: false,
            unknown_shape: 0,
        }
    }

    /// Whether it asks for embeddings of contents.
    pub(super) fn is_embed_content(&self) -> bool {
        self.content
    }

    /// Whether it asks for predictions that may be embeddings.
    pub(super) fn is_predict(&self) -> bool {
        self.instance
    }

    /// Whether it looks like becoming one of these.
    pub(super) fn has_begun(&self) -> bool {
        self.inputs.has_begun()
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, inputs, unknown_shape, .. } = self;
        let (prompt, traces) = prompt.finish();
        (Request { input_count: inputs.total(), prompt, ..request }, traces, unknown_shape)
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    /// `requests` of a batch.
    Requests,
    OneRequest,
    Model,
    Dimensions,
    /// `parameters` of `predict`, `embedContentConfig` of Vertex.
    Settings,
    /// The only content.
    Content,
    /// That of an element of a batch.
    OneContent,
    Parts,
    Part(PartPlace),
    Instances,
    Instance,
    InstanceText,
    InstanceMedia,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"requests") => Some(Place::Requests),
            (Place::Root, b"instances") => Some(Place::Instances),
            (Place::Root, b"content") => Some(Place::Content),
            (Place::OneRequest, b"content") => Some(Place::OneContent),
            (Place::Root | Place::OneRequest, b"model") => Some(Place::Model),
            (Place::Root, b"parameters" | b"embedContentConfig" | b"embed_content_config") => {
                Some(Place::Settings)
            }
            (
                Place::Root | Place::OneRequest | Place::Settings,
                b"outputDimensionality" | b"output_dimensionality" | b"dimension",
            ) => Some(Place::Dimensions),
            (Place::Content | Place::OneContent, b"parts") => Some(Place::Parts),
            (Place::Parts, key) => PartPlace::Whole.member(key).map(Place::Part),
            (Place::Part(place), key) => place.member(key).map(Place::Part),
            (Place::Instance, b"content" | b"text") => Some(Place::InstanceText),
            (Place::Instance, b"image" | b"video") => Some(Place::InstanceMedia),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Requests => Some(Place::OneRequest),
            Place::Instances => Some(Place::Instance),
            Place::Parts => Some(Place::Part(PartPlace::Whole)),
            Place::Part(place) => place.element().map(Place::Part),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        match place {
            Place::Part(place) => place.reads_text(),
            _ => place == Place::Model,
        }
    }

    fn hears(place: Place) -> bool {
        match place {
            Place::Part(place) => place.said().is_some(),
            _ => place == Place::InstanceText,
        }
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        let said = match place {
            Place::Part(place) => place.said(),
            _ => Some(Said::Text),
        };
        if let Some(said) = said {
            self.prompt.hear(said, written);
        }
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Part(place) => place.is_tapped(value),
            Place::InstanceText => value.is_none(),
            Place::InstanceMedia => value.is_some(),
            _ => false,
        }
    }

    fn tap(&mut self, _place: Place, written: &[u8]) {
        self.prompt.tap(written);
    }

    fn tapped(&mut self, _place: Place) {
        self.prompt.tapped();
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::OneRequest | Place::Settings, Container::Object) => true,
            (Place::Requests | Place::Instances, Container::Array) => {
                self.inputs.begin();
                true
            }
            (Place::Content, Container::Object) => {
                self.inputs.begin();
                self.inputs.add();
                self.prompt.begin_message();
                true
            }
            (Place::OneContent | Place::Instance, Container::Object) => {
                self.inputs.add();
                self.prompt.begin_message();
                true
            }
            (Place::Parts, Container::Array | Container::Object) => {
                self.content = true;
                true
            }
            (Place::Part(place), container) => {
                let opened = self.part.open(place, container, &mut self.prompt);
                self.unknown_shape += u32::from(opened.is_none());
                opened.unwrap_or_default()
            }
            (Place::InstanceMedia, Container::Object) => {
                self.instance = true;
                self.prompt.count_media();
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
            Place::Root if self.inputs.total().is_some() => self.prompt.close(),
            Place::Requests | Place::Instances => self.inputs.close(),
            Place::Content => {
                self.prompt.end_message();
                self.inputs.close();
            }
            Place::OneContent | Place::Instance => self.prompt.end_message(),
            Place::Part(place) => self.part.close(place, &mut self.prompt),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let known = match place {
            Place::Model => {
                let model = scalar.as_text().map(|model| resource(&model).to_owned());
                fields::value(&mut self.request.model, model.filter(|model| !model.is_empty()))
            }
            Place::Dimensions => fields::number(&mut self.request.dimensions, scalar),
            Place::InstanceText => {
                let is_text = matches!(scalar, Scalar::Text { .. });
                self.instance |= is_text;
                is_text
            }
            Place::Part(place) => self.part.scalar(place, scalar),
            Place::Root
            | Place::Requests
            | Place::OneRequest
            | Place::Settings
            | Place::Content
            | Place::OneContent
            | Place::Parts
            | Place::Instances
            | Place::Instance
            | Place::InstanceMedia => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

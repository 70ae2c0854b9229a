//! Embeddings: `texts`, `images` or `inputs`, and the vectors of each, which are passed over.

use super::usage;
use crate::call::{Request, Response, Usage};
use crate::digest::Key;
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::ProviderError;
use crate::provider::fields::{self, Count};
use crate::provider::figures::Figures;
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct AskedEmbeddings {
    request: Request,
    prompt: PromptReader,
    inputs: Count,
    /// A text that is a value of its own is being read.
    in_text: bool,
    /// It has a member that only this API has.
    marked: bool,
    unknown_shape: u32,
}

impl AskedEmbeddings {
    pub(super) fn new(key: Key) -> Self {
        Self {
            request: Request::default(),
            prompt: PromptReader::new(key),
            inputs: Count::default(),
            in_text: false,
            marked: false,
            unknown_shape: 0,
        }
    }

    /// Whether this asks for embeddings by its members alone.
    pub(super) fn is_embeddings(&self) -> bool {
        self.inputs.has_begun() && self.marked
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_embeddings(&self) -> bool {
        self.inputs.has_begun() || self.request.model.is_some()
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, inputs, unknown_shape, .. } = self;
        let (prompt, traces) = prompt.finish();
        (Request { input_count: inputs.total(), prompt, ..request }, traces, unknown_shape)
    }

    fn in_text(&mut self) {
        if !std::mem::replace(&mut self.in_text, true) {
            self.prompt.begin_message();
        }
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AskedPlace {
    Root,
    Model,
    Dimensions,
    /// The encodings asked for.
    Types,
    Type,
    Texts,
    Text,
    Images,
    Image,
    Inputs,
    Input,
    Content,
    Part,
    PartText,
    Media,
    /// A member that only this API has.
    Mark,
}

impl Shape for AskedEmbeddings {
    type Place = AskedPlace;
    const ROOT: AskedPlace = AskedPlace::Root;

    fn member(place: AskedPlace, key: &[u8]) -> Option<AskedPlace> {
        match (place, key) {
            (AskedPlace::Root, b"model") => Some(AskedPlace::Model),
            (AskedPlace::Root, b"output_dimension") => Some(AskedPlace::Dimensions),
            (AskedPlace::Root, b"embedding_types") => Some(AskedPlace::Types),
            (AskedPlace::Root, b"texts") => Some(AskedPlace::Texts),
            (AskedPlace::Root, b"images") => Some(AskedPlace::Images),
            (AskedPlace::Root, b"inputs") => Some(AskedPlace::Inputs),
            (AskedPlace::Input, b"content") => Some(AskedPlace::Content),
            (AskedPlace::Part, b"text") => Some(AskedPlace::PartText),
            (AskedPlace::Part, b"image_url") => Some(AskedPlace::Media),
            (AskedPlace::Root, b"input_type") => Some(AskedPlace::Mark),
            _ => None,
        }
    }

    fn element(place: AskedPlace) -> Option<AskedPlace> {
        match place {
            AskedPlace::Types => Some(AskedPlace::Type),
            AskedPlace::Texts => Some(AskedPlace::Text),
            AskedPlace::Images => Some(AskedPlace::Image),
            AskedPlace::Inputs => Some(AskedPlace::Input),
            AskedPlace::Content => Some(AskedPlace::Part),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: AskedPlace) -> bool {
        matches!(place, AskedPlace::Model | AskedPlace::Type)
    }

    fn hears(place: AskedPlace) -> bool {
        matches!(place, AskedPlace::Text | AskedPlace::PartText)
    }

    fn hear(&mut self, place: AskedPlace, written: &[u8]) {
        if place == AskedPlace::Text {
            self.in_text();
        }
        self.prompt.hear(Said::Text, written);
    }

    fn taps(place: AskedPlace, value: Option<Container>) -> bool {
        match place {
            AskedPlace::Text | AskedPlace::Image | AskedPlace::PartText => value.is_none(),
            AskedPlace::Media => value.is_some(),
            _ => false,
        }
    }

    fn tap(&mut self, place: AskedPlace, written: &[u8]) {
        if matches!(place, AskedPlace::Text | AskedPlace::Image) {
            self.in_text();
        }
        self.prompt.tap(written);
    }

    fn tapped(&mut self, place: AskedPlace) {
        self.prompt.tapped();
        if matches!(place, AskedPlace::Text | AskedPlace::Image) {
            self.in_text = false;
            self.prompt.end_message();
        }
    }

    fn open(&mut self, place: AskedPlace, container: Container) -> bool {
        match (place, container) {
            (AskedPlace::Root | AskedPlace::Part, Container::Object)
            | (AskedPlace::Content, Container::Array) => true,
            (AskedPlace::Types, Container::Array) => {
                self.marked = true;
                true
            }
            (AskedPlace::Texts | AskedPlace::Images | AskedPlace::Inputs, Container::Array) => {
                self.inputs.begin();
                true
            }
            (AskedPlace::Input, Container::Object) => {
                self.inputs.add();
                self.prompt.begin_message();
                true
            }
            (AskedPlace::Media, Container::Object) => {
                self.prompt.count_media();
                false
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: AskedPlace) {
        match place {
            AskedPlace::Root if self.inputs.total().is_some() => self.prompt.close(),
            AskedPlace::Texts | AskedPlace::Images | AskedPlace::Inputs => self.inputs.close(),
            AskedPlace::Input => self.prompt.end_message(),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: AskedPlace, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            AskedPlace::Model => fields::text(&mut self.request.model, scalar),
            AskedPlace::Dimensions => fields::number(&mut self.request.dimensions, scalar),
            // The first of several.
            AskedPlace::Type => {
                self.request.encoding_format.is_some()
                    || fields::text(&mut self.request.encoding_format, scalar)
            }
            AskedPlace::Text => {
                self.inputs.add();
                is_text
            }
            AskedPlace::Image => {
                self.inputs.add();
                self.prompt.count_media();
                is_text
            }
            AskedPlace::Mark => {
                self.marked |= is_text;
                is_text
            }
            AskedPlace::PartText => is_text,
            AskedPlace::Root
            | AskedPlace::Types
            | AskedPlace::Texts
            | AskedPlace::Images
            | AskedPlace::Inputs
            | AskedPlace::Input
            | AskedPlace::Content
            | AskedPlace::Part
            | AskedPlace::Media => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Embeddings {
    response: Response,
    figures: Figures,
    error: Option<ProviderError>,
    vectors: bool,
    /// It says of itself that it is Cohere's.
    marked: bool,
    unknown_shape: u32,
}

impl Embeddings {
    /// Whether these are embeddings of Cohere's.
    pub(super) fn is_embeddings(&self) -> bool {
        self.vectors && self.marked
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Response, Usage, Option<ProviderError>, u32) {
        let Self { response, figures, error, unknown_shape, .. } = self;
        let (usage, odd) = usage::read(figures);
        (response, usage, error, unknown_shape + odd)
    }
}

/// Where things stand in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Id,
    /// `embeddings_floats` or `embeddings_by_type`.
    ResponseType,
    /// Vectors, or vectors by their encoding.
    Vectors,
    Meta,
    Error,
}

impl Shape for Embeddings {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"id") => Some(Place::Id),
            (Place::Root, b"response_type") => Some(Place::ResponseType),
            (Place::Root, b"embeddings") => Some(Place::Vectors),
            (Place::Root, b"meta") => Some(Place::Meta),
            (Place::Root, b"message") => Some(Place::Error),
            _ => None,
        }
    }

    fn element(_place: Place) -> Option<Place> {
        None
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Id | Place::ResponseType)
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        place == Place::Meta && value == Some(Container::Object)
    }

    fn tap(&mut self, _place: Place, written: &[u8]) {
        self.figures.tap(written);
    }

    fn tapped(&mut self, _place: Place) {
        self.figures.tapped();
        self.marked |= self.figures.count("billed_units.input_tokens").is_some()
            || self.figures.count("billed_units.images").is_some();
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root, Container::Object) => true,
            // They are passed over.
            (Place::Vectors, _) => {
                self.vectors = true;
                false
            }
            // Its figures were given out whole.
            (Place::Meta, Container::Object) => false,
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, _place: Place) {
        // What containers say was taken as it came.
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let known = match place {
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::ResponseType => scalar.as_text().is_some_and(|kind| {
                self.marked |= kind.starts_with("embeddings_");
                true
            }),
            // A sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                matches!(scalar, Scalar::Text { .. })
            }
            Place::Root | Place::Vectors | Place::Meta => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

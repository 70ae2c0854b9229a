//! The request of a ranking: a query, and documents, which TEI calls texts.

use crate::call::Request;
use crate::digest::Key;
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::prompt::{Chars, PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct Asked {
    request: Request,
    prompt: PromptReader,
    query: bool,
    documents: Count,
    document: Chars,
    unknown_shape: u32,
}

impl Asked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            request: Request::default(),
            prompt: PromptReader::new(key),
            query: false,
            documents: Count::default(),
            document: Chars::default(),
            unknown_shape: 0,
        }
    }

    /// Whether this asks for a ranking by its members alone.
    pub(super) fn is_ranking(&self) -> bool {
        self.query && self.documents.has_begun()
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_ranking(&self) -> bool {
        self.query || self.documents.has_begun()
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, query: _, documents, document, unknown_shape } = self;
        let (mut prompt, traces) = prompt.finish();
        if let Some(prompt) = &mut prompt {
            prompt.retrieved.count = documents.total().unwrap_or_default();
            prompt.retrieved.chars = document.count;
        }
        (Request { input_count: documents.total(), prompt, ..request }, traces, unknown_shape)
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    TopN,
    /// A text; with Jina also an object of one.
    Query,
    QueryText,
    Documents,
    Document,
    DocumentText,
    Media,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            // `top_k` is Voyage's.
            (Place::Root, b"top_n" | b"top_k") => Some(Place::TopN),
            (Place::Root, b"query") => Some(Place::Query),
            (Place::Root, b"documents" | b"texts") => Some(Place::Documents),
            (Place::Query | Place::Document, b"image" | b"image_url") => Some(Place::Media),
            (Place::Query, _) => Some(Place::QueryText),
            // Fields of a document, of which some may be ranked by.
            (Place::Document, _) => Some(Place::DocumentText),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        (place == Place::Documents).then_some(Place::Document)
    }

    fn reads_text(place: Place) -> bool {
        place == Place::Model
    }

    fn hears(place: Place) -> bool {
        matches!(place, Place::Query | Place::QueryText | Place::Document | Place::DocumentText)
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::Document | Place::DocumentText => self.document.push(written),
            _ => self.prompt.hear(Said::Text, written),
        }
    }

    fn taps(place: Place, _value: Option<Container>) -> bool {
        place == Place::Query
    }

    fn tap(&mut self, _place: Place, written: &[u8]) {
        self.prompt.tap(written);
    }

    fn tapped(&mut self, _place: Place) {
        self.prompt.tapped();
        // Else it was nothing, or nothing that is known.
        if self.query {
            self.prompt.end_message();
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Document, Container::Object) => {
                if place == Place::Document {
                    self.documents.add();
                }
                true
            }
            (Place::Query, Container::Object) => {
                self.query = true;
                true
            }
            (Place::Documents, Container::Array) => {
                self.documents.begin();
                true
            }
            (Place::Media, Container::Object) => {
                self.prompt.count_media();
                false
            }
            // Fields that are no texts are not ranked by.
            (Place::DocumentText | Place::QueryText, _) => false,
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Root if self.documents.total().is_some() => self.prompt.close(),
            Place::Documents => self.documents.close(),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            Place::Model => fields::text(&mut self.request.model, scalar),
            Place::TopN => fields::number(&mut self.request.top_n, scalar),
            Place::Query => {
                self.query |= is_text;
                is_text
            }
            Place::Document => {
                self.documents.add();
                is_text
            }
            Place::Media => {
                self.prompt.count_media();
                is_text
            }
            Place::QueryText | Place::DocumentText => true,
            Place::Root | Place::Documents => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

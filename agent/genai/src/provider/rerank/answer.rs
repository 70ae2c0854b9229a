//! The answer of a ranking: `results`, with Voyage `data`, with TEI a bare array.

use crate::call::{Response, Usage};
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::figures::Figures;
use crate::provider::{Item, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    /// Of `usage` and of Cohere's `meta`.
    figures: Figures,
    error: Option<ProviderError>,
    /// The element at hand has an index, and a score.
    indexed: bool,
    scored: bool,
    /// One has an index and a score.
    ranked: bool,
    unknown_shape: u32,
}

impl Answer {
    /// Whether this is a ranking.
    pub(super) fn is_ranking(&self) -> bool {
        self.ranked
    }

    /// Whether an item may be an element of a bare array.
    pub(super) fn is_element(&self, item: &Item<'_>) -> bool {
        matches!(item, Item::Json(_))
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Response, Usage, Option<ProviderError>, u32) {
        let Self { response, figures, error, unknown_shape, .. } = self;
        let usage = Usage {
            // All of a ranking is input.
            input: figures.first(&[
                "prompt_tokens",
                "total_tokens",
                "billed_units.input_tokens",
                "tokens.input_tokens",
            ]),
            search_units: figures.count("billed_units.search_units"),
            ..Usage::default()
        };
        let (raw, odd) = figures.into_raw();
        (response, Usage { raw, ..usage }, error, unknown_shape + odd)
    }
}

/// Where things stand in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The answer, or an element of a bare array.
    Root,
    Id,
    Model,
    Results,
    Result,
    Index,
    Score,
    Usage,
    /// vLLM's errors are their own document.
    Object,
    /// A sentence.
    Message,
    Error,
    ErrorCode,
    ErrorType,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"id") => Some(Place::Id),
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"object") => Some(Place::Object),
            (Place::Root, b"results" | b"data") => Some(Place::Results),
            (Place::Root | Place::Result, b"index") => Some(Place::Index),
            (Place::Root | Place::Result, b"relevance_score" | b"score") => Some(Place::Score),
            (Place::Root, b"usage" | b"meta") => Some(Place::Usage),
            (Place::Root, b"message" | b"detail") => Some(Place::Message),
            (Place::Root, b"error") => Some(Place::Error),
            (Place::Root, b"error_type") | (Place::Error, b"type") => Some(Place::ErrorType),
            (Place::Error, b"code") => Some(Place::ErrorCode),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Root | Place::Results => Some(Place::Result),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Id | Place::Model | Place::Object | Place::ErrorCode | Place::ErrorType)
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        place == Place::Usage && value == Some(Container::Object)
    }

    fn tap(&mut self, _place: Place, written: &[u8]) {
        self.figures.tap(written);
    }

    fn tapped(&mut self, _place: Place) {
        self.figures.tapped();
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Results, Container::Array) => true,
            (Place::Root | Place::Result, Container::Object) => {
                self.indexed = false;
                self.scored = false;
                true
            }
            // Its figures were given out whole.
            (Place::Usage, Container::Object) => false,
            (Place::Error, Container::Object) => {
                self.error.get_or_insert_default();
                true
            }
            // Of a framework that tells what was wrong with which field.
            (Place::Message, _) => false,
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
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::Index => {
                self.indexed = scalar.as_u64().is_some();
                self.ranked |= self.indexed && self.scored;
                self.indexed
            }
            Place::Score => {
                self.scored = scalar.as_f64().is_some();
                self.ranked |= self.indexed && self.scored;
                self.scored
            }
            Place::Object => {
                if scalar.as_text().as_deref() == Some("error") {
                    self.error.get_or_insert_default();
                }
                is_text
            }
            // A number here repeats the HTTP status: nothing that the status lacks.
            Place::ErrorCode => {
                self.error.get_or_insert_default().code = fields::name(scalar);
                is_text || matches!(scalar, Scalar::Number(_))
            }
            Place::ErrorType => {
                self.error.get_or_insert_default().kind = fields::name(scalar);
                is_text
            }
            // Sentences, which are content.
            Place::Message => is_text,
            Place::Error => {
                self.error.get_or_insert_default();
                is_text
            }
            Place::Root | Place::Results | Place::Result | Place::Usage => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

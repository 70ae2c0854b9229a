//! The answer to a request for embeddings.

use crate::call::{Response, Usage};
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::figures::Figures;
use crate::provider::{ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    figures: Figures,
    error: Option<ProviderError>,
    /// An element of `data` has an `embedding`.
    embedded: bool,
    unknown_shape: u32,
}

impl Answer {
    /// Whether this is a list of embeddings.
    pub(super) fn is_embeddings(&self) -> bool {
        self.embedded
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Response, Usage, Option<ProviderError>, u32) {
        let Self { response, figures, error, unknown_shape, .. } = self;
        let told = figures.count("prompt_tokens");
        let total = figures.count("total_tokens");
        let usage = Usage {
            // Voyage tells only the total; of an embedding all of it is input.
            input: told.or(total),
            // Mistral says 0; others say nothing, and so do we.
            output: figures.count("completion_tokens"),
            inconsistent: told.zip(total).is_some_and(|(told, total)| told != total),
            ..Usage::default()
        };
        let (raw, odd) = figures.into_raw();
        (response, Usage { raw, ..usage }, error, unknown_shape + odd)
    }
}

/// Where things stand in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Id,
    Object,
    Model,
    Data,
    DataItem,
    /// Numbers, or base64.
    Embedding,
    Usage,
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
            (Place::Root, b"object") => Some(Place::Object),
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"data") => Some(Place::Data),
            (Place::Root, b"usage") => Some(Place::Usage),
            (Place::Root, b"error") => Some(Place::Error),
            (Place::DataItem, b"embedding") => Some(Place::Embedding),
            // A document's chunks, each with its own.
            (Place::DataItem, b"data") => Some(Place::Data),
            (Place::Error, b"code") => Some(Place::ErrorCode),
            (Place::Error, b"type") => Some(Place::ErrorType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Data => Some(Place::DataItem),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Id | Place::Object | Place::Model | Place::ErrorCode | Place::ErrorType)
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
            (Place::Root | Place::DataItem, Container::Object) | (Place::Data, Container::Array) => true,
            // Its figures were given out whole.
            (Place::Usage, Container::Object) => false,
            // With some models one vector for each token, or an object of several encodings.
            (Place::Embedding, Container::Array | Container::Object) => {
                self.embedded = true;
                false
            }
            (Place::Error, Container::Object) => {
                self.error.get_or_insert_default();
                true
            }
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
            Place::Object => {
                // vLLM's errors are their own document.
                if scalar.as_text().as_deref() == Some("error") {
                    self.error.get_or_insert_default();
                }
                is_text
            }
            Place::Embedding => {
                self.embedded |= is_text;
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
            // A sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                is_text
            }
            Place::Root | Place::Data | Place::DataItem | Place::Usage => false,
        };
        if !known {
            self.unknown_shape += 1;
        }
    }
}

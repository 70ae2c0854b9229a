//! The answer to a request for embeddings. Vectors are passed over.

use super::super::usage;
use crate::call::{Response, Usage};
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;
use crate::provider::figures::Figures;
use crate::provider::google_error::{ErrorPlace, GoogleError};
use crate::provider::{ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    figures: Figures,
    error: GoogleError,
    /// Tokens of all texts, as `predict` tells them one by one.
    tokens: Option<u64>,
    /// Elements of `predictions` so far.
    predictions: u64,
    raw: Vec<(String, f64)>,
    /// It has a vector, and where `embedContent` has it.
    embedded: bool,
    /// It has one where `predict` has it.
    predicted: bool,
    unknown_shape: u32,
}

impl Answer {
    /// Whether these are embeddings of contents.
    pub(super) fn is_embed_content(&self) -> bool {
        self.embedded
    }

    /// Whether these are predictions that are embeddings.
    pub(super) fn is_predict(&self) -> bool {
        self.predicted
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Response, Usage, Option<ProviderError>, u32) {
        let Self { response, figures, error, tokens, raw, unknown_shape, .. } = self;
        let (mut usage, odd) = usage::read(figures);
        usage.input = usage.input.or(tokens);
        usage.raw.extend(raw);
        (response, usage, error.into_error(), unknown_shape + odd)
    }

    fn keep(&mut self, path: String, count: u64) {
        if self.raw.len() < limits::FIGURES {
            self.raw.push((path, count as f64));
        }
    }
}

/// Where things stand in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    /// `embedding`, or an element of `embeddings`.
    Embedding,
    Embeddings,
    Values,
    Predictions,
    Prediction,
    /// `embeddings` of a prediction.
    Predicted,
    PredictedValues,
    Statistics,
    TokenCount,
    Truncated,
    Metadata,
    Characters,
    Usage,
    Error(ErrorPlace),
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"embedding") => Some(Place::Embedding),
            (Place::Root, b"embeddings") => Some(Place::Embeddings),
            (Place::Embedding, b"values") => Some(Place::Values),
            (Place::Root, b"predictions") => Some(Place::Predictions),
            (Place::Prediction, b"embeddings") => Some(Place::Predicted),
            (Place::Prediction, b"textEmbedding" | b"imageEmbedding" | b"videoEmbeddings")
            | (Place::Predicted, b"values") => Some(Place::PredictedValues),
            (Place::Predicted | Place::Embedding, b"statistics") => Some(Place::Statistics),
            (Place::Statistics, b"token_count" | b"tokenCount") => Some(Place::TokenCount),
            (Place::Statistics | Place::Root, b"truncated") => Some(Place::Truncated),
            (Place::Root, b"metadata") => Some(Place::Metadata),
            (Place::Metadata, b"billableCharacterCount") => Some(Place::Characters),
            (Place::Root, b"usageMetadata") => Some(Place::Usage),
            (Place::Root, b"error") => Some(Place::Error(ErrorPlace::Whole)),
            (Place::Error(place), key) => place.member(key).map(Place::Error),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Embeddings => Some(Place::Embedding),
            Place::Predictions => Some(Place::Prediction),
            Place::Error(place) => place.element().map(Place::Error),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Error(place) if place.reads_text())
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
            (
                Place::Root | Place::Embedding | Place::Predicted | Place::Statistics | Place::Metadata,
                Container::Object,
            )
            | (Place::Embeddings | Place::Predictions, Container::Array) => true,
            (Place::Prediction, Container::Object) => {
                self.predictions += 1;
                true
            }
            // Its figures were given out whole.
            (Place::Usage, Container::Object) => false,
            (Place::Values, Container::Array) => {
                self.embedded = true;
                false
            }
            (Place::PredictedValues, Container::Array) => {
                self.predicted = true;
                false
            }
            (Place::Error(place), container) => {
                let opened = self.error.open(place, container);
                self.unknown_shape += u32::from(opened.is_none());
                opened.unwrap_or_default()
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
        let mut count = None;
        let known = match place {
            Place::TokenCount => {
                let known = fields::number(&mut count, scalar);
                if let Some(count) = count {
                    let index = self.predictions.saturating_sub(1);
                    self.tokens = Some(self.tokens.unwrap_or(0).saturating_add(count));
                    self.keep(format!("predictions.{index}.embeddings.statistics.token_count"), count);
                }
                known
            }
            Place::Characters => {
                let known = fields::number(&mut count, scalar);
                if let Some(count) = count {
                    self.keep("metadata.billableCharacterCount".to_owned(), count);
                }
                known
            }
            Place::Truncated => {
                self.response.compacted |= scalar.as_bool().unwrap_or_default();
                scalar.as_bool().is_some()
            }
            Place::Error(place) => self.error.scalar(place, scalar),
            Place::Root
            | Place::Embedding
            | Place::Embeddings
            | Place::Values
            | Place::Predictions
            | Place::Prediction
            | Place::Predicted
            | Place::PredictedValues
            | Place::Statistics
            | Place::Metadata
            | Place::Usage => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

//! The request for embeddings.

use std::borrow::Cow;

use crate::call::Request;
use crate::json_scan::{Container, Scalar, Shape};

/// What was asked, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Asked {
    request: Request,
    /// `input` was begun.
    input: bool,
    /// Texts in `input` so far.
    texts: u64,
    /// `input` is one text as a list of tokens.
    tokens: bool,
    /// It has a member that only requests for embeddings have.
    marked: bool,
    unknown_shape: u32,
}

impl Asked {
    /// Whether this asks for embeddings by its members alone. `model` and `input` are those of other APIs too.
    pub(super) fn is_embeddings(&self) -> bool {
        self.request.model.is_some() && self.input && self.marked
    }

    /// Whether it has all that a request must have.
    pub(super) fn has_input(&self) -> bool {
        self.request.model.is_some() && self.input
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_embeddings(&self) -> bool {
        self.request.model.is_some() || self.input
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
    /// A text, or a list of texts, of tokens, or of lists of tokens.
    Input,
    /// An element of such a list.
    InputPart,
    /// A member that only this API has.
    Mark,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"input") => Some(Place::Input),
            // `output_dimension` is Voyage's.
            (Place::Root, b"encoding_format" | b"dimensions" | b"output_dimension") => Some(Place::Mark),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Input => Some(Place::InputPart),
            Place::Root | Place::Model | Place::InputPart | Place::Mark => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        place == Place::Model
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root, Container::Object) => true,
            (Place::Input, Container::Array) => {
                self.input = true;
                self.texts = 0;
                self.tokens = false;
                true
            }
            // Tokens; with Jina also `{"text": …}` and `{"image": …}`.
            (Place::InputPart, Container::Array | Container::Object) => {
                self.texts += 1;
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
            Place::Input => self.request.message_count = Some(self.texts + u64::from(self.tokens)),
            Place::Root | Place::Model | Place::InputPart | Place::Mark => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            Place::Model => {
                let model = scalar.as_text().map(Cow::into_owned);
                let known = model.is_some();
                self.request.model = model.or(self.request.model.take());
                known
            }
            Place::Input => {
                self.input |= is_text;
                self.request.message_count = is_text.then_some(1).or(self.request.message_count);
                is_text
            }
            Place::InputPart => {
                let token = matches!(scalar, Scalar::Number(_));
                self.tokens |= token;
                self.texts += u64::from(is_text);
                is_text || token
            }
            Place::Mark => {
                let known = is_text || matches!(scalar, Scalar::Number(_));
                self.marked |= known;
                known
            }
            Place::Root => false,
        };
        if !known {
            self.unknown_shape += 1;
        }
    }
}

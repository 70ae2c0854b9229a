//! The request for embeddings.

use crate::call::Request;
use crate::digest::{Digester, Key};
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields;
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct Asked {
    key: Key,
    request: Request,
    prompt: PromptReader,
    /// `input` was begun.
    input: bool,
    /// Texts in `input` so far.
    texts: u64,
    /// `input` is one text as a list of tokens.
    tokens: bool,
    /// A text that is a value of its own is being read.
    in_text: bool,
    /// An element that is no mere text is being read.
    in_part: bool,
    /// It has a member that only requests for embeddings have.
    marked: bool,
    unknown_shape: u32,
}

impl Asked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            request: Request::default(),
            prompt: PromptReader::new(key),
            input: false,
            texts: 0,
            tokens: false,
            in_text: false,
            in_part: false,
            marked: false,
            unknown_shape: 0,
        }
    }

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

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, unknown_shape, .. } = self;
        let (prompt, traces) = prompt.finish();
        (Request { prompt, ..request }, traces, unknown_shape)
    }

    /// A text that is a value of its own begins with its first bytes.
    fn in_text(&mut self) {
        if !std::mem::replace(&mut self.in_text, true) {
            self.prompt.begin_message();
        }
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    /// A text, or a list of texts, of tokens, or of lists of tokens.
    Input,
    /// An element of such a list; with Voyage also a list of chunks, with Jina an object of a text or an image.
    InputPart,
    /// An element of an element: a token, or a chunk.
    Piece,
    PieceText,
    Media,
    Dimensions,
    Encoding,
    User,
    /// A member that only this API has.
    Mark,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            // `inputs` is Voyage's, where they are more than texts.
            (Place::Root, b"input" | b"inputs") => Some(Place::Input),
            (Place::InputPart, b"content") => Some(Place::InputPart),
            (Place::InputPart | Place::Piece, b"text") => Some(Place::PieceText),
            (
                Place::InputPart | Place::Piece,
                b"image" | b"image_url" | b"image_base64" | b"video_url" | b"video",
            ) => Some(Place::Media),
            // `output_dimension` is Voyage's and Mistral's.
            (Place::Root, b"dimensions" | b"output_dimension") => Some(Place::Dimensions),
            (Place::Root, b"encoding_format") => Some(Place::Encoding),
            (Place::Root, b"user") => Some(Place::User),
            // Voyage's, Mistral's and Jina's.
            (Place::Root, b"output_dtype" | b"embedding_type") => Some(Place::Mark),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Input => Some(Place::InputPart),
            Place::InputPart => Some(Place::Piece),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Model | Place::Encoding | Place::User)
    }

    fn hears(place: Place) -> bool {
        matches!(place, Place::Input | Place::InputPart | Place::Piece | Place::PieceText)
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        if matches!(place, Place::Input | Place::InputPart) {
            self.in_text();
        }
        self.prompt.hear(Said::Text, written);
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Input => value.is_none(),
            Place::InputPart => true,
            _ => false,
        }
    }

    fn tap(&mut self, _place: Place, written: &[u8]) {
        self.in_text();
        self.prompt.tap(written);
    }

    fn tapped(&mut self, place: Place) {
        // Nothing, or nothing that is known.
        if place == Place::Input && !self.input {
            self.in_text = false;
            return;
        }
        self.prompt.tapped();
        self.in_part = false;
        // Tokens are one text together.
        if !self.tokens {
            self.prompt.end_message();
            self.in_text = false;
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Piece, Container::Object) => true,
            (Place::Input, Container::Array) => {
                self.input = true;
                self.texts = 0;
                self.tokens = false;
                true
            }
            // Tokens, chunks, `{"text": …}`, `{"image": …}`, or the content of one of these.
            (Place::InputPart, Container::Array | Container::Object) => {
                if !std::mem::replace(&mut self.in_part, true) {
                    self.texts += 1;
                    self.in_text();
                }
                true
            }
            (Place::Media, Container::Object) => {
                self.prompt.count_media();
                false
            }
            (Place::Mark, Container::Array) => {
                self.marked = true;
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
            Place::Root if self.request.input_count.is_some() => self.prompt.close(),
            Place::Input => {
                if std::mem::take(&mut self.in_text) {
                    self.prompt.end_message();
                }
                self.request.input_count = Some(self.texts + u64::from(self.tokens));
            }
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let token = matches!(scalar, Scalar::Number(_));
        let known = match place {
            Place::Model => fields::text(&mut self.request.model, scalar),
            Place::Input => {
                self.input |= is_text;
                self.request.input_count = is_text.then_some(1).or(self.request.input_count);
                is_text
            }
            Place::InputPart => {
                self.tokens |= token;
                self.texts += u64::from(is_text && !self.in_part);
                is_text || token
            }
            Place::Piece => is_text || token,
            Place::PieceText => is_text,
            Place::Media => {
                self.prompt.count_media();
                is_text
            }
            Place::Dimensions => {
                let known = fields::number(&mut self.request.dimensions, scalar);
                self.marked |= known;
                known
            }
            Place::Encoding => {
                self.marked |= is_text;
                fields::text(&mut self.request.encoding_format, scalar)
            }
            Place::User => {
                let user = scalar.as_text().map(|user| Digester::of(self.key, user.as_bytes()));
                fields::value(&mut self.request.user, user)
            }
            Place::Mark => {
                self.marked |= is_text;
                is_text
            }
            Place::Root => false,
        };
        if !known {
            self.unknown_shape += 1;
        }
    }
}

//! The answer to a generation: one document, or chunks of the same shape.

use super::candidates::{Candidates, Fragment, OpenCandidate};
use super::usage;
use crate::call::{Response, Usage};
use crate::finish;
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::figures::Figures;
use crate::provider::google_error::{ErrorPlace, GoogleError};
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    figures: Figures,
    error: GoogleError,
    candidates: Candidates,
    /// It has what only these answers have.
    told: bool,
    /// The prompt was blocked, so that no candidate will come, and why.
    blocked: Option<String>,
    /// What the chunk at hand is.
    says: Option<Event>,
    /// Elements of `candidates` so far in the document at hand.
    begun: u64,
    /// The element of `candidates` at hand.
    open: OpenCandidate,
    /// The element of `parts` at hand.
    part: Option<Part>,
    /// The `functionCall` at hand.
    fragment: Fragment,
    text: TextCheck,
    /// Queries that Google searched the web by, each time told whole.
    queries: u64,
    web_searches: Option<u64>,
    unknown_shape: u32,
}

/// A part of a content. That it is a thought may be said after what it says.
#[derive(Debug, Default)]
struct Part {
    /// It has text or media.
    said: bool,
    /// It has code, or a tool's name or arguments.
    hidden: bool,
    thought: bool,
    /// What the text was before it.
    before: TextCheck,
}

impl Answer {
    /// The format that was asked for.
    pub(super) fn expect(&mut self, output_type: Option<&str>) {
        self.text.want_json(output_type);
    }

    pub(super) fn begin_chunk(&mut self) {
        self.says = None;
        self.part = None;
        self.figures.restart();
    }

    /// What the chunk was.
    pub(super) fn end_chunk(&mut self) -> Event {
        // Of a chunk that was cut off the part is still open.
        self.close_part();
        self.says.unwrap_or(Event::Silent)
    }

    /// Whether this is a generation by its shape alone.
    pub(super) fn is_gemini(&self) -> bool {
        self.told
    }

    /// Every candidate that was begun has told why it ended, or there will be none.
    pub(super) fn is_finished(&self) -> bool {
        self.candidates.are_finished() && (self.blocked.is_some() || !self.candidates.is_empty())
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Response, Usage, Option<ProviderError>, u32) {
        let Self { mut response, figures, error, candidates, blocked, text, web_searches, .. } = self;
        response.service_tier = usage::tier(&figures);
        let (usage, odd) = usage::read(figures);
        let unknown_shape = self.unknown_shape + candidates.unknown_shape + odd;
        let (reasons, calls) = candidates.into_parts();
        let refused = reasons.iter().find(|reason| finish::is_refusal(reason)).cloned();
        response.refusal_category = blocked.or(refused);
        response.refusal = response.refusal_category.is_some();
        response.finish_reasons = reasons;
        response.tool_calls = calls;
        response.valid_json = text.verdict();
        (response, Usage { web_searches, ..usage }, error.into_error(), unknown_shape)
    }

    fn close_part(&mut self) {
        let Some(Part { said, hidden, thought, before }) = self.part.take() else { return };
        if thought {
            self.text = before;
        }
        let says = match (said && !thought, said || hidden) {
            (true, _) => Event::Text,
            (false, true) => Event::Content,
            (false, false) => return,
        };
        self.says = self.says.max(Some(says));
    }

    fn close_candidate(&mut self) {
        let open = std::mem::take(&mut self.open);
        if open.number() > 0 {
            self.text.give_up();
        }
        self.candidates.merge(open);
    }
}

/// Where things stand in an answer or chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The answer, also as the element of an array that is given in one piece, and where Code Assist wraps it.
    Root,
    Id,
    Model,
    Candidates,
    Candidate,
    Index,
    FinishReason,
    Content,
    Parts,
    Part,
    Text,
    Thought,
    /// `inlineData` or `fileData`.
    Media,
    /// Its data, or where they are.
    MediaData,
    /// `executableCode`.
    Code,
    CodeText,
    FunctionCall,
    CallId,
    CallName,
    /// `args`, or `partialArgs` where they are streamed.
    Arguments,
    Argument,
    Grounding,
    Queries,
    Query,
    Feedback,
    BlockReason,
    Usage,
    Error(ErrorPlace),
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"response") => Some(Place::Root),
            (Place::Root, b"responseId") => Some(Place::Id),
            (Place::Root, b"modelVersion") => Some(Place::Model),
            (Place::Root, b"candidates") => Some(Place::Candidates),
            (Place::Root, b"promptFeedback") => Some(Place::Feedback),
            (Place::Root, b"usageMetadata") => Some(Place::Usage),
            (Place::Root, b"error") => Some(Place::Error(ErrorPlace::Whole)),
            (Place::Candidate, b"index") => Some(Place::Index),
            (Place::Candidate, b"finishReason") => Some(Place::FinishReason),
            (Place::Candidate, b"content") => Some(Place::Content),
            (Place::Candidate, b"groundingMetadata") => Some(Place::Grounding),
            (Place::Grounding, b"webSearchQueries") => Some(Place::Queries),
            (Place::Content, b"parts") => Some(Place::Parts),
            (Place::Part, b"text") => Some(Place::Text),
            (Place::Part, b"thought") => Some(Place::Thought),
            (Place::Part, b"inlineData" | b"fileData") => Some(Place::Media),
            (Place::Part, b"executableCode") => Some(Place::Code),
            (Place::Media, b"data" | b"fileUri") => Some(Place::MediaData),
            (Place::Code, b"code") => Some(Place::CodeText),
            (Place::Part, b"functionCall") => Some(Place::FunctionCall),
            (Place::FunctionCall, b"id") => Some(Place::CallId),
            (Place::FunctionCall, b"name") => Some(Place::CallName),
            (Place::FunctionCall, b"args" | b"partialArgs") => Some(Place::Arguments),
            (Place::Arguments, _) => Some(Place::Argument),
            (Place::Feedback, b"blockReason") => Some(Place::BlockReason),
            (Place::Error(place), key) => place.member(key).map(Place::Error),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Root => Some(Place::Root),
            Place::Candidates => Some(Place::Candidate),
            Place::Parts => Some(Place::Part),
            Place::Arguments => Some(Place::Argument),
            Place::Queries => Some(Place::Query),
            Place::Error(place) => place.element().map(Place::Error),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        match place {
            Place::Error(place) => place.reads_text(),
            _ => matches!(
                place,
                Place::Id
                    | Place::Model
                    | Place::FinishReason
                    | Place::CallId
                    | Place::CallName
                    | Place::BlockReason
            ),
        }
    }

    fn hears(place: Place) -> bool {
        place == Place::Text
    }

    fn hear(&mut self, _place: Place, written: &[u8]) {
        if self.open.position == 0 {
            self.text.hear(written);
        }
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
            (Place::Root, Container::Object) => {
                self.begun = 0;
                true
            }
            (Place::Root | Place::Candidates | Place::Parts | Place::Arguments, Container::Array)
            | (
                Place::Media | Place::Code | Place::Arguments | Place::Feedback | Place::Grounding,
                Container::Object,
            ) => true,
            // Its figures were given out whole.
            (Place::Usage, Container::Object) => false,
            (Place::Part, Container::Object) => {
                self.part = Some(Part { before: self.text.clone(), ..Part::default() });
                true
            }
            (Place::Candidate, Container::Object) => {
                self.open = OpenCandidate::at(self.begun);
                self.begun += 1;
                true
            }
            (Place::Content, Container::Object) => {
                self.told = true;
                true
            }
            (Place::FunctionCall, Container::Object) => {
                self.fragment = Fragment::default();
                true
            }
            (Place::Argument, _) => {
                self.argument();
                false
            }
            (Place::Queries, Container::Array) => {
                self.queries = 0;
                true
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

    fn close(&mut self, place: Place) {
        match place {
            Place::Candidate => self.close_candidate(),
            Place::Part => self.close_part(),
            Place::FunctionCall => {
                let fragment = std::mem::take(&mut self.fragment);
                self.unknown_shape += u32::from(!self.open.push(fragment));
            }
            Place::Queries => self.web_searches = self.web_searches.max(Some(self.queries)),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        // An argument may be null.
        if place == Place::Argument {
            return self.argument();
        }
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let says_something = matches!(scalar, Scalar::Text { empty: false, .. });
        let mut nowhere = Part::default();
        let part = self.part.as_mut().unwrap_or(&mut nowhere);
        let known = match place {
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::Index => fields::value(&mut self.open.index, scalar.as_u64()),
            Place::FinishReason => self.finish_reason(scalar),
            Place::CallId => fields::text(&mut self.fragment.call.id, scalar),
            Place::CallName => {
                // One that is too long is there all the same.
                part.hidden |= says_something;
                fields::text(&mut self.fragment.call.name, scalar)
            }
            Place::BlockReason => self.block_reason(scalar),
            Place::Thought => {
                part.thought |= scalar.as_bool().unwrap_or_default();
                scalar.as_bool().is_some()
            }
            Place::Text | Place::MediaData => {
                part.said |= says_something;
                is_text
            }
            Place::CodeText => {
                part.hidden |= says_something;
                is_text
            }
            Place::Query => {
                self.queries += 1;
                is_text
            }
            Place::Error(place) => self.error.scalar(place, scalar),
            Place::Root
            | Place::Candidates
            | Place::Candidate
            | Place::Content
            | Place::Parts
            | Place::Part
            | Place::Media
            | Place::Code
            | Place::FunctionCall
            | Place::Arguments
            | Place::Argument
            | Place::Grounding
            | Place::Queries
            | Place::Feedback
            | Place::Usage => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

impl Answer {
    fn argument(&mut self) {
        self.fragment.has_arguments = true;
        if let Some(part) = &mut self.part {
            part.hidden = true;
        }
    }

    /// Why a candidate ended. The value that stands for none tells of no end.
    fn finish_reason(&mut self, scalar: &Scalar<'_>) -> bool {
        let mut reason = None;
        let known = fields::text(&mut reason, scalar);
        let reason = reason.filter(|reason| reason != "FINISH_REASON_UNSPECIFIED");
        self.told |= reason.is_some();
        self.open.finish_reason = reason.or(self.open.finish_reason.take());
        known
    }

    fn block_reason(&mut self, scalar: &Scalar<'_>) -> bool {
        let mut reason = None;
        let known = fields::text(&mut reason, scalar);
        if let Some(reason) = reason.filter(|reason| reason != "BLOCK_REASON_UNSPECIFIED") {
            self.told = true;
            self.blocked = Some(reason);
        }
        known
    }
}

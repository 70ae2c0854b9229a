//! The answer of a chat: one document, or events and lines that have its parts.

use super::usage;
use crate::call::{Response, ToolCall, Usage};
use crate::finish;
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;
use crate::provider::figures::Figures;
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    figures: Figures,
    finish_reason: Option<String>,
    error: Option<ProviderError>,
    kind: Kind,
    /// What the event at hand carries.
    says: Option<Event>,
    /// The tool call at hand.
    call: ToolCall,
    text: TextCheck,
    before: TextCheck,
    /// An event had a type that only this API has.
    streamed: bool,
    /// The document has a message, a text, an id of v1's.
    message: bool,
    said: bool,
    v1: bool,
    over: bool,
    unknown_shape: u32,
}

/// What an event says it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Unknown,
    /// It is one of Cohere's.
    Known,
    /// It is the last one.
    Last,
}

impl Kind {
    fn of(text: &str) -> Self {
        match text {
            "message-end" | "stream-end" => Self::Last,
            "message-start"
            | "content-start"
            | "content-delta"
            | "content-end"
            | "tool-plan-delta"
            | "tool-call-start"
            | "tool-call-delta"
            | "tool-call-end"
            | "citation-start"
            | "citation-end"
            | "stream-start"
            | "text-generation"
            | "search-queries-generation"
            | "search-results"
            | "citation-generation"
            | "tool-calls-generation"
            | "tool-calls-chunk" => Self::Known,
            _ => Self::Unknown,
        }
    }
}

impl Answer {
    /// The format that was asked for.
    pub(super) fn expect(&mut self, output_type: Option<&str>) {
        self.text.want_json(output_type);
    }

    pub(super) fn begin_event(&mut self) {
        self.kind = Kind::Unknown;
        self.says = None;
        self.before = self.text.clone();
        self.figures.restart();
    }

    /// What the event was. Its framing names it as it does itself.
    pub(super) fn end_event(&mut self, name: Option<&str>) -> Event {
        if let Some(name) = name.filter(|_| self.kind == Kind::Unknown) {
            self.kind = Kind::of(name);
        }
        self.streamed |= self.kind != Kind::Unknown;
        if self.kind == Kind::Last {
            self.over = true;
            // v1 tells all of the text again.
            self.text = std::mem::take(&mut self.before);
            return Event::Done;
        }
        self.says.unwrap_or(Event::Silent)
    }

    /// Whether this is an answer of Cohere's chat by its shape alone.
    pub(super) fn is_chat(&self) -> bool {
        self.streamed || (self.finish_reason.is_some() && (self.message || (self.said && self.v1)))
    }

    /// Whether it is nothing but a sentence of what went wrong.
    pub(super) fn is_error(&self) -> bool {
        self.error.is_some()
    }

    /// The stream has told that it is whole.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Response, Usage, Option<ProviderError>, u32) {
        let Self { mut response, figures, finish_reason, error, text, unknown_shape, .. } = self;
        let (usage, odd) = usage::read(figures);
        response.refusal_category = finish_reason.clone().filter(|reason| finish::is_refusal(reason));
        response.refusal = response.refusal_category.is_some();
        response.finish_reasons = finish_reason.into_iter().collect();
        response.valid_json = text.verdict();
        (response, usage, error, unknown_shape + odd)
    }

    fn says(&mut self, scalar: &Scalar<'_>, what: Event) -> bool {
        if matches!(scalar, Scalar::Text { empty: false, .. }) {
            self.says = self.says.max(Some(what));
        }
        matches!(scalar, Scalar::Text { .. })
    }

    /// A call is told once with its name; what comes after is its arguments.
    fn close_call(&mut self) {
        let call = std::mem::take(&mut self.call);
        if call.id.is_none() && call.name.is_none() {
            return;
        }
        let calls = &mut self.response.tool_calls;
        if calls.len() < limits::TOOL_CALLS {
            calls.push(call);
        } else {
            self.unknown_shape += 1;
        }
    }
}

/// Where things stand in an answer or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The document or event, and v1's whole answer at the end of its stream.
    Root,
    Type,
    Id,
    V1Id,
    /// v1's text, or a piece of it.
    Text,
    Delta,
    Message,
    Content,
    ContentPart,
    Said,
    Thought,
    ToolCalls,
    /// v1's calls, told whole each time.
    AllToolCalls,
    ToolCall,
    Function,
    CallId,
    CallName,
    Arguments,
    /// A piece of a call that will be told whole.
    CallPiece,
    PieceText,
    FinishReason,
    Usage,
    Error,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"type" | b"event_type") => Some(Place::Type),
            (Place::Root, b"response") => Some(Place::Root),
            (Place::Root, b"id") => Some(Place::Id),
            (Place::Root, b"response_id" | b"generation_id") => Some(Place::V1Id),
            (Place::Root, b"text") => Some(Place::Text),
            (Place::Root, b"delta") => Some(Place::Delta),
            (Place::Root | Place::Delta, b"message") => Some(Place::Message),
            (Place::Root | Place::Delta, b"finish_reason") => Some(Place::FinishReason),
            (Place::Root | Place::Delta, b"usage" | b"meta") => Some(Place::Usage),
            (Place::Delta, b"error") => Some(Place::Error),
            (Place::Message, b"content") => Some(Place::Content),
            (Place::Content | Place::ContentPart, b"text") => Some(Place::Said),
            (Place::Content | Place::ContentPart, b"thinking") | (Place::Message, b"tool_plan") => {
                Some(Place::Thought)
            }
            (Place::Message, b"tool_calls") => Some(Place::ToolCalls),
            (Place::Root, b"tool_calls") => Some(Place::AllToolCalls),
            (Place::Root, b"tool_call_delta") => Some(Place::CallPiece),
            (Place::CallPiece, b"name" | b"parameters" | b"text") => Some(Place::PieceText),
            (Place::ToolCalls | Place::ToolCall, b"id") => Some(Place::CallId),
            (Place::ToolCalls | Place::ToolCall, b"function") => Some(Place::Function),
            (Place::Function | Place::ToolCall, b"name") => Some(Place::CallName),
            (Place::Function, b"arguments") => Some(Place::Arguments),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Content => Some(Place::ContentPart),
            Place::ToolCalls | Place::AllToolCalls => Some(Place::ToolCall),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::Type | Place::Id | Place::V1Id | Place::CallId | Place::CallName | Place::FinishReason
        )
    }

    fn hears(place: Place) -> bool {
        matches!(place, Place::Said | Place::Text)
    }

    fn hear(&mut self, _place: Place, written: &[u8]) {
        self.text.hear(written);
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
            (Place::Root | Place::Delta | Place::ContentPart | Place::Function, Container::Object)
            | (Place::CallPiece, Container::Object)
            | (Place::Content, Container::Array | Container::Object)
            | (Place::ToolCalls, Container::Array) => true,
            (Place::Message, Container::Object) => {
                self.message = true;
                true
            }
            // In events it is one call.
            (Place::ToolCalls | Place::ToolCall, Container::Object) => {
                self.call = ToolCall::default();
                true
            }
            (Place::AllToolCalls, Container::Array) => {
                self.response.tool_calls.clear();
                true
            }
            // Its figures were given out whole.
            (Place::Usage, Container::Object) => false,
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::ToolCalls | Place::ToolCall => self.close_call(),
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
            Place::Type => scalar.as_text().is_some_and(|kind| {
                self.kind = Kind::of(&kind);
                true
            }),
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::V1Id => {
                self.v1 = true;
                fields::text(&mut self.response.id, scalar)
            }
            Place::Text => {
                self.said |= is_text;
                self.says(scalar, Event::Text)
            }
            Place::Said => self.says(scalar, Event::Text),
            // A message's content may be a text.
            Place::Content => self.says(scalar, Event::Text),
            Place::Thought | Place::Arguments | Place::PieceText => self.says(scalar, Event::Content),
            Place::CallName => {
                self.says(scalar, Event::Content);
                fields::text(&mut self.call.name, scalar)
            }
            Place::CallId => fields::text(&mut self.call.id, scalar),
            Place::FinishReason => fields::text(&mut self.finish_reason, scalar),
            // A sentence, which is content. Errors have it in the message's place.
            Place::Message | Place::Error => {
                self.error.get_or_insert_default();
                is_text
            }
            Place::Root
            | Place::Delta
            | Place::ContentPart
            | Place::ToolCalls
            | Place::AllToolCalls
            | Place::ToolCall
            | Place::Function
            | Place::CallPiece
            | Place::Usage => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

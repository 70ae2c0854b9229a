//! What invoked models answer, in the JSON of their makers: one document, or many that have its parts.
//!
//! Not read: Cohere's and AI21's tool calls; images; embeddings.

use crate::call::{Response, ToolCall, Usage};
use crate::finish;
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;
use crate::provider::figures::Figures;
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct NativeAnswer {
    response: Response,
    figures: Figures,
    input: Option<u64>,
    output: Option<u64>,
    reason: Option<String>,
    text: TextCheck,
    /// Choices so far in the document at hand.
    items: u64,
    tool: ToolCall,
    carries: Event,
    unknown_shape: u32,
}

impl NativeAnswer {
    pub(super) fn asked_for(&mut self, output_type: Option<&str>) {
        self.text.want_json(output_type);
    }

    pub(super) fn begin_event(&mut self) {
        self.carries = Event::Silent;
        self.items = 0;
        self.figures.restart();
    }

    /// What the event carried.
    pub(super) fn end_event(&mut self) -> Event {
        self.carries
    }

    /// Why it ended was told.
    pub(super) fn is_stopped(&self) -> bool {
        self.reason.is_some()
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Response, Usage, u32) {
        let mut response = self.response;
        response.refusal = self.reason.as_deref().is_some_and(finish::is_refusal);
        response.finish_reasons = self.reason.into_iter().collect();
        response.valid_json = self.text.verdict();
        let usage = Usage {
            input: self.figures.count("prompt_tokens").or(self.input),
            output: self.figures.count("completion_tokens").or(self.output),
            cache_read: self.figures.count("prompt_tokens_details.cached_tokens"),
            reasoning: self.figures.count("completion_tokens_details.reasoning_tokens"),
            ..Usage::default()
        };
        let (mut raw, odd) = self.figures.into_raw();
        let named = |name: &str, count: Option<u64>| count.map(|count| (name.to_owned(), count as f64));
        raw.extend(named("input", self.input));
        raw.extend(named("output", self.output));
        (response, Usage { raw, ..usage }, self.unknown_shape + odd)
    }

    fn carry(&mut self, event: Event) {
        self.carries = self.carries.max(event);
    }
}

/// Where things stand in an answer or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Id,
    Model,
    Text,
    Unseen,
    Reason,
    /// AI21's `finishReason` has its word in an object.
    ReasonObject,
    Input,
    Output,
    Usage,
    Items,
    Item,
    Said,
    Calls,
    Call,
    CallId,
    Function,
    CallName,
}

impl Shape for NativeAnswer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"id" | b"generation_id") => Some(Place::Id),
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root | Place::Item | Place::Said, b"text" | b"outputText" | b"generation") => {
                Some(Place::Text)
            }
            (Place::Said, b"content") => Some(Place::Text),
            (Place::Said, b"reasoning_content" | b"reasoning") => Some(Place::Unseen),
            (
                Place::Root | Place::Item,
                b"stop_reason" | b"finish_reason" | b"completionReason" | b"stopReason",
            ) => Some(Place::Reason),
            (Place::Item, b"finishReason") => Some(Place::ReasonObject),
            (Place::ReasonObject, b"reason") => Some(Place::Reason),
            (Place::Root, b"inputTextTokenCount" | b"prompt_token_count") => Some(Place::Input),
            (Place::Root, b"totalOutputTextTokenCount" | b"generation_token_count")
            | (Place::Item, b"tokenCount") => Some(Place::Output),
            (Place::Root, b"usage") => Some(Place::Usage),
            (Place::Root, b"results" | b"outputs" | b"generations" | b"choices" | b"completions") => {
                Some(Place::Items)
            }
            (Place::Item, b"message" | b"delta" | b"data") => Some(Place::Said),
            (Place::Said, b"tool_calls") => Some(Place::Calls),
            (Place::Call, b"id") => Some(Place::CallId),
            (Place::Call, b"function") => Some(Place::Function),
            (Place::Function, b"name") => Some(Place::CallName),
            (Place::Function, b"arguments") => Some(Place::Unseen),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Items => Some(Place::Item),
            Place::Calls => Some(Place::Call),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Id | Place::Model | Place::Reason | Place::CallId | Place::CallName)
    }

    fn hears(place: Place) -> bool {
        place == Place::Text
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
            (Place::Root | Place::Said | Place::ReasonObject | Place::Function, Container::Object)
            | (Place::Items | Place::Calls, Container::Array) => true,
            (Place::Item, Container::Object) => {
                self.items += 1;
                if self.items > 1 {
                    self.text.give_up();
                }
                true
            }
            (Place::Call, Container::Object) => {
                self.tool = ToolCall::default();
                true
            }
            // It is tapped, and not gone into.
            (Place::Usage, Container::Object) => false,
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        if place == Place::Call {
            let call = std::mem::take(&mut self.tool);
            let calls = &mut self.response.tool_calls;
            // The later pieces of a call have neither.
            if call != ToolCall::default() && calls.len() < limits::TOOL_CALLS {
                calls.push(call);
                self.carry(Event::Content);
            }
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::Reason => fields::text(&mut self.reason, scalar),
            Place::CallId => fields::text(&mut self.tool.id, scalar),
            Place::CallName => fields::text(&mut self.tool.name, scalar),
            Place::Input => fields::number(&mut self.input, scalar),
            Place::Output => fields::number(&mut self.output, scalar),
            Place::Text | Place::Unseen => {
                if matches!(scalar, Scalar::Text { empty: false, .. }) {
                    self.carry(if place == Place::Text { Event::Text } else { Event::Content });
                }
                is_text
            }
            Place::Root
            | Place::ReasonObject
            | Place::Usage
            | Place::Items
            | Place::Item
            | Place::Said
            | Place::Calls
            | Place::Call
            | Place::Function => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

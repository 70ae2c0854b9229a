//! The answer: an envelope with a `result`, or events of what would be in it.

use crate::call::{Response, ToolCall, Usage};
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;
use crate::provider::figures::Figures;
use crate::provider::native::NativeAnswer;
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, Findings, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    figures: Figures,
    check: TextCheck,
    error: Option<ProviderError>,
    tool: ToolCall,
    carries: Event,
    /// It had a `success`, a `response` or choices.
    enveloped: bool,
    unknown_shape: u32,
}

impl Answer {
    fn carry(&mut self, event: Event, scalar: &Scalar<'_>) -> bool {
        if matches!(scalar, Scalar::Text { empty: false, .. }) {
            self.carries = self.carries.max(event);
        }
        matches!(scalar, Scalar::Text { .. })
    }
}

impl NativeAnswer for Answer {
    fn begin(&mut self, output_type: Option<&str>, _answers: u64) {
        self.check.want_json(output_type);
    }

    fn begin_item(&mut self) {
        self.carries = Event::Silent;
        self.figures.restart();
    }

    fn end_item(&mut self) -> Event {
        self.carries
    }

    fn is_answer(&self) -> bool {
        self.enveloped
    }

    fn is_error(&self) -> bool {
        self.error.is_some()
    }

    /// Its end is `[DONE]`, or a reason in the words of OpenAI's.
    fn is_over(&self) -> bool {
        !self.response.finish_reasons.is_empty()
    }

    fn into_findings(self) -> Findings {
        let Self { response, figures, check, error, unknown_shape, .. } = self;
        let usage = Usage {
            input: figures.count("prompt_tokens"),
            output: figures.count("completion_tokens"),
            cache_read: figures.count("prompt_tokens_details.cached_tokens"),
            reasoning: figures.count("completion_tokens_details.reasoning_tokens"),
            ..Usage::default()
        };
        let told = usage.input.zip(usage.output).zip(figures.count("total_tokens"));
        let inconsistent =
            told.is_some_and(|((input, output), total)| input.checked_add(output) != Some(total));
        let (raw, odd) = figures.into_raw();
        Findings {
            response: Response { valid_json: check.verdict(), ..response },
            usage: Usage { raw, inconsistent, ..usage },
            error,
            unknown_shape: unknown_shape + odd,
            ..Findings::default()
        }
    }
}

/// Where things stand in an answer or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Result,
    Success,
    Id,
    Model,
    /// A text; of JSON that was asked for, the value itself.
    Response,
    Choices,
    Choice,
    Delta,
    Content,
    Reasoning,
    FinishReason,
    ToolCalls,
    ToolCall,
    ToolId,
    Function,
    ToolName,
    Usage,
    Errors,
    Error,
    ErrorCode,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"result") => Some(Place::Result),
            (Place::Root, b"success") => Some(Place::Success),
            (Place::Root, b"errors") => Some(Place::Errors),
            (Place::Error, b"code") => Some(Place::ErrorCode),
            (Place::Root | Place::Result, b"id") => Some(Place::Id),
            (Place::Root | Place::Result, b"model") => Some(Place::Model),
            (Place::Root | Place::Result, b"response") => Some(Place::Response),
            (Place::Root | Place::Result, b"choices") => Some(Place::Choices),
            (Place::Root | Place::Result, b"usage") => Some(Place::Usage),
            (Place::Root | Place::Result | Place::Delta, b"tool_calls") => Some(Place::ToolCalls),
            (Place::Choice, b"delta" | b"message") => Some(Place::Delta),
            (Place::Choice, b"finish_reason") => Some(Place::FinishReason),
            (Place::Choice, b"text") | (Place::Delta, b"content") => Some(Place::Content),
            (Place::Delta, b"reasoning_content" | b"reasoning") => Some(Place::Reasoning),
            (Place::ToolCall, b"id") => Some(Place::ToolId),
            (Place::ToolCall, b"function") => Some(Place::Function),
            (Place::ToolCall | Place::Function, b"name") => Some(Place::ToolName),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Choices => Some(Place::Choice),
            Place::ToolCalls => Some(Place::ToolCall),
            Place::Errors => Some(Place::Error),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::Id
                | Place::Model
                | Place::FinishReason
                | Place::ToolId
                | Place::ToolName
                | Place::ErrorCode
        )
    }

    fn hears(place: Place) -> bool {
        matches!(place, Place::Response | Place::Content)
    }

    fn hear(&mut self, _place: Place, written: &[u8]) {
        self.check.hear(written);
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
                Place::Root | Place::Result | Place::Choice | Place::Delta | Place::Function,
                Container::Object,
            )
            | (Place::ToolCalls | Place::Errors, Container::Array) => true,
            (Place::Choices, Container::Array) => {
                self.enveloped = true;
                true
            }
            (Place::ToolCall, Container::Object) => {
                self.tool = ToolCall::default();
                true
            }
            (Place::Error, Container::Object) => {
                self.error.get_or_insert_default();
                true
            }
            // An answer in JSON; vectors and classes come as lists.
            (Place::Response, _) => {
                self.carries = self.carries.max(Event::Text);
                false
            }
            (Place::Result, Container::Array) | (Place::Usage, Container::Object) => false,
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        if place == Place::ToolCall {
            let tool = std::mem::take(&mut self.tool);
            // Of a call that comes in pieces only the first has a name.
            if tool.name.is_none() {
                return;
            }
            if self.response.tool_calls.len() < limits::TOOL_CALLS {
                self.response.tool_calls.push(tool);
            } else {
                self.unknown_shape += 1;
            }
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let known = match place {
            Place::Success => {
                self.enveloped |= scalar.as_bool().is_some();
                scalar.as_bool().is_some()
            }
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::Response => {
                self.enveloped = true;
                // Numbers among texts are pieces of numbers.
                self.carry(Event::Text, scalar) || matches!(scalar, Scalar::Number(_))
            }
            Place::Content => self.carry(Event::Text, scalar),
            Place::Reasoning => self.carry(Event::Content, scalar),
            Place::FinishReason => {
                let mut reason = None;
                let known = fields::text(&mut reason, scalar);
                if let Some(reason) = reason {
                    self.response.finish_reasons = vec![reason];
                }
                known
            }
            Place::ToolId => fields::text(&mut self.tool.id, scalar),
            Place::ToolName => {
                self.carry(Event::Content, scalar);
                fields::text(&mut self.tool.name, scalar)
            }
            Place::ErrorCode => {
                let code = match scalar {
                    Scalar::Number(number) => ProviderError::name(number),
                    _ => fields::name(scalar),
                };
                let known = code.is_some();
                self.error.get_or_insert_default().code = code;
                known
            }
            Place::Root
            | Place::Result
            | Place::Choices
            | Place::Choice
            | Place::Delta
            | Place::ToolCalls
            | Place::ToolCall
            | Place::Function
            | Place::Usage
            | Place::Errors
            | Place::Error => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

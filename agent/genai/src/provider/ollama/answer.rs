//! The answer: one document, or lines of the same shape. Each tool call comes whole, in one line.

use super::Method;
use crate::call::{Response, ToolCall, Usage};
use crate::headers::ToldTimes;
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;
use crate::provider::figures::Figures;
use crate::provider::native::NativeAnswer;
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, Findings, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug)]
pub(super) struct Answer {
    method: Method,
    response: Response,
    usage: Usage,
    figures: Figures,
    told: ToldTimes,
    check: TextCheck,
    error: Option<ProviderError>,
    /// What the line at hand carries.
    carries: Event,
    /// The last line came.
    done: bool,
    unknown_shape: u32,
    /// It had `created_at`.
    dated: bool,
    /// It had `done`, true or false.
    tells_done: bool,
    /// It had a `message`.
    message: bool,
    /// It had a `response`.
    text: bool,
    /// It had vectors.
    vectors: bool,
    tool: ToolCall,
    remote_model: Option<String>,
}

impl Answer {
    pub(super) fn new(method: Method) -> Self {
        Self {
            method,
            response: Response::default(),
            usage: Usage::default(),
            figures: Figures::default(),
            told: ToldTimes::default(),
            check: TextCheck::default(),
            error: None,
            carries: Event::Silent,
            done: false,
            unknown_shape: 0,
            dated: false,
            tells_done: false,
            message: false,
            text: false,
            vectors: false,
            tool: ToolCall::default(),
            remote_model: None,
        }
    }

    fn is_ollama(&self) -> bool {
        self.response.model.is_some() && self.dated && self.tells_done
    }

    fn carry(&mut self, event: Event, says: bool) {
        if says {
            self.carries = self.carries.max(event);
        }
    }

    /// A figure, and the count that it is.
    fn count(&mut self, path: &str, slot: fn(&mut Usage) -> &mut Option<u64>, scalar: &Scalar<'_>) -> bool {
        self.figures.tell(path, scalar);
        fields::grown(slot(&mut self.usage), scalar)
    }
}

impl NativeAnswer for Answer {
    fn begin(&mut self, output_type: Option<&str>, _answers: u64) {
        self.check.want_json(output_type);
    }

    fn begin_item(&mut self) {
        self.carries = Event::Silent;
    }

    fn end_item(&mut self) -> Event {
        match self.carries {
            // Content in the last line is content; that it was the last shows when the body ends.
            Event::Silent if self.done && self.is_ollama() => Event::Done,
            carries => carries,
        }
    }

    fn is_answer(&self) -> bool {
        match self.method {
            Method::Chat => self.is_ollama() && self.message,
            Method::Generate => self.is_ollama() && self.text,
            Method::Embed => self.vectors,
        }
    }

    fn is_error(&self) -> bool {
        self.error.is_some()
    }

    fn is_over(&self) -> bool {
        self.done
    }

    fn into_findings(self) -> Findings {
        let Self { response, usage, figures, told, check, error, unknown_shape, remote_model, .. } = self;
        let response = Response {
            valid_json: check.verdict(),
            upstream: response.upstream.or(remote_model),
            ..response
        };
        let (raw, odd) = figures.into_raw();
        let usage = Usage { raw, ..usage };
        Findings { response, usage, told, error, unknown_shape: unknown_shape + odd, ..Findings::default() }
    }
}

/// Where things stand in an answer or line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    /// Where it was answered, if not here.
    RemoteHost,
    RemoteModel,
    CreatedAt,
    Message,
    Response,
    Content,
    Thinking,
    ToolCalls,
    ToolCall,
    ToolId,
    Function,
    FunctionName,
    Vectors,
    Done,
    DoneReason,
    PromptCount,
    CachedCount,
    EvalCount,
    Duration(&'static str),
    Error,
    ErrorCode,
    ErrorType,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"remote_host") => Some(Place::RemoteHost),
            (Place::Root, b"remote_model") => Some(Place::RemoteModel),
            (Place::Root, b"created_at") => Some(Place::CreatedAt),
            (Place::Root, b"message") => Some(Place::Message),
            (Place::Root, b"response") => Some(Place::Response),
            (Place::Root | Place::Message, b"thinking") => Some(Place::Thinking),
            (Place::Message, b"content") => Some(Place::Content),
            (Place::Message, b"tool_calls") => Some(Place::ToolCalls),
            (Place::ToolCall, b"id") => Some(Place::ToolId),
            (Place::ToolCall, b"function") => Some(Place::Function),
            (Place::Function, b"name") => Some(Place::FunctionName),
            (Place::Root, b"embeddings" | b"embedding") => Some(Place::Vectors),
            (Place::Root, b"done") => Some(Place::Done),
            (Place::Root, b"done_reason") => Some(Place::DoneReason),
            (Place::Root, b"prompt_eval_count") => Some(Place::PromptCount),
            (Place::Root, b"prompt_eval_cached_count") => Some(Place::CachedCount),
            (Place::Root, b"eval_count") => Some(Place::EvalCount),
            (Place::Root, b"total_duration") => Some(Place::Duration("total_duration")),
            (Place::Root, b"load_duration") => Some(Place::Duration("load_duration")),
            (Place::Root, b"prompt_eval_duration") => Some(Place::Duration("prompt_eval_duration")),
            (Place::Root, b"eval_duration") => Some(Place::Duration("eval_duration")),
            (Place::Root, b"error") => Some(Place::Error),
            (Place::Error, b"code") => Some(Place::ErrorCode),
            (Place::Error, b"type") => Some(Place::ErrorType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        (place == Place::ToolCalls).then_some(Place::ToolCall)
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::Model
                | Place::RemoteHost
                | Place::RemoteModel
                | Place::ToolId
                | Place::FunctionName
                | Place::DoneReason
                | Place::ErrorCode
                | Place::ErrorType
        )
    }

    fn hears(place: Place) -> bool {
        matches!(place, Place::Response | Place::Content)
    }

    fn hear(&mut self, _place: Place, written: &[u8]) {
        self.check.hear(written);
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Function, Container::Object) | (Place::ToolCalls, Container::Array) => true,
            (Place::Message, Container::Object) => {
                self.message = true;
                true
            }
            (Place::ToolCall, Container::Object) => {
                self.tool = ToolCall::default();
                true
            }
            (Place::Vectors, Container::Array) => {
                self.vectors = true;
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

    fn close(&mut self, place: Place) {
        if place == Place::ToolCall {
            let tool = std::mem::take(&mut self.tool);
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
        let is_text = matches!(scalar, Scalar::Text { .. });
        let says = matches!(scalar, Scalar::Text { empty: false, .. });
        let name = || fields::name(scalar);
        let known = match place {
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::RemoteHost => fields::text(&mut self.response.upstream, scalar),
            Place::RemoteModel => fields::text(&mut self.remote_model, scalar),
            Place::CreatedAt => {
                self.dated |= is_text;
                is_text
            }
            Place::Content => {
                self.carry(Event::Text, says);
                is_text
            }
            Place::Thinking => {
                self.carry(Event::Content, says);
                is_text
            }
            Place::Response => {
                self.text |= is_text;
                self.carry(Event::Text, says);
                is_text
            }
            Place::ToolId => fields::text(&mut self.tool.id, scalar),
            Place::FunctionName => {
                self.carry(Event::Content, says);
                fields::text(&mut self.tool.name, scalar)
            }
            Place::Done => {
                self.tells_done |= scalar.as_bool().is_some();
                self.done |= scalar.as_bool() == Some(true);
                scalar.as_bool().is_some()
            }
            Place::DoneReason => {
                let mut reason = None;
                let known = fields::text(&mut reason, scalar);
                // There is one answer, so the last word counts.
                if let Some(reason) = reason {
                    self.response.finish_reasons = vec![reason];
                }
                known
            }
            Place::PromptCount => self.count("prompt_eval_count", |usage| &mut usage.input, scalar),
            Place::CachedCount => {
                self.count("prompt_eval_cached_count", |usage| &mut usage.cache_read, scalar)
            }
            Place::EvalCount => self.count("eval_count", |usage| &mut usage.output, scalar),
            Place::Duration(path) => match scalar {
                Scalar::Number(number) => self.told.tell_field(path, number),
                Scalar::Null | Scalar::Bool(_) | Scalar::Text { .. } | Scalar::Unknown => false,
            },
            // Its errors are a sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                is_text
            }
            Place::ErrorCode => {
                self.error.get_or_insert_default().code = name();
                is_text || matches!(scalar, Scalar::Number(_))
            }
            Place::ErrorType => {
                self.error.get_or_insert_default().kind = name();
                is_text
            }
            Place::Root
            | Place::Message
            | Place::ToolCalls
            | Place::ToolCall
            | Place::Function
            | Place::Vectors => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

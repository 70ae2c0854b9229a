//! The request of a chat, a completion or embeddings.

use super::Method;
use crate::call::Request;
use crate::digest::Key;
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::native::NativeRequest;
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct Asked {
    method: Method,
    request: Request,
    prompt: PromptReader,
    messages: Count,
    tools: Count,
    stops: Count,
    inputs: Count,
    /// It had a `prompt`.
    prompted: bool,
    /// It had an `input`.
    given: bool,
    unknown_shape: u32,
}

impl Asked {
    pub(super) fn new(method: Method, key: Key) -> Self {
        Self {
            method,
            request: Request::default(),
            prompt: PromptReader::new(key),
            messages: Count::default(),
            tools: Count::default(),
            stops: Count::default(),
            inputs: Count::default(),
            prompted: false,
            given: false,
            unknown_shape: 0,
        }
    }

    /// All of the prompt was seen.
    fn close_root(&mut self) {
        // One message, of `prompt`, `suffix` and `images`.
        if self.prompted {
            self.prompt.end_message();
        }
        if self.prompted || self.given || self.messages.total().is_some() {
            self.prompt.close();
        }
    }
}

impl NativeRequest for Asked {
    fn head(&mut self, path: &str) -> bool {
        self.method.paths().iter().any(|ending| path.ends_with(ending))
    }

    /// A string `model` and, of a chat, an array `messages`, which is also what tells OpenAI's: of two that claim the
    /// same request at the same byte, the order of flavours decides, however the body is cut.
    fn is_request(&self) -> bool {
        let asks = match self.method {
            Method::Chat => self.messages.has_begun(),
            Method::Generate => self.prompted,
            Method::Embed => self.prompted || self.given,
        };
        asks && self.request.model.is_some()
    }

    fn output_type(&self) -> Option<&str> {
        self.request.output_type.as_deref()
    }

    fn into_parts(self) -> (Request, Traces, u32) {
        let Self { method, request, prompt, messages, tools, stops, inputs, prompted, unknown_shape, .. } =
            self;
        let (prompt, traces) = prompt.finish();
        let texts = match method {
            Method::Chat | Method::Generate => None,
            // One that is no list is one.
            Method::Embed => inputs.total().or(prompted.then_some(1)),
        };
        let request = Request {
            message_count: messages.total(),
            tool_count: tools.total(),
            stop_count: stops.total().or(request.stop_count),
            input_count: texts.or(request.input_count),
            prompt,
            ..request
        };
        (request, traces, unknown_shape)
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    Stream,
    /// `prompt`, and the `suffix` that it should lead to.
    Prompt,
    Suffix,
    System,
    /// A text to embed, or a list of them.
    Input,
    InputText,
    Dimensions,
    Messages,
    Message,
    Role,
    /// Text or thoughts.
    Said,
    /// The name of the tool whose result the message is.
    ToolName,
    ToolCallId,
    ToolCalls,
    ToolCall,
    Function,
    FunctionName,
    Arguments,
    Images,
    Image,
    Tools,
    Tool,
    /// `json`, or a schema.
    Format,
    /// Yes, no, or how hard.
    Think,
    Options,
    Temperature,
    TopP,
    TopK,
    FrequencyPenalty,
    PresencePenalty,
    Seed,
    Stop,
    StopText,
    NumPredict,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"stream") => Some(Place::Stream),
            (Place::Root, b"prompt") => Some(Place::Prompt),
            (Place::Root, b"suffix") => Some(Place::Suffix),
            (Place::Root, b"system") => Some(Place::System),
            (Place::Root, b"input") => Some(Place::Input),
            (Place::Root, b"dimensions") => Some(Place::Dimensions),
            (Place::Root, b"messages") => Some(Place::Messages),
            (Place::Root | Place::Message, b"images") => Some(Place::Images),
            (Place::Root, b"tools") => Some(Place::Tools),
            (Place::Root, b"format") => Some(Place::Format),
            (Place::Root, b"think") => Some(Place::Think),
            (Place::Root, b"options") => Some(Place::Options),
            (Place::Message, b"role") => Some(Place::Role),
            (Place::Message, b"content" | b"thinking") => Some(Place::Said),
            (Place::Message, b"tool_name") => Some(Place::ToolName),
            (Place::Message, b"tool_call_id") => Some(Place::ToolCallId),
            (Place::Message, b"tool_calls") => Some(Place::ToolCalls),
            (Place::ToolCall, b"function") => Some(Place::Function),
            (Place::Function, b"name") => Some(Place::FunctionName),
            (Place::Function, b"arguments") => Some(Place::Arguments),
            (Place::Options, b"temperature") => Some(Place::Temperature),
            (Place::Options, b"top_p") => Some(Place::TopP),
            (Place::Options, b"top_k") => Some(Place::TopK),
            (Place::Options, b"frequency_penalty") => Some(Place::FrequencyPenalty),
            (Place::Options, b"presence_penalty") => Some(Place::PresencePenalty),
            (Place::Options, b"seed") => Some(Place::Seed),
            (Place::Options, b"stop") => Some(Place::Stop),
            (Place::Options, b"num_predict") => Some(Place::NumPredict),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Messages => Some(Place::Message),
            Place::Tools => Some(Place::Tool),
            Place::ToolCalls => Some(Place::ToolCall),
            Place::Images => Some(Place::Image),
            Place::Input => Some(Place::InputText),
            Place::Stop => Some(Place::StopText),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Model | Place::Format | Place::Think | Place::Role | Place::ToolCallId)
    }

    fn hears(place: Place) -> bool {
        matches!(
            place,
            Place::Prompt | Place::Suffix | Place::System | Place::Input | Place::InputText | Place::Said
        )
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        let said = if place == Place::System { Said::System } else { Said::Text };
        self.prompt.hear(said, written);
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Prompt
            | Place::Suffix
            | Place::System
            | Place::Input
            | Place::InputText
            | Place::Role
            | Place::Said
            | Place::ToolName
            | Place::ToolCallId
            | Place::FunctionName => value.is_none(),
            Place::Arguments => true,
            Place::Images | Place::Tools => value == Some(Container::Array),
            _ => false,
        }
    }

    fn tap(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::Tools => self.prompt.tap_tools(written),
            Place::System => self.prompt.tap_system(written),
            Place::Arguments => {
                self.prompt.hear(Said::Text, written);
                self.prompt.tap(written);
            }
            _ => self.prompt.tap(written),
        }
    }

    fn tapped(&mut self, place: Place) {
        match place {
            Place::Tools | Place::System => {}
            // Each is a text of its own.
            Place::Input | Place::InputText => {
                self.prompt.tapped();
                self.prompt.end_message();
                self.prompt.begin_message();
            }
            _ => self.prompt.tapped(),
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Options | Place::ToolCall | Place::Function, Container::Object)
            | (Place::ToolCalls | Place::Images, Container::Array) => true,
            (Place::Messages, Container::Array) => {
                self.messages.begin();
                true
            }
            (Place::Tools, Container::Array) => {
                self.tools.begin();
                true
            }
            (Place::Stop, Container::Array) => {
                self.stops.begin();
                true
            }
            (Place::Input, Container::Array) => {
                self.inputs.begin();
                self.given = true;
                true
            }
            (Place::Message, Container::Object) => {
                self.messages.add();
                self.prompt.begin_message();
                true
            }
            (Place::Tool, Container::Object) => {
                self.tools.add();
                false
            }
            (Place::Arguments, Container::Object) => false,
            (Place::Format, Container::Object) => {
                // By the name that OpenAI's API has for it.
                self.request.output_type = Some("json_schema".to_owned());
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
            Place::Root => self.close_root(),
            Place::Messages => self.messages.close(),
            Place::Message => self.prompt.end_message(),
            Place::Tools => self.tools.close(),
            Place::Stop => self.stops.close(),
            Place::Input => self.inputs.close(),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let request = &mut self.request;
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            Place::Model => fields::text(&mut request.model, scalar),
            // An empty text is none.
            Place::Format => fields::text(&mut request.output_type, scalar),
            Place::Stream => fields::value(&mut request.stream, scalar.as_bool()),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::TopK => fields::value(&mut request.top_k, scalar.as_f64()),
            Place::FrequencyPenalty => fields::value(&mut request.frequency_penalty, scalar.as_f64()),
            Place::PresencePenalty => fields::value(&mut request.presence_penalty, scalar.as_f64()),
            Place::Seed => fields::value(&mut request.seed, fields::integer(scalar)),
            Place::Dimensions => fields::number(&mut request.dimensions, scalar),
            // -1: without end, -2: until the context is full. Neither is a limit.
            Place::NumPredict => {
                fields::number(&mut request.max_tokens, scalar)
                    || scalar.as_f64().is_some_and(|number| number < 0.0)
            }
            Place::Think => match scalar.as_bool() {
                Some(thinks) => fields::value(&mut request.reasoning_level, Some(thinks.to_string())),
                None => fields::text(&mut request.reasoning_level, scalar),
            },
            Place::Prompt => {
                self.prompted |= is_text;
                is_text
            }
            Place::Input => {
                self.given |= is_text;
                fields::value(&mut request.input_count, is_text.then_some(1))
            }
            Place::InputText => {
                self.inputs.add();
                is_text
            }
            Place::Stop => fields::value(&mut request.stop_count, is_text.then_some(1)),
            Place::StopText => {
                self.stops.add();
                is_text
            }
            Place::System => {
                if matches!(scalar, Scalar::Text { empty: false, .. }) {
                    self.prompt.count_system();
                }
                is_text
            }
            Place::Role => scalar.as_text().is_some_and(|role| {
                self.prompt.role(&role);
                true
            }),
            Place::ToolCallId => scalar.as_text().is_some_and(|id| {
                self.prompt.result_of(&id);
                true
            }),
            Place::Image => {
                self.prompt.count_media();
                is_text
            }
            // Old versions take them as text.
            Place::Suffix | Place::Said | Place::ToolName | Place::FunctionName | Place::Arguments => is_text,
            Place::Root
            | Place::Messages
            | Place::Message
            | Place::ToolCalls
            | Place::ToolCall
            | Place::Function
            | Place::Images
            | Place::Tools
            | Place::Tool
            | Place::Options => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

//! What models that are invoked are asked, in the JSON of their makers: Titan, Llama, Mistral, Cohere, AI21, DeepSeek and
//! those that speak OpenAI's chat. One shape has them all, for what means the same is called nearly the same.
//!
//! Not read: what these have besides a prompt and its sampling; images.

use crate::call::Request;
use crate::digest::Key;
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct NativeAsked {
    request: Request,
    prompt: PromptReader,
    messages: Count,
    tools: Count,
    stops: Count,
    inputs: Count,
    /// A prompt that is no conversation.
    text: bool,
    unknown_shape: u32,
}

impl NativeAsked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            request: Request::default(),
            prompt: PromptReader::new(key),
            messages: Count::default(),
            tools: Count::default(),
            stops: Count::default(),
            inputs: Count::default(),
            text: false,
            unknown_shape: 0,
        }
    }

    /// It is a text to go on with.
    pub(super) fn is_text(&self) -> bool {
        self.text && !self.messages.has_begun()
    }

    pub(super) fn output_type(&self) -> Option<&str> {
        self.request.output_type.as_deref()
    }

    /// The request, what to recognise it by, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, messages, tools, stops, inputs, text: _, unknown_shape } = self;
        let (prompt, traces) = prompt.finish();
        let request = Request {
            prompt,
            message_count: messages.total(),
            tool_count: tools.total(),
            stop_count: stops.total(),
            input_count: inputs.total(),
            ..request
        };
        (request, traces, unknown_shape)
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    /// Titan's parameters.
    Config,
    MaxTokens,
    Temperature,
    TopP,
    TopK,
    FrequencyPenalty,
    PresencePenalty,
    Seed,
    ChoiceCount,
    Dimensions,
    Effort,
    Format,
    FormatType,
    Stops,
    Stop,
    Tools,
    Tool,
    Prompt,
    System,
    Messages,
    Message,
    Role,
    Text,
    Blocks,
    Block,
    ToolCallId,
    Inputs,
    Input,
}

impl Shape for NativeAsked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"textGenerationConfig") => Some(Place::Config),
            (
                Place::Root | Place::Config,
                b"max_tokens" | b"max_gen_len" | b"maxTokenCount" | b"maxTokens" | b"max_completion_tokens",
            ) => Some(Place::MaxTokens),
            (Place::Root | Place::Config, b"temperature") => Some(Place::Temperature),
            (Place::Root | Place::Config, b"topP" | b"top_p" | b"p") => Some(Place::TopP),
            (Place::Root, b"top_k" | b"k" | b"topK") => Some(Place::TopK),
            (Place::Root, b"frequency_penalty") => Some(Place::FrequencyPenalty),
            (Place::Root, b"presence_penalty") => Some(Place::PresencePenalty),
            (Place::Root, b"seed") => Some(Place::Seed),
            (Place::Root, b"n" | b"num_generations" | b"numResults") => Some(Place::ChoiceCount),
            (Place::Root, b"dimensions" | b"output_dimension") => Some(Place::Dimensions),
            (Place::Root, b"reasoning_effort") => Some(Place::Effort),
            (Place::Root, b"response_format") => Some(Place::Format),
            (Place::Format, b"type") => Some(Place::FormatType),
            (Place::Root | Place::Config, b"stop" | b"stop_sequences" | b"stopSequences") => {
                Some(Place::Stops)
            }
            (Place::Root, b"tools") => Some(Place::Tools),
            (Place::Root, b"prompt" | b"inputText" | b"message") => Some(Place::Prompt),
            (Place::Root, b"system" | b"preamble") => Some(Place::System),
            (Place::Root, b"messages" | b"chat_history") => Some(Place::Messages),
            (Place::Root, b"texts") => Some(Place::Inputs),
            (Place::Message, b"role") => Some(Place::Role),
            (Place::Message, b"content" | b"message") => Some(Place::Blocks),
            (Place::Message, b"tool_call_id") => Some(Place::ToolCallId),
            (Place::Block, b"text") => Some(Place::Text),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Messages => Some(Place::Message),
            Place::Tools => Some(Place::Tool),
            Place::Stops => Some(Place::Stop),
            Place::Blocks => Some(Place::Block),
            Place::Inputs => Some(Place::Input),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Role | Place::Effort | Place::FormatType | Place::ToolCallId)
    }

    fn hears(place: Place) -> bool {
        matches!(place, Place::Prompt | Place::System | Place::Text | Place::Blocks)
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        self.prompt.hear(if place == Place::System { Said::System } else { Said::Text }, written);
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Tools => value == Some(Container::Array),
            Place::Role | Place::Prompt | Place::System | Place::Text | Place::Blocks | Place::ToolCallId => {
                value.is_none()
            }
            _ => false,
        }
    }

    fn tap(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::Tools => self.prompt.tap_tools(written),
            Place::System => self.prompt.tap_system(written),
            _ => self.prompt.tap(written),
        }
    }

    fn tapped(&mut self, place: Place) {
        match place {
            Place::Tools | Place::System => {}
            // It is what the user says, as a message would be.
            Place::Prompt => {
                self.prompt.tapped();
                self.prompt.end_message();
                self.prompt.begin_message();
            }
            _ => self.prompt.tapped(),
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Config | Place::Format | Place::Block, Container::Object)
            | (Place::Blocks, Container::Array) => {}
            (Place::Messages, Container::Array) => self.messages.begin(),
            (Place::Message, Container::Object) => {
                self.messages.add();
                self.prompt.begin_message();
            }
            (Place::Tools, Container::Array) => self.tools.begin(),
            (Place::Tool, Container::Object) => {
                self.tools.add();
                return false;
            }
            (Place::Stops, Container::Array) => self.stops.begin(),
            (Place::Inputs, Container::Array) => self.inputs.begin(),
            _ => {
                self.unknown_shape += 1;
                return false;
            }
        }
        true
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Root if self.messages.total().is_some() || self.text => self.prompt.close(),
            Place::Messages => self.messages.close(),
            Place::Message => self.prompt.end_message(),
            Place::Tools => self.tools.close(),
            Place::Stops => self.stops.close(),
            Place::Inputs => self.inputs.close(),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let Self { request, prompt, .. } = self;
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            Place::MaxTokens => fields::number(&mut request.max_tokens, scalar),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::TopK => fields::value(&mut request.top_k, scalar.as_f64()),
            Place::FrequencyPenalty => fields::value(&mut request.frequency_penalty, scalar.as_f64()),
            Place::PresencePenalty => fields::value(&mut request.presence_penalty, scalar.as_f64()),
            Place::Seed => {
                let seed = scalar.as_u64().and_then(|seed| i64::try_from(seed).ok());
                fields::value(&mut request.seed, seed)
            }
            Place::ChoiceCount => {
                let count = scalar.as_u64();
                request.choice_count = count.filter(|count| *count != 1);
                count.is_some()
            }
            Place::Dimensions => fields::number(&mut request.dimensions, scalar),
            Place::Effort => fields::text(&mut request.reasoning_level, scalar),
            Place::FormatType => fields::text(&mut request.output_type, scalar),
            Place::Prompt => {
                self.text |= is_text;
                is_text
            }
            Place::System => {
                prompt.count_system();
                is_text
            }
            Place::Role => scalar.as_text().is_some_and(|role| {
                prompt.role(&role.to_ascii_lowercase());
                true
            }),
            Place::ToolCallId => scalar.as_text().is_some_and(|id| {
                prompt.result_of(&id);
                true
            }),
            Place::Stop => {
                self.stops.add();
                is_text
            }
            // One need not stand in a list.
            Place::Stops => {
                self.stops.begin();
                self.stops.add();
                self.stops.close();
                is_text
            }
            Place::Input => {
                self.inputs.add();
                is_text
            }
            Place::Text | Place::Blocks => is_text,
            Place::Root
            | Place::Config
            | Place::Format
            | Place::Tools
            | Place::Tool
            | Place::Messages
            | Place::Message
            | Place::Block
            | Place::Inputs => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

//! The request for a message, or for the count of its tokens.

use super::blocks::{Blocks, Part};
use crate::call::{Prompt, Request};
use crate::digest::{Digester, Key};
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(in crate::provider) struct Asked {
    request: Request,
    prompt: PromptReader,
    blocks: Blocks,
    key: Key,
    /// Who it is asked for, as far as that was heard.
    user: Digester,
    messages: Count,
    tools: Count,
    stops: Count,
    /// `thinking.type`: says how hard to think where `output_config.effort` does not.
    thinking: Option<String>,
    /// `anthropic_version`: of a body that names no model, since the path does.
    version: Option<String>,
    unknown_shape: u32,
}

impl Asked {
    pub(in crate::provider) fn new(key: Key) -> Self {
        Self {
            request: Request::default(),
            prompt: PromptReader::new(key),
            blocks: Blocks::default(),
            key,
            user: Digester::new(key),
            messages: Count::default(),
            tools: Count::default(),
            stops: Count::default(),
            thinking: None,
            version: None,
            unknown_shape: 0,
        }
    }

    /// Whether it has what a prompt has, here and in OpenAI's chat: an array `messages`, and a string `model` or, where
    /// the path names that, the version of the API.
    pub(super) fn is_prompt(&self) -> bool {
        self.is_named() && self.messages.has_begun()
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_prompt(&self) -> bool {
        self.is_named() || self.messages.has_begun()
    }

    fn is_named(&self) -> bool {
        self.request.model.is_some() || self.is_versioned()
    }

    /// Whether the body itself says that it is of this API.
    pub(in crate::provider) fn is_versioned(&self) -> bool {
        self.version.is_some()
    }

    /// What format was asked for.
    pub(in crate::provider) fn output_type(&self) -> Option<&str> {
        self.request.output_type.as_deref()
    }

    /// The request, what to recognise it by, and how much of it had an unknown shape.
    pub(in crate::provider) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, messages, tools, stops, thinking, unknown_shape, .. } = self;
        let (prompt, traces): (Option<Prompt>, Traces) = prompt.finish();
        let request = Request {
            prompt,
            message_count: messages.total(),
            tool_count: tools.total(),
            stop_count: stops.total(),
            reasoning_level: request.reasoning_level.or(thinking),
            ..request
        };
        (request, traces, unknown_shape)
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Place {
    Root,
    Model,
    Version,
    Stream,
    MaxTokens,
    Temperature,
    TopP,
    TopK,
    Stops,
    Stop,
    ServiceTier,
    Speed,
    /// `system`: a text, or blocks of text.
    System,
    SystemBlock,
    SystemText,
    Messages,
    Message,
    Role,
    /// A part of a message's content.
    Part(Part),
    Tools,
    Tool,
    OutputConfig,
    Effort,
    /// `output_config.format`, and the `output_format` that it was in 2025's betas.
    OutputFormat,
    OutputType,
    Thinking,
    ThinkingType,
    Metadata,
    UserId,
    Diagnostics,
    PreviousMessage,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"anthropic_version") => Some(Place::Version),
            (Place::Root, b"stream") => Some(Place::Stream),
            (Place::Root, b"max_tokens") => Some(Place::MaxTokens),
            (Place::Root, b"temperature") => Some(Place::Temperature),
            (Place::Root, b"top_p") => Some(Place::TopP),
            (Place::Root, b"top_k") => Some(Place::TopK),
            (Place::Root, b"stop_sequences") => Some(Place::Stops),
            (Place::Root, b"service_tier") => Some(Place::ServiceTier),
            (Place::Root, b"speed") => Some(Place::Speed),
            (Place::Root, b"system") => Some(Place::System),
            (Place::Root, b"messages") => Some(Place::Messages),
            (Place::Root, b"tools") => Some(Place::Tools),
            (Place::Root, b"output_config") => Some(Place::OutputConfig),
            (Place::Root, b"output_format") => Some(Place::OutputFormat),
            (Place::Root, b"thinking") => Some(Place::Thinking),
            (Place::Root, b"metadata") => Some(Place::Metadata),
            (Place::Root, b"diagnostics") => Some(Place::Diagnostics),
            (Place::SystemBlock, b"text") => Some(Place::SystemText),
            (Place::Message, b"role") => Some(Place::Role),
            (Place::Message, b"content") => Some(Place::Part(Part::CONTENT)),
            (Place::Part(part), _) => part.member(key).map(Place::Part),
            (Place::OutputConfig, b"effort") => Some(Place::Effort),
            (Place::OutputConfig, b"format") => Some(Place::OutputFormat),
            (Place::OutputFormat, b"type") => Some(Place::OutputType),
            (Place::Thinking, b"type") => Some(Place::ThinkingType),
            (Place::Metadata, b"user_id") => Some(Place::UserId),
            (Place::Diagnostics, b"previous_message_id") => Some(Place::PreviousMessage),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Messages => Some(Place::Message),
            Place::Tools => Some(Place::Tool),
            Place::Stops => Some(Place::Stop),
            Place::System => Some(Place::SystemBlock),
            Place::Part(part) => part.element().map(Place::Part),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        match place {
            Place::Part(part) => part.reads_text(),
            _ => matches!(
                place,
                Place::Model
                    | Place::Version
                    | Place::ServiceTier
                    | Place::Speed
                    | Place::Role
                    | Place::Effort
                    | Place::OutputType
                    | Place::ThinkingType
                    | Place::PreviousMessage
            ),
        }
    }

    fn hears(place: Place) -> bool {
        match place {
            Place::Part(part) => part.hears(),
            _ => matches!(place, Place::System | Place::SystemText | Place::UserId),
        }
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        match place {
            // It may be long, so that it is not captured: Claude Code puts three ids into it.
            Place::UserId => self.user.write(written),
            Place::System | Place::SystemText => self.prompt.hear(Said::System, written),
            Place::Part(part) => self.blocks.hear(part, written, &mut self.prompt),
            _ => {}
        }
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Role | Place::SystemText => value.is_none(),
            Place::System => value.is_none(),
            Place::Tools => value == Some(Container::Array),
            Place::Part(part) => part.taps(value),
            _ => false,
        }
    }

    fn tap(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::System | Place::SystemText => self.prompt.tap_system(written),
            Place::Tools => self.prompt.tap_tools(written),
            Place::Part(part) => self.blocks.tap(part, written, &mut self.prompt),
            _ => self.prompt.tap(written),
        }
    }

    fn tapped(&mut self, place: Place) {
        if let Place::Role | Place::Part(_) = place {
            self.prompt.tapped();
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        let known = match (place, container) {
            (
                Place::Root
                | Place::SystemBlock
                | Place::OutputConfig
                | Place::OutputFormat
                | Place::Thinking
                | Place::Metadata
                | Place::Diagnostics,
                Container::Object,
            )
            | (Place::System, Container::Array) => return true,
            (Place::Message, Container::Object) => {
                self.messages.add();
                self.prompt.begin_message();
                self.blocks = Blocks::default();
                return true;
            }
            (Place::Part(part), _) => return self.blocks.open(part, container, &mut self.unknown_shape),
            (Place::Messages, Container::Array) => {
                self.messages.begin();
                return true;
            }
            (Place::Tools, Container::Array) => {
                self.tools.begin();
                return true;
            }
            (Place::Stops, Container::Array) => {
                self.stops.begin();
                return true;
            }
            (Place::Tool, Container::Object) => {
                self.tools.add();
                true
            }
            _ => false,
        };
        self.unknown_shape += u32::from(!known);
        false
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Root if self.messages.total().is_some() => self.prompt.close(),
            Place::Messages => self.messages.close(),
            Place::Message => self.prompt.end_message(),
            Place::Tools => self.tools.close(),
            Place::Stops => self.stops.close(),
            Place::Part(part) => self.blocks.close(part, &mut self.prompt),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let Self { request, .. } = self;
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            Place::Model => fields::text(&mut request.model, scalar),
            Place::Version => fields::text(&mut self.version, scalar),
            Place::OutputType => fields::text(&mut request.output_type, scalar),
            Place::Effort => fields::text(&mut request.reasoning_level, scalar),
            Place::ThinkingType => fields::text(&mut self.thinking, scalar),
            Place::ServiceTier => fields::text(&mut request.service_tier, scalar),
            Place::Speed => fields::text(&mut request.speed, scalar),
            Place::PreviousMessage => fields::text(&mut request.previous_response, scalar),
            Place::MaxTokens => fields::number(&mut request.max_tokens, scalar),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::TopK => fields::value(&mut request.top_k, scalar.as_f64()),
            Place::Stream => fields::value(&mut request.stream, scalar.as_bool()),
            Place::UserId => {
                let user = std::mem::replace(&mut self.user, Digester::new(self.key));
                if is_text && !user.is_empty() {
                    request.user = Some(user.digest());
                }
                is_text
            }
            Place::Stop => {
                self.stops.add();
                is_text
            }
            Place::System => {
                if is_text {
                    self.prompt.count_system();
                }
                is_text
            }
            Place::SystemText => {
                self.prompt.count_system();
                is_text
            }
            Place::Role => scalar.as_text().is_some_and(|role| {
                self.prompt.role(&role);
                true
            }),
            Place::Part(part) => self.blocks.scalar(part, scalar, &mut self.prompt),
            Place::Root
            | Place::SystemBlock
            | Place::Messages
            | Place::Message
            | Place::Tools
            | Place::Tool
            | Place::Stops
            | Place::OutputConfig
            | Place::OutputFormat
            | Place::Thinking
            | Place::Metadata
            | Place::Diagnostics => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

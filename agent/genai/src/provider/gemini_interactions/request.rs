//! The request for an interaction.
//!
//! `input` is a text, a content, or a list of contents, turns or steps; each element of a list is taken for a message.

use crate::call::Request;
use crate::digest::Key;
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct Asked {
    request: Request,
    prompt: PromptReader,
    agent: Option<String>,
    mime_type: Option<String>,
    /// `input` was begun.
    input: bool,
    /// `input` is one content and no list.
    single: bool,
    messages: Count,
    tools: Count,
    stops: Count,
    /// Whose result the message at hand is.
    call_id: Option<String>,
    name: Option<String>,
    is_result: bool,
    /// It has a member that only this API has.
    marked: bool,
    unknown_shape: u32,
}

impl Asked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            request: Request::default(),
            prompt: PromptReader::new(key),
            agent: None,
            mime_type: None,
            input: false,
            single: false,
            messages: Count::default(),
            tools: Count::default(),
            stops: Count::default(),
            call_id: None,
            name: None,
            is_result: false,
            marked: false,
            unknown_shape: 0,
        }
    }

    /// Whether it has what an interaction must have.
    pub(super) fn is_prompt(&self) -> bool {
        (self.request.model.is_some() || self.agent.is_some()) && self.input
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_prompt(&self) -> bool {
        self.request.model.is_some() || self.agent.is_some() || self.input
    }

    /// Whether it has a member that only interactions have.
    pub(super) fn is_marked(&self) -> bool {
        self.marked
    }

    /// The format asked for.
    pub(super) fn output_type(&self) -> Option<&str> {
        self.mime_type.as_deref().or(self.request.output_type.as_deref())
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, agent, mime_type, messages, tools, stops, unknown_shape, .. } = self;
        let (prompt, traces) = prompt.finish();
        let request = Request {
            // An agent is called in a model's place.
            model: request.model.or(agent),
            output_type: mime_type.or(request.output_type),
            message_count: messages.total(),
            tool_count: tools.total(),
            stop_count: stops.total(),
            prompt,
            ..request
        };
        (request, traces, unknown_shape)
    }

    fn begin_message(&mut self) {
        self.messages.add();
        self.call_id = None;
        self.name = None;
        self.is_result = false;
        self.prompt.begin_message();
    }

    fn end_message(&mut self) {
        let call = self.call_id.take().or(self.name.take()).filter(|_| self.is_result);
        if let Some(call) = call {
            self.prompt.result_of(&call);
        }
        self.prompt.end_message();
    }

    /// Steps say by their type whose they are.
    fn typed(&mut self, kind: &str) {
        if kind.ends_with("_result") {
            self.is_result = true;
            self.prompt.role("tool");
        } else if kind.ends_with("_call") || matches!(kind, "model_output" | "thought") {
            self.prompt.role("model");
        }
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    Agent,
    Stream,
    Previous,
    ServiceTier,
    /// Instructions: a text, or a content.
    System,
    SystemPart,
    SystemText,
    /// A text, a content, or a list.
    Input,
    /// An element of such a list.
    Item,
    Type,
    Role,
    Id,
    CallId,
    Name,
    Text,
    /// Data of media, or where they are.
    MediaData,
    /// `content` of a turn or step, `summary` of a thought.
    Content,
    ContentItem,
    Arguments,
    Result,
    Tools,
    Tool,
    Config,
    Temperature,
    TopP,
    MaxOutputTokens,
    Stops,
    Stop,
    Seed,
    ThinkingLevel,
    Format,
    FormatType,
    MimeType,
    /// A member that only this API has.
    Mark,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"agent") => Some(Place::Agent),
            (Place::Root, b"stream") => Some(Place::Stream),
            (Place::Root, b"previous_interaction_id") => Some(Place::Previous),
            (Place::Root, b"service_tier") => Some(Place::ServiceTier),
            (Place::Root, b"system_instruction") => Some(Place::System),
            (Place::System, b"parts" | b"content") => Some(Place::System),
            (Place::System | Place::SystemPart, b"text") => Some(Place::SystemText),
            (Place::Root, b"input") => Some(Place::Input),
            (Place::Input | Place::Item, b"type") => Some(Place::Type),
            (Place::Input | Place::Item, b"role") => Some(Place::Role),
            (Place::Input | Place::Item, b"id") => Some(Place::Id),
            (Place::Input | Place::Item, b"call_id") => Some(Place::CallId),
            (Place::Input | Place::Item, b"name") => Some(Place::Name),
            (Place::Input | Place::Item | Place::ContentItem, b"text") => Some(Place::Text),
            (Place::Input | Place::Item | Place::ContentItem, b"data" | b"uri") => Some(Place::MediaData),
            (Place::Input | Place::Item, b"content" | b"summary") => Some(Place::Content),
            (Place::Input | Place::Item | Place::ContentItem, b"arguments") => Some(Place::Arguments),
            (Place::Input | Place::Item | Place::ContentItem, b"result") => Some(Place::Result),
            (Place::Content, key) => Self::member(Place::ContentItem, key),
            (Place::Root, b"tools") => Some(Place::Tools),
            (Place::Root, b"generation_config") => Some(Place::Config),
            (Place::Config, b"temperature") => Some(Place::Temperature),
            (Place::Config, b"top_p") => Some(Place::TopP),
            (Place::Config, b"max_output_tokens") => Some(Place::MaxOutputTokens),
            (Place::Config, b"stop_sequences") => Some(Place::Stops),
            (Place::Config, b"seed") => Some(Place::Seed),
            (Place::Config, b"thinking_level") => Some(Place::ThinkingLevel),
            (Place::Root, b"response_format") => Some(Place::Format),
            (Place::Format, b"type") => Some(Place::FormatType),
            (Place::Root, b"response_mime_type") | (Place::Format, b"mime_type") => Some(Place::MimeType),
            (Place::Root, b"agent_config" | b"response_modalities") => Some(Place::Mark),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Input => Some(Place::Item),
            Place::Content => Some(Place::ContentItem),
            Place::System => Some(Place::SystemPart),
            Place::Tools => Some(Place::Tool),
            Place::Stops => Some(Place::Stop),
            // Several formats, one for each modality.
            Place::Format => Some(Place::Format),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::Model
                | Place::Agent
                | Place::Previous
                | Place::ServiceTier
                | Place::Type
                | Place::Role
                | Place::CallId
                | Place::Name
                | Place::ThinkingLevel
                | Place::FormatType
                | Place::MimeType
        )
    }

    fn hears(place: Place) -> bool {
        matches!(
            place,
            Place::System | Place::SystemText | Place::Input | Place::Text | Place::Content | Place::Result
        )
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        let said = match place {
            Place::System | Place::SystemText => Said::System,
            _ => Said::Text,
        };
        self.prompt.hear(said, written);
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Tools => value == Some(Container::Array),
            Place::Arguments => true,
            Place::Result => value.is_some(),
            Place::System
            | Place::SystemText
            | Place::Input
            | Place::Type
            | Place::Role
            | Place::Id
            | Place::CallId
            | Place::Name
            | Place::Text
            | Place::MediaData
            | Place::Content => value.is_none(),
            _ => false,
        }
    }

    fn tap(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::Tools => self.prompt.tap_tools(written),
            Place::System | Place::SystemText => self.prompt.tap_system(written),
            Place::Arguments | Place::Result => {
                self.prompt.tap(written);
                // They are no strings here, but said all the same.
                self.prompt.hear(Said::Text, written);
            }
            _ => self.prompt.tap(written),
        }
    }

    fn tapped(&mut self, place: Place) {
        match place {
            // Neither is a message.
            Place::Tools | Place::System | Place::SystemText => {}
            // One text is the whole of it.
            Place::Input if self.input => {
                self.prompt.tapped();
                self.prompt.end_message();
            }
            // Nothing, or nothing that is known.
            Place::Input => self.prompt.begin_message(),
            _ => self.prompt.tapped(),
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::ContentItem | Place::SystemPart | Place::Format, Container::Object)
            | (Place::Content, Container::Array | Container::Object)
            | (Place::Format, Container::Array) => true,
            (Place::Config, Container::Object) => {
                self.marked = true;
                true
            }
            (Place::System, _) => {
                self.marked = true;
                self.prompt.count_system();
                true
            }
            (Place::Input, Container::Array) => {
                self.input = true;
                self.messages.begin();
                true
            }
            (Place::Input, Container::Object) => {
                self.input = true;
                self.single = true;
                self.messages.begin();
                self.begin_message();
                true
            }
            (Place::Item, Container::Object) => {
                self.begin_message();
                true
            }
            // They were given out whole.
            (Place::Arguments | Place::Result, _) => false,
            (Place::Mark, _) => {
                self.marked = true;
                false
            }
            (Place::Tools, Container::Array) => {
                self.tools.begin();
                true
            }
            (Place::Tool, Container::Object) => {
                self.tools.add();
                false
            }
            (Place::Stops, Container::Array) => {
                self.stops.begin();
                true
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Root if self.input => self.prompt.close(),
            Place::Item => self.end_message(),
            Place::Input => {
                if std::mem::take(&mut self.single) {
                    self.end_message();
                }
                self.messages.close();
            }
            Place::Tools => self.tools.close(),
            Place::Stops => self.stops.close(),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let request = &mut self.request;
        let known = match place {
            Place::Model => fields::text(&mut request.model, scalar),
            Place::Agent => {
                self.marked |= is_text;
                fields::text(&mut self.agent, scalar)
            }
            Place::Stream => fields::value(&mut request.stream, scalar.as_bool()),
            Place::Previous => {
                self.marked |= is_text;
                fields::text(&mut request.previous_response, scalar)
            }
            Place::ServiceTier => fields::text(&mut request.service_tier, scalar),
            Place::System => {
                self.marked |= is_text;
                self.prompt.count_system();
                is_text
            }
            Place::Input => {
                self.input |= is_text;
                if is_text {
                    self.messages.begin();
                    self.messages.add();
                    self.messages.close();
                }
                is_text
            }
            Place::Type => scalar.as_text().is_some_and(|kind| {
                self.typed(&kind);
                true
            }),
            Place::Role => scalar.as_text().is_some_and(|role| {
                self.prompt.role(&role);
                true
            }),
            Place::CallId => fields::text(&mut self.call_id, scalar),
            Place::Name => fields::text(&mut self.name, scalar),
            Place::MediaData => {
                self.prompt.count_media();
                is_text
            }
            Place::Id | Place::Text | Place::Content | Place::SystemText => is_text,
            // A result may be any value.
            Place::Arguments | Place::Result => true,
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::MaxOutputTokens => fields::number(&mut request.max_tokens, scalar),
            Place::Seed => fields::value(&mut request.seed, fields::integer(scalar)),
            Place::ThinkingLevel => fields::text(&mut request.reasoning_level, scalar),
            Place::Stop => {
                self.stops.add();
                is_text
            }
            Place::FormatType => fields::text(&mut request.output_type, scalar),
            Place::MimeType => fields::text(&mut self.mime_type, scalar),
            Place::Root
            | Place::Item
            | Place::SystemPart
            | Place::ContentItem
            | Place::Tools
            | Place::Tool
            | Place::Config
            | Place::Stops
            | Place::Format
            | Place::Mark => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

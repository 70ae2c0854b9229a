//! The request of Converse; that of Nova, which is nearly the same; and that of the counting of their tokens.
//!
//! What a block is its one member's name says, so nothing has to be remembered of a block.

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
    messages: Count,
    tools: Count,
    stops: Count,
    /// `inferenceConfig` or `toolConfig` was there: no other API has these.
    marked: bool,
    /// `model` was there: here the path names it.
    named: bool,
    /// Whether the model thinks; says how hard where nothing else does.
    thinking: Option<String>,
    unknown_shape: u32,
}

impl Asked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            request: Request::default(),
            prompt: PromptReader::new(key),
            messages: Count::default(),
            tools: Count::default(),
            stops: Count::default(),
            marked: false,
            named: false,
            thinking: None,
            unknown_shape: 0,
        }
    }

    /// Whether it is surely of this API.
    pub(super) fn is_own(&self) -> bool {
        self.marked && self.messages.has_begun() && !self.named
    }

    /// Whether it looks like becoming so.
    pub(super) fn may_be_own(&self) -> bool {
        self.marked || self.messages.has_begun()
    }

    /// Whether it is surely of another: chats of others name their model.
    pub(super) fn is_others(&self) -> bool {
        self.named
    }

    pub(super) fn output_type(&self) -> Option<&str> {
        self.request.output_type.as_deref()
    }

    /// The request, what to recognise it by, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, messages, tools, stops, marked: _, named: _, thinking, unknown_shape } =
            self;
        let (prompt, traces) = prompt.finish();
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
pub(super) enum Place {
    Root,
    Model,
    /// `input` of a request to count tokens; its `converse` is a root again.
    Input,
    Config,
    MaxTokens,
    Temperature,
    TopP,
    TopK,
    Stops,
    Stop,
    /// `additionalModelRequestFields`: what the model's maker has besides.
    More,
    Thinking,
    ThinkingType,
    Effort,
    Performance,
    Latency,
    Tier,
    TierType,
    Output,
    TextFormat,
    FormatType,
    ToolConfig,
    Tools,
    Tool,
    System,
    SystemBlock,
    SystemText,
    Messages,
    Message,
    Role,
    Content,
    Block,
    /// What is said by whose message it is.
    Text,
    /// What is said by a tool, and what by a document.
    ResultText,
    ResultJson,
    DocumentText,
    /// An image, a video, a sound: whole.
    Media,
    Document,
    Source,
    SourceText,
    SourceContent,
    SourceElsewhere,
    SourceBlock,
    /// Reasoning, text with citations, and what is in [`Place::Guarded`]: the text is further in.
    Wrapped,
    /// What a guardrail is to look at.
    Guarded,
    ToolUse,
    ToolInput,
    ToolResult,
    ToolUseId,
    ResultContent,
    ResultBlock,
    SearchResult,
    SearchContent,
    SearchBlock,
    /// Belongs to the message and is no text.
    Mark,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"input") => Some(Place::Input),
            (Place::Input, b"converse") => Some(Place::Root),
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"messages") => Some(Place::Messages),
            (Place::Root, b"system") => Some(Place::System),
            (Place::Root, b"inferenceConfig") => Some(Place::Config),
            (Place::Root, b"toolConfig") => Some(Place::ToolConfig),
            (Place::Root, b"additionalModelRequestFields") => Some(Place::More),
            (Place::Root, b"performanceConfig") => Some(Place::Performance),
            (Place::Root, b"serviceTier") => Some(Place::Tier),
            (Place::Root, b"outputConfig") => Some(Place::Output),
            (Place::Output, b"textFormat") => Some(Place::TextFormat),
            (Place::TextFormat, b"type") => Some(Place::FormatType),
            (Place::Performance, b"latency") => Some(Place::Latency),
            (Place::Tier, b"type") => Some(Place::TierType),
            // Nova spells some of these in its own way.
            (Place::Config, b"maxTokens" | b"max_new_tokens" | b"max_tokens") => Some(Place::MaxTokens),
            (Place::Config | Place::More, b"temperature") => Some(Place::Temperature),
            (Place::Config | Place::More, b"topP" | b"top_p") => Some(Place::TopP),
            (Place::Config | Place::More, b"topK" | b"top_k") => Some(Place::TopK),
            (Place::Config, b"stopSequences") => Some(Place::Stops),
            (Place::More, b"inferenceConfig") => Some(Place::Config),
            (Place::More, b"thinking" | b"reasoning_config" | b"reasoningConfig" | b"output_config") => {
                Some(Place::Thinking)
            }
            (Place::More, b"reasoning_effort") => Some(Place::Effort),
            (Place::Thinking, b"type") => Some(Place::ThinkingType),
            (Place::Thinking, b"effort" | b"maxReasoningEffort") => Some(Place::Effort),
            (Place::ToolConfig, b"tools") => Some(Place::Tools),
            (Place::SystemBlock, b"text") => Some(Place::SystemText),
            (Place::Message, b"role") => Some(Place::Role),
            (Place::Message, b"content") => Some(Place::Content),
            (Place::Block, b"text") => Some(Place::Text),
            (Place::Block, b"reasoningContent" | b"citationsContent") => Some(Place::Wrapped),
            (Place::Block, b"guardContent") => Some(Place::Guarded),
            (Place::Guarded, b"text") => Some(Place::Wrapped),
            (Place::Wrapped, b"reasoningText") => Some(Place::Wrapped),
            (Place::Wrapped, b"text") => Some(Place::Text),
            (Place::Wrapped, b"content") => Some(Place::Content),
            (Place::Wrapped, b"redactedContent") => Some(Place::Mark),
            (Place::Block | Place::ResultBlock | Place::Guarded, b"image" | b"video" | b"audio") => {
                Some(Place::Media)
            }
            (Place::Block | Place::ResultBlock, b"document") => Some(Place::Document),
            (Place::Block | Place::ResultBlock, b"searchResult") => Some(Place::SearchResult),
            (Place::Block, b"toolUse") => Some(Place::ToolUse),
            (Place::Block, b"toolResult") => Some(Place::ToolResult),
            (Place::ToolUse, b"toolUseId" | b"name") => Some(Place::Mark),
            (Place::ToolUse, b"input") => Some(Place::ToolInput),
            (Place::ToolResult, b"toolUseId") => Some(Place::ToolUseId),
            (Place::ToolResult, b"content") => Some(Place::ResultContent),
            (Place::ResultBlock, b"text") => Some(Place::ResultText),
            (Place::ResultBlock, b"json") => Some(Place::ResultJson),
            (Place::Document, b"name") | (Place::SearchResult, b"source" | b"title") => Some(Place::Mark),
            (Place::Document, b"source") => Some(Place::Source),
            (Place::Source, b"text") => Some(Place::SourceText),
            (Place::Source, b"content") => Some(Place::SourceContent),
            (Place::Source, b"bytes" | b"s3Location") => Some(Place::SourceElsewhere),
            (Place::SearchResult, b"content") => Some(Place::SearchContent),
            (Place::SourceBlock | Place::SearchBlock, b"text") => Some(Place::DocumentText),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Messages => Some(Place::Message),
            Place::System => Some(Place::SystemBlock),
            Place::Tools => Some(Place::Tool),
            Place::Stops => Some(Place::Stop),
            Place::Content => Some(Place::Block),
            Place::ResultContent => Some(Place::ResultBlock),
            Place::SourceContent => Some(Place::SourceBlock),
            Place::SearchContent => Some(Place::SearchBlock),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::Role
                | Place::ThinkingType
                | Place::Effort
                | Place::Latency
                | Place::TierType
                | Place::FormatType
                | Place::ToolUseId
        )
    }

    fn hears(place: Place) -> bool {
        matches!(
            place,
            Place::SystemText | Place::Text | Place::ResultText | Place::DocumentText | Place::SourceText
        )
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        let said = match place {
            Place::SystemText => Said::System,
            Place::ResultText => Said::ToolResult,
            Place::DocumentText | Place::SourceText => Said::Retrieved,
            _ => Said::Text,
        };
        self.prompt.hear(said, written);
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Tools => value == Some(Container::Array),
            Place::Media | Place::ToolInput | Place::ResultJson | Place::SourceElsewhere => true,
            Place::SystemText
            | Place::Role
            | Place::Text
            | Place::ResultText
            | Place::DocumentText
            | Place::SourceText
            | Place::ToolUseId
            | Place::Mark => value.is_none(),
            _ => false,
        }
    }

    fn tap(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::Tools => return self.prompt.tap_tools(written),
            Place::SystemText => return self.prompt.tap_system(written),
            // Objects that stand for text: their length is what they are written in.
            Place::ToolInput => self.prompt.hear(Said::Text, written),
            Place::ResultJson => self.prompt.hear(Said::ToolResult, written),
            _ => {}
        }
        self.prompt.tap(written);
    }

    fn tapped(&mut self, place: Place) {
        if !matches!(place, Place::Tools | Place::SystemText) {
            self.prompt.tapped();
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Config | Place::ToolConfig, Container::Object) => self.marked = true,
            (
                Place::Root
                | Place::Input
                | Place::More
                | Place::Thinking
                | Place::Performance
                | Place::Tier
                | Place::Output
                | Place::TextFormat
                | Place::SystemBlock
                | Place::Block
                | Place::ResultBlock
                | Place::SourceBlock
                | Place::SearchBlock
                | Place::Document
                | Place::Source
                | Place::Wrapped
                | Place::Guarded
                | Place::ToolUse,
                Container::Object,
            )
            | (
                Place::System | Place::Content | Place::ResultContent | Place::SearchContent,
                Container::Array,
            ) => {}
            (Place::SourceContent, Container::Array) => self.prompt.count_retrieved(),
            (Place::SearchResult, Container::Object) => self.prompt.count_retrieved(),
            (Place::ToolResult, Container::Object) => self.prompt.count_tool_result(),
            (Place::Media | Place::SourceElsewhere, Container::Object) => {
                self.prompt.count_media();
                return false;
            }
            // They are tapped, and not gone into.
            (Place::ToolInput | Place::ResultJson, _) => return false,
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
            _ => {
                self.unknown_shape += 1;
                return false;
            }
        }
        true
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Root if self.messages.total().is_some() => self.prompt.close(),
            Place::Messages => self.messages.close(),
            Place::Message => self.prompt.end_message(),
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
        let Self { request, prompt, .. } = self;
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            Place::Model => {
                self.named = true;
                true
            }
            Place::MaxTokens => fields::number(&mut request.max_tokens, scalar),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::TopK => fields::value(&mut request.top_k, scalar.as_f64()),
            Place::ThinkingType => fields::text(&mut self.thinking, scalar),
            Place::Effort => fields::text(&mut request.reasoning_level, scalar),
            Place::Latency => fields::text(&mut request.speed, scalar),
            Place::TierType => fields::text(&mut request.service_tier, scalar),
            Place::FormatType => fields::text(&mut request.output_type, scalar),
            Place::Role => scalar.as_text().is_some_and(|role| {
                prompt.role(&role);
                true
            }),
            Place::ToolUseId => scalar.as_text().is_some_and(|id| {
                prompt.result_of(&id);
                true
            }),
            Place::SystemText => {
                prompt.count_system();
                is_text
            }
            Place::SourceText => {
                prompt.count_retrieved();
                is_text
            }
            Place::SourceElsewhere => {
                prompt.count_media();
                is_text
            }
            Place::Stop => {
                self.stops.add();
                is_text
            }
            Place::Text | Place::ResultText | Place::DocumentText | Place::Mark => is_text,
            // Of the tool's making, and of the maker's.
            Place::ToolInput | Place::ResultJson | Place::Thinking => true,
            Place::Root
            | Place::Input
            | Place::Config
            | Place::Stops
            | Place::More
            | Place::Performance
            | Place::Tier
            | Place::Output
            | Place::TextFormat
            | Place::ToolConfig
            | Place::Tools
            | Place::Tool
            | Place::System
            | Place::SystemBlock
            | Place::Messages
            | Place::Message
            | Place::Content
            | Place::Block
            | Place::Media
            | Place::Document
            | Place::Source
            | Place::SourceContent
            | Place::SourceBlock
            | Place::Wrapped
            | Place::Guarded
            | Place::ToolUse
            | Place::ToolResult
            | Place::ResultContent
            | Place::ResultBlock
            | Place::SearchResult
            | Place::SearchContent
            | Place::SearchBlock => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

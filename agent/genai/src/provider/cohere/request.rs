//! The request of a chat, of v2 (`messages`) and of v1 (`message`, with what was said before beside it).

use crate::call::Request;
use crate::digest::Key;
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::prompt::{Chars, PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct Asked {
    request: Request,
    prompt: PromptReader,
    /// v2's messages, or v1's history.
    messages: Count,
    /// v1's `message`.
    message: bool,
    /// A message that is a value of its own is being read.
    in_message: bool,
    tools: Count,
    stops: Count,
    /// Documents stand beside all messages.
    documents: u64,
    document: Chars,
    /// Tokens that may be thought with: where no level is told, they are the level.
    budget: Option<String>,
    /// It has a member that only this API has.
    marked: bool,
    unknown_shape: u32,
}

impl Asked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            request: Request::default(),
            prompt: PromptReader::new(key),
            messages: Count::default(),
            message: false,
            in_message: false,
            tools: Count::default(),
            stops: Count::default(),
            documents: 0,
            document: Chars::default(),
            budget: None,
            marked: false,
            unknown_shape: 0,
        }
    }

    /// Whether it has what v2's chats must have, as those of others must.
    pub(super) fn is_v2(&self) -> bool {
        self.request.model.is_some() && self.messages.has_begun()
    }

    /// Whether it has what v1's must have.
    pub(super) fn is_v1(&self) -> bool {
        self.message
    }

    pub(super) fn has_model(&self) -> bool {
        self.request.model.is_some()
    }

    /// Whether it has a member that only Cohere's chats have.
    pub(super) fn is_marked(&self) -> bool {
        self.marked
    }

    /// Whether it looks like becoming a chat.
    pub(super) fn may_be_chat(&self) -> bool {
        self.has_model() || self.message || self.messages.has_begun()
    }

    /// The format asked for.
    pub(super) fn output_type(&self) -> Option<&str> {
        self.request.output_type.as_deref()
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, messages, message, tools, stops, documents, document, .. } = self;
        let (mut prompt, traces) = prompt.finish();
        if let Some(prompt) = &mut prompt {
            prompt.retrieved.count += documents;
            prompt.retrieved.chars = prompt.retrieved.chars.saturating_add(document.count);
        }
        let count = messages.total().or(message.then_some(0));
        let request = Request {
            message_count: count.map(|count| count + u64::from(message)),
            tool_count: tools.total(),
            stop_count: stops.total(),
            reasoning_level: request.reasoning_level.or(self.budget),
            prompt,
            ..request
        };
        (request, traces, self.unknown_shape)
    }

    /// A message that is a value of its own begins with its first bytes.
    fn in_message(&mut self, role: &str) {
        if !std::mem::replace(&mut self.in_message, true) {
            self.prompt.begin_message();
            self.prompt.role(role);
        }
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    Stream,
    MaxTokens,
    Temperature,
    TopP,
    TopK,
    Seed,
    FrequencyPenalty,
    PresencePenalty,
    Stops,
    Stop,
    Format,
    FormatType,
    Thinking,
    ThinkingType,
    Budget,
    Effort,
    /// v1's instructions.
    Preamble,
    /// v1's conversation that Cohere keeps.
    Conversation,
    /// v1's last message, which is the user's.
    RootMessage,
    /// v1's results of tools.
    ToolResults,
    ToolResult,
    Messages,
    Message,
    Role,
    Content,
    ContentPart,
    Text,
    /// `image_url` of a part of a content.
    Media,
    /// A document that a tool gave back.
    PartDocument,
    ToolCalls,
    ToolCall,
    Function,
    /// Id and name of a tool call.
    CallName,
    Arguments,
    CallId,
    Tools,
    Tool,
    Documents,
    Document,
    /// A member that only this API has.
    Mark,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"stream") => Some(Place::Stream),
            (Place::Root, b"max_tokens") => Some(Place::MaxTokens),
            (Place::Root, b"temperature") => Some(Place::Temperature),
            (Place::Root, b"p") => Some(Place::TopP),
            (Place::Root, b"k") => Some(Place::TopK),
            (Place::Root, b"seed") => Some(Place::Seed),
            (Place::Root, b"frequency_penalty") => Some(Place::FrequencyPenalty),
            (Place::Root, b"presence_penalty") => Some(Place::PresencePenalty),
            (Place::Root, b"stop_sequences") => Some(Place::Stops),
            (Place::Root, b"response_format") => Some(Place::Format),
            (Place::Format, b"type") => Some(Place::FormatType),
            (Place::Root, b"thinking") => Some(Place::Thinking),
            (Place::Thinking, b"type") => Some(Place::ThinkingType),
            (Place::Thinking, b"token_budget") => Some(Place::Budget),
            (Place::Root, b"reasoning_effort") => Some(Place::Effort),
            (Place::Root, b"preamble") => Some(Place::Preamble),
            (Place::Root, b"conversation_id") => Some(Place::Conversation),
            (Place::Root, b"message") => Some(Place::RootMessage),
            (Place::Root, b"tool_results") => Some(Place::ToolResults),
            (Place::Root, b"messages" | b"chat_history") => Some(Place::Messages),
            (Place::Message, b"role") => Some(Place::Role),
            (Place::Message, b"content") => Some(Place::Content),
            (Place::Message, b"message" | b"tool_plan") | (Place::ContentPart, b"text" | b"thinking") => {
                Some(Place::Text)
            }
            (Place::ContentPart, b"image_url") => Some(Place::Media),
            (Place::ContentPart, b"document") => Some(Place::PartDocument),
            (Place::Message, b"tool_calls") => Some(Place::ToolCalls),
            (Place::Message, b"tool_call_id") => Some(Place::CallId),
            (Place::Message, b"tool_results") => Some(Place::PartDocument),
            (Place::ToolCall, b"function") => Some(Place::Function),
            (Place::ToolCall, b"id" | b"name") | (Place::Function, b"name") => Some(Place::CallName),
            (Place::ToolCall, b"parameters") | (Place::Function, b"arguments") => Some(Place::Arguments),
            (Place::Root, b"tools") => Some(Place::Tools),
            (Place::Root, b"documents") => Some(Place::Documents),
            (
                Place::Root,
                b"safety_mode"
                | b"citation_options"
                | b"citation_quality"
                | b"connectors"
                | b"prompt_truncation"
                | b"search_queries_only"
                | b"strict_tools",
            ) => Some(Place::Mark),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Messages => Some(Place::Message),
            Place::Content => Some(Place::ContentPart),
            Place::ToolCalls => Some(Place::ToolCall),
            Place::ToolResults => Some(Place::ToolResult),
            Place::Tools => Some(Place::Tool),
            Place::Documents => Some(Place::Document),
            Place::Stops => Some(Place::Stop),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::Model
                | Place::FormatType
                | Place::ThinkingType
                | Place::Effort
                | Place::Conversation
                | Place::Role
                | Place::CallId
        )
    }

    fn hears(place: Place) -> bool {
        matches!(
            place,
            Place::Preamble
                | Place::RootMessage
                | Place::Content
                | Place::Text
                | Place::Arguments
                | Place::Document
        )
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::Preamble => self.prompt.hear(Said::System, written),
            Place::Document => self.document.push(written),
            Place::RootMessage => {
                self.in_message("user");
                self.prompt.hear(Said::Text, written);
            }
            _ => self.prompt.hear(Said::Text, written),
        }
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Tools => value == Some(Container::Array),
            Place::Document | Place::Media | Place::PartDocument | Place::ToolResult => value.is_some(),
            Place::Arguments => true,
            Place::Preamble
            | Place::RootMessage
            | Place::Role
            | Place::Content
            | Place::Text
            | Place::CallName
            | Place::CallId => value.is_none(),
            _ => false,
        }
    }

    fn tap(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::Tools => self.prompt.tap_tools(written),
            Place::Preamble => self.prompt.tap_system(written),
            Place::Document => self.document.push(written),
            Place::RootMessage => {
                self.in_message("user");
                self.prompt.tap(written);
            }
            Place::ToolResult => {
                self.in_message("tool");
                self.prompt.tap(written);
                self.prompt.hear(Said::Text, written);
            }
            Place::PartDocument => {
                self.prompt.tap(written);
                self.prompt.hear(Said::Text, written);
            }
            _ => self.prompt.tap(written),
        }
    }

    fn tapped(&mut self, place: Place) {
        match place {
            // None is a message.
            Place::Tools | Place::Preamble | Place::Document => {}
            // Nothing, or nothing that is known.
            Place::RootMessage if !self.message => self.in_message = false,
            Place::RootMessage | Place::ToolResult => {
                self.prompt.tapped();
                self.prompt.end_message();
                self.in_message = false;
            }
            _ => self.prompt.tapped(),
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (
                Place::Root
                | Place::Format
                | Place::Thinking
                | Place::ContentPart
                | Place::ToolCall
                | Place::Function,
                Container::Object,
            )
            | (Place::Content | Place::ToolCalls, Container::Array) => true,
            (Place::Messages, Container::Array) => {
                self.messages.begin();
                true
            }
            (Place::Message, Container::Object) => {
                self.messages.add();
                self.prompt.begin_message();
                true
            }
            (Place::Media, Container::Object) => {
                self.prompt.count_media();
                false
            }
            // They were given out whole.
            (Place::Arguments | Place::PartDocument, _) => false,
            (Place::ToolResult, Container::Object) => false,
            (Place::ToolResults, Container::Array) => {
                self.marked = true;
                true
            }
            (Place::Tools, Container::Array) => {
                self.tools.begin();
                true
            }
            (Place::Tool, Container::Object) => {
                self.tools.add();
                false
            }
            (Place::Documents, Container::Array) => true,
            (Place::Document, Container::Object) => {
                self.documents += 1;
                false
            }
            (Place::Stops, Container::Array) => {
                self.stops.begin();
                true
            }
            (Place::Mark, _) => {
                self.marked = true;
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
            Place::Root if self.message || self.messages.total().is_some() => self.prompt.close(),
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
        let is_text = matches!(scalar, Scalar::Text { .. });
        let request = &mut self.request;
        let known = match place {
            Place::Model => fields::text(&mut request.model, scalar),
            Place::Stream => fields::value(&mut request.stream, scalar.as_bool()),
            Place::MaxTokens => fields::number(&mut request.max_tokens, scalar),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP | Place::TopK => {
                self.marked = true;
                let slot = if place == Place::TopP { &mut request.top_p } else { &mut request.top_k };
                fields::value(slot, scalar.as_f64())
            }
            Place::Seed => fields::value(&mut request.seed, fields::integer(scalar)),
            Place::FrequencyPenalty => fields::value(&mut request.frequency_penalty, scalar.as_f64()),
            Place::PresencePenalty => fields::value(&mut request.presence_penalty, scalar.as_f64()),
            Place::Stop => {
                self.stops.add();
                is_text
            }
            Place::FormatType => fields::text(&mut request.output_type, scalar),
            Place::ThinkingType => {
                // `enabled` says less than the budget does, and `disabled` is a level.
                let disabled = scalar.as_text().filter(|kind| kind == "disabled");
                request.reasoning_level = disabled.map(Into::into).or(request.reasoning_level.take());
                is_text
            }
            Place::Budget => {
                let budget = scalar.as_u64().map(|budget| budget.to_string());
                fields::value(&mut self.budget, budget)
            }
            Place::Effort => fields::text(&mut request.reasoning_level, scalar),
            Place::Preamble => {
                self.marked = true;
                self.prompt.count_system();
                is_text
            }
            Place::Conversation => fields::text(&mut request.conversation, scalar),
            Place::RootMessage => {
                self.message |= is_text;
                is_text
            }
            Place::Role => scalar.as_text().is_some_and(|role| {
                self.prompt.role(&role.to_ascii_lowercase());
                true
            }),
            Place::CallId => scalar.as_text().is_some_and(|id| {
                self.prompt.result_of(&id);
                true
            }),
            Place::Document => {
                self.documents += 1;
                is_text
            }
            Place::Content | Place::Text | Place::CallName | Place::Arguments => is_text,
            Place::Mark => {
                self.marked = true;
                is_text || scalar.as_bool().is_some()
            }
            Place::Root
            | Place::Stops
            | Place::Format
            | Place::Thinking
            | Place::ToolResults
            | Place::ToolResult
            | Place::Messages
            | Place::Message
            | Place::ContentPart
            | Place::Media
            | Place::PartDocument
            | Place::ToolCalls
            | Place::ToolCall
            | Place::Function
            | Place::Tools
            | Place::Tool
            | Place::Documents => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

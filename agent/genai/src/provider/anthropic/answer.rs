//! The answer: one document, or many events that have its parts. Both are read by the same places, for an event is the
//! document's members one level deeper or by another name, and members may stand in any order.

use crate::call::{Response, ToolCall, Usage};
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;
use crate::provider::{ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    /// As told: `input` without what is cached.
    usage: Usage,
    stop_reason: Option<String>,
    error: Option<ProviderError>,
    /// The content block at hand.
    block: Option<Block>,
    /// What the event or document at hand says it is.
    kind: Option<Kind>,
    /// The event at hand carries content.
    content: bool,
    /// A message said that it is one, and that it is the model's.
    typed: bool,
    by_assistant: bool,
    /// An event had a type that no other API has.
    streamed: bool,
    /// `message_start` came.
    started: bool,
    /// `message_stop` came.
    stopped: bool,
    unknown_shape: u32,
}

/// What an event says it is; pings and what is yet to be invented are none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The answer in one document.
    Message,
    MessageStart,
    /// The start, a piece or the end of a content block.
    Block,
    MessageDelta,
    MessageStop,
    Error,
}

impl Kind {
    fn of(text: &str) -> Option<Self> {
        match text {
            "message" => Some(Self::Message),
            "message_start" => Some(Self::MessageStart),
            "content_block_start" | "content_block_delta" | "content_block_stop" => Some(Self::Block),
            "message_delta" => Some(Self::MessageDelta),
            "message_stop" => Some(Self::MessageStop),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
struct Block {
    /// `tool_use`, `server_tool_use`, `mcp_tool_use`.
    is_tool: bool,
    id: Option<String>,
    name: Option<String>,
}

impl Answer {
    pub(super) fn begin_event(&mut self) {
        self.content = false;
        self.kind = None;
        self.block = None;
    }

    /// What the event was, and whether it carried content.
    pub(super) fn end_event(&mut self) -> (Option<Kind>, bool) {
        // Of an event that was cut off the block is still open.
        self.close_block();
        match self.kind {
            Some(Kind::MessageStart) => {
                self.unknown_shape += u32::from(self.started);
                self.started = true;
                self.streamed = true;
            }
            Some(Kind::MessageStop) => {
                self.stopped = true;
                self.streamed = true;
            }
            Some(Kind::Block | Kind::MessageDelta) => self.streamed = true,
            Some(Kind::Error) => {
                self.error.get_or_insert_default();
            }
            Some(Kind::Message) | None => {}
        }
        (self.kind, self.content)
    }

    /// Whether this is a message of this API.
    pub(super) fn is_message(&self) -> bool {
        self.streamed || (self.typed && self.by_assistant)
    }

    /// Whether it tells of an error.
    pub(super) fn is_error(&self) -> bool {
        self.error.is_some() || self.kind == Some(Kind::Error)
    }

    /// The stream has told that it is whole.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(mut self) -> (Response, Usage, Option<ProviderError>, u32) {
        self.close_block();
        let error = if self.is_error() { Some(self.error.unwrap_or_default()) } else { None };
        let mut response = self.response;
        response.refusal = self.stop_reason.as_deref() == Some("refusal");
        response.finish_reasons = self.stop_reason.into_iter().collect();
        let Usage { input, cache_read, cache_write, .. } = self.usage;
        // Anthropic tells cached tokens apart from the others; what was not told adds nothing.
        let cached = cache_read.unwrap_or(0).saturating_add(cache_write.unwrap_or(0));
        let usage = Usage { input: input.map(|input| input.saturating_add(cached)), ..self.usage };
        (response, usage, error, self.unknown_shape)
    }

    fn close_block(&mut self) {
        let Some(Block { is_tool: true, id, name }) = self.block.take() else {
            return;
        };
        self.content |= name.is_some();
        let calls = &mut self.response.tool_calls;
        let repeated = id.is_some() && calls.iter().any(|call| call.id == id);
        if repeated || calls.len() >= limits::TOOL_CALLS {
            self.unknown_shape += 1;
        } else {
            calls.push(ToolCall { id, name });
        }
    }
}

/// Where things stand in an answer or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    RootType,
    /// `message` of `message_start`; without a stream the root has the same members.
    Message,
    MessageType,
    Role,
    Id,
    Model,
    StopReason,
    Content,
    /// An element of `content`, or `content_block`.
    Block,
    BlockType,
    BlockId,
    BlockName,
    Delta,
    /// Text, reasoning (plain or encrypted), a tool's arguments, a summary. Signatures and citations are not generated
    /// token by token, and are not read.
    Said,
    Usage,
    InputTokens,
    CacheRead,
    CacheCreation,
    OutputTokens,
    OutputDetails,
    ThinkingTokens,
    ServiceTier,
    Error,
    ErrorType,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"type") => Some(Place::RootType),
            (Place::Root, b"message") => Some(Place::Message),
            (Place::Root, b"content_block") => Some(Place::Block),
            (Place::Root, b"delta") => Some(Place::Delta),
            (Place::Root, b"error") => Some(Place::Error),
            // The answer of `count_tokens`.
            (Place::Root, b"input_tokens") => Some(Place::InputTokens),
            (Place::Message, b"type") => Some(Place::MessageType),
            (Place::Root | Place::Message, b"role") => Some(Place::Role),
            (Place::Root | Place::Message, b"id") => Some(Place::Id),
            (Place::Root | Place::Message, b"model") => Some(Place::Model),
            (Place::Root | Place::Message, b"content") => Some(Place::Content),
            (Place::Root | Place::Message, b"usage") => Some(Place::Usage),
            (Place::Root | Place::Message | Place::Delta, b"stop_reason") => Some(Place::StopReason),
            (Place::Block, b"type") => Some(Place::BlockType),
            (Place::Block, b"id") => Some(Place::BlockId),
            (Place::Block, b"name") => Some(Place::BlockName),
            (Place::Block, b"text" | b"thinking" | b"data") => Some(Place::Said),
            // `content` is that of a `compaction_delta`.
            (Place::Delta, b"text" | b"thinking" | b"partial_json" | b"content") => Some(Place::Said),
            (Place::Usage, b"input_tokens") => Some(Place::InputTokens),
            (Place::Usage, b"cache_read_input_tokens") => Some(Place::CacheRead),
            (Place::Usage, b"cache_creation_input_tokens") => Some(Place::CacheCreation),
            (Place::Usage, b"output_tokens") => Some(Place::OutputTokens),
            (Place::Usage, b"output_tokens_details") => Some(Place::OutputDetails),
            (Place::OutputDetails, b"thinking_tokens") => Some(Place::ThinkingTokens),
            (Place::Usage, b"service_tier") => Some(Place::ServiceTier),
            (Place::Error, b"type") => Some(Place::ErrorType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        // No other place is opened as an array.
        (place == Place::Content).then_some(Place::Block)
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::RootType
                | Place::MessageType
                | Place::Role
                | Place::Id
                | Place::Model
                | Place::StopReason
                | Place::BlockType
                | Place::BlockId
                | Place::BlockName
                | Place::ServiceTier
                | Place::ErrorType
        )
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Content, Container::Array)
            | (
                Place::Root | Place::Message | Place::Delta | Place::Usage | Place::OutputDetails,
                Container::Object,
            ) => true,
            (Place::Block, Container::Object) => {
                self.block = Some(Block::default());
                true
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
        if place == Place::Block {
            self.close_block();
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let known = match place {
            Place::RootType => scalar.as_text().is_some_and(|text| {
                self.kind = Kind::of(&text);
                self.typed |= self.kind == Some(Kind::Message);
                true
            }),
            Place::MessageType => scalar.as_text().is_some_and(|text| {
                self.typed |= text == "message";
                true
            }),
            Place::Role => scalar.as_text().is_some_and(|text| {
                self.by_assistant |= text == "assistant";
                true
            }),
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::StopReason => fields::text(&mut self.stop_reason, scalar),
            Place::ServiceTier => fields::text(&mut self.response.service_tier, scalar),
            Place::BlockType => scalar.as_text().is_some_and(|text| {
                if let Some(block) = self.block.as_mut() {
                    block.is_tool = text.ends_with("tool_use");
                }
                true
            }),
            Place::BlockId => self.block.as_mut().is_some_and(|block| fields::text(&mut block.id, scalar)),
            Place::BlockName => {
                self.block.as_mut().is_some_and(|block| fields::text(&mut block.name, scalar))
            }
            Place::Said => {
                self.content |= matches!(scalar, Scalar::Text { empty: false, .. });
                matches!(scalar, Scalar::Text { .. })
            }
            Place::InputTokens => fields::grown(&mut self.usage.input, scalar),
            Place::CacheRead => fields::grown(&mut self.usage.cache_read, scalar),
            Place::CacheCreation => fields::grown(&mut self.usage.cache_write, scalar),
            Place::OutputTokens => fields::grown(&mut self.usage.output, scalar),
            Place::ThinkingTokens => fields::grown(&mut self.usage.reasoning, scalar),
            Place::ErrorType => {
                self.error.get_or_insert_default().kind = fields::name(scalar);
                matches!(scalar, Scalar::Text { .. })
            }
            // Ollama's and gateways' errors are a sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                matches!(scalar, Scalar::Text { .. })
            }
            Place::Root
            | Place::Message
            | Place::Content
            | Place::Block
            | Place::Delta
            | Place::Usage
            | Place::OutputDetails => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

//! The answer: one document, or many events that have its parts. Both are read by the same places, for an event is the
//! document's members one level deeper or by another name, and members may stand in any order.

use super::usage;
use crate::call::{Response, ToolCall, Usage};
use crate::finish;
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;
use crate::provider::figures::Figures;
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(in crate::provider) struct Answer {
    response: Response,
    figures: Figures,
    /// The answer of `count_tokens`.
    counted: Option<u64>,
    text: TextCheck,
    text_blocks: u32,
    stop_reason: Option<String>,
    error: Option<ProviderError>,
    /// The content block at hand.
    block: Option<Block>,
    /// What the event or document at hand says it is.
    kind: Option<Kind>,
    /// What the event at hand carries.
    carries: Event,
    /// A message said that it is one, and that it is the model's.
    typed: bool,
    by_assistant: bool,
    /// Its error is told as this API tells errors.
    typed_error: bool,
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
pub(in crate::provider) enum Kind {
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
    /// What format was asked for.
    pub(in crate::provider) fn asked_for(&mut self, output_type: Option<&str>) {
        self.text.want_json(output_type);
    }

    pub(super) fn begin_event(&mut self) {
        self.carries = Event::Silent;
        self.kind = None;
        self.block = None;
        self.figures.restart();
    }

    /// What the event was, and what it carried.
    pub(super) fn end_event(&mut self) -> (Option<Kind>, Event) {
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
        (self.kind, self.carries)
    }

    /// Whether this is a message of this API.
    pub(in crate::provider) fn is_message(&self) -> bool {
        self.streamed || (self.typed && self.by_assistant)
    }

    /// Whether it tells of an error.
    pub(in crate::provider) fn is_error(&self) -> bool {
        self.error.is_some() || self.kind == Some(Kind::Error)
    }

    /// Whether it tells of an error as this API does: `{"type": "error", "error": {"type": …}}`.
    pub(super) fn is_own_error(&self) -> bool {
        self.is_error() && self.typed_error
    }

    /// The stream has told that it is whole.
    pub(in crate::provider) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// What was found, and how much of it had an unknown shape.
    pub(in crate::provider) fn into_parts(mut self) -> (Response, Usage, Option<ProviderError>, u32) {
        self.close_block();
        let error = if self.is_error() { Some(self.error.unwrap_or_default()) } else { None };
        let mut response = self.response;
        response.refusal = self.stop_reason.as_deref().is_some_and(finish::is_refusal);
        response.finish_reasons = self.stop_reason.into_iter().collect();
        if self.text_blocks > 1 {
            self.text.give_up();
        }
        response.valid_json = self.text.verdict();
        let (usage, odd) = usage::read(self.figures, self.counted, &mut response);
        (response, usage, error, self.unknown_shape + odd)
    }

    fn carry(&mut self, event: Event) {
        self.carries = self.carries.max(event);
    }

    fn close_block(&mut self) {
        let Some(Block { is_tool: true, id, name }) = self.block.take() else {
            return;
        };
        if name.is_some() {
            self.carry(Event::Content);
        }
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
pub(in crate::provider) enum Place {
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
    /// What the user reads.
    Text,
    /// Reasoning (plain or encrypted), a tool's arguments, a summary. Signatures and citations are not generated token by
    /// token, and are not read.
    Unseen,
    Usage,
    /// Of the answer of `count_tokens`.
    InputTokens,
    StopDetails,
    Category,
    Diagnostics,
    CacheMiss,
    CacheMissReason,
    ContextManagement,
    Edits,
    Edit,
    Error,
    ErrorType,
    /// Where Vertex itself fails it does so in Google's words.
    ErrorStatus,
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
            (Place::Root | Place::Message | Place::Delta, b"stop_details") => Some(Place::StopDetails),
            (Place::StopDetails, b"category") => Some(Place::Category),
            (Place::Root | Place::Message | Place::Delta, b"diagnostics") => Some(Place::Diagnostics),
            (Place::Diagnostics, b"cache_miss_reason") => Some(Place::CacheMiss),
            (Place::CacheMiss, b"type") => Some(Place::CacheMissReason),
            (Place::Root | Place::Message | Place::Delta, b"context_management") => {
                Some(Place::ContextManagement)
            }
            (Place::ContextManagement, b"applied_edits") => Some(Place::Edits),
            (Place::Block | Place::Delta, b"text") => Some(Place::Text),
            (Place::Block, b"thinking" | b"data") => Some(Place::Unseen),
            // `content` is that of a `compaction_delta`.
            (Place::Delta, b"thinking" | b"partial_json" | b"content") => Some(Place::Unseen),
            (Place::Error, b"status") => Some(Place::ErrorStatus),
            (Place::Error, b"type") => Some(Place::ErrorType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Content => Some(Place::Block),
            Place::Edits => Some(Place::Edit),
            // No other place is opened as an array.
            _ => None,
        }
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
                | Place::Category
                | Place::CacheMissReason
                | Place::ErrorType
                | Place::ErrorStatus
        )
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
            (Place::Content | Place::Edits, Container::Array)
            | (
                Place::Root
                | Place::Message
                | Place::Delta
                | Place::StopDetails
                | Place::Diagnostics
                | Place::CacheMiss
                | Place::ContextManagement,
                Container::Object,
            ) => true,
            // It is tapped, and not gone into.
            (Place::Usage, Container::Object) => false,
            // Old results of tools were cleared, or the like.
            (Place::Edit, Container::Object) => {
                self.response.compacted = true;
                false
            }
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
                self.typed_error |= self.kind == Some(Kind::Error);
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
            Place::BlockType => scalar.as_text().is_some_and(|text| {
                if let Some(block) = self.block.as_mut() {
                    block.is_tool = text.ends_with("tool_use");
                }
                self.text_blocks = self.text_blocks.saturating_add(u32::from(text == "text"));
                self.response.compacted |= text == "compaction";
                true
            }),
            Place::Category => {
                self.response.refusal_category = fields::name(scalar);
                matches!(scalar, Scalar::Text { .. })
            }
            Place::CacheMissReason => {
                self.response.cache_miss_reason = fields::name(scalar);
                matches!(scalar, Scalar::Text { .. })
            }
            Place::BlockId => self.block.as_mut().is_some_and(|block| fields::text(&mut block.id, scalar)),
            Place::BlockName => {
                self.block.as_mut().is_some_and(|block| fields::text(&mut block.name, scalar))
            }
            Place::Text | Place::Unseen => {
                let event = if place == Place::Text { Event::Text } else { Event::Content };
                if matches!(scalar, Scalar::Text { empty: false, .. }) {
                    self.carry(event);
                }
                matches!(scalar, Scalar::Text { .. })
            }
            Place::InputTokens => fields::number(&mut self.counted, scalar),
            Place::ErrorType => {
                self.error.get_or_insert_default().kind = fields::name(scalar);
                matches!(scalar, Scalar::Text { .. })
            }
            Place::ErrorStatus => {
                let error = self.error.get_or_insert_default();
                error.kind = error.kind.take().or(fields::name(scalar));
                true
            }
            // Ollama's and gateways' errors are a sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                matches!(scalar, Scalar::Text { .. })
            }
            // Of gateways, and of Bedrock: what went wrong, in a sentence.
            Place::Message => matches!(scalar, Scalar::Text { .. }),
            Place::Root
            | Place::Content
            | Place::Block
            | Place::Delta
            | Place::Usage
            | Place::StopDetails
            | Place::Diagnostics
            | Place::CacheMiss
            | Place::ContextManagement
            | Place::Edits
            | Place::Edit => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

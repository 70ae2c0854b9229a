//! The request of a response: the body of a POST, or what the messages of a WebSocket have in its place.
//!
//! Of what is said, lengths are kept and digests. What an item of `input` is may be told after what is in it, so it is
//! settled when the item is over.

use super::request_place::Place;
use crate::call::Request;
use crate::digest::{Digest, Digester, Key};
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(in crate::provider) struct Asked {
    key: Key,
    request: Request,
    /// `safety_identifier` stands over the older `user`.
    safety_identifier: Option<Digest>,
    /// `input` is a string, or an array without anything but items.
    input: bool,
    items: Count,
    tools: Count,
    prompt: PromptReader,
    item: Item,
    /// It goes where responses are asked for, or has a member that embeddings, moderations and speech, which ask with
    /// `model` and `input` too, have not.
    marked: bool,
    /// It has `messages`, as a chat completion.
    messages: bool,
    unknown_shape: u32,
}

/// The item of `input` at hand.
#[derive(Debug, Default)]
struct Item {
    kind: Kind,
    call_id: Option<String>,
    /// It has what a tool gave back.
    output: bool,
}

/// What an item is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// A message; its role says whose.
    #[default]
    Message,
    /// What the model did before: it called, thought, or is referred to.
    Model,
    /// What a tool gave back.
    Result,
}

impl Kind {
    fn of(text: &str) -> Self {
        match text {
            "reasoning" | "item_reference" | "compaction" | "mcp_list_tools" | "mcp_approval_request" => {
                Self::Model
            }
            _ if text.ends_with("_call") => Self::Model,
            _ if text.ends_with("_call_output") => Self::Result,
            _ => Self::Message,
        }
    }
}

impl Asked {
    pub(in crate::provider) fn new(key: Key) -> Self {
        Self {
            key,
            request: Request::default(),
            safety_identifier: None,
            input: false,
            items: Count::default(),
            tools: Count::default(),
            prompt: PromptReader::new(key),
            item: Item::default(),
            marked: false,
            messages: false,
            unknown_shape: 0,
        }
    }

    /// Its path looks like it.
    pub(super) fn expect(&mut self) {
        self.marked = true;
    }

    /// Whether this is a response by its members alone: a string `model`, an `input`, and what tells it from the other
    /// APIs that have both.
    pub(super) fn is_responses(&self) -> bool {
        self.request.model.is_some() && self.input && self.marked && !self.messages
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_responses(&self) -> bool {
        self.request.model.is_some() || self.input
    }

    /// Whether it looks like a chat completion.
    pub(super) fn is_chat(&self) -> bool {
        self.messages
    }

    /// The format asked for, as far as it is known yet.
    pub(super) fn output_type(&self) -> Option<&str> {
        self.request.output_type.as_deref()
    }

    pub(in crate::provider) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, safety_identifier, items, tools, prompt, .. } = self;
        let (prompt, traces) = prompt.finish();
        let request = Request {
            message_count: request.message_count.or(items.total()),
            tool_count: tools.total(),
            user: safety_identifier.or(request.user),
            prompt,
            ..request
        };
        (request, traces, self.unknown_shape)
    }

    fn begin_item(&mut self) {
        self.items.add();
        self.item = Item::default();
        self.prompt.begin_message();
    }

    fn end_item(&mut self) {
        let Item { kind, call_id, output } = std::mem::take(&mut self.item);
        match kind {
            Kind::Message => {}
            Kind::Model => {
                self.prompt.role("assistant");
                // The provider has called by itself, and tells what it was given.
                if output {
                    self.prompt.count_tool_result();
                }
            }
            Kind::Result => {
                self.prompt.role("tool");
                if let Some(id) = call_id {
                    self.prompt.result_of(&id);
                }
            }
        }
        self.prompt.end_message();
    }

    fn digest(&self, scalar: &Scalar<'_>) -> Option<Digest> {
        scalar.as_text().map(|text| Digester::of(self.key, text.as_bytes()))
    }

    /// The type of a part says whether it is a medium.
    fn part_type(&mut self, scalar: &Scalar<'_>) -> bool {
        let Some(kind) = scalar.as_text() else { return false };
        let media = kind.ends_with("_image")
            || kind.ends_with("_file")
            || kind.ends_with("_audio")
            || kind.ends_with("_screenshot");
        if media {
            self.prompt.count_media();
        }
        true
    }

    fn conversation(&mut self, scalar: &Scalar<'_>) -> bool {
        match scalar.as_text().as_deref() {
            Some("auto" | "none") => true,
            _ => fields::text(&mut self.request.conversation, scalar),
        }
    }
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        place.member(key)
    }

    fn element(place: Place) -> Option<Place> {
        place.element()
    }

    fn reads_text(place: Place) -> bool {
        place.reads_text()
    }

    fn hears(place: Place) -> bool {
        matches!(
            place,
            Place::Instructions
                | Place::Input
                | Place::Content
                | Place::Arguments
                | Place::Output
                | Place::OutputText
                | Place::FoundText
        )
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        let said = match place {
            Place::Instructions => Said::System,
            Place::Output | Place::OutputText => Said::ToolResult,
            Place::FoundText => Said::Retrieved,
            _ => Said::Text,
        };
        self.prompt.hear(said, written);
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Tools => value == Some(Container::Array),
            Place::Instructions
            | Place::Input
            | Place::Role
            | Place::ItemType
            | Place::CallId
            | Place::Identity
            | Place::Content
            | Place::PartType
            | Place::Picture
            | Place::Output
            | Place::OutputText
            | Place::FoundText => value.is_none(),
            Place::Media | Place::Arguments => true,
            _ => false,
        }
    }

    fn tap(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::Tools => self.prompt.tap_tools(written),
            Place::Instructions => self.prompt.tap_system(written),
            _ => self.prompt.tap(written),
        }
    }

    fn tapped(&mut self, place: Place) {
        match place {
            Place::Tools | Place::Instructions => {}
            Place::Input => {
                self.prompt.tapped();
                if self.input {
                    self.prompt.end_message();
                    self.prompt.close();
                }
                self.prompt.begin_message();
            }
            _ => self.prompt.tapped(),
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Format | Place::Part | Place::OutputPart, Container::Object)
            | (Place::Content | Place::Results | Place::Modalities, Container::Array)
            | (Place::Arguments | Place::Output, _) => {
                self.item.output |= place == Place::Output;
                true
            }
            (Place::Text | Place::Reasoning | Place::Conversation | Place::Prompt, Container::Object) => {
                self.marked = true;
                true
            }
            (Place::Input, Container::Array) => {
                self.input = true;
                self.items.begin();
                true
            }
            (Place::Item, Container::Object) => {
                self.begin_item();
                true
            }
            (Place::Found, Container::Object) => {
                self.prompt.count_retrieved();
                true
            }
            (Place::Tools, Container::Array) => {
                self.marked = true;
                self.tools.begin();
                true
            }
            (Place::Tool, Container::Object) => {
                self.tools.add();
                false
            }
            (Place::Mark, _) => {
                self.marked = true;
                false
            }
            (Place::Media, _) => false,
            // Not of this API, and not read.
            (Place::Messages, Container::Array) => {
                self.messages = true;
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
            Place::Input => {
                self.items.close();
                self.prompt.close();
            }
            Place::Item => self.end_item(),
            Place::Tools => self.tools.close(),
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
            Place::Stream => {
                self.marked |= scalar.as_bool().is_some();
                fields::value(&mut request.stream, scalar.as_bool())
            }
            Place::MaxOutputTokens => {
                self.marked = true;
                // Realtime's word for as many as there are.
                let unlimited = scalar.as_text().is_some_and(|text| text == "inf");
                unlimited || fields::number(&mut request.max_tokens, scalar)
            }
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::TopK => fields::value(&mut request.top_k, scalar.as_f64()),
            Place::FrequencyPenalty => fields::value(&mut request.frequency_penalty, scalar.as_f64()),
            Place::PresencePenalty => fields::value(&mut request.presence_penalty, scalar.as_f64()),
            Place::ServiceTier => fields::text(&mut request.service_tier, scalar),
            Place::PreviousResponse => {
                self.marked = true;
                fields::text(&mut request.previous_response, scalar)
            }
            Place::Conversation => {
                self.marked = true;
                self.conversation(scalar)
            }
            Place::ConversationId => fields::text(&mut request.conversation, scalar),
            Place::PromptId => fields::text(&mut request.prompt_id, scalar),
            Place::PromptVersion => fields::text(&mut request.prompt_version, scalar),
            Place::Effort => fields::text(&mut request.reasoning_level, scalar),
            Place::FormatType => fields::text(&mut request.output_type, scalar),
            // The first is what it is called where there may be several.
            Place::Modality => {
                if request.output_type.is_none() {
                    fields::text(&mut request.output_type, scalar)
                } else {
                    is_text
                }
            }
            Place::User => {
                let user = self.digest(scalar);
                fields::value(&mut self.request.user, user)
            }
            Place::SafetyIdentifier => {
                let user = self.digest(scalar);
                fields::value(&mut self.safety_identifier, user)
            }
            Place::Instructions => {
                if is_text {
                    self.prompt.count_system();
                }
                is_text
            }
            // A prompt that is one text is one message.
            Place::Input => {
                self.input |= is_text;
                fields::value(&mut request.message_count, is_text.then_some(1))
            }
            Place::Role => {
                self.marked = true;
                let role = scalar.as_text();
                role.as_deref().map(|role| self.prompt.role(role)).is_some()
            }
            Place::ItemType => {
                self.item.kind = scalar.as_text().map_or(Kind::Message, |text| Kind::of(&text));
                is_text
            }
            Place::CallId => fields::text(&mut self.item.call_id, scalar),
            Place::PartType => self.part_type(scalar),
            Place::Picture => {
                self.prompt.count_media();
                is_text
            }
            Place::Output => {
                self.item.output = true;
                is_text
            }
            Place::Identity | Place::Content | Place::OutputText | Place::FoundText => is_text,
            Place::Mark => {
                self.marked = true;
                true
            }
            // Whatever it is.
            Place::Arguments | Place::Media => true,
            // It should be a structure.
            Place::Reasoning => {
                self.marked = true;
                false
            }
            Place::Root
            | Place::Item
            | Place::Part
            | Place::OutputPart
            | Place::Results
            | Place::Found
            | Place::Prompt
            | Place::Modalities
            | Place::Tools
            | Place::Tool
            | Place::Text
            | Place::Format
            | Place::Messages => false,
        };
        if !known {
            self.unknown_shape += 1;
        }
    }
}

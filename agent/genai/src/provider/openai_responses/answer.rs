//! The answer: the response as one document, or events that carry it, its items and its pieces.
//!
//! Servers differ in the order of members: `type` and `output_index` may come after what they are about. So what an
//! event says is collected until the event is over.

use super::events::{Sort, Status};
use super::items::{Items, Kind, OpenItem};
use crate::call::{Response, Usage};
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::{Event, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    usage: Usage,
    error: Option<ProviderError>,
    status: Option<Status>,
    /// `incomplete_details.reason`.
    reason: Option<String>,
    /// `object` says that this is a response, or says something else.
    object: Option<bool>,
    /// An event has a name that only this API has.
    named: bool,
    /// The last event came.
    ended: bool,
    items: Items,
    /// Elements of `output` so far in the document at hand.
    outputs_begun: u64,
    open_item: OpenItem,
    at_hand: AtHand,
    unknown_shape: u32,
}

/// What the event at hand says of itself.
#[derive(Debug, Default)]
struct AtHand {
    sort: Option<Sort>,
    /// Its `delta` is not empty.
    delta: bool,
    /// It carries an image as far as it is drawn.
    image: bool,
    output_index: Option<u64>,
    item: Option<OpenItem>,
    /// `code` of an `error` that is the event itself.
    code: Option<ProviderError>,
}

impl Answer {
    pub(super) fn begin_event(&mut self) {
        self.at_hand = AtHand::default();
    }

    /// What the event was. `name`: what its framing calls it.
    pub(super) fn end_event(&mut self, name: Option<&str>) -> Event {
        let AtHand { sort, delta, image, output_index, item, code } = std::mem::take(&mut self.at_hand);
        let sort = sort.or_else(|| name.map(Sort::of)).unwrap_or(Sort::Foreign);
        self.named |= sort.is_telling();
        let index = output_index.unwrap_or(0);
        let names_tool = item.as_ref().is_some_and(OpenItem::names_tool);
        if let Some(item) = item {
            self.add_item(index, item);
        }
        let content = match sort {
            Sort::Message | Sort::Refusal => {
                self.items.add_message(index);
                self.response.refusal |= delta && sort == Sort::Refusal;
                delta
            }
            Sort::Piece => delta,
            Sort::ItemAdded => names_tool,
            Sort::Last(status) => {
                // The response itself knows better, but may be cut off.
                if matches!(self.status, None | Some(Status::Running)) {
                    self.status = Some(status);
                }
                self.ended = true;
                return Event::Done;
            }
            Sort::Error => {
                let error = self.error.get_or_insert_default();
                error.code = code.and_then(|code| code.code).or(error.code.take());
                self.ended = true;
                return Event::Done;
            }
            Sort::Other | Sort::Foreign => image,
        };
        if content { Event::Content } else { Event::Silent }
    }

    /// Whether this is a response: it says so, or its events are called as only this API's are.
    pub(super) fn is_responses(&self) -> bool {
        self.object.unwrap_or(self.named)
    }

    /// The event came that ends the stream.
    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    pub(super) fn unknown_shape(&self) -> u32 {
        self.unknown_shape
    }

    pub(super) fn into_parts(self) -> (Response, Usage, Option<ProviderError>) {
        let finish_reasons = self.finish_reasons();
        let Self { mut response, usage, mut error, status, items, .. } = self;
        if status == Some(Status::Failed) {
            error.get_or_insert_default();
        }
        response.tool_calls = items.into_tool_calls();
        response.finish_reasons = finish_reasons;
        (response, usage, error)
    }

    /// There is no such member; these are the words that OpenTelemetry's instrumentations make of the status.
    fn finish_reasons(&self) -> Vec<String> {
        let reason = match self.status {
            None | Some(Status::Running) => return Vec::new(),
            Some(Status::Completed) => return self.items.finish_reasons(),
            Some(Status::Incomplete) => match self.reason.as_deref() {
                Some("max_output_tokens") => "length",
                Some(reason) => reason,
                None => "incomplete",
            },
            Some(Status::Failed) => "error",
            Some(Status::Cancelled) => "cancelled",
        };
        vec![reason.to_owned()]
    }

    fn add_item(&mut self, index: u64, item: OpenItem) {
        if !self.items.add(index, item) {
            self.unknown_shape += 1;
        }
    }

    fn set_status(&mut self, scalar: &Scalar<'_>) -> bool {
        let status = scalar.as_text().and_then(|text| Status::parse(&text));
        self.status = status.or(self.status);
        status.is_some()
    }

    fn set_object(&mut self, scalar: &Scalar<'_>) -> bool {
        let Some(object) = scalar.as_text() else { return false };
        self.object = Some(object == "response");
        // vLLM's errors are their own document.
        if object == "error" {
            self.error.get_or_insert_default();
        }
        true
    }
}

/// Where things stand in a response or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A response, or an event.
    Root,
    /// `type` of an event.
    Type,
    /// `code` of an event that is an error.
    Code,
    Delta,
    PartialImage,
    OutputIndex,
    /// `item` of an event.
    Item,
    /// `part` of an event, and the parts of a message.
    Part,
    PartType,
    Refusal,
    /// `response` of an event.
    Response,
    Id,
    Object,
    Model,
    Status,
    ServiceTier,
    IncompleteDetails,
    Reason,
    Output,
    /// An element of `output`.
    OutputItem,
    ItemType,
    ItemId,
    CallId,
    Name,
    Content,
    Usage,
    InputTokens,
    InputDetails,
    CachedTokens,
    CacheWriteTokens,
    OutputTokens,
    OutputDetails,
    ReasoningTokens,
    Error,
    ErrorCode,
    ErrorType,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"type") => Some(Place::Type),
            (Place::Root, b"code") => Some(Place::Code),
            (Place::Root, b"delta") => Some(Place::Delta),
            (Place::Root, b"partial_image_b64") => Some(Place::PartialImage),
            (Place::Root, b"output_index") => Some(Place::OutputIndex),
            (Place::Root, b"item") => Some(Place::Item),
            (Place::Root, b"part") => Some(Place::Part),
            (Place::Root | Place::Part, b"refusal") => Some(Place::Refusal),
            (Place::Root, b"response") => Some(Place::Response),
            (Place::Root | Place::Response, b"id") => Some(Place::Id),
            (Place::Root | Place::Response, b"object") => Some(Place::Object),
            (Place::Root | Place::Response, b"model") => Some(Place::Model),
            (Place::Root | Place::Response, b"status") => Some(Place::Status),
            (Place::Root | Place::Response, b"service_tier") => Some(Place::ServiceTier),
            (Place::Root | Place::Response, b"incomplete_details") => Some(Place::IncompleteDetails),
            (Place::Root | Place::Response, b"output") => Some(Place::Output),
            (Place::Root | Place::Response, b"usage") => Some(Place::Usage),
            (Place::Root | Place::Response, b"error") => Some(Place::Error),
            (Place::IncompleteDetails, b"reason") => Some(Place::Reason),
            (Place::Item | Place::OutputItem, b"type") => Some(Place::ItemType),
            (Place::Item | Place::OutputItem, b"id") => Some(Place::ItemId),
            (Place::Item | Place::OutputItem, b"call_id") => Some(Place::CallId),
            (Place::Item | Place::OutputItem, b"name") => Some(Place::Name),
            (Place::Item | Place::OutputItem, b"content") => Some(Place::Content),
            (Place::Part, b"type") => Some(Place::PartType),
            (Place::Usage, b"input_tokens") => Some(Place::InputTokens),
            (Place::Usage, b"input_tokens_details") => Some(Place::InputDetails),
            // The second is Perplexity's.
            (Place::InputDetails, b"cached_tokens" | b"cache_read_input_tokens") => Some(Place::CachedTokens),
            (Place::InputDetails, b"cache_write_tokens") => Some(Place::CacheWriteTokens),
            (Place::Usage, b"output_tokens") => Some(Place::OutputTokens),
            (Place::Usage, b"output_tokens_details") => Some(Place::OutputDetails),
            (Place::OutputDetails, b"reasoning_tokens") => Some(Place::ReasoningTokens),
            (Place::Error, b"code") => Some(Place::ErrorCode),
            (Place::Error, b"type") => Some(Place::ErrorType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Output => Some(Place::OutputItem),
            Place::Content => Some(Place::Part),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::Type
                | Place::Code
                | Place::PartType
                | Place::Id
                | Place::Object
                | Place::Model
                | Place::Status
                | Place::ServiceTier
                | Place::Reason
                | Place::ItemType
                | Place::ItemId
                | Place::CallId
                | Place::Name
                | Place::ErrorCode
                | Place::ErrorType
        )
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Content, Container::Array)
            | (
                Place::Root
                | Place::Response
                | Place::Part
                | Place::IncompleteDetails
                | Place::Usage
                | Place::InputDetails
                | Place::OutputDetails,
                Container::Object,
            ) => true,
            (Place::Output, Container::Array) => {
                self.outputs_begun = 0;
                true
            }
            (Place::Item, Container::Object) => {
                self.open_item = OpenItem::default();
                true
            }
            (Place::OutputItem, Container::Object) => {
                self.open_item = OpenItem::default();
                self.outputs_begun += 1;
                true
            }
            (Place::Error, Container::Object) => {
                self.error.get_or_insert_default();
                true
            }
            // What a shell prints comes as an object of two texts.
            (Place::Delta, Container::Object) => {
                self.at_hand.delta = true;
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
            Place::Item => self.at_hand.item = Some(std::mem::take(&mut self.open_item)),
            Place::OutputItem => {
                let item = std::mem::take(&mut self.open_item);
                self.add_item(self.outputs_begun.saturating_sub(1), item);
            }
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let says = matches!(scalar, Scalar::Text { empty: false, .. });
        let known = match place {
            Place::Type => {
                self.at_hand.sort = scalar.as_text().map(|text| Sort::of(&text));
                self.at_hand.sort.is_some()
            }
            Place::Code => {
                self.at_hand.code = Some(ProviderError { code: fields::name(scalar), kind: None });
                is_text || matches!(scalar, Scalar::Number(_))
            }
            Place::Delta => {
                self.at_hand.delta |= says;
                is_text
            }
            Place::PartialImage => {
                self.at_hand.image |= says;
                is_text
            }
            Place::OutputIndex => fields::number(&mut self.at_hand.output_index, scalar),
            Place::PartType => {
                self.response.refusal |= scalar.as_text().is_some_and(|text| text == "refusal");
                is_text
            }
            Place::Refusal => {
                self.response.refusal |= says;
                is_text
            }
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::Object => self.set_object(scalar),
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::Status => self.set_status(scalar),
            Place::ServiceTier => fields::text(&mut self.response.service_tier, scalar),
            Place::Reason => fields::text(&mut self.reason, scalar),
            Place::ItemType => {
                self.open_item.kind = scalar.as_text().map_or(Kind::Other, |text| Kind::of(&text));
                is_text
            }
            Place::ItemId => fields::text(&mut self.open_item.id, scalar),
            Place::CallId => fields::text(&mut self.open_item.call_id, scalar),
            Place::Name => fields::text(&mut self.open_item.name, scalar),
            Place::InputTokens => fields::grown(&mut self.usage.input, scalar),
            Place::CachedTokens => fields::grown(&mut self.usage.cache_read, scalar),
            Place::CacheWriteTokens => fields::grown(&mut self.usage.cache_write, scalar),
            Place::OutputTokens => fields::grown(&mut self.usage.output, scalar),
            Place::ReasoningTokens => fields::grown(&mut self.usage.reasoning, scalar),
            // A number here repeats the HTTP status: nothing that the status lacks.
            Place::ErrorCode => {
                self.error.get_or_insert_default().code = fields::name(scalar);
                is_text || matches!(scalar, Scalar::Number(_))
            }
            Place::ErrorType => {
                self.error.get_or_insert_default().kind = fields::name(scalar);
                is_text
            }
            // A sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                is_text
            }
            Place::Root
            | Place::Item
            | Place::Part
            | Place::Response
            | Place::IncompleteDetails
            | Place::Output
            | Place::OutputItem
            | Place::Content
            | Place::Usage
            | Place::InputDetails
            | Place::OutputDetails => false,
        };
        if !known {
            self.unknown_shape += 1;
        }
    }
}

//! The answer: the response as one document, or events that carry it, its items and its pieces.
//!
//! Servers differ in the order of members: `type` and `output_index` may come after what they are about. So what an
//! event says is collected until the event is over.

use super::answer_place::Place;
use super::events::{Sort, Status};
use super::items::{Items, Kind, OpenItem};
use super::limits_told::LimitsTold;
use super::usage;
use crate::call::{Response, Usage};
use crate::finish::is_refusal;
use crate::headers::RateLimits;
use crate::json_scan::{Container, Scalar, Shape};
use crate::price::Cost;
use crate::provider::figures::Figures;
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(in crate::provider) struct Answer {
    response: Response,
    figures: Figures,
    limits: LimitsTold,
    error: Option<ProviderError>,
    status: Option<Status>,
    /// `incomplete_details.reason`.
    reason: Option<String>,
    cache: CacheTold,
    searches: Option<u64>,
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
    /// Parts of messages so far in the document at hand.
    parts_begun: u64,
    at_hand: AtHand,
    text: TextCheck,
    /// Where the text stands whose pieces came.
    text_at: Option<(u64, u64)>,
    in_events: bool,
    unknown_shape: u32,
}

/// What the event at hand says of itself.
#[derive(Debug, Default)]
struct AtHand {
    sort: Option<Sort>,
    /// What its framing calls it.
    named: Option<Sort>,
    /// Its `delta` is not empty.
    delta: bool,
    /// It was not known whose the `delta` is.
    unheard: bool,
    /// It carries an image as far as it is drawn.
    image: bool,
    output_index: Option<u64>,
    content_index: Option<u64>,
    item: Option<OpenItem>,
    /// `code` of an `error` that is the event itself.
    code: Option<ProviderError>,
}

/// What the provider says of its cache.
#[derive(Debug, Default)]
struct CacheTold {
    kind: Option<String>,
    reason: Option<String>,
}

/// What an answer was found to be.
#[derive(Debug)]
pub(in crate::provider) struct Found {
    pub(in crate::provider) response: Response,
    pub(in crate::provider) usage: Usage,
    pub(in crate::provider) cost: Option<Cost>,
    pub(in crate::provider) server: Option<&'static str>,
    pub(in crate::provider) limits: RateLimits,
    pub(in crate::provider) error: Option<ProviderError>,
    pub(in crate::provider) unknown_shape: u32,
}

impl Answer {
    /// The answer begins; what it was asked to be.
    pub(in crate::provider) fn asked_for(&mut self, output_type: Option<&str>) {
        self.text.want_json(output_type);
    }

    /// `name`: what its framing calls it.
    pub(in crate::provider) fn begin_event(&mut self, name: Option<&str>) {
        self.in_events = true;
        self.figures.restart();
        self.at_hand = AtHand { named: name.map(Sort::of), ..AtHand::default() };
    }

    /// What the event was.
    pub(in crate::provider) fn end_event(&mut self) -> Event {
        let AtHand { sort, named, delta, unheard, image, output_index, content_index, item, code } =
            std::mem::take(&mut self.at_hand);
        let sort = sort.or(named).unwrap_or(Sort::Foreign);
        self.named |= sort.is_telling();
        let index = output_index.unwrap_or(0);
        let names_tool = item.as_ref().is_some_and(OpenItem::names_tool);
        if let Some(item) = item {
            self.add_item(index, item);
        }
        let (carries, what) = match sort {
            Sort::Message => {
                self.items.add_message(index);
                let at = (index, content_index.unwrap_or(0));
                if unheard || *self.text_at.get_or_insert(at) != at {
                    self.text.give_up();
                }
                (delta, Event::Text)
            }
            Sort::Refusal => {
                self.items.add_message(index);
                self.response.refusal |= delta;
                (delta, Event::Text)
            }
            Sort::Audio => (delta, Event::Text),
            Sort::Piece => (delta, Event::Content),
            Sort::ItemAdded => (names_tool, Event::Content),
            Sort::Last(status) => {
                // The response itself knows better, but may be cut off.
                if matches!(self.status, None | Some(Status::Running)) {
                    self.status = status.or(self.status);
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
            Sort::Compaction => {
                self.response.compacted = true;
                (false, Event::Silent)
            }
            Sort::Other | Sort::Foreign => (image, Event::Text),
        };
        if carries { what } else { Event::Silent }
    }

    /// Whether this is a response: it says so, or its events are called as only this API's are.
    pub(super) fn is_responses(&self) -> bool {
        self.object.unwrap_or(self.named)
    }

    /// The event came that ends the stream.
    pub(in crate::provider) fn is_ended(&self) -> bool {
        self.ended
    }

    pub(in crate::provider) fn into_found(self) -> Found {
        let finish_reasons = self.finish_reasons();
        let Self { mut response, figures, limits, mut error, status, items, cache, searches, .. } = self;
        match (status, self.reason.as_deref()) {
            (Some(Status::Failed), _) => {
                error.get_or_insert_default();
            }
            // The process itself did not want it any more; when a user begins to speak, that is no failure.
            (Some(Status::Cancelled), Some("client_cancelled")) => {
                error.get_or_insert_default().kind = Some("client_cancelled".to_owned());
            }
            _ => {}
        }
        response.tool_calls = items.into_tool_calls();
        let code = error.as_ref().and_then(|error| error.code.as_deref());
        let category = code.filter(|code| is_refused(code));
        response.refusal |= category.is_some() || finish_reasons.iter().any(|reason| is_refusal(reason));
        response.refusal_category = category.map(str::to_owned);
        response.finish_reasons = finish_reasons;
        response.valid_json = self.text.verdict();
        let missed = cache.kind.filter(|kind| kind.contains("miss"));
        response.cache_miss_reason = missed.map(|kind| cache.reason.unwrap_or(kind));
        let told = usage::read(figures);
        let usage = Usage { web_searches: searches.or(told.usage.web_searches), ..told.usage };
        Found {
            response,
            usage,
            cost: told.cost,
            server: told.server,
            limits: limits.into_told(),
            error,
            unknown_shape: self.unknown_shape + told.odd,
        }
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
        self.response.compacted |= item.kind == Kind::Compaction;
        if !self.items.add(index, item) {
            self.unknown_shape += 1;
        }
    }

    fn set_status(&mut self, scalar: &Scalar<'_>) -> bool {
        // An error over a WebSocket repeats an HTTP status.
        if matches!(scalar, Scalar::Number(_)) && self.in_events {
            return true;
        }
        let status = scalar.as_text().and_then(|text| Status::parse(&text));
        self.status = status.or(self.status);
        status.is_some()
    }

    fn set_object(&mut self, scalar: &Scalar<'_>) -> bool {
        let Some(object) = scalar.as_text() else { return false };
        self.object = Some(object == "response" || object == "realtime.response");
        // vLLM's errors are their own document.
        if object == "error" {
            self.error.get_or_insert_default();
        }
        true
    }

    /// Whether the string at a place is a piece of the answer's text.
    fn is_text(&self, place: Place) -> bool {
        match place {
            // The last event repeats it all.
            Place::PartText => !self.in_events && self.open_item.kind == Kind::Message,
            _ => self.at_hand.sort.or(self.at_hand.named) == Some(Sort::Message),
        }
    }
}

/// Whether an error's code says that what was asked, or what came, may not be.
fn is_refused(code: &str) -> bool {
    is_refusal(code) || code.ends_with("_policy") || code.ends_with("policy_violation")
}

impl Shape for Answer {
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
        matches!(place, Place::Delta | Place::PartText)
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        if self.is_text(place) {
            self.text.hear(written);
        } else {
            self.at_hand.unheard |= place == Place::Delta;
        }
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
            (Place::Content, Container::Array)
            | (
                Place::Root
                | Place::Response
                | Place::Conversation
                | Place::Details
                | Place::Diagnostics
                | Place::ToolUsage
                | Place::WebSearch,
                Container::Object,
            ) => true,
            (Place::Part, Container::Object) => {
                self.parts_begun += 1;
                true
            }
            // It is tapped.
            (Place::Usage, Container::Object) => false,
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
            (Place::Limits, Container::Array) => {
                self.limits.begin();
                true
            }
            (Place::Limit, Container::Object) => {
                self.limits.begin_entry();
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
            Place::Limit => self.limits.end_entry(),
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
            Place::ContentIndex => fields::number(&mut self.at_hand.content_index, scalar),
            Place::PartType => {
                self.response.refusal |= scalar.as_text().is_some_and(|text| text == "refusal");
                is_text
            }
            // Another text is no continuation.
            Place::PartText => {
                let at = (self.outputs_begun, self.parts_begun);
                if self.is_text(place) && *self.text_at.get_or_insert(at) != at {
                    self.text.give_up();
                }
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
            Place::Conversation | Place::ConversationId => {
                fields::text(&mut self.response.conversation, scalar)
            }
            Place::Reason => fields::text(&mut self.reason, scalar),
            Place::DiagnosticsType => fields::text(&mut self.cache.kind, scalar),
            Place::DiagnosticsReason => {
                self.cache.reason = fields::name(scalar);
                is_text
            }
            Place::Searches => fields::number(&mut self.searches, scalar),
            Place::ItemType => {
                self.open_item.kind = scalar.as_text().map_or(Kind::Other, |text| Kind::of(&text));
                is_text
            }
            Place::ItemId => fields::text(&mut self.open_item.id, scalar),
            Place::CallId => fields::text(&mut self.open_item.call_id, scalar),
            Place::Name => fields::text(&mut self.open_item.name, scalar),
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
            Place::LimitName => self.limits.name(scalar),
            Place::LimitLimit => self.limits.limit(scalar),
            Place::LimitRemaining => self.limits.remaining(scalar),
            Place::LimitReset => self.limits.reset(scalar),
            Place::Root
            | Place::Item
            | Place::Part
            | Place::Response
            | Place::Details
            | Place::Diagnostics
            | Place::ToolUsage
            | Place::WebSearch
            | Place::Output
            | Place::OutputItem
            | Place::Content
            | Place::Usage
            | Place::Limits
            | Place::Limit => false,
        };
        if !known {
            self.unknown_shape += 1;
        }
    }
}

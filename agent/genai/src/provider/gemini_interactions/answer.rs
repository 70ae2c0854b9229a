//! The answer: one interaction, or events that tell of its steps. Both are read by the same places, for an event has
//! the interaction one level deeper, and members may stand in any order.

use super::usage;
use crate::call::{Response, ToolCall, Usage};
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;
use crate::provider::figures::Figures;
use crate::provider::google_error::{ErrorPlace, GoogleError};
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    figures: Figures,
    error: GoogleError,
    status: Option<String>,
    /// What the event at hand says is done: the interaction, or a step.
    event_status: Option<String>,
    agent: Option<String>,
    calls: Vec<Call>,
    /// What the event at hand says it is.
    kind: Kind,
    /// Which step it is of.
    index: Option<u64>,
    /// The step at hand, or a piece of one.
    step: Step,
    /// Elements of `steps` so far, while it is open.
    steps: Option<u64>,
    /// It has `steps`.
    listed: bool,
    text: TextCheck,
    /// What the text was before the event at hand.
    before: TextCheck,
    /// What it was before the element of `steps` at hand.
    before_step: TextCheck,
    /// It has what only interactions have.
    told: bool,
    /// The event that is the last one came.
    over: bool,
    unknown_shape: u32,
}

/// A tool call, and which step it is.
#[derive(Debug)]
struct Call {
    step: Option<u64>,
    call: ToolCall,
}

/// What an event says it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// Nothing: the document, or what is yet to be invented.
    #[default]
    Unknown,
    /// It tells of the interaction as a whole.
    Interaction,
    /// It is the last one.
    Last,
    /// It begins or continues a step.
    Step,
    Error,
}

impl Kind {
    fn of(text: &str) -> Self {
        match text {
            "error" => Self::Error,
            "interaction.completed"
            | "interaction.complete"
            | "interaction.failed"
            | "interaction.cancelled"
            | "interaction.incomplete"
            | "interaction.requires_action" => Self::Last,
            // `content` is what steps were called in 2025.
            _ if text.starts_with("step.") || text.starts_with("content.") => Self::Step,
            _ if text.starts_with("interaction.") => Self::Interaction,
            _ => Self::Unknown,
        }
    }
}

/// A step, or a piece of one. What it says may come before its type.
#[derive(Debug, Default)]
struct Step {
    kind: Option<String>,
    call: ToolCall,
    /// It has text or media.
    said: bool,
    /// It has arguments.
    argued: bool,
}

impl Step {
    fn is_call(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.ends_with("_call"))
    }

    /// What it carries of the answer.
    fn says(&self) -> Event {
        let Self { kind, call, said, argued } = self;
        match kind.as_deref() {
            Some("text" | "audio" | "image" | "video" | "document" | "model_output") if *said => Event::Text,
            Some("arguments_delta") if *argued => Event::Content,
            Some(kind) if kind.ends_with("_call") && (*argued || call.name.is_some()) => Event::Content,
            Some(kind) if (kind.starts_with("thought") || kind == "raw_thought") && *said => Event::Content,
            // What tools gave back, signatures and citations are not generated token by token.
            Some(_) | None => Event::Silent,
        }
    }
}

impl Answer {
    /// The format that was asked for.
    pub(super) fn expect(&mut self, output_type: Option<&str>) {
        self.text.want_json(output_type);
    }

    pub(super) fn begin_event(&mut self) {
        self.kind = Kind::Unknown;
        self.index = None;
        self.step = Step::default();
        self.steps = None;
        self.event_status = None;
        self.before = self.text.clone();
        self.figures.restart();
    }

    /// What the event was.
    pub(super) fn end_event(&mut self) -> Event {
        let step = std::mem::take(&mut self.step);
        let says = if self.kind == Kind::Step { step.says() } else { Event::Silent };
        if says != Event::Text {
            self.text = std::mem::take(&mut self.before);
        }
        let status = self.event_status.take().filter(|_| self.kind != Kind::Step);
        self.status = status.or(self.status.take());
        self.told |= matches!(self.kind, Kind::Interaction | Kind::Last | Kind::Step);
        match self.kind {
            Kind::Step => {
                self.keep_call(self.index, step);
                says
            }
            Kind::Last => {
                self.over = true;
                Event::Done
            }
            Kind::Error => {
                self.error.tell();
                Event::Done
            }
            Kind::Interaction | Kind::Unknown => Event::Silent,
        }
    }

    /// Whether this is an interaction by its shape alone.
    pub(super) fn is_interaction(&self) -> bool {
        self.told || (self.listed && self.event_status.is_some())
    }

    /// The stream has told that it is whole.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Response, Usage, Option<ProviderError>, u32) {
        let Self { mut response, figures, mut error, agent, calls, text, unknown_shape, .. } = self;
        let status = self.status.or(self.event_status);
        let (usage, odd) = usage::read(figures);
        if status.as_deref() == Some("failed") {
            error.tell();
        }
        // Of one that goes on in the background it is not said yet.
        let ended = status.filter(|status| !matches!(status.as_str(), "in_progress" | "queued"));
        response.finish_reasons = ended.into_iter().collect();
        response.model = response.model.or(agent);
        response.tool_calls = calls.into_iter().map(|call| call.call).collect();
        response.valid_json = text.verdict();
        (response, usage, error.into_error(), unknown_shape + odd)
    }

    /// A call is told when its step begins, and may be told again, whole, when all is over.
    fn keep_call(&mut self, index: Option<u64>, step: Step) {
        if !step.is_call() {
            return;
        }
        let Step { kind, call: ToolCall { id, name }, .. } = step;
        // Google's own tools go by their type.
        let name = name.or(kind.filter(|kind| kind != "function_call"));
        let known = self.calls.iter_mut().find(|call| call.step.is_some() && call.step == index);
        if let Some(Call { call, .. }) = known {
            call.id = call.id.take().or(id);
            call.name = call.name.take().or(name);
        } else if self.calls.len() < limits::TOOL_CALLS {
            self.calls.push(Call { step: index, call: ToolCall { id, name } });
        } else {
            self.unknown_shape += 1;
        }
    }
}

/// Where things stand in an interaction or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    EventType,
    Object,
    /// `interaction` of an event; without a stream the root has the same members.
    Interaction,
    Id,
    Model,
    Agent,
    Status,
    /// That of an event, where it has one of its own.
    EventStatus,
    ServiceTier,
    Steps,
    /// An element of `steps`, also `step` or `delta` of an event.
    Step,
    Index,
    StepType,
    CallId,
    CallName,
    Arguments,
    Text,
    /// Data of media, or where they are.
    MediaData,
    /// `content` of a step, `summary` of a thought.
    Content,
    ContentItem,
    Usage,
    Error(ErrorPlace),
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"event_type") => Some(Place::EventType),
            (Place::Root, b"interaction") => Some(Place::Interaction),
            (Place::Root, b"interaction_id") | (Place::Root | Place::Interaction, b"id") => Some(Place::Id),
            (Place::Root, b"index") => Some(Place::Index),
            (Place::Root, b"step" | b"delta" | b"content") => Some(Place::Step),
            (Place::Root, b"status") => Some(Place::EventStatus),
            (Place::Interaction, b"status") => Some(Place::Status),
            (Place::Root | Place::Interaction, b"object") => Some(Place::Object),
            (Place::Root | Place::Interaction, b"model") => Some(Place::Model),
            (Place::Root | Place::Interaction, b"agent") => Some(Place::Agent),
            (Place::Root | Place::Interaction, b"service_tier") => Some(Place::ServiceTier),
            // `outputs` is what steps were called in 2025.
            (Place::Root | Place::Interaction, b"steps" | b"outputs") => Some(Place::Steps),
            (Place::Root | Place::Interaction, b"usage") => Some(Place::Usage),
            (Place::Root | Place::Interaction, b"error") => Some(Place::Error(ErrorPlace::Whole)),
            (Place::Step, b"type") => Some(Place::StepType),
            (Place::Step, b"id") => Some(Place::CallId),
            (Place::Step, b"name") => Some(Place::CallName),
            (Place::Step, b"arguments") => Some(Place::Arguments),
            (Place::Step | Place::Content | Place::ContentItem, b"text") => Some(Place::Text),
            (Place::Step | Place::Content | Place::ContentItem, b"data" | b"uri") => Some(Place::MediaData),
            (Place::Step, b"content" | b"summary") => Some(Place::Content),
            (Place::Error(place), key) => place.member(key).map(Place::Error),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            // An error may come as the one element of an array.
            Place::Root => Some(Place::Root),
            Place::Steps => Some(Place::Step),
            Place::Content => Some(Place::ContentItem),
            Place::Error(place) => place.element().map(Place::Error),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        match place {
            Place::Error(place) => place.reads_text(),
            _ => matches!(
                place,
                Place::EventType
                    | Place::Object
                    | Place::Id
                    | Place::Model
                    | Place::Agent
                    | Place::Status
                    | Place::EventStatus
                    | Place::ServiceTier
                    | Place::StepType
                    | Place::CallId
                    | Place::CallName
            ),
        }
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
            (Place::Root | Place::Content, Container::Object | Container::Array)
            | (Place::Interaction | Place::ContentItem, Container::Object) => true,
            (Place::Steps, Container::Array) => {
                self.steps = Some(0);
                self.listed = true;
                true
            }
            (Place::Step, Container::Object) => {
                self.step = Step::default();
                self.before_step = self.text.clone();
                true
            }
            (Place::Arguments, Container::Object) => {
                // Its members are not looked at: an empty one is no argument yet.
                false
            }
            // Its figures were given out whole.
            (Place::Usage, Container::Object) => false,
            (Place::Error(place), container) => {
                let opened = self.error.open(place, container);
                self.unknown_shape += u32::from(opened.is_none());
                opened.unwrap_or_default()
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Step => {
                // That of an event is closed with it.
                let Some(index) = self.steps else { return };
                self.steps = Some(index + 1);
                let step = std::mem::take(&mut self.step);
                if step.says() != Event::Text {
                    self.text = std::mem::take(&mut self.before_step);
                }
                self.keep_call(Some(index), step);
            }
            Place::Steps => self.steps = None,
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let says_something = matches!(scalar, Scalar::Text { empty: false, .. });
        let known = match place {
            Place::EventType => scalar.as_text().is_some_and(|kind| {
                self.kind = Kind::of(&kind);
                true
            }),
            Place::Object => scalar.as_text().is_some_and(|object| {
                self.told |= object == "interaction";
                true
            }),
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::Agent => fields::text(&mut self.agent, scalar),
            Place::Status => fields::text(&mut self.status, scalar),
            Place::EventStatus => fields::text(&mut self.event_status, scalar),
            Place::ServiceTier => fields::text(&mut self.response.service_tier, scalar),
            Place::Index => fields::value(&mut self.index, scalar.as_u64()),
            Place::StepType => fields::text(&mut self.step.kind, scalar),
            Place::CallId => fields::text(&mut self.step.call.id, scalar),
            Place::CallName => fields::text(&mut self.step.call.name, scalar),
            Place::Text | Place::MediaData => {
                self.step.said |= says_something;
                is_text
            }
            Place::Arguments => {
                self.step.argued |= says_something;
                is_text
            }
            // A step's content may be a text.
            Place::Content => {
                self.step.said |= says_something;
                is_text
            }
            Place::Error(place) => self.error.scalar(place, scalar),
            Place::Root
            | Place::Interaction
            | Place::Steps
            | Place::Step
            | Place::ContentItem
            | Place::Usage => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

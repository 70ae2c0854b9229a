//! The answer of Converse: one document, or the events of its stream, whose payloads have the document's members by the
//! same names. Invoked Nova models wrap each event in an object by its name.

use crate::call::{Response, ToolCall};
use crate::finish;
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;
use crate::provider::figures::Figures;
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) figures: Figures,
    /// `metrics.latencyMs`.
    pub(super) latency_ms: Option<u64>,
    pub(super) unknown_shape: u32,
    /// `inputTokens` of the answer to a request to count them.
    pub(super) counted: Option<u64>,
    /// `output.message` was there.
    messaged: bool,
    stop_reason: Option<String>,
    text: TextCheck,
    /// Text came in more than one block: by its index in a stream, else by the block itself.
    text_block: Option<u64>,
    several_texts: bool,
    /// Which block the event at hand is of; of a document, how many there were.
    block: u64,
    event_says_text: bool,
    /// The tool call at hand.
    tool: Option<ToolCall>,
    /// A finding of a guardrail at hand: of what it is, and whether it blocked.
    finding: (Option<String>, bool),
    carries: Event,
}

impl Answer {
    pub(super) fn asked_for(&mut self, output_type: Option<&str>) {
        self.text.want_json(output_type);
    }

    pub(super) fn begin_event(&mut self) {
        self.carries = Event::Silent;
        self.event_says_text = false;
        self.tool = None;
        self.figures.restart();
    }

    /// What the event carried.
    pub(super) fn end_event(&mut self) -> Event {
        // Of an event that was cut off it is still open.
        self.close_tool();
        self.settle_text();
        self.carries
    }

    /// Whether it is surely of this API.
    pub(super) fn is_own(&self) -> bool {
        self.messaged && self.is_stopped()
    }

    /// Why the answer ended was told.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop_reason.is_some()
    }

    /// All is read.
    pub(super) fn finish(&mut self) {
        self.close_tool();
        self.response.refusal = self.stop_reason.as_deref().is_some_and(finish::is_refusal);
        self.response.finish_reasons = self.stop_reason.take().into_iter().collect();
        if self.several_texts {
            self.text.give_up();
        }
        self.response.valid_json = self.text.verdict();
    }

    /// The event or block at hand is over: whether its text goes on where text was before. The index may come after it.
    fn settle_text(&mut self) {
        if std::mem::take(&mut self.event_says_text) {
            self.several_texts |=
                self.text_block.replace(self.block).is_some_and(|before| before != self.block);
        }
    }

    fn carry(&mut self, event: Event) {
        self.carries = self.carries.max(event);
    }

    fn close_tool(&mut self) {
        let Some(call) = self.tool.take() else { return };
        if call.name.is_some() {
            self.carry(Event::Content);
        }
        let calls = &mut self.response.tool_calls;
        let repeated = call.id.is_some() && calls.iter().any(|known| known.id == call.id);
        if repeated || calls.len() >= limits::TOOL_CALLS {
            self.unknown_shape += 1;
        } else if call != ToolCall::default() {
            calls.push(call);
        }
    }
}

/// Where things stand in an answer or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    /// `contentBlockIndex` of an event.
    BlockIndex,
    Counted,
    Output,
    Message,
    Content,
    /// A block of `content`, and `start` of an event.
    Block,
    Delta,
    Text,
    /// Reasoning; of a piece its text, of a whole one an object around it.
    Reasoning,
    /// What is no text that a user sees.
    Unseen,
    /// Text with its sources.
    Cited,
    Tool,
    ToolId,
    ToolName,
    /// `toolUse` of a piece: arguments.
    ToolDelta,
    StopReason,
    Usage,
    Metrics,
    LatencyMs,
    Performance,
    Latency,
    Tier,
    TierType,
    Trace,
    Guardrail,
    /// By the ids of guardrails.
    Assessments,
    Assessment,
    Policy,
    Findings,
    Finding,
    FindingType,
    FindingAction,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (
                Place::Root,
                b"messageStart" | b"contentBlockStart" | b"contentBlockDelta" | b"contentBlockStop"
                | b"messageStop" | b"metadata",
            ) => Some(Place::Root),
            (Place::Root, b"contentBlockIndex") => Some(Place::BlockIndex),
            (Place::Root, b"inputTokens") => Some(Place::Counted),
            (Place::Root, b"output") => Some(Place::Output),
            (Place::Output, b"message") => Some(Place::Message),
            (Place::Message | Place::Cited, b"content") => Some(Place::Content),
            (Place::Root, b"start") => Some(Place::Block),
            (Place::Root, b"delta") => Some(Place::Delta),
            (Place::Root, b"stopReason") => Some(Place::StopReason),
            (Place::Root, b"usage") => Some(Place::Usage),
            (Place::Root, b"metrics") => Some(Place::Metrics),
            (Place::Metrics, b"latencyMs") => Some(Place::LatencyMs),
            (Place::Root, b"performanceConfig") => Some(Place::Performance),
            (Place::Performance, b"latency") => Some(Place::Latency),
            (Place::Root, b"serviceTier") => Some(Place::Tier),
            (Place::Tier, b"type") => Some(Place::TierType),
            (Place::Root, b"trace") => Some(Place::Trace),
            (Place::Trace, b"guardrail") => Some(Place::Guardrail),
            (Place::Guardrail, b"inputAssessment" | b"outputAssessments") => Some(Place::Assessments),
            (Place::Assessments, _) => Some(Place::Assessment),
            (Place::Assessment, _) => Some(Place::Policy),
            (Place::Policy, _) => Some(Place::Findings),
            (Place::Finding, b"type") => Some(Place::FindingType),
            (Place::Finding, b"action") => Some(Place::FindingAction),
            (Place::Block | Place::Delta, b"text") => Some(Place::Text),
            (Place::Block | Place::Delta, b"reasoningContent") => Some(Place::Reasoning),
            (Place::Block, b"citationsContent") => Some(Place::Cited),
            (Place::Reasoning, b"reasoningText") => Some(Place::Reasoning),
            (Place::Reasoning, b"text" | b"redactedContent") => Some(Place::Unseen),
            (Place::Block, b"toolUse") => Some(Place::Tool),
            (Place::Tool, b"toolUseId") => Some(Place::ToolId),
            (Place::Tool, b"name") => Some(Place::ToolName),
            (Place::Delta, b"toolUse") => Some(Place::ToolDelta),
            (Place::ToolDelta, b"input") => Some(Place::Unseen),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Content => Some(Place::Block),
            Place::Findings => Some(Place::Finding),
            // Of what came out a guardrail makes several.
            Place::Assessment => Some(Place::Assessment),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::ToolId
                | Place::ToolName
                | Place::StopReason
                | Place::Latency
                | Place::TierType
                | Place::FindingType
                | Place::FindingAction
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
            (Place::Message, Container::Object) => self.messaged = true,
            (
                Place::Root
                | Place::Output
                | Place::Block
                | Place::Delta
                | Place::Reasoning
                | Place::Cited
                | Place::ToolDelta
                | Place::Metrics
                | Place::Performance
                | Place::Tier
                | Place::Trace
                | Place::Guardrail
                | Place::Assessments
                | Place::Assessment
                | Place::Policy,
                Container::Object,
            )
            | (Place::Content | Place::Findings | Place::Assessment, Container::Array) => {}
            (Place::Tool, Container::Object) => self.tool = Some(ToolCall::default()),
            (Place::Finding, Container::Object) => self.finding = (None, false),
            // The usage is tapped, and not gone into. Of assessments only lists of findings are of interest.
            (Place::Usage, Container::Object) | (Place::Policy | Place::Findings, _) => return false,
            _ => {
                self.unknown_shape += 1;
                return false;
            }
        }
        true
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Block => {
                self.settle_text();
                self.block = self.block.saturating_add(1);
            }
            Place::Tool => self.close_tool(),
            Place::Finding => {
                if let (Some(kind), true) = std::mem::take(&mut self.finding) {
                    self.response.refusal_category.get_or_insert(kind);
                }
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
            Place::Text => {
                if says {
                    self.carry(Event::Text);
                    self.event_says_text = true;
                }
                is_text
            }
            Place::Unseen => {
                if says {
                    self.carry(Event::Content);
                }
                is_text
            }
            Place::ToolId => self.tool.as_mut().is_some_and(|call| fields::text(&mut call.id, scalar)),
            Place::ToolName => self.tool.as_mut().is_some_and(|call| fields::text(&mut call.name, scalar)),
            Place::StopReason => fields::text(&mut self.stop_reason, scalar),
            Place::BlockIndex => scalar.as_u64().is_some_and(|index| {
                self.block = index;
                true
            }),
            Place::Counted => fields::number(&mut self.counted, scalar),
            Place::LatencyMs => fields::number(&mut self.latency_ms, scalar),
            Place::Latency => fields::text(&mut self.response.speed, scalar),
            Place::TierType => fields::text(&mut self.response.service_tier, scalar),
            Place::FindingType => {
                self.finding.0 = fields::name(scalar);
                is_text
            }
            Place::FindingAction => {
                self.finding.1 = scalar.as_text().is_some_and(|action| action == "BLOCKED");
                is_text
            }
            // Other members of what a guardrail says.
            Place::Policy | Place::Findings | Place::Assessment | Place::Finding => true,
            Place::Root
            | Place::Output
            | Place::Message
            | Place::Content
            | Place::Block
            | Place::Delta
            | Place::Reasoning
            | Place::Cited
            | Place::Tool
            | Place::ToolDelta
            | Place::Usage
            | Place::Metrics
            | Place::Performance
            | Place::Tier
            | Place::Trace
            | Place::Guardrail
            | Place::Assessments => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

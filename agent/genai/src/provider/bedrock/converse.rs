//! One conversation, or the count of its tokens.

use wire::Headers;

use super::address::Address;
use super::answer::Answer;
use super::request::Asked;
use super::{Framed, Head, usage};
use crate::digest::Key;
use crate::headers::{Phase, ToldTimes};
use crate::provider::body::Body;
use crate::provider::{Claim, Event, Findings, Item, ProviderError, Reader, Side};

/// One exchange.
#[derive(Debug)]
pub(super) struct ConverseReader {
    operation: Operation,
    address: Address,
    head: Head,
    /// An event came that only this API has.
    streamed: bool,
    error: Option<ProviderError>,
    asked: Body<Asked>,
    answer: Body<Answer>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Answer,
    Count,
}

impl ConverseReader {
    pub(super) fn new(operation: Operation, key: Key) -> Self {
        Self {
            operation,
            address: Address::default(),
            head: Head::default(),
            streamed: false,
            error: None,
            asked: Body::new(Asked::new(key)),
            answer: Body::default(),
        }
    }

    /// The answer begins, so the request was read as far as it will be.
    fn begin_answer(&mut self) {
        self.answer.shape.asked_for(self.asked.shape.output_type());
    }
}

/// Reads an event, whatever it was framed by.
pub(super) fn read_event(answer: &mut Body<Answer>, data: &[u8]) -> Event {
    answer.shape.begin_event();
    answer.item(data);
    answer.shape.end_event()
}

impl Reader for ConverseReader {
    fn head(&mut self, path: &str, _headers: &Headers) {
        self.address = Address::parse(path);
    }

    fn response_head(&mut self, _status: Option<u16>, headers: &Headers) {
        self.head = Head::read(headers);
    }

    fn request(&mut self, bytes: &[u8]) {
        self.asked.push(bytes);
    }

    fn response(&mut self, bytes: &[u8]) {
        self.begin_answer();
        self.answer.push(bytes);
    }

    fn event(&mut self, item: &Item<'_>) -> Event {
        match Framed::of(item) {
            Framed::Failure(name) => {
                self.error = Some(ProviderError { kind: ProviderError::name(name), code: None });
                Event::Done
            }
            Framed::Event(name) => {
                self.streamed |= EVENTS.contains(&name);
                self.begin_answer();
                read_event(&mut self.answer, item.data())
            }
            Framed::Unknown => Event::Silent,
        }
    }

    fn lost(&mut self, side: Side) {
        match side {
            Side::Request => self.asked.lose(),
            Side::Response => self.answer.lose(),
        }
    }

    fn claims(&self, side: Side) -> Claim {
        match (self.operation, side) {
            // Only the path tells.
            (Operation::Count, _) => Claim::No,
            (Operation::Answer, Side::Request) if self.asked.shape.is_others() => Claim::No,
            (Operation::Answer, Side::Request) if self.asked.shape.is_own() => Claim::Yes,
            (Operation::Answer, Side::Request) => self.asked.unclaimed(self.asked.shape.may_be_own()),
            (Operation::Answer, Side::Response) if self.streamed || self.answer.shape.is_own() => Claim::Yes,
            (Operation::Answer, Side::Response) => self.answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { operation: _, address, head, streamed: _, error, asked, answer } = *self;
        let whole = answer.is_whole(answer.shape.is_stopped());
        let (asked, not_asked) = asked.into_parts();
        let (mut answer, not_answered) = answer.into_parts();
        answer.finish();
        let (mut request, traces, asked_unknown) = asked.into_parts();
        request.model = address.model;
        request.stream = address.stream;
        let mut told = ToldTimes::default();
        if let Some(ms) = answer.latency_ms {
            told.tell(Phase::Total, ms.saturating_mul(1_000_000), "metrics.latencyMs");
        }
        let Answer { response, figures, counted, unknown_shape, .. } = answer;
        let (usage, odd) = usage::converse(figures, counted);
        Findings {
            request,
            traces,
            response,
            usage,
            told,
            error: error.or(head.error),
            whole,
            unknown_shape: unknown_shape + asked_unknown + not_asked + not_answered + odd,
            ..Findings::default()
        }
    }
}

/// The events that only this API has.
const EVENTS: [&str; 6] =
    ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"];

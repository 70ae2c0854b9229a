//! One invocation of a model, in the JSON of its maker. What that is, the model's name tells; where it does not, all read
//! along.

use std::fmt::Debug;

use wire::Headers;

use super::address::{Address, Family};
use super::answer::Answer;
use super::around::Around;
use super::native_answer::NativeAnswer;
use super::native_request::NativeAsked;
use super::request::Asked;
use super::{Framed, Head, SPEED, TIER, chunk, converse, usage};
use crate::call::{Request, Response, Usage};
use crate::digest::Key;
use crate::headers::{Phase, ToldTimes};
use crate::json_scan::Shape;
use crate::memory::Traces;
use crate::provider::anthropic;
use crate::provider::body::Body;
use crate::provider::{Claim, Event, Findings, Item, ProviderError, Reader, Side};

/// One exchange.
#[derive(Debug)]
pub(super) struct InvokeReader {
    address: Address,
    family: Family,
    head: Head,
    service_tier: Option<String>,
    speed: Option<String>,
    error: Option<ProviderError>,
    anthropic: Pair<anthropic::Asked, anthropic::Answer>,
    converse: Pair<Asked, Answer>,
    native: Pair<NativeAsked, NativeAnswer>,
    around: Body<Around>,
    /// Chunks that have no bytes that could be read.
    unknown_shape: u32,
}

/// Both bodies in one maker's JSON.
#[derive(Debug)]
struct Pair<Q: Shape<Place: Debug>, A: Shape<Place: Debug>> {
    asked: Body<Q>,
    answer: Body<A>,
}

/// What one maker's JSON has told.
struct Told {
    request: Request,
    traces: Traces,
    response: Response,
    usage: Usage,
    error: Option<ProviderError>,
    whole: bool,
    unknown_shape: u32,
}

impl InvokeReader {
    pub(super) fn new(key: Key) -> Self {
        Self {
            address: Address::default(),
            family: Family::Unknown,
            head: Head::default(),
            service_tier: None,
            speed: None,
            error: None,
            anthropic: Pair { asked: Body::new(anthropic::Asked::new(key)), answer: Body::default() },
            converse: Pair { asked: Body::new(Asked::new(key)), answer: Body::default() },
            native: Pair { asked: Body::new(NativeAsked::new(key)), answer: Body::default() },
            around: Body::default(),
            unknown_shape: 0,
        }
    }

    fn is_read_by(&self, family: Family) -> bool {
        self.family == family || self.family == Family::Unknown
    }

    /// Whose JSON it turned out to be.
    fn settled(&self) -> Family {
        let Self { anthropic, converse, .. } = self;
        match self.family {
            known @ (Family::Anthropic | Family::Converse | Family::Native) => known,
            Family::Unknown if anthropic.answer.shape.is_message() => Family::Anthropic,
            Family::Unknown if anthropic.asked.shape.is_versioned() => Family::Anthropic,
            Family::Unknown if converse.answer.shape.is_stopped() => Family::Converse,
            Family::Unknown if converse.asked.shape.is_own() => Family::Converse,
            Family::Unknown => Family::Native,
        }
    }

    /// The answer begins, so the request was read as far as it will be.
    fn begin_answer(&mut self) {
        let Self { anthropic, converse, native, .. } = self;
        anthropic.answer.shape.asked_for(anthropic.asked.shape.output_type());
        converse.answer.shape.asked_for(converse.asked.shape.output_type());
        native.answer.shape.asked_for(native.asked.shape.output_type());
    }

    /// An event of the model's own stream.
    fn inner_event(&mut self, data: &[u8]) -> Event {
        if Around::may_be_in(data) {
            self.around.item(data);
        }
        let mut says = Event::Silent;
        if self.is_read_by(Family::Anthropic) {
            says = says.max(anthropic::read_event(&mut self.anthropic.answer, data));
        }
        if self.is_read_by(Family::Converse) {
            says = says.max(converse::read_event(&mut self.converse.answer, data));
        }
        if self.is_read_by(Family::Native) {
            self.native.answer.shape.begin_event();
            self.native.answer.item(data);
            says = says.max(self.native.answer.shape.end_event());
        }
        says
    }
}

impl Reader for InvokeReader {
    fn head(&mut self, path: &str, headers: &Headers) {
        self.address = Address::parse(path);
        self.family = self.address.family();
        let text = |name: &str| headers.get(name).and_then(ProviderError::name);
        self.service_tier = text(TIER);
        self.speed = text(SPEED);
    }

    fn response_head(&mut self, _status: Option<u16>, headers: &Headers) {
        self.head = Head::read(headers);
    }

    fn request(&mut self, bytes: &[u8]) {
        if self.is_read_by(Family::Anthropic) {
            self.anthropic.asked.push(bytes);
        }
        if self.is_read_by(Family::Converse) {
            self.converse.asked.push(bytes);
        }
        if self.is_read_by(Family::Native) {
            self.native.asked.push(bytes);
        }
    }

    fn response(&mut self, bytes: &[u8]) {
        self.begin_answer();
        self.around.push(bytes);
        if self.is_read_by(Family::Anthropic) {
            self.anthropic.answer.push(bytes);
        }
        if self.is_read_by(Family::Converse) {
            self.converse.answer.push(bytes);
        }
        if self.is_read_by(Family::Native) {
            self.native.answer.push(bytes);
        }
    }

    fn event(&mut self, item: &Item<'_>) -> Event {
        match Framed::of(item) {
            Framed::Failure(name) => {
                self.error = Some(ProviderError { kind: ProviderError::name(name), code: None });
                Event::Done
            }
            Framed::Event("chunk") => {
                self.begin_answer();
                match chunk::decode(item.data()) {
                    Some(data) => self.inner_event(&data),
                    None => {
                        self.unknown_shape += 1;
                        Event::Silent
                    }
                }
            }
            Framed::Event(_) | Framed::Unknown => Event::Silent,
        }
    }

    fn lost(&mut self, side: Side) {
        let Self { anthropic, converse, native, around, .. } = self;
        match side {
            Side::Request => {
                anthropic.asked.lose();
                converse.asked.lose();
                native.asked.lose();
            }
            Side::Response => {
                anthropic.answer.lose();
                converse.answer.lose();
                native.answer.lose();
                around.lose();
            }
        }
    }

    fn claims(&self, side: Side) -> Claim {
        match side {
            // Only the path tells.
            Side::Request => Claim::No,
            Side::Response if self.around.shape.has_told() => Claim::Yes,
            Side::Response => self.around.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let settled = self.settled();
        let Self { address, head, service_tier, speed, error, anthropic, converse, native, around, .. } =
            *self;
        let is_text = settled == Family::Native && native.asked.shape.is_text();
        let told = match settled {
            Family::Anthropic => anthropic.told(),
            Family::Converse => converse.told(),
            Family::Native | Family::Unknown => native.told(),
        };
        let Told { mut request, traces, mut response, usage, error: own_error, whole, unknown_shape } = told;
        let (around, not_around) = around.into_parts();
        let mut times = ToldTimes::default();
        let (first, all) = around.latencies_ms();
        for (phase, ms, source) in [
            (Phase::FirstToken, first, "amazon-bedrock-invocationMetrics.firstByteLatency"),
            (Phase::Total, all, "amazon-bedrock-invocationMetrics.invocationLatency"),
        ] {
            if let Some(ms) = ms {
                times.tell(phase, ms.saturating_mul(1_000_000), source);
            }
        }
        response.refusal |= around.intervened;
        let (around, odd) = around.into_usage();
        let operation = address.operation().or(is_text.then_some("text_completion"));
        request.model = address.model;
        request.stream = address.stream;
        request.service_tier = request.service_tier.or(service_tier);
        request.speed = request.speed.or(speed);
        response.service_tier = response.service_tier.or(head.service_tier);
        response.speed = response.speed.or(head.speed);
        // What is no JSON to one is none to the other, and counts once.
        let unknown_shape = unknown_shape.max(not_around) + self.unknown_shape + odd;
        Findings {
            operation,
            request,
            traces,
            response,
            usage: usage::or_else(usage::or_else(usage, around), head.usage),
            told: times,
            error: error.or(own_error).or(head.error),
            whole,
            unknown_shape,
            ..Findings::default()
        }
    }
}

impl Pair<anthropic::Asked, anthropic::Answer> {
    fn told(self) -> Told {
        let whole = self.answer.is_whole(self.answer.shape.is_stopped());
        let (asked, not_asked) = self.asked.into_parts();
        let (answer, not_answered) = self.answer.into_parts();
        let (request, traces, asked_unknown) = asked.into_parts();
        let (response, usage, error, answer_unknown) = answer.into_parts();
        let unknown_shape = not_asked + not_answered + asked_unknown + answer_unknown;
        Told { request, traces, response, usage, error, whole, unknown_shape }
    }
}

impl Pair<Asked, Answer> {
    fn told(self) -> Told {
        let whole = self.answer.is_whole(self.answer.shape.is_stopped());
        let (asked, not_asked) = self.asked.into_parts();
        let (mut answer, not_answered) = self.answer.into_parts();
        answer.finish();
        let (request, traces, asked_unknown) = asked.into_parts();
        let Answer { response, figures, counted, unknown_shape, .. } = answer;
        let (usage, odd) = usage::converse(figures, counted);
        let unknown_shape = not_asked + not_answered + asked_unknown + unknown_shape + odd;
        Told { request, traces, response, usage, error: None, whole, unknown_shape }
    }
}

impl Pair<NativeAsked, NativeAnswer> {
    fn told(self) -> Told {
        let whole = self.answer.is_whole(self.answer.shape.is_stopped());
        let (asked, not_asked) = self.asked.into_parts();
        let (answer, not_answered) = self.answer.into_parts();
        let (request, traces, asked_unknown) = asked.into_parts();
        let (response, usage, answer_unknown) = answer.into_parts();
        let unknown_shape = not_asked + not_answered + asked_unknown + answer_unknown;
        Told { request, traces, response, usage, error: None, whole, unknown_shape }
    }
}

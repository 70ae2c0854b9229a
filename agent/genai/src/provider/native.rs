//! What the own APIs of inference engines have in common: one body is asked, and one body, or a stream of items of the
//! same shape, answers.
//!
//! Comes in: the exchange, and the shapes of one API's request and answer. Goes out: [`Findings`].
//!
//! Their paths (`/generate`, `/completion`, `/api/chat`) are those of many web applications too. So a path is not
//! enough: path and body together claim a request, and the answer may contradict. Answers are unmistakable, so a call
//! that was joined late is told by them.

use std::fmt;

use wire::Headers;

use super::body::Body;
use super::{Claim, Event, Findings, Item, Reader, Side};
use crate::call::Request;
use crate::json_scan::Shape;
use crate::memory::Traces;

/// The shape of a request.
pub(super) trait NativeRequest: Shape<Place: fmt::Debug + Send> + fmt::Debug + Send {
    /// Its answers look like those of others: where no path was seen, nothing is its.
    const NEEDS_PATH: bool = false;

    /// Whether the API has such a path, which is without query and without a slash at its end.
    fn head(&mut self, path: &str) -> bool;

    /// What was read has all that a request must have.
    fn is_request(&self) -> bool;

    /// The format that was asked for.
    fn output_type(&self) -> Option<&str>;

    /// How many answers were asked for, as far as is known.
    fn answers(&self) -> u64 {
        1
    }

    /// What was done, where that is not always the same.
    fn operation(&self) -> Option<&'static str> {
        None
    }

    /// The request, what to recognise it by, and how much of it had an unknown shape.
    fn into_parts(self) -> (Request, Traces, u32);
}

/// The shape of an answer, and of each item of a stream.
pub(super) trait NativeAnswer: Shape<Place: fmt::Debug + Send> + fmt::Debug + Send {
    /// So much is known of the request when the answer begins.
    fn begin(&mut self, output_type: Option<&str>, answers: u64);

    /// The next item begins.
    fn begin_item(&mut self);

    /// What the item was.
    fn end_item(&mut self) -> Event;

    /// Only this API answers so.
    fn is_answer(&self) -> bool;

    /// It is an error of this API, unless it is one of another.
    fn is_error(&self) -> bool;

    /// A stream has said that it is over.
    fn is_over(&self) -> bool;

    /// All but what is of the request.
    fn into_findings(self) -> Findings;
}

/// One exchange.
#[derive(Debug)]
pub(super) struct NativeReader<Q: NativeRequest, A: NativeAnswer> {
    /// The request went to a path of the API.
    addressed: bool,
    request_lost: bool,
    answer_begun: bool,
    asked: Body<Q>,
    answer: Body<A>,
}

impl<Q: NativeRequest, A: NativeAnswer> NativeReader<Q, A> {
    pub(super) fn new(asked: Q, answer: A) -> Self {
        Self {
            addressed: false,
            request_lost: false,
            answer_begun: false,
            asked: Body::new(asked),
            answer: Body::new(answer),
        }
    }

    fn begin_answer(&mut self) {
        if !std::mem::replace(&mut self.answer_begun, true) {
            let asked = &self.asked.shape;
            self.answer.shape.begin(asked.output_type(), asked.answers());
        }
    }
}

impl<Q: NativeRequest, A: NativeAnswer> Reader for NativeReader<Q, A> {
    fn head(&mut self, path: &str, _headers: &Headers) {
        self.addressed = self.asked.shape.head(path.strip_suffix('/').unwrap_or(path));
    }

    fn request(&mut self, bytes: &[u8]) {
        self.asked.push(bytes);
    }

    fn response(&mut self, bytes: &[u8]) {
        self.begin_answer();
        self.answer.push(bytes);
    }

    fn event(&mut self, item: &Item<'_>) -> Event {
        let data = item.data().trim_ascii();
        match data {
            _ if Q::NEEDS_PATH && !self.addressed => return Event::Silent,
            b"" => return Event::Silent,
            b"[DONE]" => return Event::Done,
            _ => {}
        }
        self.begin_answer();
        self.answer.shape.begin_item();
        self.answer.item(data);
        match self.answer.shape.end_item() {
            // Others have errors and ends that look like ours.
            Event::Done if !self.answer.shape.is_answer() => Event::Silent,
            event => event,
        }
    }

    fn lost(&mut self, side: Side) {
        match side {
            Side::Request => {
                self.request_lost = true;
                self.asked.lose();
            }
            Side::Response => self.answer.lose(),
        }
    }

    fn claims(&self, side: Side) -> Claim {
        match side {
            Side::Request if !self.addressed => Claim::No,
            // What would have told may be what was lost.
            Side::Request if self.request_lost || self.asked.shape.is_request() => Claim::Yes,
            Side::Request => self.asked.unclaimed(true),
            Side::Response if Q::NEEDS_PATH && !self.addressed => Claim::No,
            Side::Response if self.answer.shape.is_answer() => Claim::Yes,
            // An error may be all that comes, even after a status of 200.
            Side::Response if self.addressed && self.answer.shape.is_error() => Claim::Yes,
            Side::Response => self.answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { addressed: _, request_lost: _, answer_begun: _, asked, answer } = *self;
        let whole = answer.is_whole(answer.shape.is_over());
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let operation = asked.operation();
        let (request, traces, asked_unknown) = asked.into_parts();
        let found = answer.into_findings();
        let unknown_shape = found.unknown_shape + not_asked + not_answered + asked_unknown;
        Findings { operation, request, traces, whole, unknown_shape, ..found }
    }
}

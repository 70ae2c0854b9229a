//! OpenAI Responses, of OpenAI, Azure and everything that copied the API.
//!
//! Comes in: the JSON request; the JSON answer, or its events, whose `type` (and `event:`) names them. The last event
//! is one of `response.completed`, `response.incomplete`, `response.failed` and `error`; it repeats the whole answer
//! and is the only one that tells of usage. Goes out: [`Findings`].
//!
//! Not read: what is said; of texts, arguments and reasoning only whether they are empty is looked at. Not here: how
//! the messages of the API's WebSocket belong to answers (`openai_socket`), and the answers fetched later by their id
//! (`GET /v1/responses/{id}`).

mod answer;
mod answer_place;
mod events;
mod items;
mod limits_told;
mod request;
mod request_place;
mod usage;

use wire::Headers;

pub(super) use self::answer::{Answer, Found};
pub(super) use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider};
use crate::digest::Key;

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api { name: "responses", operation: "chat" },
    // OpenAI's own are with chat completions.
    elsewhere: Provider::api("openai"),
    // Others end in `/responses` alone, as do the paths of surveys; there the body has to tell.
    paths: &["/v1/responses", "/openai/responses"],
    request_id: &["x-request-id"],
    reader: |key| Box::new(ResponsesReader::new(key)),
};

/// One response.
#[derive(Debug)]
pub(super) struct ResponsesReader {
    asked: Body<Asked>,
    answer: Body<Answer>,
}

impl ResponsesReader {
    pub(super) fn new(key: Key) -> Self {
        Self { asked: Body::new(Asked::new(key)), answer: Body::default() }
    }

    /// The answer begins, so the request was read as far as it will be.
    fn begin_answer(&mut self) {
        self.answer.shape.asked_for(self.asked.shape.output_type());
    }
}

impl Reader for ResponsesReader {
    fn head(&mut self, path: &str, _headers: &Headers) {
        if path.trim_end_matches('/').ends_with("/responses") {
            self.asked.shape.expect();
        }
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
        // Not of this API, but gateways send it. It is still here only if the last event did not come.
        if data == b"[DONE]" {
            return Event::Done;
        }
        self.begin_answer();
        self.answer.shape.begin_event(item.name());
        self.answer.item(data);
        self.answer.shape.end_event()
    }

    fn lost(&mut self, side: Side) {
        match side {
            Side::Request => self.asked.lose(),
            Side::Response => self.answer.lose(),
        }
    }

    fn claims(&self, side: Side) -> Claim {
        match side {
            Side::Request if self.asked.shape.is_responses() => Claim::Yes,
            Side::Request if self.asked.shape.is_chat() => Claim::No,
            Side::Request => self.asked.unclaimed(self.asked.shape.may_be_responses()),
            Side::Response if self.answer.shape.is_responses() => Claim::Yes,
            Side::Response => self.answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { asked, answer } = *self;
        let whole = answer.is_whole(answer.shape.is_ended());
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let (request, traces, asked_unknown) = asked.into_parts();
        let Found { response, usage, cost, server, limits, error, unknown_shape } = answer.into_found();
        Findings {
            server,
            request,
            traces,
            response,
            usage,
            cost,
            rate_limits: limits,
            error,
            whole,
            unknown_shape: not_asked + not_answered + asked_unknown + unknown_shape,
            ..Findings::default()
        }
    }
}

//! OpenAI Responses, of OpenAI, Azure and everything that copied the API.
//!
//! Comes in: the JSON request; the JSON answer, or its events, whose `type` (and `event:`) names them. The last event
//! is one of `response.completed`, `response.incomplete`, `response.failed` and `error`; it repeats the whole answer
//! and is the only one that tells of usage. Goes out: [`Findings`].
//!
//! Not read: what is said; of texts, arguments and reasoning only whether they are empty is looked at. Not here: the
//! API's WebSocket, and the answers fetched later by their id (`GET /v1/responses/{id}`).

mod answer;
mod events;
mod items;
mod request;

use wire::Headers;

use self::answer::Answer;
use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider};

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api { name: "responses", operation: "chat" },
    // OpenAI's own are with chat completions.
    elsewhere: Provider::api("openai"),
    // Others end in `/responses` alone, as do the paths of surveys; there the body has to tell.
    paths: &["/v1/responses", "/openai/responses"],
    request_id: &["x-request-id"],
    reader: |_| Box::<ResponsesReader>::default(),
};

/// One response.
#[derive(Debug, Default)]
struct ResponsesReader {
    asked: Body<Asked>,
    answer: Body<Answer>,
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
        self.answer.push(bytes);
    }

    fn event(&mut self, item: &Item<'_>) -> Event {
        let data = item.data().trim_ascii();
        // Not of this API, but gateways send it. It is still here only if the last event did not come.
        if data == b"[DONE]" {
            return Event::Done;
        }
        self.answer.shape.begin_event();
        self.answer.item(data);
        self.answer.shape.end_event(item.name())
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
        let unknown_shape = not_asked + not_answered + asked.unknown_shape() + answer.unknown_shape();
        let (response, usage, error) = answer.into_parts();
        Findings {
            request: asked.into_request(),
            response,
            usage,
            error,
            whole,
            unknown_shape,
            ..Findings::default()
        }
    }
}

//! Ranking of documents by a query: Cohere's API, and those that are like it (Jina, Voyage, Together, vLLM, SGLang,
//! llama.cpp, TEI).
//!
//! Comes in: the JSON request and the JSON answer; there are no streams. Goes out: [`Findings`], in which the query is
//! what the user said, and documents are what was retrieved.
//!
//! Not read: the ranks and scores.

mod answer;
mod request;

use self::answer::Answer;
use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider};
use crate::digest::Key;

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api { name: "rerank", operation: "rerank" },
    // Whose API it was first.
    elsewhere: Provider::api("cohere"),
    paths: &["/rerank"],
    request_id: &["x-debug-trace-id", "x-request-id"],
    reader: |key| Box::new(RerankReader::new(key)),
};

/// One ranking.
#[derive(Debug)]
struct RerankReader {
    asked: Body<Asked>,
    answer: Body<Answer>,
    /// Events of a stream, which this API does not have.
    events: u32,
}

impl RerankReader {
    fn new(key: Key) -> Self {
        Self { asked: Body::new(Asked::new(key)), answer: Body::default(), events: 0 }
    }
}

impl Reader for RerankReader {
    fn request(&mut self, bytes: &[u8]) {
        self.asked.push(bytes);
    }

    fn response(&mut self, bytes: &[u8]) {
        self.answer.push(bytes);
    }

    /// TEI answers a bare array, whose elements come one by one.
    fn event(&mut self, item: &Item<'_>) -> Event {
        if !self.answer.shape.is_element(item) {
            self.events = self.events.saturating_add(1);
            return Event::Silent;
        }
        self.answer.item(item.data());
        Event::Silent
    }

    fn lost(&mut self, side: Side) {
        match side {
            Side::Request => self.asked.lose(),
            Side::Response => self.answer.lose(),
        }
    }

    fn claims(&self, side: Side) -> Claim {
        match side {
            Side::Request if self.asked.shape.is_ranking() => Claim::Yes,
            Side::Request => self.asked.unclaimed(self.asked.shape.may_be_ranking()),
            Side::Response if self.answer.shape.is_ranking() => Claim::Yes,
            Side::Response if self.events > 0 => Claim::No,
            Side::Response => self.answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { asked, answer, events } = *self;
        let whole = answer.is_whole(answer.shape.is_ranking());
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let (request, traces, asked_unknown) = asked.into_parts();
        let (response, usage, error, answer_unknown) = answer.into_parts();
        let told = not_asked + not_answered + asked_unknown + answer_unknown;
        let unknown_shape = told.saturating_add(events);
        Findings { request, traces, response, usage, error, whole, unknown_shape, ..Findings::default() }
    }
}

//! OpenAI embeddings, of OpenAI and of everything that copied the API (Mistral, Voyage, Jina, vLLM and its kin).
//!
//! Comes in: the JSON request and the JSON answer; there are no streams. Goes out: [`Findings`], in which the texts to
//! embed are counted as inputs and are what users said.
//!
//! Not read: the texts, and the vectors, which are passed over as numbers or as base64.

mod answer;
mod request;

use wire::Headers;

use self::answer::Answer;
use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider};
use crate::digest::Key;

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api { name: "embeddings", operation: "embeddings" },
    // OpenAI's own are with chat completions.
    elsewhere: Provider::api("openai"),
    // The latter two are Voyage's.
    paths: &["/embeddings", "/multimodalembeddings", "/contextualizedembeddings"],
    request_id: &["x-request-id"],
    reader: |key| Box::new(EmbeddingsReader::new(key)),
};

/// One request for embeddings.
#[derive(Debug)]
struct EmbeddingsReader {
    /// The request went to a path that others have too.
    addressed: bool,
    asked: Body<Asked>,
    answer: Body<Answer>,
    /// Events of a stream, which this API does not have.
    events: u32,
}

impl EmbeddingsReader {
    fn new(key: Key) -> Self {
        Self { addressed: false, asked: Body::new(Asked::new(key)), answer: Body::default(), events: 0 }
    }
}

impl Reader for EmbeddingsReader {
    fn head(&mut self, path: &str, _headers: &Headers) {
        self.addressed = path.strip_suffix('/').unwrap_or(path).ends_with("/embeddings");
    }

    fn request(&mut self, bytes: &[u8]) {
        self.asked.push(bytes);
    }

    fn response(&mut self, bytes: &[u8]) {
        self.answer.push(bytes);
    }

    fn event(&mut self, _item: &Item<'_>) -> Event {
        self.events = self.events.saturating_add(1);
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
            Side::Request if self.asked.shape.is_embeddings() => Claim::Yes,
            Side::Request if self.addressed && self.asked.shape.has_input() => Claim::Yes,
            Side::Request => self.asked.unclaimed(self.asked.shape.may_be_embeddings()),
            Side::Response if self.answer.shape.is_embeddings() => Claim::Yes,
            Side::Response if self.events > 0 => Claim::No,
            Side::Response => self.answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { addressed: _, asked, answer, events } = *self;
        let whole = answer.is_whole(false);
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let (request, traces, asked_unknown) = asked.into_parts();
        let (response, usage, error, answer_unknown) = answer.into_parts();
        let told = not_asked + not_answered + asked_unknown + answer_unknown;
        let unknown_shape = told.saturating_add(events);
        Findings { request, traces, response, usage, error, whole, unknown_shape, ..Findings::default() }
    }
}

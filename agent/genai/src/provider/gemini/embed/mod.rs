//! Embeddings of Google: `embedContent` and `batchEmbedContents` of the Gemini API and of Vertex AI, and what Vertex
//! embeds by `predict`.
//!
//! Comes in: the path, which names the model; the JSON request; the JSON answer. Goes out: [`Findings`].
//!
//! Not read: what is embedded, and the vectors; `predict` of models that do something else, which is no call of this.

mod answer;
mod request;

use wire::Headers;

use self::answer::Answer;
use self::request::Asked;
use super::{Called, ELSEWHERE};
use crate::call::Api;
use crate::digest::Key;
use crate::provider::body::Body;
use crate::provider::{Claim, Event, Findings, Flavour, Item, Reader, Side};

pub(in crate::provider) static EMBED_CONTENT: Flavour = Flavour {
    api: Api { name: "embed_content", operation: "embeddings" },
    elsewhere: ELSEWHERE,
    paths: &[":embedContent", ":batchEmbedContents"],
    request_id: &["x-goog-request-id"],
    reader: |key| Box::new(EmbedReader::new(Method::EmbedContent, key)),
};

/// `predict` serves any model, so its path says nothing: there request and answer must be those of embeddings.
pub(in crate::provider) static PREDICT: Flavour = Flavour {
    api: Api { name: "predict", operation: "embeddings" },
    elsewhere: ELSEWHERE,
    paths: &[],
    request_id: &["x-goog-request-id"],
    reader: |key| Box::new(EmbedReader::new(Method::Predict, key)),
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    EmbedContent,
    Predict,
}

/// One request for embeddings.
#[derive(Debug)]
struct EmbedReader {
    method: Method,
    called: Called,
    asked: Body<Asked>,
    answer: Body<Answer>,
    /// Events of a stream, which these methods do not have.
    events: u32,
}

impl EmbedReader {
    fn new(method: Method, key: Key) -> Self {
        let asked = Body::new(Asked::new(key));
        Self { method, called: Called::new(key), asked, answer: Body::default(), events: 0 }
    }
}

impl Reader for EmbedReader {
    fn head(&mut self, path: &str, headers: &Headers) {
        self.called.head(path, headers);
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
        let Self { method, asked, answer, .. } = self;
        let (is_asked, is_answered) = match method {
            Method::EmbedContent => (asked.shape.is_embed_content(), answer.shape.is_embed_content()),
            Method::Predict => (asked.shape.is_predict(), answer.shape.is_predict()),
        };
        match side {
            Side::Request if is_asked => Claim::Yes,
            Side::Request => asked.unclaimed(asked.shape.has_begun()),
            Side::Response if is_answered => Claim::Yes,
            Side::Response if self.events > 0 => Claim::No,
            Side::Response => answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { method: _, called, asked, answer, events } = *self;
        let whole = answer.is_whole(false);
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let (request, traces, asked_unknown) = asked.into_parts();
        let (response, usage, error, answer_unknown) = answer.into_parts();
        let request = called.complete(request);
        let told = not_asked + not_answered + asked_unknown + answer_unknown;
        let unknown_shape = told.saturating_add(events);
        Findings { request, traces, response, usage, error, whole, unknown_shape, ..Findings::default() }
    }
}

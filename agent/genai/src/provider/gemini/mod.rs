//! Google's `generateContent` and `streamGenerateContent`, of the Gemini API, of Vertex AI and of gateways to them.
//!
//! Comes in: the path, which names the model and whether a stream is asked for; the JSON request; the answer as one
//! document, as server-sent events (`alt=sse`), or as elements of a JSON array. Goes out: [`Findings`]. A stream has no
//! end mark: it is whole when every candidate has told why it ended, or the prompt was blocked.
//!
//! Not read: what is said; the other methods (`countTokens`, `embedContent`, `predict`); the Interactions API and the
//! Live API, which have paths and shapes of their own.

mod address;
mod answer;
mod request;

use wire::Headers;

use self::address::Address;
use self::answer::Answer;
use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider, Request};

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api { name: "generate_content", operation: "generate_content" },
    // Google's, by an endpoint that we do not know.
    elsewhere: Provider::api("gcp.gen_ai"),
    paths: &[":generateContent", ":streamGenerateContent"],
    request_id: &["x-goog-request-id"],
    reader: |_| Box::new(GeminiReader::default()),
};

/// One generation.
#[derive(Debug, Default)]
struct GeminiReader {
    address: Address,
    asked: Body<Asked>,
    answer: Body<Answer>,
}

impl Reader for GeminiReader {
    fn head(&mut self, path: &str, _headers: &Headers) {
        self.address = Address::parse(path);
    }

    fn request(&mut self, bytes: &[u8]) {
        self.asked.push(bytes);
    }

    fn response(&mut self, bytes: &[u8]) {
        self.answer.push(bytes);
    }

    fn event(&mut self, item: &Item<'_>) -> Event {
        match item.data().trim_ascii() {
            b"" => Event::Silent,
            // Google sends none; gateways that also speak OpenAI's API do.
            b"[DONE]" => Event::Done,
            data => {
                self.answer.shape.begin_chunk();
                self.answer.item(data);
                if self.answer.shape.has_content() { Event::Content } else { Event::Silent }
            }
        }
    }

    fn lost(&mut self, side: Side) {
        match side {
            Side::Request => self.asked.lose(),
            Side::Response => self.answer.lose(),
        }
    }

    fn claims(&self, side: Side) -> Claim {
        match side {
            Side::Request if self.asked.shape.is_gemini() => Claim::Yes,
            Side::Request => self.asked.unclaimed(self.asked.shape.may_be_gemini()),
            Side::Response if self.answer.shape.is_gemini() => Claim::Yes,
            Side::Response => self.answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { address: Address { model, stream }, asked, answer } = *self;
        let whole = answer.is_whole(answer.shape.is_finished());
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let unknown_shape = not_asked + not_answered + asked.unknown_shape() + answer.unknown_shape();
        let request = asked.into_request();
        let request = Request { model: model.or(request.model), stream, ..request };
        let (response, usage, error) = answer.into_parts();
        Findings { request, response, usage, error, whole, unknown_shape, ..Findings::default() }
    }
}

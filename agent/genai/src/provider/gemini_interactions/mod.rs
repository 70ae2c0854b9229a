//! Google's Interactions API, of the Gemini API, of Vertex AI and of gateways to them.
//!
//! Comes in: the JSON request; the interaction as one document, or the events of its stream up to the one that says
//! how it ended. Goes out: [`Findings`]. Every event says in its `event_type` what it is, so the names that the framing
//! repeats are not needed.
//!
//! Not read: what is said; interactions that are fetched, cancelled or deleted later, which are no calls.
//!
//! ```text
//! interaction.created ─ (step.start ─ step.delta* ─ step.stop)* ─ interaction.completed
//!                interaction.status_update and error: anywhere; nothing follows an error
//! ```

mod answer;
mod request;
mod usage;

use wire::Headers;

use self::answer::Answer;
use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider};
use crate::digest::Key;

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api { name: "interactions", operation: "generate_content" },
    // Google's, by an endpoint that we do not know.
    elsewhere: Provider::api("gcp.gen_ai"),
    // Shops and chats have interactions too: on other paths of that end the body must tell.
    paths: &["/v1beta/interactions", "/v1alpha/interactions"],
    request_id: &["x-goog-request-id"],
    reader: |key| Box::new(InteractionReader::new(key)),
};

/// One interaction.
#[derive(Debug)]
struct InteractionReader {
    /// The path is one of interactions.
    by_path: bool,
    asked: Body<Asked>,
    answer: Body<Answer>,
}

impl InteractionReader {
    fn new(key: Key) -> Self {
        Self { by_path: false, asked: Body::new(Asked::new(key)), answer: Body::default() }
    }

    /// Responses and embeddings of OpenAI are asked by the same two members.
    fn claims_request(&self) -> Claim {
        let asked = &self.asked.shape;
        if asked.is_prompt() && (self.by_path || asked.is_marked()) {
            return Claim::Yes;
        }
        self.asked.unclaimed(asked.may_be_prompt())
    }

    fn claims_response(&self) -> Claim {
        let answer = &self.answer.shape;
        if answer.is_interaction() { Claim::Yes } else { self.answer.unclaimed(true) }
    }
}

impl Reader for InteractionReader {
    fn head(&mut self, path: &str, _headers: &Headers) {
        self.by_path = path.trim_end_matches('/').ends_with("/interactions");
    }

    fn response_head(&mut self, _status: Option<u16>, _headers: &Headers) {
        self.answer.shape.expect(self.asked.shape.output_type());
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
            b"[DONE]" => Event::Done,
            data => {
                self.answer.shape.begin_event();
                self.answer.item(data);
                self.answer.shape.end_event()
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
            Side::Request => self.claims_request(),
            Side::Response => self.claims_response(),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { by_path: _, asked, answer } = *self;
        let whole = answer.is_whole(answer.shape.is_over());
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let (request, traces, asked_unknown) = asked.into_parts();
        let (response, usage, error, answer_unknown) = answer.into_parts();
        let unknown_shape = not_asked + not_answered + asked_unknown + answer_unknown;
        Findings { request, traces, response, usage, error, whole, unknown_shape, ..Findings::default() }
    }
}

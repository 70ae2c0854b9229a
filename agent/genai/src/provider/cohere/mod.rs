//! Cohere: chats of both its APIs, and embeddings.
//!
//! Comes in: the JSON request; the JSON answer, the events of its stream up to `message-end`, or, of v1, lines up to
//! `stream-end`. Goes out: [`Findings`]. Both chats are read by the same places: what has the same name in both means
//! the same.
//!
//! Not read: what is said; citations and search results of an answer; v1's `generate`, `classify` and `summarize`.
//! Ranking is `rerank`'s, whose API others have copied.
//!
//! ```text
//! v2:  message-start ─ (content-start ─ content-delta* ─ content-end | tool-plan-delta*
//!                       | tool-call-start ─ tool-call-delta* ─ tool-call-end)* ─ message-end
//! v1:  stream-start ─ (text-generation | tool-calls-chunk)* ─ tool-calls-generation? ─ stream-end
//! ```

mod answer;
mod embed;
mod request;
mod usage;

use wire::Headers;

use self::answer::Answer;
use self::embed::{AskedEmbeddings, Embeddings};
use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider};
use crate::digest::Key;

pub(super) static CHAT: Flavour = Flavour {
    api: Api { name: "chat", operation: "chat" },
    elsewhere: COHERE,
    // The first is vLLM's name for it. A mere `/v1/chat` or `/v2/chat` may be any application's: there the body must
    // tell as well.
    paths: &["/cohere/v2/chat", "/cohere/v1/chat"],
    request_id: REQUEST_ID,
    reader: |key| Box::new(ChatReader::new(key)),
};

pub(super) static EMBED: Flavour = Flavour {
    api: Api { name: "embed", operation: "embeddings" },
    elsewhere: COHERE,
    paths: &["/v1/embed", "/v2/embed"],
    request_id: REQUEST_ID,
    reader: |key| Box::new(EmbedReader::new(key)),
};

const COHERE: Provider = Provider::api("cohere");

const REQUEST_ID: &[&str] = &["x-debug-trace-id", "x-request-id"];

/// One chat.
#[derive(Debug)]
struct ChatReader {
    path: PathSays,
    asked: Body<Asked>,
    answer: Body<Answer>,
}

/// What the head of a request says of its API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PathSays {
    Nothing,
    V1,
    V2,
    /// It goes to Cohere.
    Cohere,
}

impl ChatReader {
    fn new(key: Key) -> Self {
        Self { path: PathSays::Nothing, asked: Body::new(Asked::new(key)), answer: Body::default() }
    }

    /// v2 is asked what all chats are asked. v1 has a mere `message`, which is not enough on a path that says nothing.
    fn claims_request(&self) -> Claim {
        let asked = &self.asked.shape;
        let by_path = match self.path {
            PathSays::V1 => asked.has_model(),
            PathSays::Cohere => true,
            PathSays::V2 | PathSays::Nothing => false,
        };
        if asked.is_v2() || (asked.is_v1() && (by_path || asked.is_marked())) {
            return Claim::Yes;
        }
        self.asked.unclaimed(asked.may_be_chat())
    }

    fn claims_response(&self) -> Claim {
        let answer = &self.answer.shape;
        // Errors are a mere sentence: they answer only to a request that could be nobody else's.
        let failed = answer.is_error()
            && match self.path {
                PathSays::Nothing => self.asked.shape.is_marked(),
                PathSays::V1 | PathSays::V2 | PathSays::Cohere => true,
            };
        if answer.is_chat() || failed { Claim::Yes } else { self.answer.unclaimed(true) }
    }
}

impl Reader for ChatReader {
    fn head(&mut self, path: &str, headers: &Headers) {
        let path = path.trim_end_matches('/');
        let host = headers.get("host").or_else(|| headers.get(":authority")).unwrap_or_default();
        self.path = match (path.ends_with("/v1/chat"), path.ends_with("/v2/chat")) {
            (false, false) => PathSays::Nothing,
            _ if host.starts_with("api.cohere.") => PathSays::Cohere,
            (true, _) => PathSays::V1,
            (false, true) => PathSays::V2,
        };
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
                self.answer.shape.end_event(item.name())
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
        let Self { path: _, asked, answer } = *self;
        let whole = answer.is_whole(answer.shape.is_over());
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let (request, traces, asked_unknown) = asked.into_parts();
        let (response, usage, error, answer_unknown) = answer.into_parts();
        let unknown_shape = not_asked + not_answered + asked_unknown + answer_unknown;
        Findings { request, traces, response, usage, error, whole, unknown_shape, ..Findings::default() }
    }
}

/// One request for embeddings.
#[derive(Debug)]
struct EmbedReader {
    asked: Body<AskedEmbeddings>,
    answer: Body<Embeddings>,
    /// Events of a stream, which this API does not have.
    events: u32,
}

impl EmbedReader {
    fn new(key: Key) -> Self {
        Self { asked: Body::new(AskedEmbeddings::new(key)), answer: Body::default(), events: 0 }
    }
}

impl Reader for EmbedReader {
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
            Side::Request => self.asked.unclaimed(self.asked.shape.may_be_embeddings()),
            Side::Response if self.answer.shape.is_embeddings() => Claim::Yes,
            Side::Response if self.events > 0 => Claim::No,
            Side::Response => self.answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { asked, answer, events } = *self;
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

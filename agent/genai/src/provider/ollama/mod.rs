//! Ollama's `/api/chat` and `/api/generate`.
//!
//! Comes in: the JSON request; the answer as one document, or as lines of JSON up to the one with `done`. Goes out:
//! [`Findings`]. Ollama streams unless told not to, so a request that does not say `stream` says nothing here.
//!
//! Web applications use these paths too (`/api/chat` is the default of a widespread library), and a chat's body says
//! no more than one of OpenAI's. So neither is enough: path and body together claim a request, and the answer may
//! contradict. Ollama's own answers are unmistakable, so a call that was joined late is told by them.
//!
//! Not read: what is said; durations; `/api/embed`; the APIs of others that Ollama also speaks.

mod answer;
mod request;

use wire::Headers;

use self::answer::Answer;
use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider};

pub(super) static CHAT: Flavour = Flavour {
    api: Api { name: "ollama_chat", operation: "chat" },
    // It runs where its user runs it.
    elsewhere: Provider::server("ollama"),
    paths: &[],
    request_id: &[],
    reader: |_| Box::new(OllamaReader::new(Method::Chat)),
};

pub(super) static GENERATE: Flavour = Flavour {
    api: Api { name: "ollama_generate", operation: "text_completion" },
    elsewhere: Provider::server("ollama"),
    paths: &[],
    request_id: &[],
    reader: |_| Box::new(OllamaReader::new(Method::Generate)),
};

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Chat,
    Generate,
}

impl Method {
    fn path(self) -> &'static str {
        match self {
            Self::Chat => "/api/chat",
            Self::Generate => "/api/generate",
        }
    }
}

/// One chat or completion.
#[derive(Debug)]
struct OllamaReader {
    method: Method,
    /// The request went to the method's path.
    addressed: bool,
    request_lost: bool,
    asked: Body<Asked>,
    answer: Body<Answer>,
}

impl OllamaReader {
    fn new(method: Method) -> Self {
        Self {
            method,
            addressed: false,
            request_lost: false,
            asked: Body::default(),
            answer: Body::default(),
        }
    }
}

impl Reader for OllamaReader {
    fn head(&mut self, path: &str, _headers: &Headers) {
        self.addressed = path.strip_suffix('/').unwrap_or(path).ends_with(self.method.path());
    }

    fn request(&mut self, bytes: &[u8]) {
        self.asked.push(bytes);
    }

    fn response(&mut self, bytes: &[u8]) {
        self.answer.push(bytes);
    }

    fn event(&mut self, item: &Item<'_>) -> Event {
        let data = item.data().trim_ascii();
        if data.is_empty() {
            return Event::Silent;
        }
        self.answer.shape.begin_chunk();
        self.answer.item(data);
        let Answer { content, done, .. } = self.answer.shape;
        match (content, done) {
            // Content in the last line is content; that it was the last shows when the body ends.
            (true, _) => Event::Content,
            (false, true) if self.answer.shape.is_ollama() => Event::Done,
            (false, _) => Event::Silent,
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
        match (side, self.method) {
            (Side::Request, _) if !self.addressed => Claim::No,
            // What would have told may be what was lost.
            (Side::Request, _) if self.request_lost => Claim::Yes,
            (Side::Request, Method::Chat) if self.asked.shape.is_chat() => Claim::Yes,
            (Side::Request, Method::Generate) if self.asked.shape.is_generate() => Claim::Yes,
            (Side::Request, _) => self.asked.unclaimed(true),
            (Side::Response, Method::Chat) if self.answer.shape.is_chat() => Claim::Yes,
            (Side::Response, Method::Generate) if self.answer.shape.is_generate() => Claim::Yes,
            // A line with an error may be all that comes after a status of 200.
            (Side::Response, _) if self.addressed && self.answer.shape.error.is_some() => Claim::Yes,
            (Side::Response, _) => self.answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { method: _, addressed: _, request_lost: _, asked, answer } = *self;
        let whole = answer.is_whole(answer.shape.done);
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let unknown_shape = not_asked + not_answered + asked.unknown_shape() + answer.unknown_shape;
        let Answer { response, usage, error, .. } = answer;
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

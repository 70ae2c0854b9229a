//! Google's `generateContent` and `streamGenerateContent`, of the Gemini API, of Vertex AI and of gateways to them; the
//! counting of their tokens; and embeddings.
//!
//! Comes in: the path, which names the model and whether a stream is asked for; the JSON request; the answer as one
//! document, as server-sent events (`alt=sse`), or as elements of a JSON array. Goes out: [`Findings`]. A stream has no
//! end mark: it is whole when every candidate has told why it ended, or the prompt was blocked.
//!
//! Not read: what is said; batches; images and videos by `predict`; other makers' models by `rawPredict`; the Live API.

mod address;
mod answer;
mod candidates;
mod count;
mod embed;
mod part;
mod request;
mod usage;

use wire::Headers;

use self::address::Address;
use self::answer::Answer;
use self::count::Counted;
use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider, Request};
use crate::digest::{Digest, Digester, Key};

pub(super) use self::embed::{EMBED_CONTENT, PREDICT};

pub(super) static GENERATE_CONTENT: Flavour = Flavour {
    api: Api { name: "generate_content", operation: "generate_content" },
    elsewhere: ELSEWHERE,
    paths: &[":generateContent", ":streamGenerateContent"],
    request_id: &["x-goog-request-id"],
    reader: |key| Box::new(GeminiReader::new(key)),
};

/// How many tokens a request would have.
pub(super) static COUNT_TOKENS: Flavour = Flavour {
    api: Api { name: "count_tokens", operation: "count_tokens" },
    elsewhere: ELSEWHERE,
    paths: &[":countTokens"],
    request_id: &["x-goog-request-id"],
    reader: |key| Box::new(CountReader::new(key)),
};

/// Google's, by an endpoint that we do not know.
const ELSEWHERE: Provider = Provider::api("gcp.gen_ai");

/// What the head of a request tells of what is asked.
#[derive(Debug)]
struct Called {
    key: Key,
    model: Option<String>,
    stream: Option<bool>,
    tenant: Option<Digest>,
}

impl Called {
    fn new(key: Key) -> Self {
        Self { key, model: None, stream: None, tenant: None }
    }

    fn head(&mut self, path: &str, headers: &Headers) {
        let address = Address::parse(path);
        let project = address.project.or_else(|| headers.get("x-goog-user-project"));
        self.model = address.model();
        self.stream = address.stream;
        self.tenant = project.map(|project| Digester::of(self.key, project.as_bytes()));
    }

    /// The request, of which the head has the better word.
    fn complete(self, request: Request) -> Request {
        let Self { key: _, model, stream, tenant } = self;
        Request { model: model.or(request.model), stream, tenant: tenant.or(request.tenant), ..request }
    }
}

/// One generation.
#[derive(Debug)]
struct GeminiReader {
    called: Called,
    asked: Body<Asked>,
    answer: Body<Answer>,
}

impl GeminiReader {
    fn new(key: Key) -> Self {
        Self { called: Called::new(key), asked: Body::new(Asked::new(key)), answer: Body::default() }
    }
}

impl Reader for GeminiReader {
    fn head(&mut self, path: &str, headers: &Headers) {
        self.called.head(path, headers);
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
            // Google sends none; gateways that also speak OpenAI's API do.
            b"[DONE]" => Event::Done,
            data => {
                self.answer.shape.begin_chunk();
                self.answer.item(data);
                self.answer.shape.end_chunk()
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
        let Self { called, asked, answer } = *self;
        let whole = answer.is_whole(answer.shape.is_finished());
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let (request, traces, asked_unknown) = asked.into_parts();
        let (response, usage, error, answer_unknown) = answer.into_parts();
        let request = called.complete(request);
        let unknown_shape = not_asked + not_answered + asked_unknown + answer_unknown;
        Findings { request, traces, response, usage, error, whole, unknown_shape, ..Findings::default() }
    }
}

/// One counting of tokens.
#[derive(Debug)]
struct CountReader {
    called: Called,
    asked: Body<Asked>,
    counted: Body<Counted>,
    /// Events of a stream, which this method does not have.
    events: u32,
}

impl CountReader {
    fn new(key: Key) -> Self {
        let asked = Body::new(Asked::new(key));
        Self { called: Called::new(key), asked, counted: Body::default(), events: 0 }
    }
}

impl Reader for CountReader {
    fn head(&mut self, path: &str, headers: &Headers) {
        self.called.head(path, headers);
    }

    fn request(&mut self, bytes: &[u8]) {
        self.asked.push(bytes);
    }

    fn response(&mut self, bytes: &[u8]) {
        self.counted.push(bytes);
    }

    fn event(&mut self, _item: &Item<'_>) -> Event {
        self.events = self.events.saturating_add(1);
        Event::Silent
    }

    fn lost(&mut self, side: Side) {
        match side {
            Side::Request => self.asked.lose(),
            Side::Response => self.counted.lose(),
        }
    }

    /// It is asked what generations are asked, and answers a bare number: only the path tells.
    fn claims(&self, _side: Side) -> Claim {
        Claim::No
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { called, asked, counted, events } = *self;
        let whole = counted.is_whole(false);
        let (asked, not_asked) = asked.into_parts();
        let (counted, not_counted) = counted.into_parts();
        let (request, traces, asked_unknown) = asked.into_parts();
        let (usage, error, counted_unknown) = counted.into_parts();
        let request = called.complete(request);
        let told = not_asked + not_counted + asked_unknown + counted_unknown;
        let unknown_shape = told.saturating_add(events);
        Findings { request, traces, usage, error, whole, unknown_shape, ..Findings::default() }
    }
}

/// A model as a client would name it: in bodies it is a resource's name.
fn resource(name: &str) -> &str {
    name.strip_prefix("models/").unwrap_or(name)
}

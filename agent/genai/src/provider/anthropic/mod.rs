//! Anthropic messages, of Anthropic and of everything that copied its API; and the counting of their tokens.
//!
//! Comes in: the JSON request; the JSON answer, or the events of its stream up to `message_stop`. Goes out:
//! [`Findings`]. Every event says in its `type` what it is, so the names that the framing repeats are not needed.
//! Vertex has the model and the streaming in its path, and not in the body.
//!
//! Not read: what is said; message batches and their results; `/v1/complete`. The same messages in Bedrock's framing are
//! read by `bedrock`, by these shapes.
//!
//! ```text
//! message_start ─ (content_block_start ─ content_block_delta* ─ content_block_stop)* ─ message_delta+ ─ message_stop
//!                               ping and error: anywhere; nothing follows an error
//! ```

mod answer;
mod blocks;
mod request;
mod usage;

use wire::Headers;

pub(super) use self::answer::Answer;
use self::answer::Kind;
pub(super) use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side, percent};
use crate::call::{Api, Provider};
use crate::digest::Key;
use crate::limits;

/// Messages. A prompt has the same members as one of OpenAI's chat: where the path says nothing, whoever knows the
/// answer has the call; and of a failed one OpenAI's, unless it has what only this API's clients send.
pub(super) static MESSAGES: Flavour = Flavour {
    api: Api { name: "messages", operation: "chat" },
    elsewhere: Provider::api(NAME),
    // All clients append this to whatever base they are given. A mere `/messages` is OpenAI's threads, and most chats
    // between people.
    paths: &[
        "/v1/messages",
        "/publishers/anthropic/models/*:rawPredict",
        "/publishers/anthropic/models/*:streamRawPredict",
    ],
    // The second where Bedrock's hosts speak this API.
    request_id: &["request-id", "x-amzn-requestid"],
    reader: |key| Box::new(MessagesReader::new(Operation::Answer, key)),
};

/// How many tokens a request would have.
pub(super) static COUNT_TOKENS: Flavour = Flavour {
    api: Api { name: "count_tokens", operation: "count_tokens" },
    elsewhere: Provider::api(NAME),
    // The second is Vertex's: a model by the name of a method.
    paths: &["/v1/messages/count_tokens", "/publishers/anthropic/models/count-tokens:rawPredict"],
    request_id: &["request-id"],
    reader: |key| Box::new(MessagesReader::new(Operation::Count, key)),
};

/// One exchange.
#[derive(Debug)]
struct MessagesReader {
    operation: Operation,
    /// The request has `anthropic-version`.
    versioned: bool,
    /// What Vertex's path says.
    model: Option<String>,
    stream: Option<bool>,
    asked: Body<Asked>,
    answer: Body<Answer>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Answer,
    Count,
}

impl MessagesReader {
    fn new(operation: Operation, key: Key) -> Self {
        let asked = Body::new(Asked::new(key));
        let answer = Body::default();
        Self { operation, versioned: false, model: None, stream: None, asked, answer }
    }

    fn claims_request(&self) -> Claim {
        let asked = &self.asked.shape;
        if asked.is_prompt() { Claim::Yes } else { self.asked.unclaimed(asked.may_be_prompt()) }
    }

    fn claims_response(&self) -> Claim {
        let Self { asked, answer: Body { shape: answer, .. }, .. } = self;
        // Errors of other APIs look nearly the same, so an error answers only to a request that was ours.
        let ours = self.versioned || asked.shape.is_versioned();
        let failed = (answer.is_own_error() || (ours && answer.is_error())) && asked.shape.is_prompt();
        if answer.is_message() || failed { Claim::Yes } else { self.answer.unclaimed(true) }
    }

    /// The answer begins, so the request was read as far as it will be.
    fn begin_answer(&mut self) {
        self.answer.shape.asked_for(self.asked.shape.output_type());
    }
}

/// Reads an event of a stream, whatever it was framed by.
pub(super) fn read_event(answer: &mut Body<Answer>, data: &[u8]) -> Event {
    answer.shape.begin_event();
    answer.item(data);
    let (kind, carries) = answer.shape.end_event();
    match kind {
        Some(Kind::MessageStop | Kind::Error) => Event::Done,
        Some(Kind::MessageStart | Kind::Block | Kind::MessageDelta | Kind::Message) | None => carries,
    }
}

/// The model, and whether a stream is asked for, as a path of Vertex says them.
fn vertex(path: &str) -> Option<(Option<String>, bool)> {
    let (_, resource) =
        path.strip_suffix('/').unwrap_or(path).rsplit_once("/publishers/anthropic/models/")?;
    let (model, method) = resource.rsplit_once(':')?;
    let known = |model: &String| (1..=limits::TEXT).contains(&model.len()) && model != "count-tokens";
    Some((percent::decode(model).filter(known), method == "streamRawPredict"))
}

impl Reader for MessagesReader {
    fn head(&mut self, path: &str, headers: &Headers) {
        self.versioned = headers.get("anthropic-version").is_some();
        if let Some((model, stream)) = vertex(path) {
            self.model = model;
            self.stream = stream.then_some(true);
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
        match data {
            b"" => return Event::Silent,
            // Not Anthropic's, but gateways that know OpenAI's streams better send it.
            b"[DONE]" => return Event::Done,
            _ => {}
        }
        self.begin_answer();
        read_event(&mut self.answer, data)
    }

    fn lost(&mut self, side: Side) {
        match side {
            Side::Request => self.asked.lose(),
            Side::Response => self.answer.lose(),
        }
    }

    fn claims(&self, side: Side) -> Claim {
        match (self.operation, side) {
            // It is asked what messages are asked, and answers a bare number: only the path tells.
            (Operation::Count, _) => Claim::No,
            (Operation::Answer, Side::Request) => self.claims_request(),
            (Operation::Answer, Side::Response) => self.claims_response(),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { operation: _, versioned: _, model, stream, asked, answer } = *self;
        let whole = answer.is_whole(answer.shape.is_stopped());
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let (response, usage, error, answer_unknown) = answer.into_parts();
        let (mut request, traces, asked_unknown) = asked.into_parts();
        request.model = request.model.or(model);
        request.stream = request.stream.or(stream);
        let unknown_shape = not_asked + not_answered + asked_unknown + answer_unknown;
        Findings { request, traces, response, usage, error, whole, unknown_shape, ..Findings::default() }
    }
}

/// `gen_ai.provider.name`.
const NAME: &str = "anthropic";

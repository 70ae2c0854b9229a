//! Anthropic messages, of Anthropic and of everything that copied its API; and the counting of their tokens.
//!
//! Comes in: the JSON request; the JSON answer, or the events of its stream up to `message_stop`. Goes out:
//! [`Findings`]. Every event says in its `type` what it is, so the names that the framing repeats are not needed.
//!
//! Not read: what is said; message batches and their results; the same API behind Bedrock's and Vertex's own paths.
//!
//! ```text
//! message_start ─ (content_block_start ─ content_block_delta* ─ content_block_stop)* ─ message_delta+ ─ message_stop
//!                               ping and error: anywhere; nothing follows an error
//! ```

mod answer;
mod request;

use wire::Headers;

use self::answer::{Answer, Kind};
use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider};

/// Messages. It stands before OpenAI chat, whose requests have the same members: where the path says nothing, the
/// header that every client of this API must send decides.
pub(super) static MESSAGES: Flavour = Flavour {
    api: Api { name: "messages", operation: "chat" },
    elsewhere: Provider::api(NAME),
    // All clients append this to whatever base they are given. A mere `/messages` is OpenAI's threads, and most chats
    // between people.
    paths: &["/v1/messages"],
    request_id: &["request-id"],
    reader: |_| Box::new(MessagesReader::new(Operation::Answer)),
};

/// How many tokens a request would have.
pub(super) static COUNT_TOKENS: Flavour = Flavour {
    api: Api { name: "count_tokens", operation: "count_tokens" },
    elsewhere: Provider::api(NAME),
    paths: &["/v1/messages/count_tokens"],
    request_id: &["request-id"],
    reader: |_| Box::new(MessagesReader::new(Operation::Count)),
};

/// One exchange.
#[derive(Debug)]
struct MessagesReader {
    operation: Operation,
    /// The request has `anthropic-version`.
    versioned: bool,
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
    fn new(operation: Operation) -> Self {
        Self { operation, versioned: false, asked: Body::default(), answer: Body::default() }
    }

    fn claims_request(&self) -> Claim {
        let asked = &self.asked.shape;
        match asked.is_prompt() {
            true if self.versioned || asked.system_came_first() => Claim::Yes,
            true => Claim::No,
            false => self.asked.unclaimed(asked.may_be_prompt()),
        }
    }

    fn claims_response(&self) -> Claim {
        let answer = &self.answer.shape;
        // Errors of other APIs look the same, so an error answers only to a request that was ours.
        let failed = answer.is_error() && self.claims_request() == Claim::Yes;
        if answer.is_message() || failed { Claim::Yes } else { self.answer.unclaimed(true) }
    }
}

impl Reader for MessagesReader {
    fn head(&mut self, _path: &str, headers: &Headers) {
        self.versioned = headers.get("anthropic-version").is_some();
    }

    fn request(&mut self, bytes: &[u8]) {
        self.asked.push(bytes);
    }

    fn response(&mut self, bytes: &[u8]) {
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
        self.answer.shape.begin_event();
        self.answer.item(data);
        let (kind, content) = self.answer.shape.end_event();
        match kind {
            Some(Kind::MessageStop | Kind::Error) => Event::Done,
            Some(Kind::MessageStart | Kind::Block | Kind::MessageDelta | Kind::Message) | None => {
                if content {
                    Event::Content
                } else {
                    Event::Silent
                }
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
        match (self.operation, side) {
            // It is asked what messages are asked, and answers a bare number: only the path tells.
            (Operation::Count, _) => Claim::No,
            (Operation::Answer, Side::Request) => self.claims_request(),
            (Operation::Answer, Side::Response) => self.claims_response(),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { operation: _, versioned: _, asked, answer } = *self;
        let whole = answer.is_whole(answer.shape.is_stopped());
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let (response, usage, error, answer_unknown) = answer.into_parts();
        let (request, asked_unknown) = asked.into_parts();
        let unknown_shape = not_asked + not_answered + asked_unknown + answer_unknown;
        Findings { request, response, usage, error, whole, unknown_shape, ..Findings::default() }
    }
}

/// `gen_ai.provider.name`.
const NAME: &str = "anthropic";

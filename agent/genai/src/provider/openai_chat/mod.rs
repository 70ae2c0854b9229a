//! OpenAI chat completions, of OpenAI and of everything that copied its API.
//!
//! Comes in: the JSON request; the JSON answer, or its chunks as stream events up to `[DONE]`. Goes out: [`Findings`].
//! Requests, answers and chunks are all read by [`crate::json_scan`], so a field of an unexpected type costs that field
//! and nothing else, and a body of any length is read in the same memory.
//!
//! Not read: what is said. Of contents, arguments and messages only whether they are empty is looked at.

mod answer;
mod request;

use wire::SseEvent;

use self::answer::Answer;
use self::request::Asked;
use super::{Claim, Event, Findings, Flavour, Reader, Side};
use crate::call::{Api, Provider};
use crate::json_scan::Scanner;
use crate::limits;

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api::ChatCompletions,
    hosts: &[
        ("api.openai.com", Provider::OpenAi),
        // us.api.openai.com, eu.api.openai.com: data residency.
        (".api.openai.com", Provider::OpenAi),
    ],
    elsewhere: Provider::OpenAiCompatible,
    paths: &["/chat/completions"],
    request_id: &["x-request-id"],
    reader: || Box::new(ChatReader::new()),
};

/// One chat completion.
#[derive(Debug)]
struct ChatReader {
    asked: Asked,
    asked_scan: Scanner<request::Place>,
    asked_bytes: u64,
    answer: Answer,
    answer_scan: Scanner<answer::Place>,
    answer_bytes: u64,
    streamed: bool,
    /// Side by side with `Side`: bytes of it were lost, so that it is not whole is no wonder.
    lost: [bool; 2],
    unknown_shape: u32,
}

impl ChatReader {
    fn new() -> Self {
        Self {
            asked: Asked::default(),
            asked_scan: Scanner::new::<Asked>(),
            asked_bytes: 0,
            answer: Answer::default(),
            answer_scan: Scanner::new::<Answer>(),
            answer_bytes: 0,
            streamed: false,
            lost: [false; 2],
            unknown_shape: 0,
        }
    }
}

impl Reader for ChatReader {
    fn request(&mut self, bytes: &[u8]) {
        self.asked_bytes += bytes.len() as u64;
        self.asked_scan.push(bytes, &mut self.asked);
    }

    fn response(&mut self, bytes: &[u8]) {
        self.answer_bytes += bytes.len() as u64;
        self.answer_scan.push(bytes, &mut self.answer);
    }

    fn event(&mut self, event: &SseEvent) -> Event {
        let data = event.data.trim_ascii();
        if data == b"[DONE]" {
            return Event::Done;
        }
        self.streamed = true;
        self.answer_scan.restart::<Answer>();
        self.answer.begin_chunk();
        self.answer_scan.push(data, &mut self.answer);
        if !self.answer_scan.is_done() {
            self.unknown_shape += 1;
            self.answer_scan.cut(&mut self.answer);
        }
        if self.answer.end_chunk() { Event::Content } else { Event::Silent }
    }

    fn lost(&mut self, side: Side) {
        let [request, response] = &mut self.lost;
        match side {
            Side::Request => {
                *request = true;
                self.asked_scan.abandon();
            }
            Side::Response => {
                *response = true;
                self.answer_scan.abandon();
            }
        }
    }

    fn claims(&self, side: Side) -> Claim {
        match side {
            Side::Request if self.asked.is_chat() => Claim::Yes,
            Side::Request => {
                let over = self.asked_scan.is_broken() || self.asked_scan.is_done();
                let late = self.asked_bytes > limits::UNDECIDED_BYTES && !self.asked.may_be_chat();
                if over || late { Claim::No } else { Claim::Open }
            }
            Side::Response if self.answer.is_chat() => Claim::Yes,
            Side::Response if self.streamed || self.answer_scan.is_broken() || self.answer_scan.is_done() => {
                Claim::No
            }
            Side::Response => Claim::Open,
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self {
            asked,
            asked_scan,
            asked_bytes,
            answer,
            answer_scan,
            answer_bytes,
            streamed,
            lost,
            unknown_shape,
        } = *self;
        let [request_lost, response_lost] = lost;
        let mut unknown_shape = unknown_shape + asked.unknown_shape() + answer.unknown_shape();
        // A body that is cut off is told by how the exchange ended; one that is no JSON is told here.
        if asked_bytes > 0 && asked_scan.is_broken() && !request_lost {
            unknown_shape += 1;
        }
        if answer_bytes > 0 && answer_scan.is_broken() && !response_lost {
            unknown_shape += 1;
        }
        let whole = if streamed { answer.is_finished() } else { answer_scan.is_done() };
        let (response, usage, error) = answer.into_parts();
        Findings { request: asked.into_request(), response, usage, error, whole, unknown_shape }
    }
}

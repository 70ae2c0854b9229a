//! OpenAI chat completions, of OpenAI and of everything that copied its API.
//!
//! Comes in: the JSON request; the JSON answer, or its chunks as stream events up to `[DONE]`. Goes out: [`Findings`].
//! Requests, answers and chunks are all read by [`crate::json_scan`], so a field of an unexpected type costs that field
//! and nothing else, and a body of any length is read in the same memory.
//!
//! Not read: what is said. Of contents, arguments and messages only whether they are empty is looked at.

mod answer;
mod request;

use self::answer::Answer;
use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider};

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api::CHAT_COMPLETIONS,
    elsewhere: Provider::api("openai"),
    paths: &["/chat/completions"],
    request_id: &["x-request-id"],
    reader: |_| Box::<ChatReader>::default(),
};

/// One chat completion.
#[derive(Debug, Default)]
struct ChatReader {
    asked: Body<Asked>,
    answer: Body<Answer>,
}

impl Reader for ChatReader {
    fn request(&mut self, bytes: &[u8]) {
        self.asked.push(bytes);
    }

    fn response(&mut self, bytes: &[u8]) {
        self.answer.push(bytes);
    }

    fn event(&mut self, item: &Item<'_>) -> Event {
        let data = item.data().trim_ascii();
        if data == b"[DONE]" {
            return Event::Done;
        }
        self.answer.shape.begin_chunk();
        self.answer.item(data);
        if self.answer.shape.end_chunk() { Event::Text } else { Event::Silent }
    }

    fn lost(&mut self, side: Side) {
        match side {
            Side::Request => self.asked.lose(),
            Side::Response => self.answer.lose(),
        }
    }

    fn claims(&self, side: Side) -> Claim {
        match side {
            Side::Request if self.asked.shape.is_chat() => Claim::Yes,
            Side::Request => self.asked.unclaimed(self.asked.shape.may_be_chat()),
            Side::Response if self.answer.shape.is_chat() => Claim::Yes,
            // Answers are read to their ends.
            Side::Response => self.answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { asked, answer } = *self;
        let whole = answer.is_whole(answer.shape.is_finished());
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let unknown_shape = not_asked + not_answered + asked.unknown_shape() + answer.unknown_shape();
        let (response, usage, error) = answer.into_parts();
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

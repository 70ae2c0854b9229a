//! OpenAI chat completions, of OpenAI and of everything that copied its API; and completions, which have a prompt for
//! messages and `text` for `delta`, and else the same members.
//!
//! Comes in: the JSON request; the JSON answer, or its chunks as stream events up to `[DONE]`. Goes out: [`Findings`].
//! Requests, answers and chunks are all read by [`crate::json_scan`], so a field of an unexpected type costs that field
//! and nothing else, and a body of any length is read in the same memory.
//!
//! Dialects are told by what is there, not by who is asked: members that only one server sends are read wherever they
//! are met, and say who it is. Only where two servers mean different things by the same figure does the host decide
//! (`usage`).
//!
//! Mistral's `/fim/completions` and `/agents/completions` answer as chats do, so they are chats.

mod answer;
mod answer_place;
mod chunk;
mod request;
mod request_place;
mod told;
mod usage;

use wire::Headers;

use self::answer::Answer;
use self::request::{Asked, Looks};
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, Reader, Side};
use crate::call::{Api, Provider, Request};
use crate::digest::Key;
use crate::recognise::Authority;
use crate::{hosts, limits};

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api::CHAT_COMPLETIONS,
    elsewhere: Provider::api("openai"),
    paths: &["/chat/completions", "/fim/completions", "/agents/completions"],
    request_id: &["x-request-id"],
    reader: |key| Box::new(ChatReader::new(key, Looks::Chat)),
};

/// One completion, of a chat or of a text.
#[derive(Debug)]
pub(super) struct ChatReader {
    /// Which of both it reads.
    api: Looks,
    asked: Body<Asked>,
    answer: Body<Answer>,
    /// Whose host it is.
    owner: Option<&'static str>,
    /// The model that the path names.
    deployment: Option<String>,
    /// A header says that it is Anthropic's.
    foreign: bool,
    answer_begun: bool,
}

impl ChatReader {
    pub(super) fn new(key: Key, api: Looks) -> Self {
        Self {
            api,
            asked: Body::new(Asked::new(key)),
            answer: Body::default(),
            owner: None,
            deployment: None,
            foreign: false,
            answer_begun: false,
        }
    }

    /// For completions.
    pub(super) fn of_texts(key: Key) -> Self {
        Self::new(key, Looks::Completion)
    }

    /// The first bytes of the answer: by now it is known what was asked for.
    fn begin_answer(&mut self) {
        if !std::mem::replace(&mut self.answer_begun, true) {
            self.answer.shape.check.want_json(self.asked.shape.output_type());
        }
    }
}

impl Reader for ChatReader {
    fn head(&mut self, path: &str, headers: &Headers) {
        let host = headers.get("host").or_else(|| headers.get(":authority")).map(Authority::parse);
        self.owner = host
            .and_then(|authority| hosts::owner(&authority.host.trim_end_matches('.').to_ascii_lowercase()));
        self.foreign = headers.get("anthropic-version").is_some();
        let deployment = path.split_once("/deployments/").and_then(|(_, rest)| rest.split('/').next());
        let named = deployment.filter(|name| (1..=limits::TEXT).contains(&name.len()));
        self.deployment = named.map(str::to_owned);
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
        if data == b"[DONE]" {
            return Event::Done;
        }
        self.begin_answer();
        self.answer.shape.begin_chunk();
        self.answer.item(data);
        self.answer.shape.end_chunk()
    }

    fn lost(&mut self, side: Side) {
        match side {
            Side::Request => self.asked.lose(),
            Side::Response => self.answer.lose(),
        }
    }

    fn claims(&self, side: Side) -> Claim {
        match side {
            Side::Request if self.foreign => Claim::No,
            Side::Request => match self.asked.shape.looks() {
                Some(looks) if looks == self.api => Claim::Yes,
                Some(_) => Claim::No,
                None => self.asked.unclaimed(self.asked.shape.may_be_prompt()),
            },
            Side::Response if self.answer.shape.is_of(self.api) => Claim::Yes,
            // Answers are read to their ends.
            Side::Response => self.answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { api: _, asked, answer, owner, deployment, foreign: _, answer_begun: _ } = *self;
        let whole = answer.is_whole(answer.shape.is_finished());
        let (asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let (request, traces, odd_request) = asked.into_parts();
        let answer = answer.into_parts(owner);
        Findings {
            server: answer.server,
            request: Request { model: request.model.or(deployment), ..request },
            traces,
            response: answer.response,
            usage: answer.usage,
            told: answer.told.times,
            engine: answer.told.engine,
            cost: answer.told.cost,
            error: answer.error,
            whole,
            unknown_shape: not_asked + not_answered + odd_request + answer.unknown_shape,
            ..Findings::default()
        }
    }
}

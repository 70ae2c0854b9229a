//! One response of a Realtime session: a response as any other, in a session that has its own model.

use wire::Headers;

use crate::call::{Api, Provider};
use crate::digest::Key;
use crate::limits;
use crate::provider::openai_responses::ResponsesReader;
use crate::provider::{Claim, Event, Findings, Flavour, Item, Reader, Side};

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api { name: "realtime", operation: "chat" },
    elsewhere: Provider::api("openai"),
    // It is not spoken but over a WebSocket.
    paths: &[],
    request_id: &["x-request-id"],
    reader: |key| Box::new(RealtimeReader::new(key, About::default())),
};

/// What is known of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    /// The provider's id of it.
    id: Option<String>,
    /// The model asked for.
    asked: Option<String>,
    /// The model that it has.
    model: Option<String>,
}

impl About {
    /// Azure calls the model a deployment.
    pub(super) fn of_query(query: &str) -> Self {
        let member = |name: &str| {
            let members = query.split('&').filter_map(|member| member.split_once('='));
            let mut values = members.filter(|(key, _)| *key == name).map(|(_, value)| value);
            // Names of models need no encoding.
            values.find(|value| (1..=limits::TEXT).contains(&value.len()) && !value.contains('%'))
        };
        let asked = member("model").or_else(|| member("deployment")).map(str::to_owned);
        Self { asked, ..Self::default() }
    }

    /// The server tells what the session is.
    pub(super) fn told(&mut self, id: Option<String>, model: Option<String>) {
        self.id = id.or(self.id.take());
        self.model = model.or(self.model.take());
    }
}

/// One response.
#[derive(Debug)]
pub(super) struct RealtimeReader {
    response: ResponsesReader,
    about: About,
}

impl RealtimeReader {
    pub(super) fn new(key: Key, about: About) -> Self {
        Self { response: ResponsesReader::new(key), about }
    }
}

impl Reader for RealtimeReader {
    fn head(&mut self, _path: &str, _headers: &Headers) {}

    fn request(&mut self, bytes: &[u8]) {
        self.response.request(bytes);
    }

    fn response(&mut self, bytes: &[u8]) {
        self.response.response(bytes);
    }

    fn event(&mut self, item: &Item<'_>) -> Event {
        self.response.event(item)
    }

    fn lost(&mut self, side: Side) {
        self.response.lost(side);
    }

    fn claims(&self, side: Side) -> Claim {
        self.response.claims(side)
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { response, about } = *self;
        let mut findings = Box::new(response).findings();
        let About { id, asked, model } = about;
        let request = &mut findings.request;
        request.model = request.model.take().or(asked).or_else(|| model.clone());
        request.conversation = request.conversation.take().or(id);
        // There is no other way to answer.
        request.stream = Some(true);
        findings.response.model = findings.response.model.take().or(model);
        findings
    }
}

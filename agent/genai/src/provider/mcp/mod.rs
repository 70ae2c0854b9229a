//! Model Context Protocol over HTTP: requests to servers of tools.
//!
//! Comes in: one message of JSON-RPC as the body of a POST; the message that answers it, as one document or as the last
//! event of a stream. Goes out: [`Findings`] with [`Mcp`]. No model is called, and what a tool is given and gives back
//! is content: neither is looked at.
//!
//! Any path may be one. The protocol's headers tell, or a method of its own in a request that accepts both kinds of
//! answer. The provider is always `mcp`, whoever's host it is.
//!
//! Not read: notifications and answers of the client, which are no calls but say that more is to come ([`is_mcp`]); what
//! servers ask of clients; lists of messages (only 2025-03-26 has them); answers that come by another exchange
//! (2024-11-05).

mod answer;
mod id;
mod request;

use wire::Headers;

use self::answer::Answer;
use self::request::Asked;
use super::body::Body;
use super::{Claim, Event, Findings, Flavour, Item, ProviderError, Reader, Side};
use crate::call::{Api, Mcp, Provider};
use crate::limits;

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api { name: "mcp", operation: "mcp" },
    elsewhere: Provider::server("mcp"),
    paths: &[],
    request_id: &[],
    reader: |_| Box::<McpReader>::default(),
};

/// Whether the head of a request or answer is of this protocol.
pub(crate) fn is_mcp(headers: &Headers) -> bool {
    ["mcp-session-id", "mcp-protocol-version", "mcp-method"].iter().any(|name| headers.contains(name))
}

/// One request.
#[derive(Debug, Default)]
struct McpReader {
    /// The head of the request, or of the answer, has headers of the protocol.
    told: bool,
    /// The request accepts both kinds of answer.
    accepts: bool,
    in_session: bool,
    protocol_version: Option<String>,
    asked: Body<Asked>,
    answer: Body<Answer>,
}

impl Reader for McpReader {
    fn head(&mut self, _path: &str, headers: &Headers) {
        self.told = is_mcp(headers);
        self.in_session = headers.contains("mcp-session-id");
        let version = headers.get("mcp-protocol-version").filter(|version| version.len() <= limits::TEXT);
        self.protocol_version = version.map(str::to_owned);
        let accept = headers.get("accept").unwrap_or_default();
        self.accepts = accept.contains("application/json") && accept.contains("text/event-stream");
    }

    fn response_head(&mut self, _status: Option<u16>, headers: &Headers) {
        self.told |= is_mcp(headers);
        self.in_session |= headers.contains("mcp-session-id");
    }

    fn request(&mut self, bytes: &[u8]) {
        self.asked.push(bytes);
    }

    fn response(&mut self, bytes: &[u8]) {
        self.answer.push(bytes);
    }

    fn event(&mut self, item: &Item<'_>) -> Event {
        let data = item.data().trim_ascii();
        // What primes a stream so that it can be taken up again.
        if data.is_empty() {
            return Event::Silent;
        }
        self.answer.shape.begin_event();
        self.answer.item(data);
        if self.answer.shape.end_event(&self.asked.shape.id) { Event::Done } else { Event::Silent }
    }

    fn lost(&mut self, side: Side) {
        match side {
            Side::Request => self.asked.lose(),
            Side::Response => self.answer.lose(),
        }
    }

    fn claims(&self, side: Side) -> Claim {
        let asked = &self.asked.shape;
        let ours = asked.is_request() && (self.told || (self.accepts && asked.is_known()));
        match side {
            Side::Request if ours => Claim::Yes,
            Side::Request => self.asked.unclaimed(asked.may_be_request()),
            // Without the request an answer says too little.
            Side::Response if ours && self.answer.shape.is_spoken() => Claim::Yes,
            Side::Response => self.answer.unclaimed(true),
        }
    }

    fn findings(self: Box<Self>) -> Findings {
        let Self { in_session, protocol_version, asked, answer, .. } = *self;
        let whole = answer.is_whole(answer.shape.is_answered());
        let (mut asked, not_asked) = asked.into_parts();
        let (answer, not_answered) = answer.into_parts();
        let message = answer.message();
        let error = if message.is_error() {
            Some(ProviderError { code: message.error_code.map(|code| code.to_string()), kind: None })
        } else if message.tool_error {
            Some(ProviderError { code: Some("tool_error".to_owned()), kind: None })
        } else {
            None
        };
        let mcp = Mcp {
            target: asked.target(),
            request_id: asked.id.text().map(str::to_owned),
            in_session,
            protocol_version: protocol_version
                .or(message.protocol_version.clone())
                .or(asked.protocol_version.take()),
            error_code: message.error_code,
            tool_error: message.tool_error,
            method: asked.method.take().unwrap_or_default(),
        };
        Findings {
            operation: (mcp.method == "tools/call").then_some("execute_tool"),
            mcp: Some(mcp),
            traceparent: asked.traceparent.take(),
            error,
            whole,
            unknown_shape: not_asked + not_answered + asked.unknown_shape + answer.unknown_shape,
            ..Findings::default()
        }
    }
}

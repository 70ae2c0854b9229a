//! The agent's account of a call, held against the provider's and the client's.
//!
//! Facts must agree exactly. Times must lie where causality puts them: bytes are stamped by the provider before they
//! leave, by the agent when the process gets them, and by the client after that, all on one clock. So
//! `provider ≤ agent ≤ client`, on a machine as slow as it likes.

use super::{
    client::ClientCall,
    report::{AgentCall, name},
};
use crate::provider::{End, Truth};

/// Where the agent's account of a whole call differs from what happened; empty when it does not.
pub fn differences(truth: &Truth, call: &AgentCall) -> Vec<String> {
    let mut found = Found(Vec::new());
    found.text("request model", Some(&truth.request_model), call.text(name::REQUEST_MODEL));
    found.text("request id", Some(&truth.request_id), call.request_id());
    found.text("response id", truth.response_id.as_deref(), call.text(name::RESPONSE_ID));
    found.text("response model", truth.response_model.as_deref(), call.text(name::RESPONSE_MODEL));
    found.number("status", Some(truth.status.into()), call.number(name::STATUS));
    found.number("input tokens", truth.usage.map(|usage| usage.input), call.number(name::INPUT_TOKENS));
    found.number("output tokens", truth.usage.map(|usage| usage.output), call.number(name::OUTPUT_TOKENS));
    found.number("cached tokens", truth.usage.map(|usage| usage.cached), call.number(name::CACHED_TOKENS));
    let (chunks, contents) = if truth.stream {
        (Some(truth.chunks.len() as u64), Some(truth.content_chunks()))
    } else {
        (None, None)
    };
    found.number("chunks", chunks, call.number(name::CHUNKS));
    found.number("content chunks", contents, call.number(name::CONTENT_CHUNKS));
    if truth.end == End::Whole {
        found.text("outcome", Some("complete"), call.text(name::OUTCOME));
    }
    // Not every agent that is right says how large the request was; one that says it must be right.
    if let Some(bytes) = call.number(name::REQUEST_BYTES) {
        found.number("request bytes", Some(truth.request_bytes), Some(bytes));
    }
    if call.truncated() {
        found.0.push("it says that bytes were lost".to_owned());
    }
    found.0
}

/// Where the agent's times are not between the provider's and the client's; empty when all are.
pub fn misplaced(truth: &Truth, call: &AgentCall, client: &ClientCall) -> Vec<String> {
    let mut found = Found(Vec::new());
    let seen = |what: &str| client.times.get(what).copied();
    let at = &call.ktime;
    found.order("first byte of the request", seen("start"), at.request_first_byte, Some(truth.request_done));
    found.order(
        "last byte of the request",
        at.request_first_byte,
        at.request_last_byte,
        Some(truth.request_done),
    );
    found.order("first byte of the response", truth.head_sent, at.response_first_byte, seen("head"));
    found.order("last byte", truth.done_sent, at.last_byte, seen("end"));
    if truth.stream {
        found.order("first chunk", truth.first_chunk(), at.first_chunk, seen("first_chunk"));
        found.order("first token", truth.first_token(), at.first_token, seen("first_token"));
        found.order("last token", truth.last_token(), at.last_token, seen("last_token"));
    } else if at.first_token.is_some() {
        found.0.push("a first token of a response that is no stream".to_owned());
    }
    found.0
}

/// How long after the provider's stamp the agent, and the client itself, saw the first token; and the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    pub first_token: Option<u64>,
    pub last_token: Option<u64>,
    pub client_first_token: Option<u64>,
}

impl Delays {
    /// Of one call.
    pub fn of(truth: &Truth, call: &AgentCall, client: &ClientCall) -> Self {
        let after = |sent: Option<u64>, seen: Option<u64>| seen?.checked_sub(sent?);
        Self {
            first_token: after(truth.first_token(), call.ktime.first_token),
            last_token: after(truth.last_token(), call.ktime.last_token),
            client_first_token: after(truth.first_token(), client.times.get("first_token").copied()),
        }
    }

    /// For a person.
    pub fn line(&self) -> String {
        let us = |ns: Option<u64>| ns.map_or("-".to_owned(), |ns| format!("{} µs", ns / 1000));
        format!(
            "first token: agent {} after the provider's stamp, client's own read {}; last token: agent {}",
            us(self.first_token),
            us(self.client_first_token),
            us(self.last_token)
        )
    }
}

/// What is wrong with how far the tokens are apart: those that were sent one after the other may not all be told with the
/// last one. `None` also where the client itself read the first one so late that nothing can be said.
pub fn told_at_once(truth: &Truth, call: &AgentCall, client: &ClientCall) -> Option<String> {
    let (first, last) = truth.first_token().zip(truth.last_token())?;
    let sent = last - first;
    let late = client.times.get("first_token").copied().unwrap_or(first).saturating_sub(first);
    let told = call.ktime.last_token?.saturating_sub(call.ktime.first_token?);
    (late < sent / 4 && told * 2 < sent).then(|| {
        format!(
            "tokens were sent within {sent} ns and are told within {told} ns: not told apart as they came"
        )
    })
}

struct Found(Vec<String>);

impl Found {
    fn text(&mut self, what: &str, truth: Option<&str>, agent: Option<&str>) {
        if truth != agent {
            self.0.push(format!("{what}: truth {truth:?}, agent {agent:?}"));
        }
    }

    fn number(&mut self, what: &str, truth: Option<u64>, agent: Option<u64>) {
        if truth != agent {
            self.0.push(format!("{what}: truth {truth:?}, agent {agent:?}"));
        }
    }

    /// What the provider or the client did not stamp sets no bound; what the provider sent, the agent must have seen.
    fn order(&mut self, what: &str, before: Option<u64>, agent: Option<u64>, after: Option<u64>) {
        match agent {
            None if before.is_some() && after.is_some() => self.0.push(format!("{what}: the agent saw none")),
            Some(agent) if before.is_some_and(|before| agent < before) => {
                self.0.push(format!("{what}: {} ns before it could be", before.unwrap_or(0) - agent));
            }
            Some(agent) if after.is_some_and(|after| agent > after) => {
                self.0.push(format!("{what}: {} ns after the process had it", agent - after.unwrap_or(0)));
            }
            None | Some(_) => (),
        }
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;

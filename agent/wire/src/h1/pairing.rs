//! Which request a response answers.
//!
//! Comes in: requests and final response heads in order of time, and doubts: bytes of the responses were lost, or the
//! connection was joined while it was running. Goes out: the exchange of each response.
//!
//! HTTP/1 has no ids: the n-th response answers the n-th request, so one lost response would shift all later ones.
//! The rule:
//!
//! - Without doubt, a response answers the oldest request that waits.
//! - The first response head after a doubt answers the **newest** request that waits. A client that does not pipeline
//!   sends a request only after the response before it, so the older ones were answered in the bytes that were lost;
//!   their responses end as [`crate::End::Lost`]. No LLM client pipelines; one that does may see its responses given to
//!   the wrong one of the requests under way at the loss, and is in step again once all are answered.
//! - A response for which no request waits gets an exchange of its own, and shifts nobody. It is not taken to answer
//!   a HEAD or CONNECT; if it did, what seems its body takes the response after it along.

use std::collections::VecDeque;

use super::head::{Facts, Upgrade};
use crate::limits;
use crate::message::ExchangeId;

/// What of a request matters to its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The response has no body.
    Head,
    /// A 2xx turns the connection into a tunnel.
    Connect,
    /// A 101 turns the connection into a WebSocket.
    WebSocket,
    Other,
}

impl Asked {
    pub(crate) fn of(method: &str, facts: &Facts) -> Self {
        match (method, facts.upgrade) {
            ("HEAD", _) => Self::Head,
            ("CONNECT", _) => Self::Connect,
            (_, Upgrade::WebSocket) => Self::WebSocket,
            (_, Upgrade::Absent | Upgrade::Other) => Self::Other,
        }
    }
}

/// A request that waits for its final response head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) exchange: ExchangeId,
    pub(crate) asked: Asked,
    /// Bytes of responses were lost since it was sent.
    pub(crate) lossy: bool,
}

/// Whom a final response head belongs to.
pub(crate) struct Answered {
    pub(crate) exchange: ExchangeId,
    /// The request, where one was seen.
    pub(crate) request: Option<Waiting>,
    /// Requests whose responses were lost.
    pub(crate) lost: Vec<Waiting>,
}

#[derive(Default)]
pub(crate) struct Pairing {
    next: u64,
    waiting: VecDeque<Waiting>,
    doubtful: bool,
}

impl Pairing {
    /// The id that the next exchange will get.
    pub(crate) fn upcoming(&self) -> ExchangeId {
        ExchangeId(self.next)
    }

    /// A new exchange.
    pub(crate) fn open(&mut self) -> ExchangeId {
        let exchange = self.upcoming();
        self.next += 1;
        exchange
    }

    /// A request waits for its response. Gives the oldest one where too many wait.
    pub(crate) fn wait(&mut self, exchange: ExchangeId, asked: Asked) -> Option<Waiting> {
        self.waiting.push_back(Waiting { exchange, asked, lossy: false });
        if self.waiting.len() <= limits::WAITING_REQUESTS {
            return None;
        }
        self.doubtful = true;
        self.waiting.pop_front()
    }

    /// Bytes of responses were lost.
    pub(crate) fn lose(&mut self) {
        for waiting in &mut self.waiting {
            waiting.lossy = true;
        }
        self.doubt();
    }

    /// It is not known how many responses passed.
    pub(crate) fn doubt(&mut self) {
        self.doubtful = true;
    }

    /// The request that a response head would belong to now.
    pub(crate) fn asked(&self) -> Option<Waiting> {
        if self.doubtful { self.waiting.back().copied() } else { self.waiting.front().copied() }
    }

    /// Whether a request for a WebSocket waits.
    pub(crate) fn awaits_websocket(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.asked == Asked::WebSocket)
    }

    /// A final response head came.
    pub(crate) fn answer(&mut self) -> Answered {
        let (request, lost) = if std::mem::take(&mut self.doubtful) {
            (self.waiting.pop_back(), self.drain())
        } else {
            (self.waiting.pop_front(), Vec::new())
        };
        let exchange = request.map_or_else(|| self.open(), |request| request.exchange);
        Answered { exchange, request, lost }
    }

    /// No more responses come.
    pub(crate) fn drain(&mut self) -> Vec<Waiting> {
        self.waiting.drain(..).collect()
    }

    pub(crate) fn held(&self) -> usize {
        self.waiting.capacity() * size_of::<Waiting>()
    }
}

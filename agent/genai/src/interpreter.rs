//! Drives the exchanges of one connection through their providers.
//!
//! Comes in: messages. Goes out: calls, each once, when it ends; and what is thought of the connection. An exchange
//! whose call was given out stays known until both its directions have ended, so what trails behind `[DONE]` makes no
//! second call.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use wire::{ExchangeId, Kind, Message, Time};

use crate::call::Call;
use crate::exchange::{Bearing, Exchange, Standing};
use crate::limits;
use crate::settings::Settings;

/// What the interpreter thinks of its connection so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is known yet.
    Undecided,
    /// At least one exchange was a model call.
    Model,
    /// The connection is surely no model traffic and may be muted.
    Foreign,
}

/// All exchanges of one connection.
#[derive(Debug, Default)]
pub struct Interpreter {
    settings: Arc<Settings>,
    open: BTreeMap<ExchangeId, Exchange>,
    /// The first id that was not seen yet. Ids are given in order, so one below it that is not open is over.
    next: u64,
    /// Calls that wait for [`Self::poll`]; as many as exchanges ended since.
    ready: VecDeque<Call>,
    /// An exchange was a model call.
    model: bool,
    /// An exchange was none, but calls are to be expected where it went.
    expected: bool,
    foreign: u64,
    /// How many of these speak against the connection.
    evidence: u64,
}

impl Interpreter {
    /// A connection of which nothing is known.
    pub fn new(settings: Arc<Settings>) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Takes the next message of the connection.
    pub fn push(&mut self, message: Message) {
        let id = message.exchange;
        if !self.open.contains_key(&id) {
            if id.0 < self.next {
                return;
            }
            self.next = id.0.saturating_add(1);
            self.make_room(message.at);
            self.open.insert(id, Exchange::new(self.settings.key));
        }
        let Some(exchange) = self.open.get_mut(&id) else {
            return;
        };
        let ends = matches!(message.kind, Kind::End(_));
        let call = exchange.push(message, &self.settings);
        self.model |= matches!(exchange.standing(), Standing::Call { by_body: false, .. });
        let more: Vec<_> = std::iter::from_fn(|| exchange.poll_session()).collect();
        if ends && exchange.is_gone() {
            self.close(id);
        }
        self.give(call);
        more.into_iter().for_each(|call| self.give(Some(call)));
    }

    /// Nothing more will come: the connection closed (`closed`), or the agent stops or gives up waiting at `at`.
    pub fn finish(&mut self, at: Time, closed: bool) {
        while let Some(id) = self.open.keys().next().copied() {
            self.finish_one(id, at, closed);
        }
    }

    /// The next finished call.
    pub fn poll(&mut self) -> Option<Call> {
        self.ready.pop_front()
    }

    /// What it thinks of the connection.
    pub fn verdict(&self) -> Verdict {
        if self.model {
            Verdict::Model
        } else if self.evidence >= limits::FOREIGN_AFTER && !self.expected && self.open.is_empty() {
            Verdict::Foreign
        } else {
            Verdict::Undecided
        }
    }

    /// Exchanges that were not model calls.
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    fn give(&mut self, call: Option<Call>) {
        self.model |= call.is_some();
        self.ready.extend(call);
    }

    /// Forgets an exchange that is over, and counts it if it was no call.
    fn close(&mut self, id: ExchangeId) {
        if let Some(exchange) = self.open.remove(&id) {
            self.count(&exchange);
        }
    }

    /// Counts an exchange that is over, if it was no call.
    fn count(&mut self, exchange: &Exchange) {
        match exchange.standing() {
            Standing::Foreign(bearing) => {
                self.foreign += 1;
                match bearing {
                    Bearing::Expect => self.expected = true,
                    Bearing::Unclear => {}
                    Bearing::Foreign => self.evidence += 1,
                }
            }
            Standing::New | Standing::Open | Standing::Call { .. } | Standing::Session | Standing::Over => {}
        }
    }

    /// Gives up the oldest exchange when there are too many, first of all one that is over anyway.
    fn make_room(&mut self, at: Time) {
        if self.open.len() < limits::OPEN_EXCHANGES {
            return;
        }
        let over = self.open.iter().find(|(_, exchange)| *exchange.standing() == Standing::Over);
        let Some(id) = over.or(self.open.iter().next()).map(|(id, _)| *id) else {
            return;
        };
        self.finish_one(id, at, false);
    }

    fn finish_one(&mut self, id: ExchangeId, at: Time, closed: bool) {
        if let Some(mut exchange) = self.open.remove(&id) {
            let call = exchange.finish(at, closed);
            self.give(call);
            std::iter::from_fn(|| exchange.poll_session()).for_each(|call| self.give(Some(call)));
            self.count(&exchange);
        }
    }
}

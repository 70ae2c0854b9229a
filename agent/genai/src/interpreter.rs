//! Drives the exchanges of one connection through their providers.

use wire::{Message, Time};

use crate::call::Call;

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
pub struct Interpreter {}

impl Interpreter {
    /// A connection of which nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next message of the connection.
    pub fn push(&mut self, message: Message) {
        let _message = message;
    }

    /// Nothing more will come: the connection closed (`closed`), or the agent stops or gives up waiting at `at`.
    pub fn finish(&mut self, at: Time, closed: bool) {
        let _unused = (at, closed);
    }

    /// The next finished call.
    pub fn poll(&mut self) -> Option<Call> {
        None
    }

    /// What it thinks of the connection.
    pub fn verdict(&self) -> Verdict {
        Verdict::Undecided
    }

    /// Exchanges that were not model calls.
    pub fn foreign(&self) -> u64 {
        0
    }
}

//! What is remembered of a process's calls, so that the next one can be told to belong to them.
//!
//! Comes in: the calls of one process, as they end, with their [`Traces`]. Goes out, in the calls themselves: which
//! attempt of which logical call they are (`attempts`), why a cache was not hit (`prompts`), and how long tools took
//! (`tools`). What is remembered is keyed digests, lengths and times, in bounded memory; text never is.
//!
//! Calls are remembered in the order in which they end. That is the order that matters: a retry begins after the try
//! before it has failed, and a tool comes back after it was called.

mod attempts;
mod prompts;
mod tools;

use self::attempts::Attempts;
use self::prompts::Prompts;
use self::tools::Tools;
use crate::call::Call;
use crate::digest::{Digest, Key};

/// What a call can be recognised by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// The whole body of the request.
    pub body: Option<Digest>,
    /// What the client calls all attempts of one call.
    pub invocation: Option<Digest>,
    /// The definitions of its tools.
    pub tools: Option<Block>,
    /// Its instructions, where they are no message.
    pub system: Option<Block>,
    /// Its messages, from the first.
    pub messages: Vec<Block>,
    /// It has more messages than are traced.
    pub more_messages: bool,
    /// The tool calls of which it carries results.
    pub tool_results: Vec<Digest>,
}

/// A part of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it says.
    pub digest: Digest,
    /// How long it is, in characters.
    pub chars: u64,
}

/// The memory of one process.
#[derive(Debug)]
pub struct Memory {
    attempts: Attempts,
    prompts: Prompts,
    tools: Tools,
}

impl Memory {
    /// Of a process that has made no call yet.
    pub fn new(key: Key) -> Self {
        Self { attempts: Attempts::new(key), prompts: Prompts::default(), tools: Tools::new(key) }
    }

    /// Tells a call, which has ended, what is remembered of those before it, and remembers it.
    pub fn see(&mut self, call: &mut Call) {
        call.attempt = self.attempts.see(call);
        call.cache_miss = self.prompts.see(call);
        call.tool_returns = self.tools.see(call);
    }
}

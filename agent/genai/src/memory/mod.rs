//! What is remembered of a process's calls, so that the next one can be told to belong to them.
//!
//! Comes in: calls, as they end, with their [`Traces`]. Goes out: in the calls themselves, which attempt of which logical
//! call they are, why a cache was not hit, and how long tools took. What is remembered is keyed digests and times, in
//! bounded memory; text is never.

use crate::digest::Digest;

/// What a call can be recognised by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// The whole body of the request.
    pub body: Option<Digest>,
    /// The definitions of its tools.
    pub tools: Option<Digest>,
    /// Its instructions, where they are no message.
    pub system: Option<Digest>,
    /// Its messages, from the first.
    pub messages: Vec<Digest>,
    /// It has more messages than are traced.
    pub more_messages: bool,
    /// The tool calls of which it carries results.
    pub tool_results: Vec<Digest>,
    /// What the client calls all attempts of one call.
    pub invocation: Option<Digest>,
}

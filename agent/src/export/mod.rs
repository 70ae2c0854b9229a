//! A span → what leaves the agent.
//!
//! Each format is a function from a span to text, the same for the same span; [`writer`] is who writes it, and
//! what happens when that is slow.

pub mod console;
pub mod jsonl;
pub mod writer;

/// The formats of the standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For a person: [`console::block`].
    #[default]
    Console,
    /// For a program: [`jsonl::line`].
    Json,
}

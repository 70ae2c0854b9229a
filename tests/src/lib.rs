//! The end-to-end harness: a local provider that knows when it sent what, real clients that were not written for us,
//! and what runs the agent between the two and holds its figures against both.
//!
//! In: the `wirelight` binary and the programs of the machine (Python, Node, curl). Out: tests in `it/`, and the demo.
//! Nothing here depends on a crate of ours: what the agent says is read as its users read it, from its output.

pub mod clock;
pub mod demo;
pub mod harness;
pub mod provider;

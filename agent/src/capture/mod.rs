//! From the kernel's ring, or a tape, to a stream of inputs for the shards.
//!
//! Comes in: ring records. Goes out: [`Input`]s, in an order that a tape can keep: everything that later stages know
//! comes through here, time included, so a replay of the same inputs gives the same output.
//!
//! # Layout
//!
//! - [`ring`] – the ring and when to look into it
//! - [`record`] – one record, checked
//! - [`source`] – records → inputs, with the processes that they come from; the tape's hand
//! - [`tape`] – inputs in a file
//! - [`clock`] – kernel time → wall clock

pub mod clock;
pub mod record;
pub mod ring;
pub mod source;
pub mod tape;

use wire::Time;

pub use clock::Clock;
pub use record::{Allowed, Captured, ConnId, Data, Flow, Mark, What};

use crate::enrich::Process;

/// What shards are fed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// How to tell wall-clock time; the first of all inputs.
    Clock(Clock),
    /// What is known of a process; comes before its records.
    Process(Process),
    /// A record.
    Captured(Captured),
    /// Time goes on without records.
    Tick(Time),
    /// Nothing more will come.
    End(Time),
}

//! Kernel time → wall clock.

use serde::{Deserialize, Serialize};
use wire::Time;

/// The distance between `CLOCK_MONOTONIC`, which stamps every record, and the wall clock, measured once at start:
/// a later step of the wall clock must not move spans against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Unix time in nanoseconds at which `CLOCK_MONOTONIC` was 0.
    pub monotonic_epoch_ns: u64,
}

impl Clock {
    /// Unix time in nanoseconds of a kernel time.
    pub fn wall(self, at: Time) -> u64 {
        self.monotonic_epoch_ns.saturating_add(at.0)
    }
}

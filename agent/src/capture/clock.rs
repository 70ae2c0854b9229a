//! Kernel time → wall clock.

use serde::{Deserialize, Serialize};
use wire::Time;

/// The distance between `CLOCK_MONOTONIC`, which stamps every record, and the wall clock, measured once at start:
/// a later step of the wall clock must not move spans against each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Unix time in nanoseconds at which `CLOCK_MONOTONIC` was 0.
    pub monotonic_epoch_ns: u64,
}

impl Clock {
    /// Measures it now.
    pub fn measure() -> Self {
        // The wall clock is read between two readings of the other, and belongs to their middle. The closest of a few
        // pairs is taken: this thread may have been put aside in one of them.
        let pairs = (0..5).map(|_| {
            let before = read(libc::CLOCK_MONOTONIC);
            let wall = read(libc::CLOCK_REALTIME);
            let after = read(libc::CLOCK_MONOTONIC);
            (after.saturating_sub(before), wall.saturating_sub(before.midpoint(after)))
        });
        let (_, monotonic_epoch_ns) = pairs.min().unwrap_or_default();
        Self { monotonic_epoch_ns }
    }

    /// Unix time in nanoseconds of a kernel time.
    pub fn wall(self, at: Time) -> u64 {
        self.monotonic_epoch_ns.saturating_add(at.0)
    }
}

/// Kernel time now: for ticks, never for a figure.
pub fn now() -> Time {
    Time(read(libc::CLOCK_MONOTONIC))
}

fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is that of a local; both clocks exist on every Linux.
    unsafe { libc::clock_gettime(clock, &mut time) };
    (time.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64)
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_kernel_time_of_now_is_the_wall_time_of_now() {
        let wall = Clock::measure().wall(now());
        let expect = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64;
        assert!(expect.abs_diff(wall) < 1_000_000_000, "{wall} is not within a second of {expect}");
    }
}

//! The clock that the kernel stamps records with, for those who are held against it.

/// Nanoseconds of `CLOCK_MONOTONIC`: the same clock as `bpf_ktime_get_ns`, Python's `time.CLOCK_MONOTONIC` and Node's
/// `process.hrtime`.
pub fn monotonic_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid, writable timespec for the whole call.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    // It fails only for a clock that does not exist or a bad pointer; both are bugs here.
    assert_eq!(result, 0, "CLOCK_MONOTONIC exists on every Linux");
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::monotonic_ns;
    use std::time::Duration;

    #[test]
    fn goes_forward_by_what_was_slept() {
        let before = monotonic_ns();
        std::thread::sleep(Duration::from_millis(5));
        assert!(monotonic_ns() - before >= 5_000_000);
    }
}

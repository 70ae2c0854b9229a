//! The times between content events of one stream.

/// Intervals between content events, in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intervals {}

impl Intervals {
    /// Adds an interval.
    pub fn push(&mut self, nanos: u64) {
        let _unused = nanos;
    }

    /// How many intervals there were.
    pub fn len(&self) -> u64 {
        0
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The interval that a share `q` (0–1) of all intervals does not exceed (nearest rank). `None`: there are none.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let _unused = q;
        None
    }

    /// The longest interval.
    pub fn max(&self) -> Option<u64> {
        None
    }
}

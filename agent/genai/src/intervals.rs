//! The times between content events of one stream.
//!
//! Comes in: intervals in nanoseconds. Goes out: quantiles by nearest rank. They are exact up to
//! [`EXACT_INTERVALS`]; past that the values move into counts of buckets, 64 to each power of two, and a quantile is
//! the middle of its bucket: at most 1/128 (0.8 %) off, in at most 16 KiB. The maximum stays exact.

use crate::limits::EXACT_INTERVALS;

/// Intervals between content events, in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    values: Values,
    max: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
enum Values {
    Exact(Vec<u64>),
    Sketch(Sketch),
}

impl Default for Intervals {
    fn default() -> Self {
        Self { values: Values::Exact(Vec::new()), max: None }
    }
}

impl Intervals {
    /// Adds an interval.
    pub fn push(&mut self, nanos: u64) {
        self.max = self.max.max(Some(nanos));
        match &mut self.values {
            Values::Exact(values) if values.len() < EXACT_INTERVALS => values.push(nanos),
            Values::Exact(values) => {
                let mut sketch = Sketch::default();
                values.iter().for_each(|value| sketch.push(*value));
                sketch.push(nanos);
                self.values = Values::Sketch(sketch);
            }
            Values::Sketch(sketch) => sketch.push(nanos),
        }
    }

    /// How many intervals there were.
    pub fn len(&self) -> u64 {
        match &self.values {
            Values::Exact(values) => values.len() as u64,
            Values::Sketch(sketch) => sketch.len,
        }
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The interval that a share `q` (0–1) of all intervals does not exceed (nearest rank). `None`: there are none.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let max = self.max?;
        let last = self.len().saturating_sub(1);
        // Nearest rank counts from 1: the smallest rank that is not below q·n. Float → int saturates.
        let rank = ((q * self.len() as f64).ceil() as u64).saturating_sub(1).min(last);
        match &self.values {
            Values::Exact(values) => {
                let mut values = values.clone();
                let (_, value, _) = values.select_nth_unstable(usize::try_from(rank).ok()?);
                Some(*value)
            }
            // The last rank is known exactly, and no middle of a bucket may pass it.
            Values::Sketch(sketch) => Some(if rank == last { max } else { sketch.at_rank(rank).min(max) }),
        }
    }

    /// The longest interval.
    pub fn max(&self) -> Option<u64> {
        self.max
    }
}

/// Counts by bucket. Values under 128 have a bucket each; above, each power of two is cut into 64.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sketch {
    counts: Vec<u32>,
    len: u64,
}

impl Sketch {
    fn push(&mut self, value: u64) {
        let bucket = bucket(value);
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
        self.len += 1;
    }

    fn at_rank(&self, rank: u64) -> u64 {
        let mut below = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            below += u64::from(*count);
            if below > rank {
                return middle(bucket);
            }
        }
        self.counts.len().checked_sub(1).map_or(0, middle)
    }
}

/// Buckets per power of two, as a power of two: 2⁶.
const SPLIT_BITS: u32 = 6;

fn bucket(value: u64) -> usize {
    let octave = value.checked_ilog2().unwrap_or(0).saturating_sub(SPLIT_BITS);
    // `value >> octave` is below 128, so each octave above the first adds 64 buckets.
    ((u64::from(octave) << SPLIT_BITS) + (value >> octave)) as usize
}

fn middle(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let octave = (bucket >> SPLIT_BITS).saturating_sub(1);
    let low = (bucket - (octave << SPLIT_BITS)) << octave;
    low + ((1 << octave) >> 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn intervals(values: &[u64]) -> Intervals {
        let mut intervals = Intervals::default();
        values.iter().for_each(|value| intervals.push(*value));
        intervals
    }

    /// The definition, spelled out: the smallest value that at least `q` of all values do not exceed.
    fn nearest_rank(values: &[u64], q: f64) -> u64 {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let rank = (1..=sorted.len()).find(|rank| *rank as f64 >= q * sorted.len() as f64).unwrap();
        sorted[rank - 1]
    }

    /// Not random, but spread over seven powers of ten like real gaps.
    fn spread(count: u64) -> Vec<u64> {
        (0..count).map(|i| 1_000 + (i * 7_919 % 104_729).pow(2) * (1 + i % 5) / 3).collect()
    }

    #[test]
    fn nothing_pushed_means_nothing_known() {
        let none = Intervals::default();
        assert_eq!((none.len(), none.quantile(0.5), none.max()), (0, None, None));
        assert!(none.is_empty());
    }

    #[test]
    fn small_sets_are_exact() {
        let ten = intervals(&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
        for (q, expect) in
            [(0.0, 1), (0.1, 1), (0.11, 2), (0.5, 5), (0.95, 10), (0.99, 10), (1.0, 10), (7.0, 10)]
        {
            assert_eq!(ten.quantile(q), Some(expect), "{q}");
        }
        assert_eq!(ten.max(), Some(10));
        assert_eq!(intervals(&[42]).quantile(0.5), Some(42));
    }

    #[test]
    fn the_border_of_exactness_is_where_it_is_said_to_be() {
        let values = spread(EXACT_INTERVALS as u64);
        let mut at = intervals(&values);
        assert!(matches!(at.values, Values::Exact(_)));
        assert_eq!(at.quantile(0.99), Some(nearest_rank(&values, 0.99)));
        at.push(5);
        assert!(matches!(at.values, Values::Sketch(_)));
        assert_eq!(at.len(), EXACT_INTERVALS as u64 + 1);
    }

    #[test]
    fn the_sketch_is_within_one_percent_of_exact_quantiles() {
        let values = spread(50_000);
        let sketch = intervals(&values);
        for q in [0.0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0] {
            let (exact, told) = (nearest_rank(&values, q) as f64, sketch.quantile(q).unwrap() as f64);
            assert!((told - exact).abs() <= exact * 0.01, "q {q}: {told} instead of {exact}");
        }
        assert_eq!(sketch.max(), values.iter().max().copied());
        assert_eq!(sketch.quantile(1.0), sketch.max());
    }

    #[test]
    fn memory_of_the_sketch_is_fixed() {
        let mut all = intervals(&[u64::MAX, 0, 1]);
        (0..10_000).for_each(|_| all.push(u64::MAX));
        let Values::Sketch(sketch) = &all.values else { panic!("still exact") };
        assert!(sketch.counts.len() <= 64 * 64, "{}", sketch.counts.len());
        assert_eq!((all.max(), all.quantile(1.0)), (Some(u64::MAX), Some(u64::MAX)));
    }

    proptest! {
        #[test]
        fn a_bucket_s_middle_is_near_each_of_its_values(value: u64) {
            let middle = middle(bucket(value));
            prop_assert!(middle.abs_diff(value) <= value / 128, "{value} → {middle}");
        }

        #[test]
        fn buckets_keep_the_order_of_values(a: u64, b: u64) {
            prop_assert!(bucket(a.min(b)) <= bucket(a.max(b)));
        }
    }
}

//! A histogram of durations.

use serde::{Deserialize, Serialize};

/// The upper bounds of the buckets, in milliseconds, each bound included: a hook on the same host answers in 10 ms, a
/// dump of a database may take an hour.
pub(super) const BOUNDS_MS: [u64; 15] =
    [10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];

/// How many durations fell into which bucket. The sum is in milliseconds, so that it is exact, in whatever order they
/// came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Histogram {
    /// One for each bound, and one for what is longer. Not cumulative.
    pub(super) buckets: [u64; BOUNDS_MS.len() + 1],
    pub(super) sum_ms: u64,
}

impl Histogram {
    pub(super) fn observe(&mut self, ms: u64) {
        let bucket = BOUNDS_MS.partition_point(|bound| *bound < ms);
        if let Some(count) = self.buckets.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
        self.sum_ms = self.sum_ms.saturating_add(ms);
    }

    /// How many durations there were.
    pub(super) fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

#[cfg(test)]
mod tests {
    use super::{BOUNDS_MS, Histogram};

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        for (place, bound) in BOUNDS_MS.into_iter().enumerate() {
            for (ms, bucket) in [(bound, place), (bound + 1, place + 1)] {
                let mut histogram = Histogram::default();
                histogram.observe(ms);
                assert_eq!(histogram.buckets[bucket], 1, "{ms} ms");
                assert_eq!((histogram.count(), histogram.sum_ms), (1, ms));
            }
        }
    }

    #[test]
    fn nothing_overflows() {
        let mut histogram = Histogram::default();
        histogram.observe(u64::MAX);
        histogram.observe(u64::MAX);
        assert_eq!((histogram.count(), histogram.sum_ms), (2, u64::MAX));
    }
}

//! When to try again, and when to give up.

use std::time::Duration;

use tokio::time::Instant;

/// How an observer is retried: after `first`, then twice as long each time up to `max`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backoff {
    /// The pause after the first failure.
    pub first: Duration,
    /// The longest pause.
    pub max: Duration,
    /// When an event that is rejected again and again is skipped, so that those behind it are told. Failures of
    /// the journal itself are retried without end: they concern no single event.
    pub give_up_after: GiveUp,
}

/// The limit of an event's retries. It counts anew when the process is started anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum GiveUp {
    /// After so many tries in all; at least one is made.
    Attempts(u32),
    /// At the first failure that is so much later than the first one.
    Elapsed(Duration),
    /// Never: one event can hold up all those behind it.
    Never,
}

impl Default for Backoff {
    /// After 1 s, then twice as long each time up to 1 min; 10 tries in all, in about 5 minutes.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            max: Duration::from_secs(60),
            give_up_after: GiveUp::Attempts(10),
        }
    }
}

/// A row of failures of one thing.
#[derive(Debug)]
pub(crate) struct Failures {
    backoff: Backoff,
    count: u32,
    first_at: Option<Instant>,
}

impl Failures {
    pub(crate) fn none(backoff: Backoff) -> Self {
        Self { backoff, count: 0, first_at: None }
    }

    /// Whether the limit is reached with one more failure, now.
    pub(crate) fn would_be_too_many(&self, now: Instant) -> bool {
        match self.backoff.give_up_after {
            GiveUp::Attempts(limit) => self.count.saturating_add(1) >= limit,
            GiveUp::Elapsed(limit) => now.duration_since(self.first_at.unwrap_or(now)) >= limit,
            GiveUp::Never => false,
        }
    }

    /// Counts one more; the pause before the next try.
    pub(crate) fn add(&mut self, now: Instant) -> Duration {
        let doublings = self.count.min(31);
        self.count = self.count.saturating_add(1);
        self.first_at.get_or_insert(now);
        self.backoff.first.saturating_mul(1 << doublings).min(self.backoff.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses in seconds until the limit, of tries with `between` seconds from one to the next.
    fn pauses(give_up_after: GiveUp, between: u64) -> Vec<u64> {
        let backoff = Backoff { first: Duration::from_secs(2), max: Duration::from_secs(10), give_up_after };
        let mut failures = Failures::none(backoff);
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        while pauses.len() < 200 && !failures.would_be_too_many(now) {
            pauses.push(failures.add(now).as_secs());
            now += Duration::from_secs(between);
        }
        pauses
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let endless = pauses(GiveUp::Never, 1);
        assert_eq!(endless[..5], [2, 4, 8, 10, 10]);
        assert_eq!((endless.len(), endless[199]), (200, 10));
    }

    #[test]
    fn limits_are_counted_in_tries_or_in_time() {
        let seconds = Duration::from_secs;
        for (limit, expected) in [
            (GiveUp::Attempts(3), vec![2, 4]),
            (GiveUp::Attempts(1), vec![]),
            (GiveUp::Attempts(0), vec![]),
            (GiveUp::Elapsed(seconds(20)), vec![2, 4]),
            (GiveUp::Elapsed(seconds(21)), vec![2, 4, 8]),
            (GiveUp::Elapsed(seconds(0)), vec![]),
        ] {
            assert_eq!(pauses(limit, 10), expected, "{limit:?}");
        }
    }
}

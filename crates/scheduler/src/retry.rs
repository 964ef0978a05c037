//! Another try after a run that failed (`spec.md` §3): a new run, so that the service is back between the two.

use std::time::Duration;

use hook_core::{JobId, RunStatus};
use jiff::Timestamp;

/// How often and when a job is tried again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Retries {
    /// `retries`: how many runs may follow one that failed.
    pub most: u32,
    /// `retry_delay`: from the end of the one to the start of the next.
    pub delay: Duration,
}

/// A run that has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// The run.
    pub run: JobId,
    /// How it ended.
    pub status: RunStatus,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// When it ended.
    pub at: Timestamp,
}

/// A run that is to follow one that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retry {
    /// When to start it.
    pub at: Timestamp,
    /// Which try it is, from 2.
    pub attempt: u32,
    /// The run that failed.
    pub of: JobId,
}

impl Retries {
    /// What follows the end of a run. Only an error is tried again: a warning has its snapshot, and who cancelled
    /// does not want another.
    #[must_use]
    pub fn after(&self, ended: &Ended) -> Option<Retry> {
        if ended.status != RunStatus::Error || ended.attempt > self.most {
            return None;
        }
        // A time that no clock will show is the last one that a clock can.
        let at = ended.at.checked_add(self.delay).unwrap_or(Timestamp::MAX);
        Some(Retry { at, attempt: ended.attempt.saturating_add(1), of: ended.run.clone() })
    }
}

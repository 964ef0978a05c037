//! How the scheduler gets on.

use hook_core::JobKey;
use jiff::{SignedDuration, Timestamp};

/// How a scheduler gets on, as of its last look.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Status {
    /// When it looked last: a minute ago at most, if it is well.
    pub looked: Timestamp,
    /// What is due next.
    pub next: Option<(Timestamp, JobKey)>,
    /// Runs that were begun and have not ended.
    pub running: usize,
    /// Runs that are queued and wait for the limit or for their repository.
    pub waiting: usize,
    /// How much later than its time the newest run was begun.
    pub lag: Option<SignedDuration>,
    /// How far the clock is behind what was handled already, at most; zero is well. Until it has caught up, the jobs
    /// that are ahead of it are not due.
    pub clock_behind: SignedDuration,
    /// What does not work, in words: nothing is started by schedule until it does.
    pub failing: Option<String>,
}

impl Status {
    pub(crate) fn new(looked: Timestamp) -> Self {
        let clock_behind = SignedDuration::ZERO;
        Self { looked, next: None, running: 0, waiting: 0, lag: None, clock_behind, failing: None }
    }
}

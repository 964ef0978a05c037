//! What is planned: when jobs run by themselves.

use hook_core::ScheduleId;
use jiff::Timestamp;

/// When a job runs by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "as api.md §3 has it")]
pub struct Timing {
    /// The next start; absent: none is planned.
    pub next_run_at: Option<Timestamp>,
    /// Since when a start is late that should have been.
    pub overdue_since: Option<Timestamp>,
}

/// A start that is planned.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever plans it knows all of it")]
pub struct NextStart {
    /// Of this job.
    pub schedule: ScheduleId,
    /// What people call it.
    pub name: String,
    /// When.
    pub at: Timestamp,
}

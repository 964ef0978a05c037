//! What is counted per backup job.

use event_bus::{Position, Recorded};
use hook_core::{
    OrganizationId, RunEvent, RunStatus,
    event::{BackupSummary, RunQueued},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::debts::Debts;

/// The characters of a name that a label shows.
const LONGEST_NAME: usize = 200;

/// The figures of one backup job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) organization: OrganizationId,
    /// Since when it is counted.
    pub(super) since: Timestamp,
    /// Of its newest run.
    pub(super) queued: Position,
    pub(super) runs: RunCounts,
    pub(super) interrupted: u64,
    pub(super) retention_failures: u64,
    pub(super) last: Option<LastRun>,
    pub(super) last_success: Option<Timestamp>,
    pub(super) last_snapshot: Option<Timestamp>,
    pub(super) debts: Debts,
}

/// The run that ended last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct LastRun {
    pub(super) status: RunStatus,
    pub(super) finished: Timestamp,
    pub(super) duration_ms: u64,
    pub(super) pause_ms: Option<u64>,
    pub(super) summary: Option<BackupSummary>,
}

/// Runs that are over, by status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct RunCounts {
    success: u64,
    warning: u64,
    error: u64,
    cancelled: u64,
}

/// Every status that a run can end with.
pub(super) const STATUSES: [RunStatus; 4] =
    [RunStatus::Success, RunStatus::Warning, RunStatus::Error, RunStatus::Cancelled];

impl Job {
    pub(super) fn new(recorded: &Recorded<RunEvent>, queued: &RunQueued) -> Self {
        Self {
            name: String::new(),
            organization: queued.organization_id.clone(),
            since: recorded.at,
            queued: recorded.position,
            runs: RunCounts::default(),
            interrupted: 0,
            retention_failures: 0,
            last: None,
            last_success: None,
            last_snapshot: None,
            debts: Debts::default(),
        }
    }

    /// A new run of it: a job may have got another name or organization since.
    pub(super) fn begin(&mut self, recorded: &Recorded<RunEvent>, queued: &RunQueued) {
        self.name = label(&queued.job_name);
        self.organization.clone_from(&queued.organization_id);
        self.queued = recorded.position;
    }

    pub(super) fn end(&mut self, last: LastRun, has_snapshot: bool) {
        self.runs.count(last.status);
        if last.status == RunStatus::Success {
            self.last_success = Some(last.finished);
        }
        if has_snapshot {
            self.last_snapshot = Some(last.finished);
        }
        self.last = Some(last);
    }
}

impl RunCounts {
    fn count(&mut self, status: RunStatus) {
        let count = match status {
            RunStatus::Success => &mut self.success,
            RunStatus::Warning => &mut self.warning,
            RunStatus::Error => &mut self.error,
            RunStatus::Cancelled => &mut self.cancelled,
        };
        *count = count.saturating_add(1);
    }

    pub(super) fn of(&self, status: RunStatus) -> u64 {
        match status {
            RunStatus::Success => self.success,
            RunStatus::Warning => self.warning,
            RunStatus::Error => self.error,
            RunStatus::Cancelled => self.cancelled,
        }
    }
}

/// A name as a label has it: a text of any length is nothing for a series, and control characters are nothing for a
/// line of text.
fn label(name: &str) -> String {
    let mut label: String =
        name.chars().take(LONGEST_NAME).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if name.chars().nth(LONGEST_NAME).is_some() {
        label.push('…');
    }
    label
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn a_name_becomes_a_label() {
        assert_eq!(label("postgres \"data\" \\ ü"), "postgres \"data\" \\ ü");
        assert_eq!(label("two\nlines\0"), "two lines ");
        assert_eq!(label(&"ü".repeat(200)), "ü".repeat(200));
        assert_eq!(label(&"ü".repeat(201)), format!("{}…", "ü".repeat(200)));
    }
}

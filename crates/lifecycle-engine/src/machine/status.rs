//! How it ended, and what a person should know of it: the right-hand column of `spec.md` §3.

use hook_core::{OutcomeKind, RunStatus, event::BackupOutcome};

use super::state::{RunState, Work};

/// A status with its problems, gravest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The status.
    pub status: RunStatus,
    /// What a person reads, gravest first.
    pub problems: Vec<String>,
}

impl Verdict {
    /// The problems in one text, joined with `; `; nothing where there is none.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        (!self.problems.is_empty()).then(|| self.problems.join("; "))
    }
}

/// What a run says whose owner died before restic's end was recorded.
const INTERRUPTED: &str = "the run was interrupted: zb ended before the run did";

impl RunState {
    /// How the work ended, hooks after it left out: what the post hook is told.
    #[must_use]
    pub fn verdict_of_backup(&self) -> Verdict {
        let mut problems = Vec::new();
        let status = match &self.backup {
            Work::Finished { outcome, problem } => {
                problems.extend(problem.clone());
                self.status_of(*outcome, &mut problems)
            }
            Work::NotStarted | Work::Started | Work::Lost => self.status_without_backup(&mut problems),
        };
        Verdict { status, problems }
    }

    fn status_of(&self, outcome: BackupOutcome, problems: &mut Vec<String>) -> RunStatus {
        match outcome {
            BackupOutcome::Complete => RunStatus::Success,
            BackupOutcome::Incomplete => RunStatus::Warning,
            BackupOutcome::Cancelled => self.was_cancelled(problems),
            // The second try never began.
            BackupOutcome::Unlocked if self.interrupted => {
                problems.insert(0, INTERRUPTED.to_owned());
                RunStatus::Error
            }
            BackupOutcome::Unlocked if self.cancelled.is_some() && self.backups == 1 => {
                self.was_cancelled(problems)
            }
            // A kind that a newer zb wrote is no promise of a snapshot.
            _ => RunStatus::Error,
        }
    }

    fn was_cancelled(&self, problems: &mut Vec<String>) -> RunStatus {
        problems.insert(0, self.cancellation());
        RunStatus::Cancelled
    }

    fn status_without_backup(&self, problems: &mut Vec<String>) -> RunStatus {
        problems.extend(self.checks.clone().and_then(Result::err));
        let pre_problem = self.pre.last.as_ref().and_then(|last| last.problem.clone());
        if self.interrupted {
            problems.push(INTERRUPTED.to_owned());
            problems.extend(pre_problem);
            return RunStatus::Error;
        }
        let was_cut = self.cancelled.is_some() && problems.is_empty() && self.pre_was_cut();
        if was_cut {
            problems.push(self.cancellation());
        }
        problems.extend(pre_problem);
        if was_cut { RunStatus::Cancelled } else { RunStatus::Error }
    }

    /// Whether it was the cancel that kept the pre hook from going on, and not its own failure.
    fn pre_was_cut(&self) -> bool {
        let attempts = self.plan.and_then(|plan| plan.pre).map_or(0, |pre| pre.attempts);
        self.pre.last.as_ref().is_none_or(|last| match last.kind {
            OutcomeKind::Ok | OutcomeKind::Cancelled | OutcomeKind::NotSent => true,
            OutcomeKind::Refused | OutcomeKind::Rejected | OutcomeKind::NoAnswer => {
                self.pre.wants_another(attempts)
            }
        })
    }

    fn cancellation(&self) -> String {
        format!("the run was cancelled by {}", self.cancelled.as_deref().unwrap_or("an unknown hand"))
    }

    /// How the run ended: a failing post hook or retention makes a clean run a warning, and is appended
    /// otherwise.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mut verdict = self.said.clone().unwrap_or_else(|| self.verdict_of_backup());
        let after = [self.post_problem(), self.retention_problem()];
        for problem in after.into_iter().flatten() {
            if verdict.status == RunStatus::Success {
                verdict.status = RunStatus::Warning;
            }
            verdict.problems.push(problem);
        }
        verdict
    }

    fn post_problem(&self) -> Option<String> {
        if self.cleared {
            return None;
        }
        self.post.last.as_ref().filter(|last| last.kind != OutcomeKind::Ok)?.problem.clone()
    }

    fn retention_problem(&self) -> Option<String> {
        match &self.retention {
            Work::Finished { problem, .. } => problem.clone(),
            Work::Lost => Some("retention was interrupted".to_owned()),
            Work::NotStarted | Work::Started => None,
        }
    }
}

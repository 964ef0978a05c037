//! The first line.

use hook_core::{JobId, OutcomeKind, RunStatus, event::BackupOutcome};

use super::form::{count, duration, one_line, utc};
use crate::{Debt, Fault, HookFault, Occasion, Standing, Story};

/// Characters of a job's name and of a reason: with both, the line fits a telephone's screen.
const MOST_NAME: usize = 48;
const MOST_REASON: usize = 60;

/// A job's name, safe to show.
pub(super) fn name(job: &str) -> String {
    one_line(job, MOST_NAME)
}

/// Enough of a run's id for `zb show` and `zb recover --clear`.
pub(super) fn end(job: &JobId) -> &str {
    job.as_str().get(24..).unwrap_or(job.as_str())
}

/// What happened in a run.
pub(super) fn of_run(story: &Story, occasion: Occasion) -> String {
    let name = name(&story.facts.job_name);
    match occasion {
        Occasion::PostHookOwed => owed(story, &name),
        Occasion::Interrupted => interrupted(story, &name),
        Occasion::Cancelled => {
            let by = story.cancelled_by.as_deref().unwrap_or("somebody");
            format!("Backup of {name} was cancelled by {}: nothing was saved", one_line(by, 32))
        }
        Occasion::Warning | Occasion::Error => match story.faults.first() {
            Some(fault) => of_fault(story, &name, fault),
            None => format!("Backup of {name} ended with a problem. Look: {}", show(story)),
        },
        _ => {
            let took = story.facts.duration_ms.map(|took| format!(" in {}", duration(took)));
            format!("Backup of {name} succeeded{}", took.unwrap_or_default())
        }
    }
}

/// What went wrong beside the post hook.
pub(super) fn beside_debt(story: &Story) -> Option<String> {
    let fault = story.faults.iter().find(|fault| !matches!(fault, Fault::Post(_)))?;
    Some(of_fault(story, &name(&story.facts.job_name), fault))
}

fn show(story: &Story) -> String {
    format!("zb show {}", end(&story.facts.job_id))
}

fn owed(story: &Story, name: &str) -> String {
    let why = match &story.debt {
        Debt::Open(Some(fault)) => of_hook(*fault),
        _ => "was not sent".to_owned(),
    };
    let clear = format!("zb recover --clear {}", end(&story.facts.job_id));
    if story.paused {
        format!("{name} may still be paused: its post hook {why}. Start it, then: {clear}")
    } else {
        format!("Post hook of {name} failed: it {why}. Look at the service, then: {clear}")
    }
}

fn interrupted(story: &Story, name: &str) -> String {
    let saved = if story.has_saved() { "a snapshot was saved" } else { "nothing was saved" };
    let service = match story.debt {
        Debt::Paid => ", its post hook was sent",
        Debt::None if !story.paused => ", nothing was paused",
        _ => "",
    };
    format!("zb died in the backup of {name}: {saved}{service}. Look: {}", show(story))
}

fn of_fault(story: &Story, name: &str, fault: &Fault) -> String {
    match fault {
        Fault::Check(reason) => {
            format!("Backup of {name} did not start: {}; nothing was paused", one_line(reason, MOST_REASON))
        }
        Fault::Pre(fault) => {
            let service = match (story.paused, &story.debt) {
                (false, _) => "the service was not paused",
                (true, Debt::Paid) => "the post hook was sent",
                (true, _) => "the service may be paused",
            };
            format!("Backup of {name} failed: the pre hook {}; nothing was saved, {service}", of_hook(*fault))
        }
        Fault::Restic { outcome: BackupOutcome::Incomplete, exit_code, .. } => {
            let lacks =
                if *exit_code == Some(3) { "some files could not be read" } else { "something is missing" };
            format!("Backup of {name} is incomplete: {lacks}. Look: {}", show(story))
        }
        Fault::Restic { exit_code, signal, .. } => {
            format!(
                "Backup of {name} failed: {}. Look: {}",
                of_restic(*exit_code, signal.as_deref()),
                show(story)
            )
        }
        Fault::Post(fault) => {
            let why = fault.map_or("was not sent".to_owned(), of_hook);
            format!(
                "Backup of {name} was saved, but its post hook {why}: look at the service, and at {}",
                show(story)
            )
        }
        Fault::Retention => {
            format!("Backup of {name} was saved, but old snapshots were not removed. Look: {}", show(story))
        }
        Fault::Interrupted => interrupted(story, name),
        Fault::Other if story.has_saved() => {
            format!("Backup of {name} was saved, with a warning. Look: {}", show(story))
        }
        Fault::Other => format!("Backup of {name} failed. Look: {}", show(story)),
    }
}

fn of_restic(exit_code: Option<i32>, signal: Option<&str>) -> String {
    match (exit_code, signal) {
        (Some(10), _) => "there is no repository".to_owned(),
        (Some(11), _) => "the repository is locked".to_owned(),
        (Some(12), _) => "the repository's password is wrong".to_owned(),
        (Some(code), _) => format!("restic ended with exit code {code}"),
        (None, Some(signal)) => format!("restic was ended by {}", one_line(signal, 16)),
        (None, None) => "restic could not be started".to_owned(),
    }
}

fn of_hook(fault: HookFault) -> String {
    match (fault.outcome, fault.http_status) {
        (OutcomeKind::Rejected, Some(200..=299)) => "was turned away by its receiver".to_owned(),
        (OutcomeKind::Rejected, Some(status)) => format!("answered HTTP {status}"),
        (OutcomeKind::Rejected, None) => "was not accepted".to_owned(),
        (OutcomeKind::Refused, _) => "was refused by zb's own rules".to_owned(),
        (OutcomeKind::NotSent, _) => "could not be sent".to_owned(),
        (OutcomeKind::NoAnswer, _) => "got no answer".to_owned(),
        (OutcomeKind::Cancelled, _) => "was cut off".to_owned(),
        (OutcomeKind::Ok, _) => "was answered".to_owned(),
    }
}

/// The backup's problem is over.
pub(super) fn works_again(story: &Story, before: &Standing) -> String {
    let name = name(&story.facts.job_name);
    let times = match before.problem {
        Some(Occasion::Warning) => count(before.failures, "warning", "warnings"),
        _ => count(before.failures, "failure", "failures"),
    };
    let what = match (before.problem, story.facts.status) {
        (_, Some(RunStatus::Warning)) => "makes snapshots again, with a warning",
        (Some(Occasion::NeverStarted), _) => "runs again",
        _ => "works again",
    };
    format!("Backup of {name} {what}, after {times} since {}", utc(before.since))
}

/// The post hook is owed no more.
pub(super) fn debt_is_over(story: &Story) -> String {
    let name = name(&story.facts.job_name);
    match &story.debt {
        Debt::Cleared(by) => {
            format!("{name} runs again, says {}: its post hook is owed no more", one_line(by, 32))
        }
        _ => format!("{name} runs again: its post hook was answered"),
    }
}

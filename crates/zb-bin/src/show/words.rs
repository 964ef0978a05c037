//! Events as sentences: the same words while a run happens and when it is looked up later.

use std::time::Duration;

use hook_core::{
    LifecycleEvent as Event, OutcomeKind, Phase,
    event::{BackupOutcome, HookFinished, ResticFinished},
};
use jiff::{Timestamp, tz::TimeZone};

use super::{bytes, seconds};

/// The local time of day, as `02:00:07`.
#[must_use]
pub(crate) fn clock_time(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::system()).strftime("%H:%M:%S").to_string()
}

/// One line for one event; nothing where it says nothing that a person needs.
#[must_use]
pub(crate) fn sentence(event: &Event) -> Option<String> {
    Some(match event {
        Event::RunQueued(queued) => {
            format!("Backing up {} of {:?}", queued.source_path.display(), queued.job_name)
        }
        Event::ChecksFinished { error: Some(error), .. } => format!("A check failed: {error}"),
        Event::ChecksFinished { restic_version, .. } => match restic_version {
            Some(version) => format!("Checks passed, restic {version}"),
            None => "Checks passed".to_owned(),
        },
        Event::HookStarted { phase, attempt, origin, status, .. } => {
            let says = status.map(|status| format!(", saying {status}")).unwrap_or_default();
            format!("{} to {origin}{says}{}", called(*phase), nth(*attempt))
        }
        Event::HookFinished(finished) => hook_answer(finished),
        Event::ResticStarted { .. } => "restic started".to_owned(),
        Event::ResticFinished(finished) => restic_end(finished),
        Event::CancelRequested { by } => format!("Cancelling, asked by {by}"),
        Event::RunInterrupted { by } => format!("The zb of this run died; zb {by} takes over"),
        Event::OrphansEnded { count: 0 } => "restic had ended already".to_owned(),
        Event::OrphansEnded { count: 1 } => "Ended 1 process that was left running".to_owned(),
        Event::OrphansEnded { count } => format!("Ended {count} processes that were left running"),
        Event::HookCleared { by, .. } => format!("Cleared by {by}: the service runs again"),
        Event::RetentionStarted {} => "Removing old snapshots".to_owned(),
        Event::RetentionFinished { error: Some(error), .. } => {
            format!("Old snapshots were not removed: {error}")
        }
        Event::RetentionFinished { kept, removed, .. } => format!("Kept {kept} snapshots, removed {removed}"),
        // The summary says it, in more words.
        Event::RunFinished { .. } => return None,
        _ => return None,
    })
}

fn called(phase: Phase) -> &'static str {
    match phase {
        Phase::Pre => "Pre hook",
        Phase::Post => "Post hook",
    }
}

fn nth(attempt: u32) -> String {
    if attempt > 1 { format!(" (attempt {attempt})") } else { String::new() }
}

fn hook_answer(finished: &HookFinished) -> String {
    let hook = called(finished.phase);
    let after = seconds(Duration::from_millis(finished.duration_ms));
    match (finished.outcome, finished.http_status) {
        (OutcomeKind::Ok, Some(status)) => format!("{hook} answered HTTP {status} after {after}"),
        _ => format!("{hook} failed: {}", finished.error.as_deref().unwrap_or("no answer")),
    }
}

fn restic_end(finished: &ResticFinished) -> String {
    let error = finished.error.as_deref().unwrap_or("no reason is known");
    // "restic failed: restic: …" would say it twice.
    let error = error.strip_prefix("restic: ").unwrap_or(error);
    match finished.outcome {
        BackupOutcome::Complete => saved(finished).unwrap_or_else(|| "restic finished".to_owned()),
        BackupOutcome::Incomplete => format!("restic finished, with something missing: {error}"),
        BackupOutcome::Cancelled => format!("restic was stopped: {error}"),
        _ => format!("restic failed: {error}"),
    }
}

/// What a backup saved, in one line.
pub(super) fn saved(finished: &ResticFinished) -> Option<String> {
    let summary = finished.summary?;
    let snapshot = match finished.snapshot_id.as_deref() {
        Some(id) => format!("snapshot {}", id.get(..8).unwrap_or(id)),
        None => "no new snapshot was needed".to_owned(),
    };
    Some(format!(
        "{snapshot}: {} new and {} changed of {} files, {} added, {} read",
        summary.files_new,
        summary.files_changed,
        summary.total_files,
        bytes(summary.bytes_added),
        bytes(summary.total_bytes),
    ))
}

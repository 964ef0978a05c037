//! The details.

use super::{
    form::{bytes, count, duration, one_line, utc},
    title::end,
};
use crate::{Standing, Story};

/// Characters of an error: a chatty one is read with `zb show`.
const MOST_ERROR: usize = 400;

/// What a person wants to know of any run.
pub(super) fn of_run(story: &Story) -> Vec<String> {
    let facts = &story.facts;
    let error = facts.error.as_deref().map(|error| format!("Error: {}", one_line(error, MOST_ERROR)));
    let took = facts.duration_ms.map(|took| format!(", took {}", duration(took))).unwrap_or_default();
    let paused = facts.pause_ms.map(|pause| format!("Paused: for {}", duration(pause)));
    let snapshot = facts
        .snapshot_id
        .as_deref()
        .map(|id| format!("Snapshot: {}", id.chars().take(8).collect::<String>()));
    let mut lines: Vec<String> = error.into_iter().collect();
    lines.push(format!("Run: {}{took}", utc(story.queued_at)));
    lines.extend(paused);
    lines.extend(snapshot);
    lines.extend(story.has_saved().then(|| saved(story)).flatten());
    lines.push(format!("Details: zb show {}", end(&facts.job_id)));
    lines
}

fn saved(story: &Story) -> Option<String> {
    let summary = story.facts.summary?;
    Some(format!(
        "Saved: {} new of {}; {} new and {} changed of {} files",
        bytes(summary.bytes_added),
        bytes(summary.total_bytes),
        summary.files_new,
        summary.files_changed,
        summary.total_files,
    ))
}

/// Since when, where it is not the first time.
pub(super) fn of_problem(known: &Standing) -> Option<String> {
    let times = count(known.failures, "time", "times");
    (known.failures > 1).then(|| format!("Problems since: {}, {times}", utc(known.since)))
}

/// How often it was not told.
pub(super) fn of_unsaid(before: &Standing) -> Option<String> {
    (before.unsaid > 0)
        .then(|| format!("Not told since {}: {}", utc(before.told_at), count(before.unsaid, "time", "times")))
}

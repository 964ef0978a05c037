//! How a run ended or stands: a shape, a word, then colour.

use hook_core::{OutcomeKind, RunStatus};
use job_store::{PostHook, Run, Stage};

use super::{icon, said::answer};

/// A status as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Shown {
    pub(super) class: &'static str,
    pub(super) icon: &'static str,
    pub(super) word: &'static str,
}

/// Of a run, in one word (`api.md` §9).
pub(super) fn of(run: &Run) -> Shown {
    let (class, icon, word) = match (run.status, run.state) {
        (Some(RunStatus::Error), _) if run.interrupted => ("err", icon::INTERRUPTED, "Interrupted"),
        (Some(RunStatus::Success), _) => ("ok", icon::OK, "Success"),
        (Some(RunStatus::Warning), _) => ("warn", icon::WARNING, "Warning"),
        (Some(RunStatus::Error), _) => ("err", icon::ERROR, "Error"),
        (Some(RunStatus::Cancelled), _) => ("off", icon::CANCELLED, "Cancelled"),
        (None, Stage::Queued) => ("off", icon::QUEUED, "Queued"),
        (None, _) => ("run", icon::RUNNING, "Running"),
    };
    Shown { class, icon, word }
}

/// What a run that goes on is at, or why one is not good: nothing for a good one.
pub(super) fn detail(run: &Run) -> Option<String> {
    let Some(status) = run.status else { return Some(doing(run).to_owned()) };
    if run.post_hook == PostHook::Failed {
        let last = run.hooks.post.as_ref().and_then(|post| post.attempts.last());
        return Some(match last.filter(|attempt| attempt.outcome == Some(OutcomeKind::Rejected)) {
            Some(attempt) => format!("post hook answered {}", answer(attempt)),
            None => "the post hook failed".to_owned(),
        });
    }
    match status {
        RunStatus::Success => None,
        RunStatus::Cancelled => run.cancel_requested_by.as_ref().map(|by| format!("by {by}")),
        _ => run.error.clone(),
    }
}

/// What a run is at.
pub(super) fn doing(run: &Run) -> &'static str {
    match run.state {
        Stage::Queued => "waiting for its turn",
        Stage::Checking => "checks are done",
        Stage::Preparing => "the pre hook is at work",
        Stage::BackingUp => "restic is reading",
        Stage::Settling if run.post_hook == PostHook::Owed => "the post hook is owed",
        _ => "it is being settled",
    }
}

/// `data-state`: as in the API.
pub(super) fn state_word(run: &Run) -> String {
    serde_json::to_value(run.state).ok().and_then(|word| Some(word.as_str()?.to_owned())).unwrap_or_default()
}

/// `data-status`: as in the API; empty where the run goes on.
pub(super) fn status_word(run: &Run) -> &'static str {
    run.status.map_or("", RunStatus::as_str)
}

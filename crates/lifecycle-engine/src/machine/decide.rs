//! The one next step. Asked only at rest.

use std::time::Duration;

use hook_core::{Phase, RunStatus};

use super::{
    state::{RunState, Work},
    status::Verdict,
};

/// What to do next.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// Look at what no hook can change.
    Check,
    /// Call a hook.
    CallHook(HookCall),
    /// Do the work.
    RunBackup,
    /// End what a dead owner left running.
    EndOrphans,
    /// Forget old snapshots.
    RunRetention,
    /// Write the end down.
    Finish(Verdict),
    /// Nothing: the run is over.
    Done,
}

/// A hook to be called.
#[derive(Clone, PartialEq, Debug)]
pub struct HookCall {
    /// Which.
    pub phase: Phase,
    /// Counts from 1.
    pub attempt: u32,
    /// Pause before it: 1, 2, 4 … 30 s before a second and later attempt (`spec.md` §2).
    pub after: Duration,
    /// What a post hook says.
    pub says: Option<Verdict>,
}

/// Names the next step of a run that is at rest.
#[must_use]
pub fn decide(state: &RunState) -> Step {
    debug_assert!(state.in_flight.is_none(), "decide is asked only at rest");
    if state.end.is_some() {
        return Step::Done;
    }
    if state.interrupted { after_death(state) } else { forward(state) }
}

/// After `run.interrupted` nothing begins but ending orphans and paying debts.
fn after_death(state: &RunState) -> Step {
    let lost = matches!(state.backup, Work::Lost) || matches!(state.retention, Work::Lost);
    if lost && !state.orphans_ended {
        return Step::EndOrphans;
    }
    if state.is_post_owed() { call_post(state) } else { Step::Finish(state.verdict()) }
}

fn forward(state: &RunState) -> Step {
    let cancelled = state.cancelled.is_some();
    match &state.checks {
        None if cancelled => return Step::Finish(state.verdict()),
        None => return Step::Check,
        Some(Err(_)) => return Step::Finish(state.verdict()),
        Some(Ok(())) => {}
    }
    if let Some(step) = before_backup(state, cancelled) {
        return step;
    }
    if state.is_post_owed() {
        return call_post(state);
    }
    let good = matches!(state.verdict_of_backup().status, RunStatus::Success | RunStatus::Warning);
    if state.retention_wanted && good && !cancelled && !state.retention.was_started() {
        return Step::RunRetention;
    }
    Step::Finish(state.verdict())
}

/// The pre hook and the backup; nothing, once the way leads to the post hook.
fn before_backup(state: &RunState, cancelled: bool) -> Option<Step> {
    if cancelled {
        return None;
    }
    if state.backup.was_started() {
        return state.wants_second_backup().then_some(Step::RunBackup);
    }
    let Some(pre) = state.plan.and_then(|plan| plan.pre) else { return Some(Step::RunBackup) };
    if state.pre.succeeded() {
        return Some(Step::RunBackup);
    }
    let first = state.pre.started == 0;
    (first || state.pre.wants_another(pre.attempts)).then(|| call(Phase::Pre, state.pre.started, None))
}

fn call_post(state: &RunState) -> Step {
    let says = state.said.clone().unwrap_or_else(|| state.verdict_of_backup());
    call(Phase::Post, state.post.started, Some(says))
}

fn call(phase: Phase, started: u32, says: Option<Verdict>) -> Step {
    Step::CallHook(HookCall { phase, attempt: started + 1, after: pause_after(started), says })
}

/// The pause after so many attempts: 0, then 1, 2, 4 … 30 s (`spec.md` §2).
pub(crate) fn pause_after(attempts: u32) -> Duration {
    match attempts {
        0 => Duration::ZERO,
        n => Duration::from_secs(1 << (n - 1).min(5)).min(Duration::from_secs(30)),
    }
}

//! One event folded into what is known. The last arm is "illegal": a history that no zb can have written.

use hook_core::{
    BackupFigures, LifecycleEvent as Event, Phase,
    event::{HookFinished, ResticFinished, RunQueued},
};
use thiserror::Error;

use super::state::{Act, Attempt, HookLog, RunState, Work};

/// An event that cannot follow what is known: the journal is damaged, or a newer zb wrote it.
#[derive(Clone, PartialEq, Debug, Error)]
#[error("{event:?} cannot follow {state:?}")]
pub struct IllegalEvent {
    state: Box<RunState>,
    event: Box<Event>,
}

/// Folds a whole history.
///
/// # Errors
/// The first event that cannot follow those before it.
pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<RunState, IllegalEvent> {
    events.into_iter().try_fold(RunState::default(), evolve)
}

/// Folds one event.
///
/// # Errors
/// An event that cannot follow `state`.
pub fn evolve(mut state: RunState, event: &Event) -> Result<RunState, IllegalEvent> {
    if apply(&mut state, event) { Ok(state) } else { Err(illegal(state, event)) }
}

fn illegal(state: RunState, event: &Event) -> IllegalEvent {
    IllegalEvent { state: Box::new(state), event: Box::new(event.clone()) }
}

/// Whether the event could follow; `state` is to be thrown away if not.
fn apply(state: &mut RunState, event: &Event) -> bool {
    let at_rest = state.in_flight.is_none();
    match event {
        Event::RunQueued(queued) => queue(state, queued),
        _ if state.plan.is_none() => false,
        _ if state.end.is_some() => after_the_end(state, event),
        Event::ChecksFinished { error, restic_version, .. } if at_rest && can_check(state) => {
            state.worker_version.clone_from(restic_version);
            state.checks = Some(error.clone().map_or(Ok(()), Err));
            true
        }
        Event::HookStarted { phase, attempt, .. } if at_rest => start_hook(state, *phase, *attempt),
        Event::HookFinished(finished) if state.in_flight == Some(Act::Hook(finished.phase)) => {
            finish_hook(state, finished)
        }
        Event::ResticStarted { .. } if at_rest && can_back_up(state) => {
            state.backup = Work::Started;
            state.backups += 1;
            state.figures = BackupFigures::default();
            start(state, Act::Backup)
        }
        Event::ResticFinished(ended) if state.in_flight == Some(Act::Backup) => finish_backup(state, ended),
        Event::RetentionStarted {} if at_rest && !state.retention.was_started() && !state.interrupted => {
            state.retention = Work::Started;
            start(state, Act::Retention)
        }
        Event::RetentionFinished { error, .. } if state.in_flight == Some(Act::Retention) => {
            state.retention = Work::Finished { outcome: (), problem: error.clone() };
            finish(state)
        }
        Event::CancelRequested { by } => {
            state.cancelled.get_or_insert_with(|| by.clone());
            true
        }
        Event::RunInterrupted { .. } => interrupt(state),
        Event::OrphansEnded { .. } if at_rest && state.interrupted => {
            state.orphans_ended = true;
            true
        }
        Event::HookCleared { .. } if at_rest => {
            state.cleared = true;
            true
        }
        Event::RunFinished { status, .. } if at_rest => {
            state.end = Some(*status);
            true
        }
        // What an older zb does not know has no part in its decisions.
        Event::Unknown => true,
        _ => false,
    }
}

fn queue(state: &mut RunState, queued: &RunQueued) -> bool {
    let first = state.plan.is_none();
    state.plan = Some(queued.hooks);
    state.retention_wanted = queued.retention;
    first
}

/// After `run.finished` only a post hook that a person sends again, or `hook.cleared`, may follow.
fn after_the_end(state: &mut RunState, event: &Event) -> bool {
    match event {
        Event::HookCleared { .. } => state.cleared = true,
        Event::HookStarted { phase: Phase::Post, .. } => {}
        Event::HookFinished(finished) if finished.phase == Phase::Post => {}
        Event::Unknown => {}
        _ => return false,
    }
    true
}

fn start(state: &mut RunState, act: Act) -> bool {
    state.in_flight = Some(act);
    true
}

fn finish(state: &mut RunState) -> bool {
    state.in_flight = None;
    true
}

fn start_hook(state: &mut RunState, phase: Phase, attempt: u32) -> bool {
    if phase == Phase::Pre && (state.interrupted || state.backup.was_started()) {
        return false;
    }
    if phase == Phase::Post && state.said.is_none() {
        state.said = Some(state.verdict_of_backup());
    }
    let log = log(state, phase);
    log.started += 1;
    attempt == log.started && start(state, Act::Hook(phase))
}

fn finish_hook(state: &mut RunState, finished: &HookFinished) -> bool {
    let interrupted = state.interrupted;
    let log = log(state, finished.phase);
    log.may_have_taken_effect |= finished.outcome.may_have_taken_effect();
    log.ended_in_recovery |= interrupted;
    log.last = Some(Attempt {
        kind: finished.outcome,
        may_be_mended: finished.outcome.may_be_mended(finished.http_status),
        problem: finished.error.clone(),
    });
    finished.attempt == log.started && finish(state)
}

fn can_check(state: &RunState) -> bool {
    state.checks.is_none() && !state.interrupted
}

fn can_back_up(state: &RunState) -> bool {
    !state.interrupted && (!state.backup.was_started() || state.wants_second_backup())
}

fn finish_backup(state: &mut RunState, ended: &ResticFinished) -> bool {
    state.backup = Work::Finished { outcome: ended.outcome, problem: ended.error.clone() };
    state.figures = ended.into();
    finish(state)
}

/// The owner died: whatever was in flight will never report.
fn interrupt(state: &mut RunState) -> bool {
    match state.in_flight.take() {
        Some(Act::Hook(phase)) => {
            let log = log(state, phase);
            log.may_have_taken_effect = true;
            log.last = None;
        }
        Some(Act::Backup) => state.backup = Work::Lost,
        Some(Act::Retention) => state.retention = Work::Lost,
        None => {}
    }
    state.interrupted = true;
    true
}

fn log(state: &mut RunState, phase: Phase) -> &mut HookLog {
    match phase {
        Phase::Pre => &mut state.pre,
        Phase::Post => &mut state.post,
    }
}

//! What holds for every history that the machine can follow. The fuzz target `journal_fold` takes this file too, and
//! therefore it uses nothing of its neighbours.

use hook_core::{LifecycleEvent as Event, RunEvent};
use lifecycle_engine::machine::{RunState, Step, decide, evolve, owes_post_hook};

/// Takes each line as an event, as a journal keeps them; a line that is none is passed over.
pub(crate) fn events(lines: &str) -> Vec<RunEvent> {
    lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The machine folds any history or refuses it. As long as a history does what the machine would do, machine and
/// oracle agree about the post hook at every rest, and at every death.
pub(crate) fn holds_for(lines: &str) {
    let events: Vec<_> = events(lines).into_iter().map(|event| event.event).filter(a_job_can_have).collect();
    let mut state = RunState::default();
    let mut as_decided = true;
    for (number, event) in (1..).zip(&events) {
        as_decided &= is_decided(&state, event);
        let Ok(next) = evolve(state, event) else { return };
        state = next;
        let so_far = &events[..number];
        if !as_decided || state.end.is_some() {
            continue;
        }
        if state.in_flight.is_none() {
            assert_eq!(state.is_post_owed(), owes_post_hook(so_far), "at rest after {so_far:#?}");
        }
        let died = Event::RunInterrupted { by: "recover".to_owned() };
        let Ok(dead) = evolve(state.clone(), &died) else { panic!("a death can follow {so_far:#?}") };
        let told = [so_far, &[died]].concat();
        assert_eq!(dead.is_post_owed(), owes_post_hook(&told), "after a death after {so_far:#?}");
    }
}

/// Every job that is read has from 1 to 10 attempts for a hook.
fn a_job_can_have(event: &Event) -> bool {
    let Event::RunQueued(queued) = event else { return true };
    let (pre, post) = (queued.hooks.pre.map(|pre| pre.attempts), queued.hooks.post.map(|post| post.attempts));
    [pre, post].into_iter().flatten().all(|attempts| (1..=10).contains(&attempts))
}

/// Whether the machine would have begun this, or nobody asks it: what is told of the world, a cancel, a death.
fn is_decided(state: &RunState, event: &Event) -> bool {
    if state.in_flight.is_some() || state.plan.is_none() {
        return true;
    }
    match event {
        Event::ChecksFinished { .. } => decide(state) == Step::Check,
        Event::HookStarted { phase, attempt, .. } => {
            matches!(decide(state), Step::CallHook(call) if (call.phase, call.attempt) == (*phase, *attempt))
        }
        Event::ResticStarted { .. } => decide(state) == Step::RunBackup,
        Event::OrphansEnded { .. } => decide(state) == Step::EndOrphans,
        Event::RetentionStarted {} => decide(state) == Step::RunRetention,
        Event::RunFinished { .. } => matches!(decide(state), Step::Finish(_)),
        _ => true,
    }
}

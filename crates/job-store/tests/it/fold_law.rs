//! What holds for every history that the machine can follow. The fuzz target `journal_fold` takes this file too, and
//! therefore it uses nothing of its neighbours.

use hook_core::{LifecycleEvent, RunEvent};
use lifecycle_engine::machine::{RunState, evolve, owes_post_hook};

/// Takes each line as an event, as a journal keeps them; a line that is none is passed over.
pub(crate) fn events(lines: &str) -> Vec<RunEvent> {
    lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The machine folds any history or refuses it, and at every step where it would begin something it agrees with the
/// oracle about the post hook: as the facts stand, and as they would stand if the owner died.
pub(crate) fn holds_for(lines: &str) {
    let events: Vec<_> = events(lines).into_iter().map(|event| event.event).filter(a_zb_can_write).collect();
    let mut state = RunState::default();
    for (number, event) in (1..).zip(&events) {
        let Ok(next) = evolve(state, event) else { return };
        state = next;
        if state.end.is_some() {
            return;
        }
        let so_far = &events[..number];
        if state.in_flight.is_none() {
            assert_eq!(state.is_post_owed(), owes_post_hook(so_far), "at rest after {so_far:#?}");
        }
        let died = LifecycleEvent::RunInterrupted { by: "recover".to_owned() };
        let Ok(dead) = evolve(state.clone(), &died) else { panic!("a death can follow {so_far:#?}") };
        let told = [so_far, &[died]].concat();
        assert_eq!(dead.is_post_owed(), owes_post_hook(&told), "after a death after {so_far:#?}");
    }
}

/// Every job that is read has from 1 to 10 attempts for a hook.
fn a_zb_can_write(event: &LifecycleEvent) -> bool {
    let LifecycleEvent::RunQueued(queued) = event else { return true };
    let (pre, post) = (queued.hooks.pre.map(|pre| pre.attempts), queued.hooks.post.map(|post| post.attempts));
    [pre, post].into_iter().flatten().all(|attempts| (1..=10).contains(&attempts))
}

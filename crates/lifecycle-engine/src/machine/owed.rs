//! The oracle: reads the events alone and knows nothing of the machine (architecture, law 5).

use hook_core::{
    LifecycleEvent as Event, OutcomeKind, Phase, PostWhen,
    event::{HookFinished, PostPlan, RunQueued},
};

/// Whether the post hook of this history is owed and not yet settled: the pairing rule of `spec.md` §3, said a
/// second time and in other words than the machine's, so that a fault in one of them shows.
#[must_use]
pub fn owes_post_hook(events: &[Event]) -> bool {
    let Some(Event::RunQueued(RunQueued { hooks, .. })) = events.first() else { return false };
    let Some(post) = hooks.post else { return false };
    let any = |wanted: &dyn Fn(&Event) -> bool| events.iter().any(wanted);
    let started = any(&|event| matches!(event, Event::ResticStarted { .. }));
    let owed = match (hooks.pre, post.when) {
        (None, _) | (_, PostWhen::AfterRestic) => started,
        (Some(_), PostWhen::Always) => any(&|event| is_start(event, Phase::Pre)),
        (Some(_), PostWhen::Paired) => pre_may_have_taken_effect(events),
    };
    owed && !is_settled(events, post)
}

fn is_start(event: &Event, of: Phase) -> bool {
    matches!(event, Event::HookStarted { phase, .. } if *phase == of)
}

fn ends(events: &[Event], of: Phase) -> impl Iterator<Item = &HookFinished> {
    events.iter().filter_map(move |event| match event {
        Event::HookFinished(finished) if finished.phase == of => Some(finished),
        _ => None,
    })
}

/// A 2xx took effect, silence may have, and so may an attempt of which no end is recorded.
fn pre_may_have_taken_effect(events: &[Event]) -> bool {
    let begun = events.iter().filter(|event| is_start(event, Phase::Pre)).count();
    begun > ends(events, Phase::Pre).count()
        || ends(events, Phase::Pre).any(|end| end.outcome.may_have_taken_effect())
}

/// Answered, failed for good, out of attempts, failed under recovery's patience, cleared, or over.
fn is_settled(events: &[Event], post: PostPlan) -> bool {
    let interruption = events.iter().position(|event| matches!(event, Event::RunInterrupted { .. }));
    let in_recovery = interruption.is_some_and(|at| ends(&events[at..], Phase::Post).next().is_some());
    let heard = ends(events, Phase::Post).any(|end| {
        end.outcome == OutcomeKind::Ok
            || !end.outcome.may_be_mended(end.http_status)
            || end.attempt == post.attempts
    });
    let closed =
        events.iter().any(|event| matches!(event, Event::HookCleared { .. } | Event::RunFinished { .. }));
    in_recovery || heard || closed
}

//! A run that is queued now and begun later; a post hook that a person sends once more.

use hook_core::{LifecycleEvent, OutcomeKind, Phase, RunStatus};
use lifecycle_engine::{
    Cleared, Control, Resent, Settled,
    testing::{Script, Seen},
};

use super::scenario::Scenario;

fn post_answers(kinds: &[(OutcomeKind, Option<u16>)]) -> Script {
    Script { answers: [(Phase::Post, kinds.iter().copied().collect())].into(), ..Script::default() }
}

fn starts(events: &[LifecycleEvent]) -> Vec<(u32, Option<RunStatus>)> {
    let post = |event: &LifecycleEvent| match event {
        LifecycleEvent::HookStarted { phase: Phase::Post, attempt, status, .. } => Some((*attempt, *status)),
        _ => None,
    };
    events.iter().filter_map(post).collect()
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_queued_does_nothing_until_it_is_begun() {
    let scenario = Scenario::new(Script::default());
    let (engine, claim) = (scenario.engine(), scenario.claim().await);
    let queued = engine.queue(&scenario.plan, &claim).await.unwrap();
    assert!(matches!(scenario.events().await[..], [LifecycleEvent::RunQueued(_)]));
    assert!(!scenario.world.seen().iter().any(|seen| matches!(seen, Seen::Hook(..))));
    tokio::time::sleep(std::time::Duration::from_secs(90)).await;
    let verdict = engine.begin(queued, &scenario.plan, &Control::default()).await.unwrap();
    assert_eq!(verdict.status, RunStatus::Success);
    let events = scenario.events().await;
    let Some(LifecycleEvent::RunFinished { duration_ms, .. }) = events.last() else { panic!("{events:?}") };
    assert!(*duration_ms >= 90_000, "the wait is part of the run: {duration_ms}");
}

/// Its process died before it was begun: it owes nothing, and nothing was done.
#[tokio::test(start_paused = true)]
async fn a_run_that_died_queued_is_ended_without_a_hook() {
    let scenario = Scenario::new(Script::default());
    let claim = scenario.claim().await;
    drop(scenario.engine().queue(&scenario.plan, &claim).await.unwrap());
    drop(claim);
    let settled = scenario.recover(Script::default()).await.unwrap();
    assert!(matches!(settled, Settled::Ended { sent: false, .. }), "{settled:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_post_hook_is_sent_again_with_the_same_words_until_it_is_answered() {
    let failing = [(OutcomeKind::Rejected, Some(500)), (OutcomeKind::NotSent, None)];
    let scenario = Scenario::new(post_answers(&failing));
    assert_eq!(scenario.run().await.unwrap().status, RunStatus::Warning);
    let engine = scenario.engine();

    let again = engine.send_post_again(&scenario.plan.job, &scenario.claim().await).await.unwrap();
    let Resent::Tried(tried) = again else { panic!("{again:?}") };
    assert_eq!((tried.attempt, tried.outcome), (2, OutcomeKind::NotSent));
    let again = engine.send_post_again(&scenario.plan.job, &scenario.claim().await).await.unwrap();
    let Resent::Tried(tried) = again else { panic!("{again:?}") };
    assert_eq!((tried.attempt, tried.outcome), (3, OutcomeKind::Ok));
    let again = engine.send_post_again(&scenario.plan.job, &scenario.claim().await).await.unwrap();
    assert_eq!(again, Resent::NotOwed, "it was answered");
    let claim = scenario.claim().await;
    let cleared = engine.clear(&scenario.plan.job, &claim, "ana", &Control::default()).await.unwrap();
    assert_eq!(cleared, Cleared::NothingOwed, "it was answered");
    drop(claim);

    let success = Some(RunStatus::Success);
    assert_eq!(starts(&scenario.events().await), [(1, success), (2, success), (3, success)]);
    let posts = scenario.posts();
    assert!(posts.iter().all(|post| *post == posts[0]), "{posts:?}");
    let settled = scenario.recover(Script::default()).await.unwrap();
    assert_eq!(settled, Settled::WasOver, "the history stays one that can be read");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_owed_is_not_sent_again() {
    let well = Scenario::new(Script::default());
    well.run().await.unwrap();
    let again = well.engine().send_post_again(&well.plan.job, &well.claim().await).await.unwrap();
    assert_eq!(again, Resent::NotOwed);

    let cleared = Scenario::new(post_answers(&[(OutcomeKind::Rejected, Some(500))]));
    cleared.run().await.unwrap();
    let (engine, job) = (cleared.engine(), &cleared.plan.job);
    let done = engine.clear(job, &cleared.claim().await, "ana", &Control::default()).await.unwrap();
    assert_eq!(done, Cleared::Now);
    assert_eq!(engine.send_post_again(job, &cleared.claim().await).await.unwrap(), Resent::NotOwed);
}

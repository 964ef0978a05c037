//! Recovery's patience, its refusal, and the end of its wait.

use std::time::Duration;

use hook_core::{LifecycleEvent, OutcomeKind, Phase, RunStatus};
use lifecycle_engine::{
    Control, EngineError, Settled,
    testing::{Fault, FaultyJournal, Script, Seen},
};

use super::scenario::Scenario;

async fn died_while_paused() -> Scenario {
    let scenario = Scenario::new(Script::default());
    let journal = FaultyJournal::new(scenario.journal.clone(), Fault::DieAfter, 2);
    assert!(scenario.run_until_death(journal).await.is_none());
    scenario
}

fn answers(kind: OutcomeKind, status: Option<u16>, times: usize) -> Script {
    let answers = std::iter::repeat_n((kind, status), times).collect();
    Script { answers: [(Phase::Post, answers)].into(), ..Script::default() }
}

fn posts(scenario: &Scenario) -> usize {
    scenario.world.seen().iter().filter(|seen| matches!(seen, Seen::Hook(Phase::Post, _))).count()
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_not_up_yet_is_waited_for() {
    let scenario = died_while_paused().await;
    let settled = scenario.recover(answers(OutcomeKind::Rejected, Some(502), 6)).await.unwrap();
    assert!(matches!(settled, Settled::Ended { sent: true, post_failure: None, .. }), "{settled:?}");
    assert_eq!(posts(&scenario), 7);
    let starts =
        |event: &&LifecycleEvent| matches!(event, LifecycleEvent::HookStarted { phase: Phase::Post, .. });
    assert_eq!(scenario.events().await.iter().filter(starts).count(), 1, "the tries are one attempt");
}

#[tokio::test(start_paused = true)]
async fn after_five_minutes_the_failure_is_recorded() {
    let scenario = died_while_paused().await;
    let settled = scenario.recover(answers(OutcomeKind::Rejected, Some(502), 1000)).await.unwrap();
    let Settled::Ended { verdict, post_failure: Some(failure), .. } = settled else { panic!("{settled:?}") };
    assert_eq!(failure, "post webhook returned HTTP 502");
    assert_eq!(verdict.status, RunStatus::Error);
    // 1 + 2 + 4 + 8 + 16 s, then every 30 s: 13 pauses fit into 300 s.
    assert_eq!(posts(&scenario), 14);
    assert_eq!(scenario.recover(Script::default()).await.unwrap(), Settled::WasOver);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_no_try_mends_is_recorded_at_once() {
    let scenario = died_while_paused().await;
    scenario.recover(answers(OutcomeKind::Rejected, Some(404), 1)).await.unwrap();
    assert_eq!(posts(&scenario), 1);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_may_not_send_records_nothing() {
    let scenario = died_while_paused().await;
    let before = scenario.events().await;
    let script = Script { forbidden: Some("Add http://hooks:9000".to_owned()), ..Script::default() };
    let settled = scenario.recover(script).await.unwrap();
    assert_eq!(settled, Settled::StillOwed { reason: "Add http://hooks:9000".to_owned() });
    assert_eq!(scenario.events().await, before);
    assert_eq!(posts(&scenario), 0);
    assert!(scenario.world.seen().contains(&Seen::OrphansEnded), "the work does not go on meanwhile");
    assert!(matches!(scenario.recover(Script::default()).await.unwrap(), Settled::Ended { sent: true, .. }));
}

#[tokio::test(start_paused = true)]
async fn whoever_ends_the_wait_leaves_the_debt() {
    let scenario = died_while_paused().await;
    scenario.world.restart(answers(OutcomeKind::NotSent, None, 1000));
    let control = Control::default();
    let stop = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        control.cancel("SIGINT");
    };
    let (settled, ()) = tokio::join!(scenario.settle(Duration::from_secs(300), &control), stop);
    assert!(matches!(settled, Err(EngineError::Stopped)), "{settled:?}");
    assert_eq!(posts(&scenario), 0);
    assert!(matches!(scenario.recover(Script::default()).await.unwrap(), Settled::Ended { sent: true, .. }));
}

#[tokio::test(start_paused = true)]
async fn attempts_alone_decide_in_a_living_run() {
    let mut scenario = Scenario::new(answers(OutcomeKind::Rejected, Some(503), 2));
    let mut config = scenario.plan.post.as_ref().unwrap().config().clone();
    config.attempts = 3;
    scenario.plan.post = Some(std::sync::Arc::new(hook_core::HookSpec::new(config).unwrap()));
    let verdict = scenario.run().await.unwrap();
    assert_eq!(verdict.status, RunStatus::Success);
    assert_eq!(posts(&scenario), 3);
}

//! The extended body: its figures are those that were recorded, also after a death.

use std::{sync::Arc, time::Duration};

use hook_core::{
    HookConfig, HookSpec, LifecycleEvent, OutcomeKind, PayloadKind, Phase,
    event::{BackupOutcome, ResticFinished},
};
use lifecycle_engine::{
    RunPlan,
    testing::{Fault, FaultyJournal, Moment, Script, Seen},
};
use proptest::{prelude::*, sample::select};
use serde_json::Value;

use super::scenario::Scenario;

fn extended(hook: &mut Option<Arc<HookSpec>>) {
    let config = hook.as_ref().unwrap().config().clone();
    let config = HookConfig { payload: PayloadKind::Extended, ..config };
    *hook = Some(Arc::new(HookSpec::new(config).unwrap()));
}

/// A run whose hooks ask for the extended body.
fn scenario(script: Script) -> Scenario {
    let mut scenario = Scenario::new(script);
    extended(&mut scenario.plan.pre);
    extended(&mut scenario.plan.post);
    scenario
}

fn bodies(scenario: &Scenario, of: Phase) -> Vec<String> {
    let body = |seen| match seen {
        Seen::Hook(phase, body) if phase == of => Some(body),
        _ => None,
    };
    scenario.world.seen().into_iter().filter_map(body).collect()
}

/// The only body of a phase, without the keys of the seed.
#[track_caller]
fn added(scenario: &Scenario, of: Phase) -> Value {
    let [body] = &bodies(scenario, of)[..] else { panic!("{:?}", scenario.world.seen()) };
    let mut body: Value = serde_json::from_str(body).unwrap();
    let keys = body.as_object_mut().unwrap();
    for seed in ["phase", "event", "jobId", "scheduleId", "organizationId", "sourcePath", "status", "error"] {
        keys.shift_remove(seed);
    }
    body
}

#[tokio::test(start_paused = true)]
async fn a_living_run_tells_what_was_recorded() {
    let scenario = scenario(Script { backup_takes: Duration::from_millis(1234), ..Script::default() });
    scenario.run().await.unwrap();
    let run = serde_json::json!({"jobName": "table", "trigger": "cli", "attempt": 1, "host": "db1"});
    assert_eq!(added(&scenario, Phase::Pre), run);
    let mut post = run;
    let figures = serde_json::json!({
        "exitCode": 0, "snapshotId": "5a7b2c1d", "durationMs": 1234, "pauseMs": 1234,
        "filesNew": 1, "filesChanged": 2, "bytesAdded": 3,
    });
    post.as_object_mut().unwrap().extend(figures.as_object().unwrap().clone());
    assert_eq!(added(&scenario, Phase::Post), post);
}

#[tokio::test(start_paused = true)]
async fn each_hook_has_its_own_form() {
    let mut scenario = Scenario::new(Script::default());
    extended(&mut scenario.plan.post);
    scenario.run().await.unwrap();
    assert_eq!(added(&scenario, Phase::Pre), serde_json::json!({}));
    assert_eq!(added(&scenario, Phase::Post)["host"], "db1");
}

async fn restic_finished(scenario: &Scenario) -> ResticFinished {
    let ended = |event| match event {
        LifecycleEvent::ResticFinished(ended) => Some(ended),
        _ => None,
    };
    scenario.events().await.into_iter().filter_map(ended).next_back().unwrap()
}

#[tokio::test(start_paused = true)]
async fn without_a_pre_hook_nothing_was_paused() {
    let mut scenario = scenario(Script { backup_takes: Duration::from_secs(2), ..Script::default() });
    scenario.plan.pre = None;
    scenario.run().await.unwrap();
    assert_eq!(added(&scenario, Phase::Post)["durationMs"], 2000);
    assert_eq!(added(&scenario, Phase::Post).get("pauseMs"), None);
    assert_eq!(restic_finished(&scenario).await.pause_ms, None);
}

#[tokio::test(start_paused = true)]
async fn what_never_ran_has_no_figures() {
    let pre = [(OutcomeKind::NoAnswer, None)].into();
    let scenario = scenario(Script { answers: [(Phase::Pre, pre)].into(), ..Script::default() });
    scenario.run().await.unwrap();
    let run = serde_json::json!({"jobName": "table", "trigger": "cli", "attempt": 1, "host": "db1"});
    assert_eq!(added(&scenario, Phase::Post), run);
}

#[tokio::test(start_paused = true)]
async fn a_second_try_that_died_leaves_no_figures_of_the_first() {
    let scenario = scenario(Script { backup: BackupOutcome::Unlocked, ..Script::default() });
    // queued, pre, restic, restic again: struck when the second start is on disk.
    let journal = FaultyJournal::new(scenario.journal.clone(), Fault::DieAfter, 3);
    assert!(scenario.run_until_death(journal).await.is_none());
    scenario.recover(Script::default()).await.unwrap();
    assert_eq!(added(&scenario, Phase::Post).get("exitCode"), None);
}

#[test]
fn a_plan_that_an_older_zb_sealed_is_still_opened() {
    let scenario = scenario(Script::default());
    let mut sealed: Value = serde_json::from_slice(&scenario.plan.to_bytes()).unwrap();
    sealed.as_object_mut().unwrap().shift_remove("host").unwrap();
    sealed["post"].as_object_mut().unwrap().shift_remove("payload").unwrap();
    let opened = RunPlan::from_bytes(sealed.to_string().as_bytes()).unwrap();
    assert_eq!(opened.post.unwrap().payload(), PayloadKind::Default);
    assert_eq!(opened.pre.unwrap().payload(), PayloadKind::Extended);
}

/// A run that dies at one append, and a recovery that dies at another, then one that goes through.
async fn struck_twice(script: Script, fault: Fault, run: usize, recovery: usize) -> Vec<String> {
    let scenario = scenario(script);
    let journal = FaultyJournal::new(scenario.journal.clone(), fault, run);
    if scenario.run_until_death(journal).await.is_none() && !scenario.events().await.is_empty() {
        scenario.world.restart(Script::default());
        let journal = FaultyJournal::new(scenario.journal.clone(), fault, recovery);
        tokio::select! {
            _ = scenario.settle_over(journal.clone()) => {}
            () = journal.died() => {}
        }
        scenario.recover(Script::default()).await.unwrap();
    }
    bodies(&scenario, Phase::Post)
}

proptest! {
    /// `spec.md` §1: whatever died when, for a receiver every repeat is the same.
    #[test]
    fn a_repeated_post_hook_has_the_same_body(
        backup in select(vec![
            BackupOutcome::Complete, BackupOutcome::Incomplete, BackupOutcome::Failed, BackupOutcome::Unlocked,
        ]),
        cancel_at in select(vec![None, Some(Moment::InBackup), Some(Moment::AfterBackup)]),
        takes in 0..100_000_u64,
        fault in select(vec![Fault::DieBefore, Fault::DieAfter]),
        run in 0..7_usize,
        recovery in 0..4_usize,
    ) {
        let takes = Duration::from_millis(takes);
        let script = Script { backup, backup_takes: takes, cancel_at, ..Script::default() };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let bodies = runtime.block_on(struck_twice(script, fault, run, recovery));
        prop_assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{:#?}", bodies);
    }
}

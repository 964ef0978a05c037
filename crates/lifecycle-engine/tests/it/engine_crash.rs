//! The engine's process dies at every append, before and after it is on disk; recovery dies too.

use hook_core::{OutcomeKind, Phase};
use lifecycle_engine::{
    Settled,
    machine::owes_post_hook,
    testing::{Fault, FaultyJournal, Script, Seen},
};

use super::scenario::Scenario;

/// What the receiver must have seen, whatever died when: a pre hook that may have taken effect is followed by a
/// post hook, and nothing ran twice.
fn outside_is_paired(seen: &[Seen]) {
    let position = |wanted: Phase| {
        seen.iter().rposition(|seen| matches!(seen, Seen::Hook(phase, _) if *phase == wanted))
    };
    if let Some(pre) = position(Phase::Pre) {
        assert!(position(Phase::Post).is_some_and(|post| post > pre), "paused for ever: {seen:?}");
    }
    let count = |wanted: &dyn Fn(&Seen) -> bool| seen.iter().filter(|seen| wanted(seen)).count();
    assert!(count(&|seen| matches!(seen, Seen::Hook(Phase::Pre, _))) <= 1, "two pre hooks: {seen:?}");
    assert!(count(&|seen| matches!(seen, Seen::BackupBegan)) <= 1, "two backups: {seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_death_at_every_append_loses_no_post_hook() {
    for fault in [Fault::DieBefore, Fault::DieAfter] {
        for append in 0.. {
            let scenario = Scenario::new(Script::default());
            let journal = FaultyJournal::new(scenario.journal.clone(), fault, append);
            if scenario.run_until_death(journal).await.is_some() {
                assert_eq!(append, 5, "a run with both hooks appends five times");
                break;
            }
            if scenario.events().await.is_empty() {
                assert_eq!(scenario.world.seen(), [], "nothing is sent before the run is on disk");
                continue;
            }
            scenario.recover(Script::default()).await.unwrap();
            outside_is_paired(&scenario.world.seen());
            assert!(!owes_post_hook(&scenario.events().await));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_recovery_that_dies_is_taken_up_again() {
    for append in 0..6 {
        let scenario = Scenario::new(Script::default());
        let journal = FaultyJournal::new(scenario.journal.clone(), Fault::DieAfter, 2);
        assert!(scenario.run_until_death(journal).await.is_none());
        let second = FaultyJournal::new(scenario.journal.clone(), Fault::DieAfter, append);
        scenario.world.restart(Script::default());
        tokio::select! {
            _ = scenario.settle_over(second.clone()) => {}
            () = second.died() => {}
        }
        scenario.recover(Script::default()).await.unwrap();
        outside_is_paired(&scenario.world.seen());
        let again = scenario.recover(Script::default()).await.unwrap();
        assert_eq!(again, Settled::WasOver, "recovery is idempotent");
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_post_hook_has_the_same_body() {
    for answer in [OutcomeKind::Ok, OutcomeKind::NoAnswer] {
        let script = Script {
            answers: [(Phase::Pre, [(answer, Some(200))].into())].into(),
            backup_problem: None,
            ..Script::default()
        };
        let scenario = Scenario::new(script);
        // The post hook is answered, and the process dies before that is on disk.
        let last = if answer == OutcomeKind::Ok { 4 } else { 3 };
        let journal = FaultyJournal::new(scenario.journal.clone(), Fault::DieBefore, last);
        assert!(scenario.run_until_death(journal).await.is_none());
        scenario.recover(Script::default()).await.unwrap();
        let bodies: Vec<_> = scenario
            .world
            .seen()
            .into_iter()
            .filter_map(|seen| match seen {
                Seen::Hook(Phase::Post, body) => Some(body),
                _ => None,
            })
            .collect();
        assert_eq!(bodies.len(), 2, "at least once");
        assert_eq!(bodies[0], bodies[1]);
    }
}

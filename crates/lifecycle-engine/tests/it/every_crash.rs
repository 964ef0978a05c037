//! The whole machine, and four ways to break it.

use hook_core::Phase;
use lifecycle_engine::machine::{HookCall, RunState, Step, Work, decide};

use super::explorer::{Decide, Explored, REAL, Violation, explore, plans};

fn explore_all(decide: Decide, crashes: u32) -> Result<Explored, Violation> {
    let mut all = Explored::default();
    for plan in plans() {
        let explored = explore(decide, &plan, crashes)?;
        all.histories += explored.histories;
        all.longest = all.longest.max(explored.longest);
        all.states.extend(explored.states);
    }
    Ok(all)
}

#[test]
fn every_history_keeps_every_law() {
    let explored = explore_all(REAL, 3).unwrap_or_else(|violation| panic!("{violation:#?}"));
    println!(
        "{} plans, {} histories, {} states, the longest of {} events",
        plans().len(),
        explored.histories,
        explored.states.len(),
        explored.longest
    );
    assert!(explored.histories > 100_000, "the exploration has become too small to mean anything");
}

/// Each mutation breaks a law; the one that is named is the one that notices.
fn is_caught(mutation: Decide, expected: &str) {
    let violation = explore_all(mutation, 1).expect_err("the mutation went unnoticed");
    assert_eq!(violation.law, expected, "{:#?}", violation.history);
}

#[test]
fn a_post_hook_before_restics_end_is_caught() {
    is_caught(
        |state| {
            // Takes the end of a lost restic for granted.
            decide(&RunState { orphans_ended: true, ..state.clone() })
        },
        "no post hook beside a live restic",
    );
}

#[test]
fn going_on_after_a_crash_is_caught() {
    is_caught(
        |state| {
            let forgetful = RunState { interrupted: false, ..state.clone() };
            if matches!(state.backup, Work::Lost) { decide(state) } else { decide(&forgetful) }
        },
        "the machine understands what it does",
    );
}

#[test]
fn a_second_pre_hook_is_caught() {
    is_caught(
        |state| match decide(state) {
            Step::RunBackup if state.pre.started == 1 => Step::CallHook(HookCall {
                phase: Phase::Pre,
                attempt: 2,
                after: std::time::Duration::ZERO,
                says: None,
            }),
            step => step,
        },
        "nothing begins twice",
    );
}

#[test]
fn a_forgotten_post_hook_is_caught() {
    is_caught(
        |state| match decide(state) {
            Step::CallHook(HookCall { phase: Phase::Post, .. }) => Step::Finish(state.verdict()),
            step => step,
        },
        "no debt is unpaid at the end",
    );
}

//! What holds for the trace of any history, also of one that no zb can have written.

use std::collections::HashSet;

use hook_core::{LifecycleEvent as Fact, Phase, RunStatus, event::BackupOutcome, span_id};
use proptest::{collection::vec, prelude::*, sample::select};
use telemetry::run_spans;

use crate::histories::{
    PLANTED, answered, checked, failed, finished, history, job, queued, restic_started, saved, silent,
    started,
};

fn facts() -> impl Strategy<Value = Vec<(i64, Fact)>> {
    let phases = || select(vec![Phase::Pre, Phase::Post]);
    let statuses = vec![RunStatus::Success, RunStatus::Warning, RunStatus::Error, RunStatus::Cancelled];
    let fact = prop_oneof![
        Just(checked()),
        (phases(), 1..4_u32).prop_map(|(phase, attempt)| started(phase, attempt)),
        (phases(), 1..4_u32, select(vec![200, 503]))
            .prop_map(|(phase, n, status)| answered(phase, n, status)),
        (phases(), 1..4_u32).prop_map(|(phase, attempt)| silent(phase, attempt)),
        Just(restic_started()),
        Just(Fact::ResticFinished(saved())),
        Just(Fact::ResticFinished(failed(BackupOutcome::Failed, 1))),
        Just(Fact::CancelRequested { by: "ui".to_owned() }),
        Just(Fact::RunInterrupted { by: "recover".to_owned() }),
        Just(Fact::OrphansEnded { count: 1 }),
        Just(Fact::HookCleared { phase: Phase::Post, by: "zoe".to_owned() }),
        Just(Fact::RetentionStarted {}),
        Just(Fact::RetentionFinished { kept: 1, removed: 0, error: Some(PLANTED.to_owned()) }),
        select(statuses).prop_map(finished),
        Just(Fact::Unknown),
    ];
    vec((-5_000..500_000_i64, fact), 0..24).prop_map(|mut facts| {
        facts.insert(0, (0, queued()));
        facts
    })
}

proptest! {
    #[test]
    fn a_trace_is_whole_dated_and_without_secrets(facts in facts()) {
        let spans = run_spans(&history(facts));
        let root = span_id(&job(), "backup.run", 1).to_vec();
        for (at, run) in spans.iter().enumerate() {
            let span = &run.span;
            prop_assert_eq!(at == 0, span.parent_span_id.is_empty());
            prop_assert!(at == 0 || span.parent_span_id == root);
            prop_assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
            let shown = format!("{span:?}");
            prop_assert!(!shown.contains(PLANTED), "{}", shown);
        }
    }

    #[test]
    fn a_longer_history_changes_nothing_that_was_due(facts in facts()) {
        let history = history(facts);
        let all = run_spans(&history);
        for events in 0..history.len() {
            let seen = run_spans(&history[..events]);
            prop_assert_eq!(&seen[..], &all[..seen.len()]);
            prop_assert!(seen.iter().all(|span| span.due.get() as usize <= events));
            prop_assert!(all[seen.len()..].iter().all(|span| span.due.get() as usize > events));
        }
    }

    /// Attempts are counted up, as zb does it: then no two spans have the same id.
    #[test]
    fn every_span_has_an_id_of_its_own(acts in vec(0..4_u8, 0..12)) {
        let mut attempts = [0; 2];
        let mut facts = vec![(0, queued())];
        for (act, ms) in acts.into_iter().zip((0..).step_by(10)) {
            match act {
                0 | 1 => {
                    let at = usize::from(act);
                    attempts[at] += 1;
                    let phase = [Phase::Pre, Phase::Post][at];
                    facts.extend([(ms, started(phase, attempts[at])), (ms, answered(phase, attempts[at], 503))]);
                }
                2 => facts.extend([(ms, restic_started()), (ms, Fact::ResticFinished(saved()))]),
                _ => facts.push((ms, Fact::RunInterrupted { by: "run".to_owned() })),
            }
        }
        facts.push((200, finished(RunStatus::Error)));
        let spans = run_spans(&history(facts));
        let ids: HashSet<_> = spans.iter().map(|run| &run.span.span_id).collect();
        prop_assert_eq!(ids.len(), spans.len());
    }
}

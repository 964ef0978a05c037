//! The table of `spec.md` §3, row by row, in its order and its words, on the real engine.

use std::collections::{BTreeMap, VecDeque};

use hook_core::{OutcomeKind, Phase, RunStatus, event::BackupOutcome};
use lifecycle_engine::{
    RunPlan,
    testing::{Fault, FaultyJournal, Moment, Script},
};

use super::scenario::Scenario;

/// One row: its first cell, what brings it about, and what must be seen.
struct Row {
    words: &'static str,
    cases: Vec<Case>,
}

struct Case {
    script: Script,
    plan: fn(&mut RunPlan),
    /// The append after which the process dies, counted from 0.
    dies_after: Option<usize>,
    restic: &'static str,
    /// Status of the post hook, and a text that its error holds (`""`: it has none).
    post: Option<(&'static str, &'static str)>,
    run: RunStatus,
    /// A text that the run's error holds; `""`: it has none.
    error: &'static str,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            script: Script::default(),
            plan: |_| {},
            dies_after: None,
            restic: "ran",
            post: Some(("success", "")),
            run: RunStatus::Success,
            error: "",
        }
    }
}

type Answers = BTreeMap<Phase, VecDeque<(OutcomeKind, Option<u16>)>>;

fn answers(phase: Phase, kind: OutcomeKind, status: Option<u16>) -> Answers {
    BTreeMap::from([(phase, [(kind, status)].into())])
}

fn pre(kind: OutcomeKind, status: Option<u16>) -> Script {
    Script { answers: answers(Phase::Pre, kind, status), ..Script::default() }
}

fn post_fails() -> Answers {
    answers(Phase::Post, OutcomeKind::Rejected, Some(500))
}

fn backup(outcome: BackupOutcome, problem: &str) -> Script {
    Script { backup: outcome, backup_problem: Some(problem.to_owned()), ..Script::default() }
}

fn cancelled(at: Moment) -> Script {
    Script { cancel_at: Some(at), ..Script::default() }
}

fn no_pre(plan: &mut RunPlan) {
    plan.pre = None;
}

fn with_retention(plan: &mut RunPlan) {
    plan.retention = true;
}

const INTERRUPTED: &str = "interrupted";

#[expect(clippy::too_many_lines, reason = "the table of the specification, whole")]
fn table() -> Vec<Row> {
    vec![
        Row {
            words: "a check fails",
            cases: vec![Case {
                script: Script { check_problem: Some("no restic".to_owned()), ..Script::default() },
                restic: "never starts",
                post: None,
                run: RunStatus::Error,
                error: "no restic",
                ..Case::default()
            }],
        },
        Row { words: "pre 2xx, restic exit 0, post 2xx", cases: vec![Case::default()] },
        Row {
            words: "pre 2xx, restic exit 3 (some files unreadable)",
            cases: vec![Case {
                script: backup(BackupOutcome::Incomplete, "could not read 2 files"),
                post: Some(("warning", "could not read 2 files")),
                run: RunStatus::Warning,
                error: "could not read 2 files",
                ..Case::default()
            }],
        },
        Row {
            words: "pre 2xx, restic exits otherwise, is killed, or cannot start",
            cases: vec![Case {
                script: backup(BackupOutcome::Failed, "wrong password"),
                post: Some(("error", "wrong password")),
                run: RunStatus::Error,
                error: "wrong password",
                ..Case::default()
            }],
        },
        Row {
            words: "pre never reached the receiver (disallowed, over a limit, no DNS, no connection, bad certificate)",
            cases: [OutcomeKind::NotSent, OutcomeKind::Refused]
                .map(|kind| Case {
                    script: pre(kind, None),
                    restic: "never starts",
                    post: None,
                    run: RunStatus::Error,
                    error: "pre webhook",
                    ..Case::default()
                })
                .into(),
        },
        Row {
            words: "pre answered, not 2xx",
            cases: vec![Case {
                script: pre(OutcomeKind::Rejected, Some(500)),
                restic: "never starts",
                post: None,
                run: RunStatus::Error,
                error: "pre webhook returned HTTP 500",
                ..Case::default()
            }],
        },
        Row {
            words: "pre sent, no whole answer (timed out, connection broke)",
            cases: vec![Case {
                script: pre(OutcomeKind::NoAnswer, None),
                restic: "never starts",
                post: Some(("error", "pre webhook")),
                run: RunStatus::Error,
                error: "pre webhook",
                ..Case::default()
            }],
        },
        Row {
            words: "cancelled while the pre hook is in flight",
            cases: vec![
                Case {
                    script: cancelled(Moment::InHook(Phase::Pre)),
                    restic: "never starts",
                    post: Some(("cancelled", "SIGINT")),
                    run: RunStatus::Cancelled,
                    error: "SIGINT",
                    ..Case::default()
                },
                Case {
                    script: Script {
                        answers: answers(Phase::Pre, OutcomeKind::NotSent, None),
                        ..cancelled(Moment::InHook(Phase::Pre))
                    },
                    restic: "never starts",
                    post: None,
                    run: RunStatus::Cancelled,
                    error: "SIGINT",
                    ..Case::default()
                },
            ],
        },
        Row {
            words: "pre 2xx, then cancelled before restic starts",
            cases: vec![Case {
                script: cancelled(Moment::AfterHook(Phase::Pre)),
                restic: "never starts",
                post: Some(("cancelled", "SIGINT")),
                run: RunStatus::Cancelled,
                error: "SIGINT",
                ..Case::default()
            }],
        },
        Row {
            words: "no pre hook, cancelled before restic starts",
            cases: vec![Case {
                script: cancelled(Moment::Checking),
                plan: no_pre,
                restic: "never starts",
                post: None,
                run: RunStatus::Cancelled,
                error: "SIGINT",
                ..Case::default()
            }],
        },
        Row {
            words: "cancelled while restic runs",
            cases: vec![Case {
                script: cancelled(Moment::InBackup),
                post: Some(("cancelled", "SIGINT")),
                run: RunStatus::Cancelled,
                error: "SIGINT",
                ..Case::default()
            }],
        },
        Row {
            words: "cancelled, but restic had already finished",
            cases: vec![
                Case { script: cancelled(Moment::AfterBackup), ..Case::default() },
                Case {
                    script: Script {
                        cancel_at: Some(Moment::AfterBackup),
                        ..backup(BackupOutcome::Failed, "no repository")
                    },
                    post: Some(("error", "no repository")),
                    run: RunStatus::Error,
                    error: "no repository",
                    ..Case::default()
                },
            ],
        },
        Row {
            words: "post fails after success",
            cases: vec![Case {
                script: Script { answers: post_fails(), ..Script::default() },
                run: RunStatus::Warning,
                error: "post webhook returned HTTP 500",
                ..Case::default()
            }],
        },
        Row {
            words: "post fails after warning, error or cancelled",
            cases: vec![
                Case {
                    script: Script { answers: post_fails(), ..backup(BackupOutcome::Incomplete, "one file") },
                    post: Some(("warning", "one file")),
                    run: RunStatus::Warning,
                    error: "one file; post webhook returned HTTP 500",
                    ..Case::default()
                },
                Case {
                    script: Script { answers: post_fails(), ..backup(BackupOutcome::Failed, "broken") },
                    post: Some(("error", "broken")),
                    run: RunStatus::Error,
                    error: "broken; post webhook returned HTTP 500",
                    ..Case::default()
                },
                Case {
                    script: Script { answers: post_fails(), ..cancelled(Moment::InBackup) },
                    post: Some(("cancelled", "SIGINT")),
                    run: RunStatus::Cancelled,
                    error: "SIGINT; post webhook returned HTTP 500",
                    ..Case::default()
                },
            ],
        },
        Row {
            words: "zb dies (SIGKILL, OOM, power) after the pre hook may have been sent, before the post hook was answered",
            cases: vec![
                dies(1, "never starts", Some(("error", INTERRUPTED)), RunStatus::Error, INTERRUPTED),
                dies(2, "never starts", Some(("error", INTERRUPTED)), RunStatus::Error, INTERRUPTED),
                dies(3, "ran", Some(("success", "")), RunStatus::Success, ""),
                Case {
                    script: backup(BackupOutcome::Incomplete, "one file"),
                    ..dies(3, "ran", Some(("warning", "one file")), RunStatus::Warning, "one file")
                },
            ],
        },
        Row {
            words: "no pre hook, zb dies after `restic.started`, before the post hook was answered",
            cases: vec![
                Case {
                    plan: no_pre,
                    ..dies(1, "never starts", Some(("error", INTERRUPTED)), RunStatus::Error, INTERRUPTED)
                },
                Case { plan: no_pre, ..dies(2, "ran", Some(("success", "")), RunStatus::Success, "") },
            ],
        },
        Row {
            words: "zb dies before `hook.started` and `restic.started`",
            cases: vec![dies(0, "never starts", None, RunStatus::Error, INTERRUPTED)],
        },
        Row {
            words: "zb dies after the post hook was answered",
            cases: vec![
                Case {
                    plan: with_retention,
                    ..dies(4, "ran", Some(("success", "")), RunStatus::Warning, "retention was interrupted")
                },
                Case {
                    plan: with_retention,
                    script: backup(BackupOutcome::Incomplete, "one file"),
                    ..dies(
                        4,
                        "ran",
                        Some(("warning", "one file")),
                        RunStatus::Warning,
                        "retention was interrupted",
                    )
                },
            ],
        },
        Row {
            words: "cancelled during retention",
            cases: vec![
                Case {
                    plan: with_retention,
                    script: cancelled(Moment::InRetention),
                    run: RunStatus::Warning,
                    error: "retention was cancelled",
                    ..Case::default()
                },
                Case {
                    plan: with_retention,
                    script: Script {
                        cancel_at: Some(Moment::InRetention),
                        ..backup(BackupOutcome::Incomplete, "one file")
                    },
                    post: Some(("warning", "one file")),
                    run: RunStatus::Warning,
                    error: "one file; retention was cancelled",
                    ..Case::default()
                },
            ],
        },
    ]
}

fn dies(
    after: usize,
    restic: &'static str,
    post: Option<(&'static str, &'static str)>,
    run: RunStatus,
    error: &'static str,
) -> Case {
    Case { dies_after: Some(after), restic, post, run, error, ..Case::default() }
}

#[tokio::test(start_paused = true)]
async fn every_row_holds() {
    for row in table() {
        for (number, case) in row.cases.into_iter().enumerate() {
            check(&format!("{}, case {}", row.words, number + 1), case).await;
        }
    }
}

async fn check(row: &str, case: Case) {
    let mut scenario = Scenario::new(case.script);
    (case.plan)(&mut scenario.plan);
    match case.dies_after {
        None => drop(scenario.run().await.unwrap()),
        Some(append) => {
            let journal = FaultyJournal::new(scenario.journal.clone(), Fault::DieAfter, append);
            assert!(scenario.run_until_death(journal).await.is_none(), "{row}: the process did not die");
            scenario.recover(Script::default()).await.unwrap();
        }
    }
    assert_eq!(scenario.restic(), case.restic, "{row}: restic");
    assert_says(row, scenario.posts().pop(), case.post);
    let (status, error) = scenario.end().await;
    assert_eq!(status, case.run, "{row}: the run, {error:?}");
    assert_holds(row, "the run's error", error.as_deref(), case.error);
}

fn assert_says(row: &str, post: Option<(String, Option<String>)>, expected: Option<(&str, &str)>) {
    match (post, expected) {
        (None, None) => {}
        (Some((status, error)), Some((expected, holds))) => {
            assert_eq!(status, expected, "{row}: the post hook");
            assert_holds(row, "the post hook's error", error.as_deref(), holds);
        }
        (post, expected) => panic!("{row}: the post hook: {post:?}, not {expected:?}"),
    }
}

fn assert_holds(row: &str, what: &str, text: Option<&str>, part: &str) {
    if part.is_empty() {
        assert_eq!(text, None, "{row}: {what}");
    } else {
        assert!(text.is_some_and(|text| text.contains(part)), "{row}: {what}: {text:?} lacks {part:?}");
    }
}

/// The reference carries the same table: a row that is changed there must be changed here.
#[test]
fn the_rows_are_those_of_the_reference() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/lifecycle.md");
    // A packaged crate stands alone, without the workspace's documents.
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let rows = text.lines().skip_while(|line| !line.starts_with("| what happens")).skip(2);
    let rows = rows.map_while(|line| line.strip_prefix("| ")?.split(" | ").next());
    let documented: Vec<_> = rows.collect();
    let tested: Vec<_> = table().iter().map(|row| row.words).collect();
    assert_eq!(documented, tested);
}

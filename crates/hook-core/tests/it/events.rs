//! The wire form of every event (`spec.md` §6), against files that are added to and never edited.

use std::{collections::BTreeSet, ffi::OsStr, fs, os::unix::ffi::OsStrExt, path::Path};

use hook_core::{
    JobId, LifecycleEvent, OutcomeKind, Phase, PostWhen, RunEvent, RunStatus,
    event::{
        BackupOutcome, BackupSummary, HookFinished, HookPlan, MACHINE, PostPlan, PrePlan, ResticFinished,
        RunQueued, Trigger,
    },
};
use serde_json::{Value, json};

const JOB: &str = "job_01h455vb4pex5vsknk084sn02q";
const TIME: &str = "2026-11-24T08:00:00.123Z";

fn of_the_run(event: LifecycleEvent) -> RunEvent {
    RunEvent {
        job: JOB.parse().unwrap(),
        schedule: "sched_07y4tbyhy6zbdds6q8gvrftehj".parse().unwrap(),
        event,
    }
}

/// A file of `tests/golden/v1`, and what it says. `….least` has only the fields that an event cannot lack.
fn golden() -> Vec<(&'static str, LifecycleEvent)> {
    let queued = RunQueued {
        organization_id: Default::default(),
        job_name: "postgres data".to_owned(),
        source_path: "/data".into(),
        trigger: Trigger::Cli,
        by: None,
        retry_of: None,
        attempt: 1,
        hooks: HookPlan::default(),
        retention: false,
        machine: MACHINE,
    };
    let hook_finished = HookFinished {
        phase: Phase::Pre,
        attempt: 1,
        outcome: OutcomeKind::Ok,
        http_status: None,
        duration_ms: 1203,
        error: None,
        response: None,
    };
    let text = |text: &str| Some(text.to_owned());
    vec![
        ("run.queued.least", LifecycleEvent::RunQueued(queued.clone())),
        (
            "run.queued",
            LifecycleEvent::RunQueued(RunQueued {
                trigger: Trigger::Retry,
                by: text("usr_1"),
                retry_of: "job_01h455vb4pex5vsknk084sn02r".parse::<JobId>().ok(),
                attempt: 2,
                hooks: HookPlan {
                    pre: Some(PrePlan { attempts: 1 }),
                    post: Some(PostPlan { attempts: 3, when: PostWhen::Paired }),
                },
                retention: true,
                ..queued
            }),
        ),
        (
            "checks.finished.least",
            LifecycleEvent::ChecksFinished { duration_ms: 41, restic_version: None, error: None },
        ),
        (
            "checks.finished",
            LifecycleEvent::ChecksFinished {
                duration_ms: 41,
                restic_version: text("0.14.0"),
                error: text("restic 0.13.1 is too old"),
            },
        ),
        ("hook.started.least", hook_started(Phase::Pre, None)),
        ("hook.started", hook_started(Phase::Post, Some(RunStatus::Success))),
        ("hook.finished.least", LifecycleEvent::HookFinished(hook_finished.clone())),
        (
            "hook.finished",
            LifecycleEvent::HookFinished(HookFinished {
                phase: Phase::Post,
                outcome: OutcomeKind::Rejected,
                http_status: Some(500),
                error: text("post webhook returned HTTP 500"),
                response: text("Error occurred while executing the hook's command."),
                ..hook_finished
            }),
        ),
        ("restic.started", LifecycleEvent::ResticStarted { restic_version: "0.14.0".to_owned() }),
        ("restic.finished.least", LifecycleEvent::ResticFinished(ResticFinished::default())),
        (
            "restic.finished",
            LifecycleEvent::ResticFinished(ResticFinished {
                outcome: BackupOutcome::Incomplete,
                exit_code: Some(3),
                signal: text("SIGSEGV"),
                snapshot_id: text("5a7b2c1d"),
                summary: Some(BackupSummary {
                    files_new: 1,
                    files_changed: 2,
                    files_unmodified: 3,
                    bytes_added: 4,
                    total_files: 6,
                    total_bytes: 5 << 30,
                }),
                stderr: text("error: open /data/x: permission denied"),
                error: text("restic could not read 1 file"),
                advice: text("look at the permissions of the files that restic names"),
                duration_ms: Some(88_000),
                pause_ms: Some(88_040),
            }),
        ),
        ("cancel.requested", LifecycleEvent::CancelRequested { by: "SIGINT".to_owned() }),
        ("run.interrupted", LifecycleEvent::RunInterrupted { by: "recover".to_owned() }),
        ("orphans.ended", LifecycleEvent::OrphansEnded { count: 2 }),
        ("hook.cleared", LifecycleEvent::HookCleared { phase: Phase::Post, by: "recover".to_owned() }),
        ("retention.started", LifecycleEvent::RetentionStarted {}),
        ("retention.finished.least", LifecycleEvent::RetentionFinished { kept: 7, removed: 0, error: None }),
        (
            "retention.finished",
            LifecycleEvent::RetentionFinished { kept: 7, removed: 2, error: text("repository is locked") },
        ),
        (
            "run.finished.least",
            LifecycleEvent::RunFinished {
                status: RunStatus::Cancelled,
                error: None,
                snapshot_id: None,
                duration_ms: 93_210,
                pause_ms: None,
            },
        ),
        (
            "run.finished",
            LifecycleEvent::RunFinished {
                status: RunStatus::Warning,
                error: text("post webhook returned HTTP 500"),
                snapshot_id: text("5a7b2c1d"),
                duration_ms: 93_210,
                pause_ms: Some(90_001),
            },
        ),
    ]
}

fn hook_started(phase: Phase, status: Option<RunStatus>) -> LifecycleEvent {
    LifecycleEvent::HookStarted {
        phase,
        attempt: 1,
        webhook_id: format!("msg_01h455vb4pex5vsknk084sn02q_{phase}"),
        origin: "http://host.docker.internal:9000".to_owned(),
        status,
    }
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1")
}

fn line(name: &str) -> String {
    fs::read_to_string(folder().join(format!("{name}.json"))).unwrap()
}

#[test]
fn every_event_is_written_as_its_file_has_it() {
    for (name, event) in golden() {
        assert_eq!(of_the_run(event).to_wire(3, &TIME) + "\n", line(name), "{name}");
    }
}

#[test]
fn every_file_is_read_as_the_event_that_it_was() {
    for (name, event) in golden() {
        let read: RunEvent = serde_json::from_str(&line(name)).unwrap();
        assert_eq!(read, of_the_run(event), "{name}");
    }
}

#[test]
fn no_file_and_no_type_of_the_contract_is_forgotten() {
    let names: BTreeSet<String> = golden().iter().map(|(name, _)| format!("{name}.json")).collect();
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), names);

    let types: BTreeSet<&str> = golden().iter().map(|(name, _)| name.trim_end_matches(".least")).collect();
    let contract = "run.queued checks.finished hook.started hook.finished restic.started restic.finished \
        cancel.requested run.interrupted orphans.ended hook.cleared retention.started retention.finished \
        run.finished";
    assert_eq!(types, contract.split_whitespace().collect());
}

#[test]
fn the_journals_form_is_the_wires_without_time_and_place() {
    for (name, event) in golden() {
        let mut wire: Value = serde_json::from_str(&line(name)).unwrap();
        let fields = wire.as_object_mut().unwrap();
        fields.shift_remove("time");
        fields.shift_remove("seq");
        assert_eq!(serde_json::to_string(&of_the_run(event)).unwrap(), wire.to_string(), "{name}");
    }
}

#[test]
fn fields_that_are_not_known_are_passed_over() {
    for (name, event) in golden() {
        let mut wire: Value = serde_json::from_str(&line(name)).unwrap();
        wire["later"] = json!({"a": [1, null]});
        assert_eq!(serde_json::from_value::<RunEvent>(wire).unwrap(), of_the_run(event), "{name}");
    }
}

#[test]
fn a_type_that_is_not_known_is_an_event_that_says_nothing() {
    let later = json!({
        "type": "repository.rekeyed", "time": TIME, "seq": 3, "jobId": JOB, "scheduleId": "sched_s", "phase": 7,
    });
    let event: RunEvent = serde_json::from_value(later).unwrap();
    assert_eq!(event.event, LifecycleEvent::Unknown);
    let again = event.to_wire(3, &TIME);
    let expected =
        format!(r#"{{"type":"unknown","time":"{TIME}","seq":3,"jobId":"{JOB}","scheduleId":"sched_s"}}"#);
    assert_eq!(again, expected);
    assert_eq!(serde_json::from_str::<RunEvent>(&again).unwrap(), event);
}

#[test]
fn what_was_recorded_is_never_guessed_at() {
    for (what, broken) in [
        ("a field is missing", json!({"type": "orphans.ended", "jobId": JOB, "scheduleId": "sched_s"})),
        (
            "a value is not known",
            json!({"type": "hook.cleared", "jobId": JOB, "scheduleId": "sched_s", "phase": "mid", "by": "x"}),
        ),
        ("no type", json!({"jobId": JOB, "scheduleId": "sched_s", "count": 1})),
        ("no run", json!({"type": "orphans.ended", "scheduleId": "sched_s", "count": 1})),
        (
            "an id is none",
            json!({"type": "orphans.ended", "jobId": "1", "scheduleId": "sched_s", "count": 1}),
        ),
    ] {
        assert!(serde_json::from_value::<RunEvent>(broken).is_err(), "{what}");
    }
}

#[test]
fn a_path_that_is_not_utf8_loses_bytes_and_not_the_event() {
    let mut queued = golden().swap_remove(0).1;
    if let LifecycleEvent::RunQueued(queued) = &mut queued {
        queued.source_path = OsStr::from_bytes(b"/da\xffta").into();
    }
    let wire: Value = serde_json::from_str(&of_the_run(queued).to_wire(1, &TIME)).unwrap();
    assert_eq!((&wire["type"], &wire["sourcePath"]), (&json!("run.queued"), &json!("/da\u{fffd}ta")));
}

#[test]
fn the_pairing_rule_and_the_retry_rule_read_the_kind_of_answer() {
    for (kind, took_effect, mendable, mendable_by_status) in [
        (OutcomeKind::Ok, true, false, vec![]),
        (OutcomeKind::Refused, false, false, vec![]),
        (OutcomeKind::NotSent, false, true, vec![]),
        (OutcomeKind::Rejected, false, false, vec![429, 500, 502, 503, 599]),
        (OutcomeKind::NoAnswer, true, true, vec![]),
        (OutcomeKind::Cancelled, true, false, vec![]),
    ] {
        assert_eq!(kind.may_have_taken_effect(), took_effect, "{kind:?}");
        assert_eq!(kind.may_be_mended(None), mendable, "{kind:?}");
        for status in [200, 302, 400, 404, 428, 429, 499, 500, 502, 503, 599, 600] {
            let expected = mendable || mendable_by_status.contains(&status);
            assert_eq!(kind.may_be_mended(Some(status)), expected, "{kind:?} {status}");
        }
    }
}

//! A line that was written is read as what was written (`spec.md` §6), whatever stands in it.

use hook_core::{
    JobId, LifecycleEvent, OutcomeKind, Phase, PostWhen, Progress, RunEvent, RunStatus, ScheduleId, WireLine,
    event::{
        BackupOutcome, BackupSummary, HookFinished, HookPlan, MACHINE, PostPlan, PrePlan, ResticFinished,
        RunQueued, Trigger,
    },
};
use proptest::{option, prelude::*, sample::select};
use serde_json::{Value, json};

const JOB: &str = "job_01h455vb4pex5vsknk084sn02q";
const TIME: &str = "2026-11-24T08:00:00.123Z";

fn job() -> impl Strategy<Value = JobId> {
    (0..1_u64 << 48, any::<[u8; 10]>()).prop_map(|(unix_ms, random)| JobId::from_parts(unix_ms, random))
}

fn schedule() -> impl Strategy<Value = ScheduleId> {
    "sched_[A-Za-z0-9_-]{1,64}".prop_map(|id| id.parse().unwrap())
}

/// A text that may be absent; quotes, line ends and terminal codes in it too.
fn text() -> impl Strategy<Value = Option<String>> {
    option::of(any::<String>())
}

fn status() -> impl Strategy<Value = RunStatus> {
    select(vec![RunStatus::Success, RunStatus::Warning, RunStatus::Error, RunStatus::Cancelled])
}

fn phase() -> impl Strategy<Value = Phase> {
    select(vec![Phase::Pre, Phase::Post])
}

fn queued() -> impl Strategy<Value = LifecycleEvent> {
    let hooks = (option::of(1..=10_u32), option::of(1..=10_u32), any::<bool>());
    let words = (any::<String>(), "/[^\0]*", text(), option::of(job()));
    (words, any::<u32>(), hooks).prop_map(
        |((job_name, source, by, retry_of), attempt, (pre, post, retention))| {
            LifecycleEvent::RunQueued(RunQueued {
                organization_id: Default::default(),
                job_name,
                source_path: source.into(),
                trigger: if retry_of.is_some() { Trigger::Retry } else { Trigger::Cli },
                by,
                retry_of,
                attempt,
                hooks: HookPlan {
                    pre: pre.map(|attempts| PrePlan { attempts }),
                    post: post.map(|attempts| PostPlan { attempts, when: PostWhen::Paired }),
                },
                retention,
                machine: MACHINE,
            })
        },
    )
}

fn of_a_hook() -> impl Strategy<Value = LifecycleEvent> {
    let started = (phase(), any::<u32>(), any::<String>(), any::<String>(), option::of(status())).prop_map(
        |(phase, attempt, webhook_id, origin, status)| LifecycleEvent::HookStarted {
            phase,
            attempt,
            webhook_id,
            origin,
            status,
        },
    );
    let outcome =
        select(vec![OutcomeKind::Ok, OutcomeKind::NotSent, OutcomeKind::Rejected, OutcomeKind::NoAnswer]);
    let finished = (phase(), any::<u32>(), outcome, option::of(any::<u16>()), any::<u64>(), text(), text())
        .prop_map(|(phase, attempt, outcome, http_status, duration_ms, error, response)| {
            LifecycleEvent::HookFinished(HookFinished {
                phase,
                attempt,
                outcome,
                http_status,
                duration_ms,
                error,
                response,
            })
        });
    prop_oneof![started, finished]
}

fn of_restic() -> impl Strategy<Value = LifecycleEvent> {
    let started = any::<String>().prop_map(|restic_version| LifecycleEvent::ResticStarted { restic_version });
    let outcome = select(vec![
        BackupOutcome::Complete,
        BackupOutcome::Incomplete,
        BackupOutcome::Failed,
        BackupOutcome::Cancelled,
        BackupOutcome::Unlocked,
    ]);
    let summary = option::of(any::<[u64; 6]>().prop_map(|n| BackupSummary {
        files_new: n[0],
        files_changed: n[1],
        files_unmodified: n[2],
        bytes_added: n[3],
        total_files: n[4],
        total_bytes: n[5],
    }));
    let numbers = (option::of(any::<i32>()), option::of(any::<u64>()), option::of(any::<u64>()));
    let finished = (outcome, summary, numbers, [text(), text(), text(), text(), text()]).prop_map(
        |(
            outcome,
            summary,
            (exit_code, duration_ms, pause_ms),
            [signal, snapshot_id, stderr, error, advice],
        )| {
            LifecycleEvent::ResticFinished(ResticFinished {
                outcome,
                exit_code,
                signal,
                snapshot_id,
                summary,
                stderr,
                error,
                advice,
                duration_ms,
                pause_ms,
            })
        },
    );
    prop_oneof![started, finished]
}

fn of_the_run() -> impl Strategy<Value = LifecycleEvent> {
    let checks = (any::<u64>(), text(), text()).prop_map(|(duration_ms, restic_version, error)| {
        LifecycleEvent::ChecksFinished { duration_ms, restic_version, error }
    });
    let retention = (any::<u64>(), any::<u64>(), text())
        .prop_map(|(kept, removed, error)| LifecycleEvent::RetentionFinished { kept, removed, error });
    let finished = (status(), text(), text(), any::<u64>(), option::of(any::<u64>())).prop_map(
        |(status, error, snapshot_id, duration_ms, pause_ms)| LifecycleEvent::RunFinished {
            status,
            error,
            snapshot_id,
            duration_ms,
            pause_ms,
        },
    );
    prop_oneof![
        checks,
        any::<String>().prop_map(|by| LifecycleEvent::CancelRequested { by }),
        any::<String>().prop_map(|by| LifecycleEvent::RunInterrupted { by }),
        any::<u32>().prop_map(|count| LifecycleEvent::OrphansEnded { count }),
        (phase(), any::<String>()).prop_map(|(phase, by)| LifecycleEvent::HookCleared { phase, by }),
        Just(LifecycleEvent::RetentionStarted {}),
        retention,
        finished,
        Just(LifecycleEvent::Unknown),
    ]
}

fn run_event() -> impl Strategy<Value = RunEvent> {
    let event = prop_oneof![queued(), of_a_hook(), of_restic(), of_the_run()];
    (job(), schedule(), event).prop_map(|(job, schedule, event)| RunEvent { job, schedule, event })
}

fn progress() -> impl Strategy<Value = Progress> {
    let files = proptest::collection::vec(any::<String>(), 0..3);
    (any::<[u64; 4]>(), 0..=4096_u32, option::of(any::<u64>()), files).prop_map(
        |(n, part, seconds_remaining, current_files)| Progress {
            percent_done: f64::from(part) / 4096.0,
            files_done: n[0],
            bytes_done: n[1],
            total_files: n[2],
            total_bytes: n[3],
            seconds_remaining,
            current_files,
        },
    )
}

proptest! {
    #[test]
    fn an_event_that_was_written_is_read(event in run_event(), seq: u32, time: String, end in "(\r?\n)?") {
        let line = event.to_wire(seq, &time);
        prop_assert!(!line.contains('\n'), "one line: {line}");
        let WireLine::Event(read) = RunEvent::from_wire(&(line + &end)).unwrap() else {
            return Err(TestCaseError::fail("no event"));
        };
        prop_assert_eq!((read.time, read.seq, read.event), (time, seq, event));
    }

    #[test]
    fn a_progress_that_was_written_is_told_apart(
        progress in progress(),
        job in job(),
        schedule in schedule(),
        time: String,
    ) {
        let WireLine::Progress(read) = RunEvent::from_wire(&progress.to_wire(&job, &schedule, &time)).unwrap() else {
            return Err(TestCaseError::fail("no progress"));
        };
        prop_assert_eq!((read.time, read.job, read.schedule, read.progress), (time, job, schedule, progress));
    }

    /// A newer zb's field, whatever its name and value are.
    #[test]
    fn a_field_that_is_not_known_changes_nothing(event in run_event(), name in "later[A-Za-z]*", value: i64) {
        let line = event.to_wire(1, &TIME);
        let mut later: Value = serde_json::from_str(&line).unwrap();
        later[name] = json!({ "a": [value, null] });
        let read = [&line, &later.to_string()].map(|line| RunEvent::from_wire(line).unwrap());
        prop_assert_eq!(&read[0], &read[1]);
    }

    #[test]
    fn whatever_a_pipe_brings_ends_in_no_panic(line: String) {
        prop_assert!(RunEvent::from_wire(&line).is_err(), "{line:?}");
    }
}

#[test]
fn a_type_that_is_not_known_keeps_its_place_or_is_passed_over() {
    let head = json!({ "type": "repository.rekeyed", "time": TIME, "jobId": JOB, "scheduleId": "sched_s" });
    assert_eq!(RunEvent::from_wire(&head.to_string()).unwrap(), WireLine::Unknown);
    let mut counted = head;
    counted["seq"] = json!(9);
    let WireLine::Event(read) = RunEvent::from_wire(&counted.to_string()).unwrap() else {
        panic!("no event")
    };
    assert_eq!((read.seq, read.event.event), (9, LifecycleEvent::Unknown));
}

#[test]
fn what_is_no_line_says_where_it_goes_wrong() {
    for (line, reason) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("zb: the job is running already", "expected value at line 1 column 1"),
        (r#"["run.finished"]"#, "invalid type: sequence, expected a map"),
        (r#"{"type":"retention.started"}"#, "missing field `jobId`"),
        (r#"{"type":"progress"}"#, "missing field `time`"),
        (&placed("seq", None), "missing field `seq`"),
        (&placed("time", None), "missing field `time`"),
        (&placed("seq", Some(json!(-1))), "invalid value: integer `-1`, expected u32"),
        (&placed("jobId", Some(json!("7"))), "\"7\" is no JobId"),
        (&placed("type", Some(json!("orphans.ended"))), "missing field `count`"),
    ] {
        let error = RunEvent::from_wire(line).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.starts_with(reason), "{line}: {source}");
        assert_eq!(error.to_string(), "this is no line of zb run --json");
    }
}

/// `retention.started` with one field changed or taken away.
fn placed(field: &str, value: Option<Value>) -> String {
    let mut line = json!({
        "type": "retention.started", "time": TIME, "seq": 3, "jobId": JOB, "scheduleId": "sched_s",
    });
    match value {
        Some(value) => line[field] = value,
        None => _ = line.as_object_mut().unwrap().shift_remove(field),
    }
    line.to_string()
}

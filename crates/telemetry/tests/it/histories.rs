//! Histories of runs, as zb writes them.

use event_bus::{Position, Recorded, StreamId, Version};
use hook_core::{
    JobId, LifecycleEvent as Fact, OutcomeKind, Phase, RunEvent, RunStatus,
    event::{
        BackupOutcome, BackupSummary, HookFinished, HookPlan, PostPlan, PrePlan, ResticFinished, RunQueued,
        Trigger,
    },
};
use jiff::{SignedDuration, Timestamp};

/// What no span may show.
pub(crate) const PLANTED: &str = "planted-secret";

pub(crate) fn job() -> JobId {
    "job_01h455vb4pex5vsknk084sn02q".parse().unwrap()
}

/// So many milliseconds after the run was queued.
pub(crate) fn at(ms: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_millis(ms)
}

/// Nanoseconds since 1970, as a span has them.
pub(crate) fn nanos(ms: i64) -> u64 {
    at(ms).as_nanosecond().try_into().unwrap()
}

/// Events with their times, in milliseconds after the first.
pub(crate) fn history(facts: impl IntoIterator<Item = (i64, Fact)>) -> Vec<Recorded<RunEvent>> {
    let mut position = 0;
    let mut record = |(ms, fact)| {
        position += 1;
        let event = RunEvent { job: job(), schedule: "sched_pg".parse().unwrap(), event: fact };
        let version = Version::new(position);
        Recorded::new(Position::new(position.into()), StreamId::from(job().as_str()), version, at(ms), event)
    };
    facts.into_iter().map(&mut record).collect()
}

pub(crate) fn queued() -> Fact {
    Fact::RunQueued(RunQueued {
        organization_id: "org_acme".parse().unwrap(),
        job_name: "postgres".to_owned(),
        source_path: "/srv/pg".into(),
        trigger: Trigger::Schedule,
        by: None,
        retry_of: None,
        attempt: 1,
        hooks: HookPlan {
            pre: Some(PrePlan { attempts: 3 }),
            post: Some(PostPlan { attempts: 3, when: Default::default() }),
        },
        retention: true,
        machine: 1,
    })
}

pub(crate) fn checked() -> Fact {
    Fact::ChecksFinished { duration_ms: 40, restic_version: Some("0.18.0".to_owned()), error: None }
}

pub(crate) fn started(phase: Phase, attempt: u32) -> Fact {
    Fact::HookStarted {
        phase,
        attempt,
        webhook_id: format!("msg_01h455vb4pex5vsknk084sn02q_{phase}"),
        origin: "https://db.example:8443".to_owned(),
        status: None,
    }
}

pub(crate) fn answered(phase: Phase, attempt: u32, http_status: u16) -> Fact {
    let is_ok = (200..300).contains(&http_status);
    Fact::HookFinished(HookFinished {
        phase,
        attempt,
        outcome: if is_ok { OutcomeKind::Ok } else { OutcomeKind::Rejected },
        http_status: Some(http_status),
        duration_ms: 900,
        error: (!is_ok).then(|| format!("{phase} webhook returned HTTP {http_status}")),
        response: Some(PLANTED.to_owned()),
    })
}

pub(crate) fn silent(phase: Phase, attempt: u32) -> Fact {
    Fact::HookFinished(HookFinished {
        phase,
        attempt,
        outcome: OutcomeKind::NoAnswer,
        http_status: None,
        duration_ms: 60_000,
        error: Some(format!(
            "{phase} webhook timed out after 60 s; the request was sent, no whole answer came"
        )),
        response: None,
    })
}

pub(crate) fn restic_started() -> Fact {
    Fact::ResticStarted { restic_version: "0.18.0".to_owned() }
}

pub(crate) fn saved() -> ResticFinished {
    ResticFinished {
        outcome: BackupOutcome::Complete,
        exit_code: Some(0),
        snapshot_id: Some("51e44279".to_owned()),
        summary: Some(BackupSummary {
            files_new: 1,
            files_changed: 2,
            files_unmodified: 3,
            bytes_added: 4096,
            total_files: 6,
            total_bytes: 8192,
        }),
        stderr: Some(PLANTED.to_owned()),
        pause_ms: Some(4_000),
        ..ResticFinished::default()
    }
}

/// What restic said last is in `error`, as it is in a real one.
pub(crate) fn failed(outcome: BackupOutcome, exit_code: i32) -> ResticFinished {
    ResticFinished {
        outcome,
        exit_code: Some(exit_code),
        stderr: Some(PLANTED.to_owned()),
        error: Some(format!("restic: Fatal: {PLANTED} (exit {exit_code})")),
        advice: Some(PLANTED.to_owned()),
        ..ResticFinished::default()
    }
}

pub(crate) fn finished(status: RunStatus) -> Fact {
    Fact::RunFinished {
        status,
        error: (status != RunStatus::Success).then(|| format!("restic: Fatal: {PLANTED}")),
        snapshot_id: (status == RunStatus::Success).then(|| "51e44279".to_owned()),
        duration_ms: 7_000,
        pause_ms: Some(4_000),
    }
}

/// Both hooks, restic and retention, and all went well.
pub(crate) fn good() -> Vec<(i64, Fact)> {
    vec![
        (0, queued()),
        (40, checked()),
        (40, started(Phase::Pre, 1)),
        (940, answered(Phase::Pre, 1, 200)),
        (940, restic_started()),
        (4_940, Fact::ResticFinished(saved())),
        (4_940, started(Phase::Post, 1)),
        (5_840, answered(Phase::Post, 1, 204)),
        (5_840, Fact::RetentionStarted {}),
        (6_990, Fact::RetentionFinished { kept: 7, removed: 1, error: None }),
        (7_000, finished(RunStatus::Success)),
    ]
}

/// Cancelled by Ctrl-C while restic ran; the post hook is sent all the same.
pub(crate) fn cancelled() -> Vec<(i64, Fact)> {
    let mut facts = good();
    facts.truncate(5);
    facts.extend([
        (2_000, Fact::CancelRequested { by: "SIGINT".to_owned() }),
        (2_100, Fact::ResticFinished(failed(BackupOutcome::Cancelled, 130))),
        (2_100, started(Phase::Post, 1)),
        (3_000, answered(Phase::Post, 1, 200)),
        (3_000, finished(RunStatus::Cancelled)),
    ]);
    facts
}

/// Killed while restic ran, and settled by the guardian two seconds later.
pub(crate) fn killed() -> Vec<(i64, Fact)> {
    let mut facts = good();
    facts.truncate(5);
    facts.extend([
        (3_000, Fact::RunInterrupted { by: "guardian".to_owned() }),
        (3_500, Fact::OrphansEnded { count: 2 }),
        (3_500, started(Phase::Post, 1)),
        (4_000, answered(Phase::Post, 1, 200)),
        (4_000, finished(RunStatus::Error)),
    ]);
    facts
}

//! Runs as their events, in the words of `spec.md` §3. Each ends as the engine ends it.

use hook_core::{
    JobId, LifecycleEvent as Event, OutcomeKind, Phase, PostWhen, RunStatus,
    event::{
        BackupOutcome, BackupSummary, HookFinished, HookPlan, PostPlan, PrePlan, ResticFinished, RunQueued,
        Trigger,
    },
};

/// The nth run there is, the same each time.
pub(crate) fn job_id(nth: u64) -> JobId {
    let [.., high, low] = nth.to_be_bytes();
    JobId::from_parts(1_795_000_000_000 + nth, [0, 0, 0, 0, 0, 0, 0, 0, high, low])
}

/// Both hooks, `paired`.
pub(crate) fn both() -> HookPlan {
    HookPlan { pre: Some(PrePlan { attempts: 1 }), ..post_only() }
}

pub(crate) fn post_only() -> HookPlan {
    HookPlan { pre: None, post: Some(PostPlan { attempts: 1, when: PostWhen::Paired }) }
}

pub(crate) fn queued(name: &str, hooks: HookPlan) -> Event {
    Event::RunQueued(RunQueued {
        organization_id: hook_core::OrganizationId::default(),
        job_name: name.to_owned(),
        source_path: "/data".into(),
        trigger: Trigger::Schedule,
        by: None,
        retry_of: None,
        attempt: 1,
        hooks,
        retention: true,
        machine: 1,
    })
}

pub(crate) fn checks(error: Option<&str>) -> Event {
    Event::ChecksFinished {
        duration_ms: 41,
        restic_version: Some("0.18.0".to_owned()),
        error: error.map(ToOwned::to_owned),
    }
}

pub(crate) fn hook_started(phase: Phase) -> Event {
    Event::HookStarted {
        phase,
        attempt: 1,
        webhook_id: format!("msg_00000000000000000000000000_{phase}"),
        origin: "http://127.0.0.1:9000".to_owned(),
        status: None,
    }
}

pub(crate) fn hook_finished(phase: Phase, outcome: OutcomeKind, http_status: Option<u16>) -> Event {
    Event::HookFinished(HookFinished {
        phase,
        attempt: 1,
        outcome,
        http_status,
        duration_ms: 1203,
        error: (outcome != OutcomeKind::Ok).then(|| format!("{phase} webhook failed")),
        response: Some("RESPONSE-OF-A-HOOK".to_owned()),
    })
}

/// Begun and answered.
pub(crate) fn hook(phase: Phase, outcome: OutcomeKind, http_status: Option<u16>) -> [Event; 2] {
    [hook_started(phase), hook_finished(phase, outcome, http_status)]
}

pub(crate) fn hook_ok(phase: Phase) -> [Event; 2] {
    hook(phase, OutcomeKind::Ok, Some(200))
}

pub(crate) fn restic_started() -> Event {
    Event::ResticStarted { restic_version: "0.18.0".to_owned() }
}

pub(crate) fn restic_finished(outcome: BackupOutcome, exit_code: Option<i32>) -> Event {
    let saved = matches!(outcome, BackupOutcome::Complete | BackupOutcome::Incomplete);
    Event::ResticFinished(ResticFinished {
        outcome,
        exit_code,
        snapshot_id: saved.then(|| "5a7b2c1d9f3c21ab".to_owned()),
        summary: saved.then_some(BackupSummary {
            files_new: 118,
            files_changed: 2304,
            files_unmodified: 38786,
            bytes_added: 327_155_712,
            total_files: 41208,
            total_bytes: 14_602_888_806,
        }),
        stderr: Some("STDERR-OF-RESTIC".to_owned()),
        error: (outcome != BackupOutcome::Complete).then(|| "restic: a reason".to_owned()),
        ..ResticFinished::default()
    })
}

pub(crate) fn restic(outcome: BackupOutcome, exit_code: i32) -> [Event; 2] {
    [restic_started(), restic_finished(outcome, Some(exit_code))]
}

pub(crate) fn cancel() -> Event {
    Event::CancelRequested { by: "SIGINT".to_owned() }
}

pub(crate) fn interrupted() -> Event {
    Event::RunInterrupted { by: "guardian".to_owned() }
}

pub(crate) fn cleared() -> Event {
    Event::HookCleared { phase: Phase::Post, by: "ana".to_owned() }
}

pub(crate) fn finished(status: RunStatus, error: Option<&str>) -> Event {
    let saved = matches!(status, RunStatus::Success | RunStatus::Warning);
    Event::RunFinished {
        status,
        error: error.map(ToOwned::to_owned),
        snapshot_id: saved.then(|| "5a7b2c1d9f3c21ab".to_owned()),
        duration_ms: 252_000,
        pause_ms: saved.then_some(182_000),
    }
}

/// Joins events and groups of events.
#[macro_export]
macro_rules! run {
    ($($part:expr),* $(,)?) => {{
        let mut events: Vec<hook_core::LifecycleEvent> = Vec::new();
        $(events.extend($crate::runs::Part::from($part).0);)*
        events
    }};
}

/// One event, or several.
pub(crate) struct Part(pub(crate) Vec<Event>);

impl From<Event> for Part {
    fn from(event: Event) -> Self {
        Self(vec![event])
    }
}

impl<const N: usize> From<[Event; N]> for Part {
    fn from(events: [Event; N]) -> Self {
        Self(events.into())
    }
}

impl From<Vec<Event>> for Part {
    fn from(events: Vec<Event>) -> Self {
        Self(events)
    }
}

/// A run that goes well.
pub(crate) fn good(name: &str) -> Vec<Event> {
    run![
        queued(name, both()),
        checks(None),
        hook_ok(Phase::Pre),
        restic(BackupOutcome::Complete, 0),
        hook_ok(Phase::Post),
        finished(RunStatus::Success, None),
    ]
}

/// A run whose restic fails with this code.
pub(crate) fn failed(name: &str, exit_code: i32) -> Vec<Event> {
    run![
        queued(name, both()),
        checks(None),
        hook_ok(Phase::Pre),
        restic(BackupOutcome::Failed, exit_code),
        hook_ok(Phase::Post),
        finished(RunStatus::Error, Some("restic: a reason")),
    ]
}

/// A run that saved all but some files.
pub(crate) fn incomplete(name: &str) -> Vec<Event> {
    run![
        queued(name, both()),
        checks(None),
        hook_ok(Phase::Pre),
        restic(BackupOutcome::Incomplete, 3),
        hook_ok(Phase::Post),
        finished(RunStatus::Warning, Some("restic could not read 1 file")),
    ]
}

/// A run whose post hook fails after a good backup.
pub(crate) fn owing(name: &str, http_status: u16) -> Vec<Event> {
    run![
        queued(name, both()),
        checks(None),
        hook_ok(Phase::Pre),
        restic(BackupOutcome::Complete, 0),
        hook(Phase::Post, OutcomeKind::Rejected, Some(http_status)),
        finished(RunStatus::Warning, Some("post webhook failed")),
    ]
}

/// A run whose restic and post hook fail.
pub(crate) fn failed_and_owing(name: &str) -> Vec<Event> {
    run![
        queued(name, both()),
        checks(None),
        hook_ok(Phase::Pre),
        restic(BackupOutcome::Failed, 12),
        hook(Phase::Post, OutcomeKind::Rejected, Some(500)),
        finished(RunStatus::Error, Some("restic: a reason; post webhook failed")),
    ]
}

/// A run that somebody ended.
pub(crate) fn cancelled(name: &str) -> Vec<Event> {
    run![
        queued(name, both()),
        checks(None),
        hook_ok(Phase::Pre),
        restic_started(),
        cancel(),
        restic_finished(BackupOutcome::Cancelled, Some(130)),
        hook_ok(Phase::Post),
        finished(RunStatus::Cancelled, Some("the run was cancelled by SIGINT")),
    ]
}

//! What the tests share: a clock, ids, plans with a secret in them, the events of a run, the bytes of a directory.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use event_bus::{Clock, Journal, Position, Recorded, StreamId, Version};
use hook_core::{
    HookConfig, HookSpec, JobId, JobKey, LifecycleEvent, OrganizationId, OutcomeKind, Phase, PostWhen,
    RunEvent, RunStatus, ScheduleId,
    event::{HookFinished, ResticFinished, Trigger},
};
use jiff::Timestamp;
use job_store::{NewJob, Store};
use lifecycle_engine::{Claim, ClaimAttempt, RunPlan, RunStore};

/// What no file may hold in clear.
pub(crate) const SECRET: &str = "correct-horse-battery-staple";

/// 2026-11-24T01:00:00Z, in seconds.
const BEGINNING: i64 = 1_795_482_000;

/// A second goes by at each look.
pub(crate) fn clock() -> Clock {
    let seconds = AtomicI64::new(BEGINNING);
    Arc::new(move || Timestamp::from_second(seconds.fetch_add(1, Ordering::Relaxed)).unwrap())
}

pub(crate) fn open(dir: &Path) -> Store {
    Store::open(dir, clock()).unwrap()
}

pub(crate) fn job(number: u8) -> JobId {
    JobId::from_parts(1_795_482_000_000 + u64::from(number), [number; 10])
}

pub(crate) fn schedule(name: &str) -> ScheduleId {
    format!("sched_{name}").parse().unwrap()
}

/// The job of this name in `org_default`.
pub(crate) fn key(name: &str) -> JobKey {
    JobKey::new(OrganizationId::default(), schedule(name))
}

pub(crate) async fn claim(store: &Store, of: &JobKey) -> Claim {
    match store.claim(of).await.unwrap() {
        ClaimAttempt::Claimed(claim) => claim,
        ClaimAttempt::Held(holding) => panic!("held: {holding:?}"),
    }
}

pub(crate) fn organization(name: &str) -> OrganizationId {
    format!("org_{name}").parse().unwrap()
}

/// A job of `org_a` whose definition holds [`SECRET`].
pub(crate) fn new_job(schedule_name: &str, name: &str) -> NewJob {
    NewJob {
        organization: organization("a"),
        schedule: schedule(schedule_name),
        name: name.to_owned(),
        definition: format!("name = \"{name}\"\nheaders = \"X-Secret: {SECRET}\"\n").into(),
        by: None,
    }
}

/// A plan whose headers and work hold [`SECRET`].
pub(crate) fn plan(job: &JobId, schedule: &ScheduleId) -> RunPlan {
    let hook = |url: &str| {
        let mut config = HookConfig::new(url, Duration::from_secs(60));
        config.headers = format!("X-Secret: {SECRET}");
        Some(Arc::new(HookSpec::new(config).unwrap()))
    };
    RunPlan {
        job: job.clone(),
        schedule: schedule.clone(),
        organization: OrganizationId::default(),
        job_name: "postgres data".to_owned(),
        source_path: "/data".into(),
        host: "db1".to_owned(),
        trigger: Trigger::Cli,
        by: None,
        retry_of: None,
        attempt: 1,
        pre: hook("http://127.0.0.1:9000/hooks/stop"),
        post: hook("http://127.0.0.1:9000/hooks/start"),
        when: PostWhen::Paired,
        retention: false,
        work: SECRET.into(),
    }
}

pub(crate) fn queued(job: &JobId, schedule: &ScheduleId) -> LifecycleEvent {
    plan(job, schedule).queued()
}

pub(crate) fn event(job: &JobId, schedule: &ScheduleId, event: LifecycleEvent) -> RunEvent {
    RunEvent { job: job.clone(), schedule: schedule.clone(), event }
}

pub(crate) fn checked() -> LifecycleEvent {
    LifecycleEvent::ChecksFinished {
        duration_ms: 500,
        restic_version: Some("0.14.0".to_owned()),
        error: None,
    }
}

pub(crate) fn hook_started(phase: Phase, attempt: u32) -> LifecycleEvent {
    LifecycleEvent::HookStarted {
        phase,
        attempt,
        webhook_id: format!("msg_1_{phase}"),
        origin: "http://127.0.0.1:9000".to_owned(),
        status: (phase == Phase::Post).then_some(RunStatus::Success),
    }
}

pub(crate) fn hook_finished(phase: Phase, attempt: u32, outcome: OutcomeKind) -> LifecycleEvent {
    let http_status = match outcome {
        OutcomeKind::Ok => Some(200),
        OutcomeKind::Rejected => Some(404),
        _ => None,
    };
    LifecycleEvent::HookFinished(HookFinished {
        phase,
        attempt,
        outcome,
        http_status,
        duration_ms: 100,
        error: (outcome != OutcomeKind::Ok).then(|| format!("{phase} webhook failed")),
        response: Some("postgres\n".to_owned()),
    })
}

pub(crate) fn restic_started() -> LifecycleEvent {
    LifecycleEvent::ResticStarted { restic_version: "0.14.0".to_owned() }
}

pub(crate) fn restic_finished() -> LifecycleEvent {
    LifecycleEvent::ResticFinished(ResticFinished {
        exit_code: Some(0),
        stderr: Some("a word of restic".to_owned()),
        ..ResticFinished::default()
    })
}

pub(crate) fn run_finished(status: RunStatus) -> LifecycleEvent {
    LifecycleEvent::RunFinished { status, error: None, snapshot_id: None, duration_ms: 9000, pause_ms: None }
}

/// All events of a run that went well up to its post hook, which ends so.
pub(crate) fn whole_run(job: &JobId, schedule: &ScheduleId, post: OutcomeKind) -> Vec<LifecycleEvent> {
    vec![
        queued(job, schedule),
        checked(),
        hook_started(Phase::Pre, 1),
        hook_finished(Phase::Pre, 1, OutcomeKind::Ok),
        restic_started(),
        restic_finished(),
        hook_started(Phase::Post, 1),
        hook_finished(Phase::Post, 1, post),
        run_finished(if post == OutcomeKind::Ok { RunStatus::Success } else { RunStatus::Warning }),
    ]
}

/// Adds to a run's stream.
pub(crate) async fn append(store: &Store, job: &JobId, schedule: &ScheduleId, events: Vec<LifecycleEvent>) {
    let stream = StreamId::from(job.as_str());
    let version =
        store.read_stream(&stream).await.unwrap().last().map_or(Version::EMPTY, |last| last.version);
    let events = events.into_iter().map(|told| event(job, schedule, told)).collect();
    store.append(&stream, version, events).await.unwrap();
}

/// A history as a journal would give it back, a second between two events.
pub(crate) fn told(
    job: &JobId,
    schedule: &ScheduleId,
    events: Vec<LifecycleEvent>,
) -> Vec<Recorded<RunEvent>> {
    let record = |(number, told): (u32, LifecycleEvent)| {
        let at = Timestamp::from_second(BEGINNING + i64::from(number)).unwrap();
        let place = Position::new(u64::from(number) + 1);
        Recorded::new(place, job.as_str().into(), Version::new(number + 1), at, event(job, schedule, told))
    };
    (0..).zip(events).map(record).collect()
}

/// Every file below a directory, with its bytes. Only for a store that is closed: reading the database's file would
/// take SQLite's locks away.
pub(crate) fn bytes_of(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.insert(path.clone(), Vec::new());
            files.extend(bytes_of(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

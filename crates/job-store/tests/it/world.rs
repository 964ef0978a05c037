//! What the tests share: a clock, ids, plans with a secret in them, the events of a run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use event_bus::Clock;
use hook_core::{
    HookConfig, HookSpec, JobId, LifecycleEvent, OrganizationId, PostWhen, RunEvent, ScheduleId,
    event::Trigger,
};
use jiff::Timestamp;
use lifecycle_engine::RunPlan;

/// What no file may hold in clear.
pub(crate) const SECRET: &str = "correct-horse-battery-staple";

/// A second goes by at each look; it begins at 2026-11-24T01:00:00Z.
pub(crate) fn clock() -> Clock {
    let seconds = AtomicI64::new(1_795_482_000);
    Arc::new(move || Timestamp::from_second(seconds.fetch_add(1, Ordering::Relaxed)).unwrap())
}

pub(crate) fn job(number: u8) -> JobId {
    JobId::from_parts(1_795_482_000_000 + u64::from(number), [number; 10])
}

pub(crate) fn schedule(name: &str) -> ScheduleId {
    format!("sched_{name}").parse().unwrap()
}

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

pub(crate) fn event(job: &JobId, schedule: &ScheduleId, event: LifecycleEvent) -> RunEvent {
    RunEvent { job: job.clone(), schedule: schedule.clone(), event }
}

//! A run as zb records it, told to the trace observer, which sends it.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use event_bus::{Backoff, Bus, GiveUp, MemoryJournal, StreamId, Version};
use hook_core::{
    JobId, LifecycleEvent as Fact, OutcomeKind, Phase, RunEvent, RunStatus,
    event::{
        BackupOutcome, BackupSummary, HookFinished, HookPlan, PostPlan, PrePlan, ResticFinished, RunQueued,
        Trigger,
    },
};
use jiff::{SignedDuration, Timestamp};
use telemetry::{Collector, Resource, Settings, TraceObserver};

/// Records a run and serves the observer until the collector has its trace.
pub(crate) fn send_to(address: &str) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let environment = |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| address.to_owned());
        let (settings, _warnings) = Settings::read(&environment, Resource::zb("0.1.0", Some("example")));
        let collector = Collector::new("zb/0.1.0".parse()?, settings.traces, settings.metrics);

        let midnight: Timestamp = "2026-01-01T00:00:00Z".parse()?;
        let now = Arc::new(Mutex::new(midnight));
        let hand = Arc::clone(&now);
        let clock = move || *hand.lock().unwrap_or_else(PoisonError::into_inner);
        let bus = Bus::new(Arc::new(MemoryJournal::new(Arc::new(clock))));
        let observer =
            TraceObserver::new(bus.clone(), Arc::new(collector), settings.resource, settings.sampler);
        let never = Backoff { give_up_after: GiveUp::Never, ..Backoff::default() };
        let observing = bus.observe(Arc::new(observer), never);

        let job: JobId = "job_01h455vb4pex5vsknk084sn02q".parse()?;
        let stream = StreamId::from(job.as_str());
        for (version, (ms, event)) in (0..).zip(run()?) {
            let at = midnight + SignedDuration::from_millis(ms);
            *now.lock().unwrap_or_else(PoisonError::into_inner) = at;
            let event = RunEvent { job: job.clone(), schedule: "sched_pg".parse()?, event };
            bus.publish(&stream, Version::new(version), vec![event]).await?;
        }
        if !observing.caught_up(bus.head().await?, Duration::from_secs(60)).await {
            return Err("the collector did not take the trace".into());
        }
        observing.stop().await;
        Ok(())
    })
}

/// What happened, and how many milliseconds after the run was queued. The post hook is answered at the second try.
fn run() -> Result<Vec<(i64, Fact)>, Box<dyn Error>> {
    let queued = RunQueued {
        organization_id: "org_acme".parse()?,
        job_name: "postgres".to_owned(),
        source_path: "/srv/postgres".into(),
        trigger: Trigger::Schedule,
        by: None,
        retry_of: None,
        attempt: 1,
        hooks: HookPlan {
            pre: Some(PrePlan { attempts: 1 }),
            post: Some(PostPlan { attempts: 3, when: Default::default() }),
        },
        retention: true,
        machine: 1,
    };
    let summary = BackupSummary { total_files: 1204, total_bytes: 734_003_200, ..BackupSummary::default() };
    let saved = ResticFinished {
        outcome: BackupOutcome::Complete,
        exit_code: Some(0),
        snapshot_id: Some("51e44279".to_owned()),
        summary: Some(summary),
        ..ResticFinished::default()
    };
    let end = Fact::RunFinished {
        status: RunStatus::Success,
        error: None,
        snapshot_id: Some("51e44279".to_owned()),
        duration_ms: 14_310,
        pause_ms: Some(8_400),
    };
    Ok(vec![
        (0, Fact::RunQueued(queued)),
        (60, Fact::ChecksFinished { duration_ms: 60, restic_version: None, error: None }),
        (60, started(Phase::Pre, 1)),
        (1_480, answered(Phase::Pre, 1, 200)),
        (1_480, Fact::ResticStarted { restic_version: "0.18.0".to_owned() }),
        (9_880, Fact::ResticFinished(saved)),
        (9_880, started(Phase::Post, 1)),
        (10_100, answered(Phase::Post, 1, 503)),
        (11_100, started(Phase::Post, 2)),
        (11_950, answered(Phase::Post, 2, 200)),
        (11_950, Fact::RetentionStarted {}),
        (14_300, Fact::RetentionFinished { kept: 14, removed: 1, error: None }),
        (14_310, end),
    ])
}

fn started(phase: Phase, attempt: u32) -> Fact {
    let (webhook_id, origin) = (String::new(), "https://db.example:8443".to_owned());
    Fact::HookStarted { phase, attempt, webhook_id, origin, status: None }
}

fn answered(phase: Phase, attempt: u32, http_status: u16) -> Fact {
    let is_ok = http_status < 300;
    Fact::HookFinished(HookFinished {
        phase,
        attempt,
        outcome: if is_ok { OutcomeKind::Ok } else { OutcomeKind::Rejected },
        http_status: Some(http_status),
        duration_ms: 0,
        error: (!is_ok).then(|| format!("{phase} webhook returned HTTP {http_status}")),
        response: None,
    })
}

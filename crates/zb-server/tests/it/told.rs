//! Runs that are told to the bus, and a runner that does what a test says.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use event_bus::{Recorded, StreamId, Version};
use hook_core::{
    JobId, LifecycleEvent, OrganizationId, OutcomeKind, Phase, PostWhen, Progress, RunEvent, RunStatus,
    ScheduleId,
    event::{HookFinished, HookPlan, PostPlan, PrePlan, ResticFinished, RunQueued, Trigger},
};
use serde_json::json;
use tokio::sync::watch;
use zb_server::{FileProblem, HookAnswer, HookRefused, Need, RepositoryCheck, RunRefused, Runner};

use crate::world::World;

pub(crate) fn job(number: u8) -> JobId {
    JobId::from_parts(1_795_482_000_000 + u64::from(number), [number; 10])
}

pub(crate) fn schedule(name: &str) -> ScheduleId {
    format!("sched_{name}").parse().unwrap()
}

/// A run of an organization.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) job: JobId,
    pub(crate) schedule: ScheduleId,
    pub(crate) organization: OrganizationId,
    pub(crate) trigger: Trigger,
}

impl Told {
    pub(crate) fn new(number: u8, schedule_name: &str) -> Self {
        let organization = OrganizationId::default();
        Self { job: job(number), schedule: schedule(schedule_name), organization, trigger: Trigger::Cli }
    }

    pub(crate) fn queued(&self) -> LifecycleEvent {
        LifecycleEvent::RunQueued(RunQueued {
            organization_id: self.organization.clone(),
            job_name: "postgres data".to_owned(),
            source_path: "/data".into(),
            trigger: self.trigger,
            by: None,
            retry_of: None,
            attempt: 1,
            hooks: HookPlan {
                pre: Some(PrePlan { attempts: 1 }),
                post: Some(PostPlan { attempts: 1, when: PostWhen::Paired }),
            },
            retention: false,
            machine: 1,
        })
    }

    /// All of a run, whose post hook ends so.
    pub(crate) fn whole(&self, post: OutcomeKind) -> Vec<LifecycleEvent> {
        let is_well = post == OutcomeKind::Ok;
        vec![
            self.queued(),
            hook_started(Phase::Pre),
            hook_finished(Phase::Pre, OutcomeKind::Ok),
            LifecycleEvent::ResticStarted { restic_version: "0.19.1".to_owned() },
            restic_finished(),
            hook_started(Phase::Post),
            hook_finished(Phase::Post, post),
            finished(if is_well { RunStatus::Success } else { RunStatus::Error }),
        ]
    }

    /// Goes on with the run.
    pub(crate) async fn tell(&self, world: &World, events: Vec<LifecycleEvent>) -> Vec<Recorded<RunEvent>> {
        let stream = StreamId::from(self.job.as_str());
        let history = world.service.bus.history(&stream).await.unwrap();
        let version = history.last().map_or(Version::EMPTY, |last| last.version);
        let event = |event| RunEvent { job: self.job.clone(), schedule: self.schedule.clone(), event };
        world.service.bus.publish(&stream, version, events.into_iter().map(event).collect()).await.unwrap()
    }
}

pub(crate) fn hook_started(phase: Phase) -> LifecycleEvent {
    LifecycleEvent::HookStarted {
        phase,
        attempt: 1,
        webhook_id: format!("msg_{phase}"),
        origin: "http://127.0.0.1:9000".to_owned(),
        status: (phase == Phase::Post).then_some(RunStatus::Success),
    }
}

pub(crate) fn hook_finished(phase: Phase, outcome: OutcomeKind) -> LifecycleEvent {
    LifecycleEvent::HookFinished(HookFinished {
        phase,
        attempt: 1,
        outcome,
        http_status: (outcome != OutcomeKind::NoAnswer).then_some(if outcome == OutcomeKind::Ok {
            200
        } else {
            500
        }),
        duration_ms: 100,
        error: (outcome != OutcomeKind::Ok).then(|| format!("{phase} webhook failed")),
        response: Some("what it said".to_owned()),
    })
}

pub(crate) fn restic_finished() -> LifecycleEvent {
    LifecycleEvent::ResticFinished(ResticFinished {
        exit_code: Some(0),
        stderr: Some("a word of restic".to_owned()),
        ..ResticFinished::default()
    })
}

pub(crate) fn finished(status: RunStatus) -> LifecycleEvent {
    let error = (status == RunStatus::Error).then(|| "post webhook returned HTTP 500".to_owned());
    LifecycleEvent::RunFinished { status, error, snapshot_id: None, duration_ms: 9000, pause_ms: Some(8000) }
}

/// Does nothing but what it is told to answer, and notes what it was asked.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) refuses: Mutex<Option<RunRefused>>,
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) progress: Mutex<HashMap<JobId, watch::Receiver<Progress>>>,
    pub(crate) needs: Mutex<Vec<Need>>,
    pub(crate) files: Mutex<Vec<FileProblem>>,
    pub(crate) panics: AtomicBool,
}

impl Scripted {
    /// In the place of the world's own.
    pub(crate) fn put_into(world: &mut World) -> Arc<Self> {
        let scripted = Arc::new(Self::default());
        world.service.runner = Arc::clone(&scripted) as _;
        scripted
    }

    fn ask(&self, what: String) -> Result<(), RunRefused> {
        self.asked.lock().unwrap().push(what);
        self.refuses.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Runner for Scripted {
    async fn start(
        &self,
        _: &OrganizationId,
        schedule: &ScheduleId,
        _: JobId,
        _: Trigger,
        by: &str,
    ) -> Result<JobId, RunRefused> {
        self.ask(format!("start {schedule} {by}")).map(|()| job(99))
    }

    async fn cancel(&self, job: &JobId, by: &str) -> Result<(), RunRefused> {
        self.ask(format!("cancel {job} {by}"))
    }

    async fn test_hook(
        &self,
        _: &OrganizationId,
        _: &ScheduleId,
        _: Phase,
        _: RunStatus,
    ) -> Result<HookAnswer, HookRefused> {
        Err(HookRefused::NoSuchHook)
    }

    async fn clear_test(&self, _: &OrganizationId, _: &ScheduleId) -> Result<(), RunRefused> {
        Err(RunRefused::NotOwed)
    }

    async fn send_post_again(&self, job: &JobId) -> Result<HookAnswer, RunRefused> {
        self.ask(format!("send {job}"))?;
        let result = json!({"webhookId": "msg_1", "origin": "http://127.0.0.1:9000", "attempts": []});
        Ok(HookAnswer { job_id: job.clone(), result })
    }

    async fn clear(&self, job: &JobId, by: &str) -> Result<(), RunRefused> {
        self.ask(format!("clear {job} {by}"))
    }

    async fn look_at_repository(&self, _: &str, _: bool) -> RepositoryCheck {
        RepositoryCheck { problem: None, detail: String::new(), exit_code: None }
    }

    fn progress(&self, job: &JobId) -> Option<watch::Receiver<Progress>> {
        self.progress.lock().unwrap().get(job).cloned()
    }

    fn file_problems(&self) -> Vec<FileProblem> {
        self.files.lock().unwrap().clone()
    }

    async fn needs(&self, _: &OrganizationId) -> Vec<Need> {
        assert!(!self.panics.load(Ordering::Relaxed), "on purpose");
        self.needs.lock().unwrap().clone()
    }
}

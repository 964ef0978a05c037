//! A world for the loop: a disk that can fail, runs that end when a test says so, and a wall clock that goes with
//! tokio's paused one and can be put forward and back.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use hook_core::{JobId, JobKey, RunStatus, event::Trigger};
use jiff::{SignedDuration, Timestamp};
use scheduler::{
    BoxError, Ended, Handle, Job, Mark, Missed, Port, Refused, Retries, Schedule, Scheduler, Start, Timing,
    zone,
};
use tokio::{sync::mpsc, time::Instant};

pub(crate) fn id(name: &str) -> JobKey {
    format!("sched_{name}").parse().unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A job that is due as the line says, in UTC, in a repository of its own.
pub(crate) fn job(name: &str, line: &str) -> Job {
    let timing = Timing {
        schedule: Schedule::parse(line).unwrap(),
        zone: zone("UTC").unwrap(),
        missed: Missed::RunOnce,
    };
    Job {
        id: id(name),
        repository: format!("/repo/{name}"),
        enabled: true,
        timing: Some(timing.into()),
        retries: Retries::default(),
        last: None,
    }
}

pub(crate) fn retried(job: Job, most: u32, minutes: u64) -> Job {
    Job { retries: Retries { most, delay: Duration::from_secs(60 * minutes) }, ..job }
}

#[derive(Default)]
pub(crate) struct Disk {
    pub(crate) marks: BTreeMap<JobKey, Mark>,
    pub(crate) queued: Vec<Start>,
    pub(crate) begun: BTreeSet<JobId>,
}

pub(crate) struct World {
    base: Timestamp,
    started: Instant,
    jump: AtomicI64,
    ids: AtomicU64,
    pub(crate) looks: AtomicUsize,
    pub(crate) disk: Mutex<Disk>,
    /// While it is set, nothing can be kept or queued.
    pub(crate) full: Mutex<bool>,
    /// While it is set, marks are kept but nothing can be queued: the job's last run is being settled.
    pub(crate) settling: AtomicBool,
    /// While it is set, a run that begins dies before anything is recorded of it.
    pub(crate) dies_at_once: AtomicBool,
    /// How many seconds it takes to keep.
    pub(crate) slow: AtomicU64,
    /// Runs of another process.
    pub(crate) elsewhere: Mutex<BTreeMap<JobKey, JobId>>,
    /// How many calls of the port still come back: then the process is dead.
    pub(crate) calls_left: AtomicUsize,
}

/// The world and what begins in it.
pub(crate) struct Scene {
    pub(crate) world: Arc<World>,
    pub(crate) begun: mpsc::UnboundedReceiver<(Start, SignedDuration)>,
    tell: mpsc::UnboundedSender<(Start, SignedDuration)>,
}

impl Scene {
    /// Needs a paused clock.
    pub(crate) fn new(now: &str) -> Self {
        let (tell, begun) = mpsc::unbounded_channel();
        let world = World {
            base: at(now),
            started: Instant::now(),
            jump: AtomicI64::new(0),
            ids: AtomicU64::new(0),
            looks: AtomicUsize::new(0),
            disk: Mutex::default(),
            full: Mutex::new(false),
            settling: AtomicBool::new(false),
            dies_at_once: AtomicBool::new(false),
            slow: AtomicU64::new(0),
            elsewhere: Mutex::default(),
            calls_left: AtomicUsize::new(usize::MAX),
        };
        Self { world: Arc::new(world), begun, tell }
    }

    pub(crate) fn start(&self, max_runs: usize) -> Scheduler {
        let (clock, ids) = (Arc::clone(&self.world), Arc::clone(&self.world));
        Scheduler::start(
            Arc::new(Process { world: Arc::clone(&self.world), tell: self.tell.clone() }),
            Arc::new(move || {
                clock.looks.fetch_add(1, Ordering::Relaxed);
                clock.now()
            }),
            Arc::new(move || Ok(JobId::from_parts(ids.ids.fetch_add(1, Ordering::Relaxed), [0; 10]))),
            max_runs,
        )
    }

    /// The next run that begins, whenever that is in thirty days, and how late.
    pub(crate) async fn begins(&mut self) -> (Start, SignedDuration) {
        const DAYS: Duration = Duration::from_secs(30 * 86_400);
        tokio::time::timeout(DAYS, self.begun.recv()).await.unwrap().unwrap()
    }

    pub(crate) async fn next(&mut self) -> Start {
        self.begins().await.0
    }

    /// Whether nothing begins for so many minutes.
    pub(crate) async fn quiet(&mut self, minutes: u64) -> bool {
        tokio::time::timeout(Duration::from_secs(60 * minutes), self.begun.recv()).await.is_err()
    }

    pub(crate) async fn ends(&self, handle: &Handle, start: &Start, status: RunStatus) {
        let ended = Ended { run: start.run.clone(), status, attempt: start.attempt, at: self.world.now() };
        handle.ended(start.job.clone(), ended).await;
    }
}

impl World {
    pub(crate) fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.started.elapsed()).unwrap();
        self.base + passed + SignedDuration::from_secs(self.jump.load(Ordering::Relaxed))
    }

    pub(crate) fn jump(&self, minutes: i64) {
        self.jump.fetch_add(60 * minutes, Ordering::Relaxed);
    }

    pub(crate) fn set_full(&self, full: bool) {
        *self.full.lock().unwrap() = full;
    }

    fn room(&self) -> Result<(), BoxError> {
        if *self.full.lock().unwrap() { Err("the disk is full".into()) } else { Ok(()) }
    }
}

struct Process {
    world: Arc<World>,
    tell: mpsc::UnboundedSender<(Start, SignedDuration)>,
}

impl Process {
    /// A dead process waits for ever.
    async fn alive(&self) {
        let left = |left: usize| left.checked_sub(1);
        if self.world.calls_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Port for Process {
    async fn marks(&self) -> Result<BTreeMap<JobKey, Mark>, BoxError> {
        self.alive().await;
        Ok(self.world.disk.lock().unwrap().marks.clone())
    }

    async fn keep(&self, marks: &[(JobKey, Mark)]) -> Result<(), BoxError> {
        self.alive().await;
        self.world.room()?;
        tokio::time::sleep(Duration::from_secs(self.world.slow.load(Ordering::Relaxed))).await;
        self.world.disk.lock().unwrap().marks.extend(marks.iter().cloned());
        Ok(())
    }

    async fn begun(&self, run: &JobId) -> Result<bool, BoxError> {
        self.alive().await;
        Ok(self.world.disk.lock().unwrap().begun.contains(run))
    }

    async fn queue(&self, start: &Start) -> Result<(), Refused> {
        self.alive().await;
        self.world.room().map_err(Refused::Failed)?;
        if self.world.settling.load(Ordering::Relaxed) {
            return Err(Refused::Failed("the last run is being settled".into()));
        }
        if let Some(run) = self.world.elsewhere.lock().unwrap().get(&start.job) {
            return Err(Refused::Running(run.clone()));
        }
        let mut disk = self.world.disk.lock().unwrap();
        if matches!(start.trigger, Trigger::Schedule | Trigger::Missed) {
            let mark = &disk.marks[&start.job];
            assert!(mark.handled >= start.due, "the due time is handled on the disk before its run is there");
            assert_eq!(mark.owed.as_ref().map(|owed| &owed.run), Some(&start.run));
        }
        disk.queued.push(start.clone());
        Ok(())
    }

    async fn begin(&self, start: Start, lag: SignedDuration) {
        self.alive().await;
        assert!(self.world.disk.lock().unwrap().queued.contains(&start), "it was queued");
        if !self.world.dies_at_once.load(Ordering::Relaxed) {
            assert!(self.world.disk.lock().unwrap().begun.insert(start.run.clone()), "it begins once");
        }
        self.tell.send((start, lag)).unwrap();
    }
}

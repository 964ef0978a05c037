//! A journal, an outbox and a notifier whose clock is tokio's: it stands, and jumps when everybody waits.

use std::{
    panic,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use event_bus::{Bus, Clock, MemoryJournal, Position, StreamId, Version};
use hook_core::{JobId, LifecycleEvent, RunEvent, ScheduleId};
use jiff::Timestamp;
use notifier::{
    Answer, Carrier, Delivery, Destination, Failed, Job, Limits, MemoryOutbox, Message, Notifier, Outbox,
    Outlet,
};
use tokio::time::{self, Instant};

use crate::runs::job_id;

/// Longer than anything that a test waits for; no test waits for its end, because its clock jumps.
pub(crate) const LONG: Duration = Duration::from_secs(400 * 24 * 60 * 60);

pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The first moment of every test: 2026-11-24 02:00 UTC.
pub(crate) fn dawn() -> Timestamp {
    "2026-11-24T02:00:00Z".parse().unwrap()
}

/// The wall clock that goes with tokio's.
pub(crate) fn clock() -> Clock {
    let begin = Instant::now();
    Arc::new(move || dawn() + begin.elapsed())
}

pub(crate) fn schedule(name: &str) -> ScheduleId {
    ScheduleId::derive(name, "/data".as_ref())
}

pub(crate) fn job(name: &str) -> Job {
    Job {
        schedule_id: schedule(name),
        organization_id: hook_core::OrganizationId::default(),
        name: name.to_owned(),
    }
}

/// Everything but the carriers.
pub(crate) struct World {
    pub(crate) journal: Arc<MemoryJournal<RunEvent>>,
    pub(crate) bus: Bus<RunEvent>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) clock: Clock,
    runs: AtomicU32,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::over(Arc::new(MemoryOutbox::new()))
    }

    pub(crate) fn over(outbox: Arc<dyn Outbox>) -> Self {
        let clock = clock();
        let journal = Arc::new(MemoryJournal::new(clock.clone()));
        let bus = Bus::new(journal.clone());
        Self { journal, bus, outbox, clock, runs: AtomicU32::new(0) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn start(&self, outlets: Vec<Outlet>) -> Notifier {
        let (outbox, clock) = (Arc::clone(&self.outbox), Arc::clone(&self.clock));
        Notifier::start(&self.bus, outbox, outlets, dawn(), clock, Arc::new(|| 0.5), Limits::default())
    }

    /// A run of the job of this name, now.
    pub(crate) async fn run(&self, name: &str, events: Vec<LifecycleEvent>) -> JobId {
        let job = job_id(u64::from(self.runs.fetch_add(1, Ordering::Relaxed)));
        self.append(&job, name, events).await;
        job
    }

    /// More of a run.
    pub(crate) async fn append(&self, job: &JobId, name: &str, events: Vec<LifecycleEvent>) {
        let stream = StreamId::from(job.as_str());
        let at = self.bus.history(&stream).await.unwrap().last().map_or(Version::EMPTY, |last| last.version);
        let schedule = schedule(name);
        let event = |event| RunEvent { job: job.clone(), schedule: schedule.clone(), event };
        self.bus.publish(&stream, at, events.into_iter().map(event).collect()).await.unwrap();
    }

    pub(crate) async fn head(&self) -> Position {
        self.bus.head().await.unwrap()
    }

    /// Waits until everything that has happened was told, or waits for a later try.
    pub(crate) async fn settle(&self, notifier: &Notifier) {
        assert!(notifier.caught_up(self.head().await, HOUR).await, "{:?}", notifier.status());
    }

    /// All deliveries of a destination, in order.
    pub(crate) async fn deliveries(&self, destination: &str) -> Vec<Delivery> {
        let mut all = self.outbox.latest(Some(destination), usize::MAX).await.unwrap();
        all.reverse();
        all
    }
}

/// Passes time.
pub(crate) async fn pass(time: Duration) {
    time::sleep(time).await;
}

type Script = dyn Fn(u32) -> Result<Answer, Failed> + Send + Sync;

/// Notes what it is given, with when, and answers the nth try (from 0) as it was made to.
pub(crate) struct Recorder {
    taken: Mutex<Vec<(Timestamp, String, Message)>>,
    tries: AtomicU32,
    clock: Clock,
    script: Box<Script>,
}

impl Recorder {
    pub(crate) fn new(
        clock: &Clock,
        script: impl Fn(u32) -> Result<Answer, Failed> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let clock = Arc::clone(clock);
        Arc::new(Self { taken: Mutex::default(), tries: AtomicU32::new(0), clock, script: Box::new(script) })
    }

    /// Takes everything.
    pub(crate) fn willing(clock: &Clock) -> Arc<Self> {
        Self::new(clock, |_| Ok(Answer::default()))
    }

    pub(crate) fn outlet(self: &Arc<Self>, destination: Destination) -> Outlet {
        Outlet { destination, carrier: Arc::clone(self) as Arc<dyn Carrier> }
    }

    /// What was taken.
    pub(crate) fn titles(&self) -> Vec<String> {
        self.taken.lock().unwrap().iter().map(|(_, _, message)| message.title.clone()).collect()
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.taken.lock().unwrap().iter().map(|(_, _, message)| message.clone()).collect()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.taken.lock().unwrap().iter().map(|(_, id, _)| id.clone()).collect()
    }

    /// How long after the first moment each was taken, in seconds.
    pub(crate) fn seconds(&self) -> Vec<i64> {
        self.taken.lock().unwrap().iter().map(|(at, _, _)| at.duration_since(dawn()).as_secs()).collect()
    }

    pub(crate) fn tries(&self) -> u32 {
        self.tries.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Carrier for Recorder {
    async fn carry(&self, message: &Message, delivery_id: &str) -> Result<Answer, Failed> {
        let answer = (self.script)(self.tries.fetch_add(1, Ordering::Relaxed))?;
        self.taken.lock().unwrap().push(((self.clock)(), delivery_id.to_owned(), message.clone()));
        Ok(answer)
    }
}

/// Panics that are part of a test print nothing.
pub(crate) fn expected_panic() -> ! {
    panic::resume_unwind(Box::new("on purpose"))
}

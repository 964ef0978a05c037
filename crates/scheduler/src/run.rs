//! The loop: looks at the clock when something is due, keeps before it starts, and hears what it is told.

use std::{collections::BTreeMap, error::Error, sync::Arc, time::Duration};

use hook_core::{JobId, JobKey};
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    BoxError, Handle, Port, Refused, Start, Status,
    handle::{Command, NotStarted, Wish},
    planner::{Change, Planner},
};

/// Reads the wall clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Makes the id of a run.
pub type FreshId = Arc<dyn Fn() -> Result<JobId, BoxError> + Send + Sync>;

/// Until something that the world refused is tried again.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// Commands that wait to be heard; who sends more waits.
const BACKLOG: usize = 64;

/// A scheduler at work. Dropping it ends it at the next moment of rest.
#[must_use = "it is at work only as long as this is kept"]
#[derive(Debug)]
pub struct Scheduler {
    task: JoinHandle<()>,
    stop: DropGuard,
    handle: Handle,
    status: watch::Receiver<Status>,
}

impl Scheduler {
    /// Begins, on the tokio runtime of the caller, with no jobs: they are told by [`Handle::set_jobs`]. At most
    /// `max_runs` run beside each other.
    pub fn start(port: Arc<dyn Port>, clock: Clock, fresh_id: FreshId, max_runs: usize) -> Self {
        let (send, commands) = mpsc::channel(BACKLOG);
        let (status, seen) = watch::channel(Status::new(clock()));
        let stop = CancellationToken::new();
        let service = Loop {
            planner: Planner::new(BTreeMap::new(), max_runs, clock()),
            port,
            clock,
            fresh_id,
            commands,
            status,
            waiting: BTreeMap::new(),
            closed: false,
        };
        let ended = stop.clone();
        let task = tokio::spawn(async move { service.run(&ended, max_runs).await });
        Self { task, stop: stop.drop_guard(), handle: Handle::new(send), status: seen }
    }

    /// What tells it things.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// How it gets on.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Ends it, and waits until it has ended: what it was about to keep is kept. Runs are not touched. Who waits for
    /// a repository is let through.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(error = &error as &dyn Error, "the scheduler did not end by itself");
        }
    }
}

struct Loop {
    planner: Planner,
    port: Arc<dyn Port>,
    clock: Clock,
    fresh_id: FreshId,
    commands: mpsc::Receiver<Command>,
    status: watch::Sender<Status>,
    /// Backups that are done and wait for their repository.
    waiting: BTreeMap<JobKey, oneshot::Sender<()>>,
    /// Nothing begins any more.
    closed: bool,
}

impl Loop {
    async fn run(mut self, stop: &CancellationToken, max_runs: usize) {
        match stop.run_until_cancelled(self.marks()).await {
            Some(marks) => self.planner = Planner::new(marks, max_runs, (self.clock)()),
            None => return,
        }
        loop {
            let looked = (self.clock)();
            self.turn(looked).await;
            let rest = self.planner.rest(looked, (self.clock)());
            tokio::select! {
                () = stop.cancelled() => return,
                command = self.commands.recv() => match command {
                    Some(command) => self.hear(command).await,
                    None => return,
                },
                () = time::sleep(rest) => {}
            }
            // What else was told meanwhile: one look for all of it.
            while let Ok(command) = self.commands.try_recv() {
                self.hear(command).await;
            }
        }
    }

    async fn marks(&self) -> BTreeMap<JobKey, crate::Mark> {
        loop {
            match self.port.marks().await {
                Ok(marks) => return marks,
                Err(error) => self.failing("cannot read what was handled", &*error),
            }
            time::sleep(Duration::from_secs(AGAIN.unsigned_abs().as_secs())).await;
        }
    }

    async fn hear(&mut self, command: Command) {
        let now = (self.clock)();
        match command {
            Command::SetJobs(jobs) => self.planner.set_jobs(jobs, now),
            Command::Put(job) => self.planner.put(*job, now),
            Command::Remove(job) => self.planner.remove(&job),
            Command::Limit(limit) => self.planner.set_limit(limit),
            Command::Close => self.closed = true,
            Command::Ended(job, ended) => {
                self.waiting.remove(&job);
                self.planner.ended(&job, &ended);
            }
            Command::Retention(job, granted) => {
                if self.planner.wants_retention(&job) {
                    self.waiting.insert(job, granted);
                }
            }
            Command::RunNow(wish, reply) => {
                // Who asked may have gone; the run is there all the same.
                let _ = reply.send(self.run_now(wish, now).await);
            }
        }
    }

    async fn run_now(&mut self, wish: Wish, now: Timestamp) -> Result<(), NotStarted> {
        if self.closed {
            return Err(NotStarted::Stopped);
        }
        match self.planner.by_hand(&wish.job, wish.run, wish.trigger, wish.by, now) {
            None => Err(NotStarted::Unknown),
            Some(Err(running)) => Err(NotStarted::Running(running)),
            Some(Ok(start)) => match self.port.queue(&start).await {
                Ok(()) => {
                    self.planner.queued(start);
                    Ok(())
                }
                Err(Refused::Running(run)) => Err(NotStarted::Running(run)),
                Err(Refused::Failed(error)) => Err(NotStarted::Failed(error)),
            },
        }
    }

    /// One look, and all that follows from it.
    async fn turn(&mut self, now: Timestamp) {
        let looked = if self.closed { Ok(()) } else { self.look(now).await };
        self.grant();
        if !self.closed {
            self.admit().await;
        }
        let kept = self.keep(&[]).await;
        if kept.is_ok() {
            self.planner.kept();
        }
        match looked.and(kept) {
            Ok(()) => self.show(now, None),
            Err(error) => self.failing("cannot keep what was handled: nothing is started", &*error),
        }
    }

    async fn look(&mut self, now: Timestamp) -> Result<(), BoxError> {
        for (job, run) in self.planner.in_doubt() {
            let begun = self.port.begun(&run).await?;
            self.planner.resolve(&job, begun);
        }
        let changes = self.planner.look(now, &*self.fresh_id)?;
        // First the disk, then the deed.
        self.keep(&changes).await?;
        for start in self.planner.apply(changes, now) {
            self.queue(start, now).await;
        }
        Ok(())
    }

    async fn keep(&self, changes: &[Change]) -> Result<(), BoxError> {
        match self.planner.to_keep(changes) {
            marks if marks.is_empty() => Ok(()),
            marks => self.port.keep(&marks).await,
        }
    }

    async fn queue(&mut self, start: Start, now: Timestamp) {
        match self.port.queue(&start).await {
            Ok(()) => self.planner.queued(start),
            Err(Refused::Running(run)) => {
                tracing::info!(job = %start.job, %run, "the job is running: no other run is started");
                self.planner.not_queued(start, None);
            }
            Err(Refused::Failed(error)) => {
                tracing::warn!(job = %start.job, error = &*error as &dyn Error, "a run cannot be queued yet");
                self.planner.not_queued(start, Some(now.checked_add(AGAIN).unwrap_or(now)));
            }
        }
    }

    async fn admit(&mut self) {
        while let Some(start) = self.planner.admit() {
            let lag = (self.clock)().duration_since(start.due).max(SignedDuration::ZERO);
            self.status.send_modify(|status| status.lag = Some(lag));
            self.port.begin(start, lag).await;
        }
    }

    fn grant(&mut self) {
        while let Some(job) = self.planner.grant() {
            if let Some(granted) = self.waiting.remove(&job) {
                // Who waited may have gone: its end will be told.
                let _ = granted.send(());
            }
        }
    }

    fn show(&self, now: Timestamp, failing: Option<String>) {
        let (running, waiting) = self.planner.counts();
        self.status.send_modify(|status| {
            status.looked = now;
            status.next = self.planner.next();
            (status.running, status.waiting) = (running, waiting);
            status.clock_behind = self.planner.clock_behind(now);
            status.failing = failing;
        });
    }

    fn failing(&self, what: &str, error: &(dyn Error + 'static)) {
        tracing::error!(error, "the scheduler {what}");
        self.show((self.clock)(), Some(format!("{what}: {error}")));
    }
}

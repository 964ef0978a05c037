//! What tells the scheduler things.

use hook_core::{JobId, JobKey, event::Trigger};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::{BoxError, Ended, Job};

/// Tells a scheduler what has changed. Once that has ended, it tells nobody.
#[derive(Clone, Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
}

/// Why a run was not started by hand.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NotStarted {
    /// There is no such job.
    #[error("there is no such job")]
    Unknown,
    /// One run a job.
    #[error("the job is running already, as {0}")]
    Running(JobId),
    /// It could not be recorded, as with a full disk.
    #[error("the run could not be queued: {0}")]
    Failed(#[source] BoxError),
    /// The service is about to end.
    #[error("the scheduler starts nothing any more")]
    Stopped,
}

#[derive(Debug)]
pub(crate) enum Command {
    SetJobs(Vec<Job>),
    Put(Box<Job>),
    Remove(JobKey),
    Limit(usize),
    Close,
    Ended(JobKey, Ended),
    Retention(JobKey, oneshot::Sender<()>),
    RunNow(Wish, oneshot::Sender<Result<(), NotStarted>>),
}

/// What a person wants.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) job: JobKey,
    pub(crate) run: JobId,
    pub(crate) trigger: Trigger,
    pub(crate) by: Option<String>,
}

impl Handle {
    pub(crate) fn new(commands: mpsc::Sender<Command>) -> Self {
        Self { commands }
    }

    /// From now on there are these jobs and no others. What is new or was edited counts from now: no due time before
    /// it is made up for.
    pub async fn set_jobs(&self, jobs: Vec<Job>) {
        self.tell(Command::SetJobs(jobs)).await;
    }

    /// A job is new or was edited.
    pub async fn put(&self, job: Job) {
        self.tell(Command::Put(Box::new(job))).await;
    }

    /// A job is there no more. A run of it that waits or runs is not touched.
    pub async fn remove(&self, job: JobKey) {
        self.tell(Command::Remove(job)).await;
    }

    /// At most so many run beside each other. Who runs, runs on.
    pub async fn set_max_runs(&self, limit: usize) {
        self.tell(Command::Limit(limit)).await;
    }

    /// Starts a run of a job now, under this id, whatever its schedule says; at the limit it waits. On `Ok` it is recorded
    /// as queued.
    ///
    /// # Errors
    /// There is no such job, it is running, or the run could not be recorded.
    pub async fn run_now(
        &self,
        job: JobKey,
        run: JobId,
        trigger: Trigger,
        by: Option<String>,
    ) -> Result<(), NotStarted> {
        let (reply, answer) = oneshot::channel();
        self.tell(Command::RunNow(Wish { job, run, trigger, by }, reply)).await;
        answer.await.unwrap_or(Err(NotStarted::Stopped))
    }

    /// A run that was begun has ended. Others wait for it: to be told whatever became of the run.
    pub async fn ended(&self, job: JobKey, ended: Ended) {
        self.tell(Command::Ended(job, ended)).await;
    }

    /// Asked by a run between its backup and its retention: waits until nobody else is at work in the repository, and
    /// keeps others away until the run ends. Returns at once for a run that is not this scheduler's.
    pub async fn retention(&self, job: JobKey) {
        let (grant, granted) = oneshot::channel();
        self.tell(Command::Retention(job, grant)).await;
        // An error says that nobody is there to wait for.
        let _ = granted.await;
    }

    /// Begins nothing any more, whether it is due, waits or is asked for. Those that run are served to their end.
    pub async fn close(&self) {
        self.tell(Command::Close).await;
    }

    async fn tell(&self, command: Command) {
        // Nobody is there after the end, and nothing is to be told.
        let _ = self.commands.send(command).await;
    }
}

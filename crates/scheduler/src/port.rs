//! What the loop needs of the world: a place for marks, and somebody who runs.

use std::{collections::BTreeMap, error::Error, sync::Arc};

use async_trait::async_trait;
use hook_core::{JobId, JobKey, event::Trigger};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use crate::{Retries, Timing, retry::Ended};

/// An error of whoever implements a port.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What the scheduler knows of a job.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// The job.
    pub id: JobKey,
    /// Whatever names its repository: two that are equal are one repository.
    pub repository: String,
    /// `false`: neither its schedule nor a retry starts it; by hand it runs.
    pub enabled: bool,
    /// When it is due; none: by hand only.
    pub timing: Option<Arc<Timing>>,
    /// What follows a failed run.
    pub retries: Retries,
    /// Its newest run, if that has ended and was the service's: a retry that it leaves survives a restart. Looked at
    /// only where the job is new to this process.
    pub last: Option<Ended>,
}

impl Job {
    /// Its timing, if that is in force.
    pub(crate) fn timing(&self) -> Option<&Timing> {
        self.timing.as_deref().filter(|_| self.enabled)
    }
}

/// What is to be remembered of a job across restarts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// [`Timing::text`] of the timing that it belongs to; none: the job was not scheduled.
    pub timing: Option<String>,
    /// Every due time up to here is handled.
    pub handled: Timestamp,
    /// A due time that was handed out, and whose run has not ended: after a death it may be that it never began.
    pub owed: Option<Owed>,
}

/// A due time with its run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owed {
    /// When it was due.
    pub due: Timestamp,
    /// The run that was to be started for it.
    pub run: JobId,
}

/// A run to be.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Start {
    /// The run.
    pub run: JobId,
    /// Of which job.
    pub job: JobKey,
    /// Why.
    pub trigger: Trigger,
    /// Who asked for it.
    pub by: Option<String>,
    /// Which try it is, from 1.
    pub attempt: u32,
    /// The run that failed before it.
    pub retry_of: Option<JobId>,
    /// When it was due: for `schedule` and `missed` a due time, else when it was asked for or its delay was over.
    pub due: Timestamp,
}

/// Why a run was not queued.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Refused {
    /// The job is running already, in this process or another one.
    #[error("the job is running already, as {0}")]
    Running(JobId),
    /// It cannot be queued now, as with a full disk, or while another process settles the job's last run.
    #[error("the run could not be queued: {0}")]
    Failed(#[source] BoxError),
}

/// Where marks are kept and runs are run. No method may wait for a run, or for anybody's network: the scheduler
/// waits for each of them.
#[async_trait]
pub trait Port: Send + Sync + 'static {
    /// All marks that were ever kept. Called once, at the start, and again a minute after an error.
    async fn marks(&self) -> Result<BTreeMap<JobKey, Mark>, BoxError>;

    /// Keeps marks, each in place of the job's last one; all or none. On `Ok` they survive a power loss.
    async fn keep(&self, marks: &[(JobKey, Mark)]) -> Result<(), BoxError>;

    /// Whether a run has begun: more is recorded of it than that it was queued, or that it was interrupted then.
    async fn begun(&self, run: &JobId) -> Result<bool, BoxError>;

    /// Records a run as queued (`run.queued`). On `Ok` that survives a power loss. After [`Refused::Failed`] it may be
    /// called again with the same run.
    async fn queue(&self, start: &Start) -> Result<(), Refused>;

    /// Begins a queued run, and returns without waiting for it. Whatever becomes of it, its end is told by
    /// [`Handle::ended`](crate::Handle::ended). `lag` is how much later than `start.due` that is.
    async fn begin(&self, start: Start, lag: SignedDuration);
}

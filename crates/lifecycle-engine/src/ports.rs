//! What the engine needs of the world. What the world does is an outcome, so nothing here can be forgotten by a `?`.

use std::fmt;

use async_trait::async_trait;
use event_bus::Live;
use hook_core::{
    JobId, JobKey, Progress, ScheduleId,
    event::{LifecycleEvent, ResticFinished},
};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::plan::RunPlan;

/// Looks at what no hook can change, before anything is paused (`spec.md` §3).
#[async_trait]
pub trait Preflight: Send + Sync + 'static {
    /// Every check that needs no hook. The future may be dropped when the run is cancelled.
    async fn check(&self, plan: &RunPlan) -> Checked;

    /// Whether this process may send the post hook: recovery asks before it records anything.
    ///
    /// # Errors
    /// The reason, with the line to set.
    fn permit_post(&self, plan: &RunPlan) -> Result<(), String>;
}

/// What the checks found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checked {
    /// The version of the program that does the work.
    pub worker_version: Option<String>,
    /// Why the run cannot go on.
    pub problem: Option<String>,
}

/// Does the work between the hooks.
#[async_trait]
pub trait Worker: Send + Sync + 'static {
    /// Does it, and says how it ended; returns only when nothing of it is left running. On `cancel` it ends the
    /// work and waits for the real end. Called once a run, or twice around a lock that was removed. The engine
    /// fills in how long it took.
    async fn back_up(
        &self,
        plan: &RunPlan,
        progress: &Live<Progress>,
        cancel: &CancellationToken,
    ) -> ResticFinished;

    /// Ends what a dead owner of this run left, and returns how many processes that were; nothing of the run is
    /// alive when it returns. May be called again.
    ///
    /// # Errors
    /// Processes that could not be looked at or ended.
    async fn end_orphans(&self, job: &JobId) -> Result<u32, PortError>;

    /// Forgets old snapshots. Called once a run, after the post hook, where the plan asks for it; a worker that has no
    /// retention keeps everything.
    async fn retain(&self, _plan: &RunPlan, _cancel: &CancellationToken) -> Retained {
        Retained::default()
    }
}

/// What retention did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Retained {
    /// Snapshots kept.
    pub kept: u64,
    /// Snapshots removed.
    pub removed: u64,
    /// Why it failed.
    pub problem: Option<String>,
}

impl From<Retained> for LifecycleEvent {
    fn from(retained: Retained) -> Self {
        Self::RetentionFinished { kept: retained.kept, removed: retained.removed, error: retained.problem }
    }
}

/// Keeps plans and claims.
#[async_trait]
pub trait RunStore: Send + Sync + 'static {
    /// Seals the plan. It is on disk, at the latest, when the next append to the journal is.
    ///
    /// # Errors
    /// Nothing was stored.
    async fn queue(&self, plan: &RunPlan, claim: &Claim) -> Result<(), PortError>;

    /// The sealed copy that was taken when the run was queued.
    ///
    /// # Errors
    /// There is none, or it cannot be opened.
    async fn plan(&self, job: &JobId) -> Result<RunPlan, PortError>;

    /// Takes the job's claim, if nobody has it. The claim dies with its process: the kernel drops it.
    ///
    /// # Errors
    /// The claim's file cannot be opened.
    async fn claim(&self, of: &JobKey) -> Result<ClaimAttempt, PortError>;

    /// Runs without an end, oldest first; of one job, or of all.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn unfinished(&self, of: Option<&JobKey>) -> Result<Vec<Unfinished>, PortError>;
}

/// A run without an end: alive, or left by a dead owner. Only who gets the claim knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unfinished {
    /// The run.
    pub job: JobId,
    /// Whose claim decides.
    pub of: JobKey,
}

/// What came of asking for a claim.
#[derive(Debug)]
pub enum ClaimAttempt {
    /// It is ours.
    Claimed(Claim),
    /// A living process has it.
    Held(Holding),
}

/// What a claim is held for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holding {
    /// A run is in progress.
    Running(JobId),
    /// What a dead owner left is being settled.
    Settling(JobId),
    /// Its holder has not said yet.
    Unknown,
}

/// The right to act for a job's runs, held until it is dropped or its process dies.
pub struct Claim {
    of: JobKey,
    guard: Box<dyn ClaimGuard>,
}

/// The store's side of a claim; dropping it gives the claim up.
pub trait ClaimGuard: Send + Sync + 'static {
    /// Lets others know what the claim is held for. Best effort: the claim itself is the lock.
    fn announce(&self, holding: &Holding);
}

impl Claim {
    /// Wraps what holds the lock.
    #[must_use]
    pub fn new(of: JobKey, guard: impl ClaimGuard) -> Self {
        Self { of, guard: Box::new(guard) }
    }

    /// Whose runs it covers.
    #[must_use]
    pub fn of(&self) -> &JobKey {
        &self.of
    }

    /// The job's id within its organization, as it stands in events.
    pub(crate) fn schedule(&self) -> &ScheduleId {
        &self.of.schedule
    }

    pub(crate) fn announce(&self, holding: &Holding) {
        self.guard.announce(holding);
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("of", &self.of).finish_non_exhaustive()
    }
}

/// Our own side failed: what was being done, and why.
#[derive(Debug, Error)]
#[error("cannot {doing}")]
pub struct PortError {
    doing: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl PortError {
    /// `doing` fits "cannot …".
    pub fn new(
        doing: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { doing: doing.into(), source: source.into() }
    }
}

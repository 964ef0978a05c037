//! A scripted world for tests: ports that do as they are told and remember what the outside saw.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use event_bus::{AppendError, Gate, Journal, Live, Position, Recorded, StorageError, StreamId, Version};
use hook_core::{
    HookDue, HookOutcome, JobId, JobKey, OutcomeKind, Phase, Progress, RunEvent,
    event::{BackupOutcome, BackupSummary, ResticFinished},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Checked, Claim, ClaimAttempt, ClaimGuard, Control, Holding, PortError, Preflight, Retained, RunPlan,
    RunStore, Unfinished, Worker,
};

/// What the outside saw, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "tests match on all of it")]
pub enum Seen {
    /// A hook arrived, with this body.
    Hook(Phase, String),
    /// The work began.
    BackupBegan,
    /// The work ended.
    BackupEnded,
    /// A dead owner's work was ended.
    OrphansEnded,
    /// Retention ran.
    Retention,
}

/// Where a script may ask for the end of the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "tests name all of them")]
pub enum Moment {
    /// While the checks run.
    Checking,
    /// While a hook is in flight.
    InHook(Phase),
    /// When a hook has been answered.
    AfterHook(Phase),
    /// While the work runs.
    InBackup,
    /// When the work has ended by itself.
    AfterBackup,
    /// While retention runs.
    InRetention,
}

/// What the world is going to do.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests fill it in")]
pub struct Script {
    /// The problem that the checks find.
    pub check_problem: Option<String>,
    /// Answers of the hooks, in order; [`OutcomeKind::Ok`] where none is left.
    pub answers: BTreeMap<Phase, VecDeque<(OutcomeKind, Option<u16>)>>,
    /// How the work ends, unless it is cut.
    pub backup: BackupOutcome,
    /// How long the work takes.
    pub backup_takes: Duration,
    /// The problem of the work.
    pub backup_problem: Option<String>,
    /// The problem of retention.
    pub retention_problem: Option<String>,
    /// Why this process may not send the post hook.
    pub forbidden: Option<String>,
    /// When somebody asks for the end.
    pub cancel_at: Option<Moment>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            check_problem: None,
            answers: BTreeMap::new(),
            backup: BackupOutcome::Complete,
            backup_takes: Duration::ZERO,
            backup_problem: None,
            retention_problem: None,
            forbidden: None,
            cancel_at: None,
        }
    }
}

/// Every port at once, over one script.
#[derive(Debug)]
pub struct World {
    script: Mutex<Script>,
    seen: Mutex<Vec<Seen>>,
    plans: Mutex<Vec<RunPlan>>,
    finished: Mutex<Vec<JobId>>,
    backup_alive: Mutex<bool>,
    control: Mutex<Arc<Control>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// A world that does as `script` says.
    #[must_use]
    pub fn new(script: Script) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(script),
            seen: Mutex::default(),
            plans: Mutex::default(),
            finished: Mutex::default(),
            backup_alive: Mutex::new(false),
            control: Mutex::default(),
        })
    }

    /// The handle that the script cancels.
    #[must_use]
    pub fn control(&self) -> Arc<Control> {
        Arc::clone(&lock(&self.control))
    }

    /// A new process: a new handle, and what the script says from now on.
    pub fn restart(&self, script: Script) {
        *lock(&self.script) = script;
        *lock(&self.control) = Arc::default();
    }

    /// What the outside saw so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.seen).clone()
    }

    /// Tells the store that a run is over.
    pub fn forget(&self, job: &JobId) {
        lock(&self.finished).push(job.clone());
    }

    fn see(&self, seen: Seen) {
        lock(&self.seen).push(seen);
    }

    fn moment(&self, moment: Moment) -> bool {
        let now = lock(&self.script).cancel_at == Some(moment);
        if now {
            self.control().cancel("SIGINT");
        }
        now
    }

    fn answer(&self, phase: Phase) -> (OutcomeKind, Option<u16>) {
        let mut script = lock(&self.script);
        let scripted = script.answers.get_mut(&phase).and_then(VecDeque::pop_front);
        scripted.unwrap_or((OutcomeKind::Ok, Some(200)))
    }
}

#[async_trait]
impl Gate<HookDue, HookOutcome> for World {
    async fn ask(&self, due: &HookDue, cancel: &CancellationToken) -> HookOutcome {
        let (mut kind, http_status) = self.answer(due.phase);
        if !matches!(kind, OutcomeKind::NotSent | OutcomeKind::Refused) {
            self.see(Seen::Hook(due.phase, due.context.to_string()));
        }
        if self.moment(Moment::InHook(due.phase)) && due.phase == Phase::Pre {
            cancel.cancelled().await;
            kind = if kind == OutcomeKind::NotSent { kind } else { OutcomeKind::Cancelled };
        }
        self.moment(Moment::AfterHook(due.phase));
        let error = match kind {
            OutcomeKind::Ok => None,
            OutcomeKind::Rejected => {
                Some(format!("{} webhook returned HTTP {}", due.phase, http_status.unwrap_or(500)))
            }
            other => Some(format!("{} webhook: {other:?}", due.phase)),
        };
        HookOutcome { kind, http_status, error, response: None, duration: Duration::ZERO }
    }
}

#[async_trait]
impl Preflight for World {
    async fn check(&self, _: &RunPlan) -> Checked {
        if self.moment(Moment::Checking) {
            std::future::pending::<()>().await;
        }
        Checked {
            worker_version: Some("0.14.0".to_owned()),
            problem: lock(&self.script).check_problem.clone(),
        }
    }

    fn permit_post(&self, _: &RunPlan) -> Result<(), String> {
        lock(&self.script).forbidden.clone().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Worker for World {
    async fn back_up(&self, _: &RunPlan, _: &Live<Progress>, cancel: &CancellationToken) -> ResticFinished {
        self.see(Seen::BackupBegan);
        *lock(&self.backup_alive) = true;
        let cut = self.moment(Moment::InBackup);
        if cut {
            cancel.cancelled().await;
        } else {
            // A crash at the journal's next write finds the work alive, as a real one would be.
            tokio::task::yield_now().await;
            let takes = lock(&self.script).backup_takes;
            if !takes.is_zero() {
                tokio::time::sleep(takes).await;
            }
        }
        *lock(&self.backup_alive) = false;
        self.see(Seen::BackupEnded);
        self.moment(Moment::AfterBackup);
        let script = lock(&self.script);
        let outcome = if cut { BackupOutcome::Cancelled } else { script.backup };
        let error = if cut { None } else { script.backup_problem.clone() };
        ResticFinished { outcome, error, ..figures(outcome) }
    }

    async fn end_orphans(&self, _: &JobId) -> Result<u32, PortError> {
        self.see(Seen::OrphansEnded);
        Ok(u32::from(std::mem::take(&mut *lock(&self.backup_alive))))
    }

    async fn retain(&self, _: &RunPlan, cancel: &CancellationToken) -> Retained {
        self.see(Seen::Retention);
        if self.moment(Moment::InRetention) {
            cancel.cancelled().await;
            return Retained { problem: Some("retention was cancelled".to_owned()), ..Retained::default() };
        }
        Retained { kept: 1, removed: 0, problem: lock(&self.script).retention_problem.clone() }
    }
}

/// The numbers that restic gives with such an end.
fn figures(outcome: BackupOutcome) -> ResticFinished {
    let saved = matches!(outcome, BackupOutcome::Complete | BackupOutcome::Incomplete);
    let exit_code = match outcome {
        BackupOutcome::Complete => 0,
        BackupOutcome::Incomplete => 3,
        BackupOutcome::Cancelled => 130,
        BackupOutcome::Unlocked => 11,
        _ => 1,
    };
    let summary =
        BackupSummary { files_new: 1, files_changed: 2, bytes_added: 3, ..BackupSummary::default() };
    ResticFinished {
        exit_code: Some(exit_code),
        snapshot_id: saved.then(|| "5a7b2c1d".to_owned()),
        summary: saved.then_some(summary),
        ..ResticFinished::default()
    }
}

#[derive(Debug)]
struct NoLock;

impl ClaimGuard for NoLock {
    fn announce(&self, _: &Holding) {}
}

#[async_trait]
impl RunStore for World {
    async fn queue(&self, plan: &RunPlan, _: &Claim) -> Result<(), PortError> {
        lock(&self.plans).push(plan.clone());
        Ok(())
    }

    async fn plan(&self, job: &JobId) -> Result<RunPlan, PortError> {
        let plans = lock(&self.plans);
        let plan = plans.iter().find(|plan| plan.job == *job);
        plan.cloned().ok_or_else(|| PortError::new("read the plan", "there is none"))
    }

    async fn claim(&self, of: &JobKey) -> Result<ClaimAttempt, PortError> {
        Ok(ClaimAttempt::Claimed(Claim::new(of.clone(), NoLock)))
    }

    async fn unfinished(&self, of: Option<&JobKey>) -> Result<Vec<Unfinished>, PortError> {
        let finished = lock(&self.finished);
        let plans = lock(&self.plans);
        let open = plans.iter().filter(|plan| !finished.contains(&plan.job));
        let of_job = open.filter(|plan| of.is_none_or(|key| plan.key() == *key));
        Ok(of_job.map(|plan| Unfinished { job: plan.job.clone(), of: plan.key() }).collect())
    }
}

/// What a [`FaultyJournal`] does at its chosen append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "tests name all of them")]
pub enum Fault {
    /// The process dies before the append is on disk: the call never returns.
    DieBefore,
    /// The process dies when the append is on disk: the call never returns.
    DieAfter,
    /// The disk fails, at this append and at every later one.
    Fail,
}

/// A journal with one fault, at the `at`th append, counted from 0.
#[derive(Debug)]
pub struct FaultyJournal<J> {
    inner: Arc<J>,
    fault: Fault,
    at: usize,
    appends: Mutex<usize>,
    died: tokio::sync::Notify,
}

impl<J> FaultyJournal<J> {
    /// Wraps a good journal.
    #[must_use]
    pub fn new(inner: Arc<J>, fault: Fault, at: usize) -> Arc<Self> {
        Arc::new(Self { inner, fault, at, appends: Mutex::new(0), died: tokio::sync::Notify::new() })
    }

    /// Returns when the process has "died": drop its future then.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    async fn die(&self) {
        self.died.notify_one();
        std::future::pending::<()>().await;
    }
}

#[async_trait]
impl<J: Journal<RunEvent>> Journal<RunEvent> for FaultyJournal<J> {
    async fn append(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<RunEvent>,
    ) -> Result<Vec<Recorded<RunEvent>>, AppendError> {
        let number = {
            let mut appends = lock(&self.appends);
            *appends += 1;
            *appends - 1
        };
        match self.fault {
            Fault::Fail if number >= self.at => {
                return Err(StorageError::new("append", "no space left on device").into());
            }
            Fault::DieBefore if number == self.at => self.die().await,
            _ => {}
        }
        let recorded = self.inner.append(stream, expected, events).await?;
        if self.fault == Fault::DieAfter && number == self.at {
            self.die().await;
        }
        Ok(recorded)
    }

    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        self.inner.read(after, at_most).await
    }

    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        self.inner.read_stream(stream).await
    }

    async fn head(&self) -> Result<Position, StorageError> {
        self.inner.head().await
    }

    async fn cursor(&self, observer: &str) -> Result<Position, StorageError> {
        self.inner.cursor(observer).await
    }

    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError> {
        self.inner.save_cursor(observer, at).await
    }
}

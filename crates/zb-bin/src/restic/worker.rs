//! The engine's `Worker` over restic-driver: a run's backup, and the end of what a dead zb left.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use event_bus::Live;
use hook_core::{
    JobId, Progress,
    event::{BackupOutcome, BackupSummary, ResticFinished},
};
use lifecycle_engine::{PortError, Retained, RunPlan, Worker};
use restic_driver::{
    BaseEnv, Exit, LocateError, Message, PipeKeeper, Remembered, Report, Restic, SpawnError, Verdict, orphans,
};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use crate::{
    config::Depth,
    restic::{
        Ready, ResticMemory, ResticWork,
        locks::{self, Blocking, Cleared, Locks},
        retention::{Forgetting, Forgot, Reach},
    },
};

/// A signal to a whole group reaches its processes within this time of each other.
const SAME_MOMENT: Duration = Duration::from_millis(250);

/// After zb's death restic has so long to end by itself (`spec.md` §3).
const ORPHANS_GRACE: Duration = Duration::from_secs(3);

/// Finds restic once, and runs it.
#[derive(Debug)]
pub(crate) struct ResticWorker {
    command: Option<PathBuf>,
    base: BaseEnv,
    memory: Option<ResticMemory>,
    keeper: Option<Arc<dyn PipeKeeper>>,
    found: OnceCell<Restic>,
}

impl ResticWorker {
    /// Nothing is looked for yet. With a `memory` a restic that is known need not be asked for its version again.
    #[must_use]
    pub(crate) fn new(command: Option<PathBuf>, base: BaseEnv, memory: Option<ResticMemory>) -> Self {
        Self { command, base, memory, keeper: None, found: OnceCell::new() }
    }

    /// Lets a guardian hold the pipes of every restic.
    #[must_use]
    pub(crate) fn kept_by(self, keeper: Option<Arc<dyn PipeKeeper>>) -> Self {
        Self { keeper, ..self }
    }

    /// The restic to run.
    ///
    /// # Errors
    /// There is none, or it is too old.
    pub(crate) async fn restic(&self) -> Result<&Restic, LocateError> {
        self.found.get_or_try_init(|| self.locate()).await
    }

    /// restic as the plan wants it, and what it is to do.
    async fn prepare(&self, plan: &RunPlan) -> Result<(Restic, Ready), String> {
        let restic = self.restic().await.map_err(|error| in_words(&error))?;
        let ready = ready(plan)?;
        Ok((restic.clone().at_priority(ready.priority), ready))
    }

    async fn locate(&self) -> Result<Restic, LocateError> {
        let known = self.memory.as_ref().and_then(ResticMemory::recall);
        let restic = Restic::locate(self.command.as_deref(), self.base.clone(), known.as_ref()).await?;
        self.remember(&restic, known.as_ref());
        Ok(match &self.keeper {
            Some(keeper) => restic.kept_by(Arc::clone(keeper)),
            None => restic,
        })
    }

    fn remember(&self, restic: &Restic, known: Option<&Remembered>) {
        let now = restic.remembered();
        if let (Some(memory), true) = (&self.memory, known != Some(&now)) {
            memory.keep(&now);
        }
    }

    /// Everything that a backup needs of restic, looked at before the pre hook.
    ///
    /// # Errors
    /// What is missing, for a person to read.
    pub(crate) async fn check(&self, plan: &RunPlan) -> Result<String, String> {
        let restic = self.restic().await.map_err(|error| in_words(&error))?;
        let ready = ready(plan)?;
        let before = restic.remembered();
        let unsupported = restic.unsupported(&ready.backup.flags).await.map_err(|error| in_words(&error))?;
        self.remember(restic, Some(&before));
        if let Some(flag) = unsupported {
            let version = restic.version();
            return Err(format!(
                "restic {version} has no flag {flag}: remove it from restic_flags, or update restic"
            ));
        }
        Ok(restic.version().to_string())
    }

    /// With `preflight = "full"`: the source is there, the repository answers and opens, and no lock is in the way. What
    /// restic reads for it need not be read inside the pause.
    ///
    /// # Errors
    /// What is missing, for a person to read.
    pub(crate) async fn check_fully(&self, plan: &RunPlan) -> Result<(), String> {
        let (restic, ready) = self.prepare(plan).await?;
        if ready.preflight == Depth::Basic {
            return Ok(());
        }
        let source = &plan.source_path;
        fs::symlink_metadata(source).map_err(|error| format!("the source {}: {error}", source.display()))?;
        locks::open(&restic, &ready, plan.job.as_str()).await?;
        let warm = restic.warm(&ready.repository, &ready.backup.flags, plan.schedule.as_str());
        // That there is no snapshot yet is no problem.
        warm.marker(plan.job.as_str())
            .run(|_| {}, &CancellationToken::new())
            .await
            .map_err(|error| in_words(&error))?;
        Ok(())
    }
}

#[async_trait]
impl Worker for ResticWorker {
    async fn back_up(
        &self,
        plan: &RunPlan,
        progress: &Live<Progress>,
        cancel: &CancellationToken,
    ) -> ResticFinished {
        let (restic, ready) = match self.prepare(plan).await {
            Ok(prepared) => prepared,
            Err(problem) => return failed(problem),
        };
        let invocation = restic.backup(&ready.repository, &ready.backup).marker(plan.job.as_str());
        let watch = |message| {
            if let Message::Status(status) = message {
                progress.set(converted(status));
            }
        };
        match invocation.run(watch, cancel).instrument(info_span!("restic.process")).await {
            Ok(report) if report.exit == Exit::Locked && !report.interrupted => {
                let locks = Locks { restic: &restic, ready: &ready, run: Some(plan.job.as_str()) };
                let clearing = locks.clear(Blocking::Exclusive, ready.lock_wait, cancel);
                let cleared = clearing.instrument(info_span!("restic.locks")).await;
                locked(finished(report), locks, cleared)
            }
            Ok(report) if ended_with_zb(&report, cancel).await => {
                let ended = finished(report);
                ResticFinished { outcome: BackupOutcome::Cancelled, advice: None, ..ended }
            }
            Ok(report) => finished(report),
            Err(SpawnError::Cancelled) => {
                ResticFinished { outcome: BackupOutcome::Cancelled, ..ResticFinished::default() }
            }
            Err(error) => failed(in_words(&error)),
        }
    }

    async fn retain(&self, plan: &RunPlan, cancel: &CancellationToken) -> Retained {
        let problem = |problem: String| Retained { problem: Some(problem), ..Retained::default() };
        let (restic, ready) = match self.prepare(plan).await {
            Ok(prepared) => prepared,
            Err(reason) => return problem(reason),
        };
        let Some(retention) = ready.retention else { return Retained::default() };
        let forgetting = Forgetting {
            restic: &restic,
            ready: &ready,
            retention,
            reach: Reach::TheJobs,
            run: Some(plan.job.as_str()),
        };
        match forgetting.forget(cancel).instrument(info_span!("restic.process")).await {
            Forgot::Done(done) => Retained { kept: done.kept, removed: done.removed, problem: None },
            Forgot::Cancelled => problem("retention was cancelled".to_owned()),
            Forgot::Failed { why, so_far } => Retained {
                kept: so_far.kept,
                removed: so_far.removed,
                problem: Some(format!("retention failed: {why}")),
            },
        }
    }

    async fn end_orphans(&self, job: &JobId) -> Result<u32, PortError> {
        orphans::end(job.as_str(), ORPHANS_GRACE)
            .await
            .map_err(|error| PortError::new(format!("end what run {job} left running"), error))
    }
}

fn ready(plan: &RunPlan) -> Result<Ready, String> {
    ResticWork::ready(&plan.work, &plan.source_path, plan.schedule.as_str())
}

fn failed(problem: String) -> ResticFinished {
    ResticFinished { outcome: BackupOutcome::Failed, error: Some(problem), ..ResticFinished::default() }
}

/// Whether restic was told to end by somebody else's signal, and zb is being told too: as when a service manager ends
/// the whole group. restic may be the faster one.
async fn ended_with_zb(report: &Report<restic_driver::BackupSummary>, cancel: &CancellationToken) -> bool {
    let told = report.code == Some(130)
        || matches!(report.signal().as_deref(), Some("SIGTERM" | "SIGINT" | "SIGHUP"));
    let is_failure = matches!(report.verdict(), Verdict::Failed { .. });
    told && is_failure && tokio::time::timeout(SAME_MOMENT, cancel.cancelled()).await.is_ok()
}

fn finished(report: Report<restic_driver::BackupSummary>) -> ResticFinished {
    let (outcome, error) = match report.verdict() {
        Verdict::Complete => (BackupOutcome::Complete, None),
        Verdict::Incomplete { why } => (BackupOutcome::Incomplete, Some(why)),
        Verdict::Cancelled { why } => (BackupOutcome::Cancelled, Some(why)),
        Verdict::Failed { why } => (BackupOutcome::Failed, Some(why)),
        other => {
            (BackupOutcome::Failed, Some(format!("restic ended in a way that zb does not know: {other:?}")))
        }
    };
    let is_bad = matches!(outcome, BackupOutcome::Failed | BackupOutcome::Incomplete);
    ResticFinished {
        outcome,
        exit_code: report.code,
        signal: report.signal(),
        snapshot_id: report.output.as_ref().and_then(|summary| summary.snapshot_id.clone()),
        summary: report.output.as_ref().map(summary),
        advice: advice(report.exit).filter(|_| is_bad).map(str::to_owned),
        stderr: Some(report.stderr).filter(|text| !text.is_empty()),
        error,
        // The engine knows the times.
        ..ResticFinished::default()
    }
}

/// What a lock in the way means for the backup, when it was seen to.
fn locked(found: ResticFinished, locks: Locks<'_>, cleared: Result<Cleared, String>) -> ResticFinished {
    let (outcome, error) = match cleared {
        Ok(Cleared::Free(removed)) => {
            (BackupOutcome::Unlocked, locks::unlocked(&removed, found.error.as_deref()))
        }
        Ok(Cleared::Held(held)) => {
            (BackupOutcome::Failed, format!("the repository is locked by {}", locks.owners(&held)))
        }
        Ok(Cleared::Cancelled) => {
            (BackupOutcome::Cancelled, "the repository was locked, and the wait for it was cut".to_owned())
        }
        Err(problem) => (BackupOutcome::Failed, format!("the repository is locked, and {problem}")),
    };
    let advice = (outcome == BackupOutcome::Failed).then(|| locks::ADVICE.to_owned());
    ResticFinished { outcome, error: Some(error), advice, ..found }
}

fn summary(of: &restic_driver::BackupSummary) -> BackupSummary {
    BackupSummary {
        files_new: of.files_new,
        files_changed: of.files_changed,
        files_unmodified: of.files_unmodified,
        bytes_added: of.data_added,
        total_files: of.total_files_processed,
        total_bytes: of.total_bytes_processed,
    }
}

fn converted(status: restic_driver::Progress) -> Progress {
    Progress {
        percent_done: status.percent_done,
        files_done: status.files_done,
        bytes_done: status.bytes_done,
        total_files: status.total_files,
        total_bytes: status.total_bytes,
        seconds_remaining: status.seconds_remaining,
        current_files: status.current_files,
    }
}

/// An error with its causes, in one line.
fn in_words(error: &dyn std::error::Error) -> String {
    crate::report::Failure::from_chain(error).message
}

/// What to do, in zb's own commands where there is one.
pub(crate) fn advice(exit: Exit) -> Option<&'static str> {
    match exit {
        Exit::NoRepository => {
            Some("check the repository's location, or make the repository: zb init, with the job")
        }
        other => other.advice(),
    }
}

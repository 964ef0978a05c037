//! A process's hands: every port of the engine, and what goes wrong with them in this process.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use event_bus::{Gate, Live};
use hook_core::{
    HookDue, HookOutcome, JobId, JobKey, OutcomeKind, Phase, Progress,
    event::{BackupOutcome, BackupSummary, ResticFinished},
};
use lifecycle_engine::{
    Checked, Claim, ClaimAttempt, ClaimGuard, Holding, PortError, Preflight, Retained, RunPlan, RunStore,
    Unfinished, Worker,
};
use tokio::{
    task::yield_now,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    chronicle::{Request, What, Work},
    story::{Check, Labour, Process},
    world::{World, job, number},
};

/// Every await of a port yields at least once, so that a process can be struck there.
pub(super) struct Hands {
    pub(super) world: Arc<World>,
    pub(super) process: usize,
    pub(super) nature: Process,
    pub(super) appends: AtomicU32,
    /// The plan of a run that is not on disk yet.
    pub(super) sealed: std::sync::Mutex<Option<RunPlan>>,
}

impl Hands {
    pub(super) fn new(world: &Arc<World>, process: usize, nature: Process) -> Arc<Self> {
        Arc::new(Self {
            world: Arc::clone(world),
            process,
            nature,
            appends: AtomicU32::new(0),
            sealed: std::sync::Mutex::default(),
        })
    }

    pub(super) fn nth_append(&self) -> u32 {
        self.appends.fetch_add(1, Ordering::Relaxed)
    }
}

#[async_trait]
impl Gate<HookDue, HookOutcome> for Hands {
    async fn ask(&self, due: &HookDue, cancel: &CancellationToken) -> HookOutcome {
        let (began, run) = (Instant::now(), number(&due.job));
        yield_now().await;
        let (kind, http_status) = match cancel.is_cancelled() {
            true => (OutcomeKind::NotSent, None),
            false => self.request(due, run, began + due.hook.timeout(), cancel).await,
        };
        let phase = due.phase;
        self.world.see(What::Answered { process: self.process, run, phase, kind, http_status });
        yield_now().await;
        HookOutcome {
            kind,
            http_status,
            error: (kind != OutcomeKind::Ok).then(|| problem(phase, kind, http_status)),
            response: None,
            duration: began.elapsed(),
        }
    }
}

impl Hands {
    async fn request(
        &self,
        due: &HookDue,
        run: usize,
        deadline: Instant,
        cancel: &CancellationToken,
    ) -> (OutcomeKind, Option<u16>) {
        let request = Request {
            phase: due.phase,
            attempt: due.attempt,
            webhook_id: due.webhook_id.clone(),
            body: due.context.to_string(),
        };
        let reception = self.world.receive(self.process, run, request);
        let answered = async {
            match reception.answered.filter(|at| *at <= deadline) {
                Some(at) => {
                    sleep_until(at).await;
                    (reception.kind, reception.http_status)
                }
                None => {
                    sleep_until(deadline).await;
                    (OutcomeKind::NoAnswer, None)
                }
            }
        };
        tokio::select! {
            biased;
            answered = answered => answered,
            () = cancel.cancelled() => (OutcomeKind::Cancelled, None),
        }
    }
}

fn problem(phase: Phase, kind: OutcomeKind, http_status: Option<u16>) -> String {
    match http_status {
        Some(status) => format!("{phase} webhook returned HTTP {status}"),
        None => format!("{phase} webhook: {kind:?}"),
    }
}

#[async_trait]
impl Preflight for Hands {
    async fn check(&self, _: &RunPlan) -> Checked {
        yield_now().await;
        if self.nature.check == Check::Slow {
            sleep(Duration::from_secs(600)).await;
        }
        let problem = (self.nature.check == Check::Problem).then(|| "no restic".to_owned());
        Checked { worker_version: Some("0.14.0".to_owned()), problem }
    }

    fn permit_post(&self, _: &RunPlan) -> Result<(), String> {
        match self.nature.forbidden {
            true => Err("Add http://hooks:9000 to WEBHOOK_ALLOWED_ORIGINS.".to_owned()),
            false => Ok(()),
        }
    }
}

impl Hands {
    /// One process of the run's work, from its beginning to its end; whether it was cut.
    async fn labour(&self, run: usize, work: Work, cancel: &CancellationToken) -> (Labour, bool) {
        yield_now().await;
        let labour = self.world.begin_work(self.process, run, work);
        let cut = tokio::select! {
            biased;
            () = sleep(labour.takes) => false,
            () = cancel.cancelled(), if labour.obeys => true,
        };
        if cut {
            sleep(Duration::from_millis(500)).await;
        }
        self.world.end_work(run);
        yield_now().await;
        (labour, cut)
    }
}

#[async_trait]
impl Worker for Hands {
    async fn back_up(
        &self,
        plan: &RunPlan,
        _: &Live<Progress>,
        cancel: &CancellationToken,
    ) -> ResticFinished {
        let (labour, cut) = self.labour(number(&plan.job), Work::Backup, cancel).await;
        let outcome = if cut { BackupOutcome::Cancelled } else { labour.outcome };
        let made = matches!(outcome, BackupOutcome::Complete | BackupOutcome::Incomplete);
        ResticFinished {
            outcome,
            exit_code: Some(i32::from(!made)),
            snapshot_id: made.then(|| "5ca1ab1e".to_owned()),
            summary: made.then(BackupSummary::default),
            error: (outcome == BackupOutcome::Failed).then(|| "restic failed".to_owned()),
            ..ResticFinished::default()
        }
    }

    async fn end_orphans(&self, job: &JobId) -> Result<u32, PortError> {
        let run = number(job);
        self.world.see(What::OrphansSought { process: self.process, run });
        yield_now().await;
        if self.nature.powerless {
            return Err(PortError::new("end orphans", "operation not permitted"));
        }
        let ended = self.world.end_work(run);
        yield_now().await;
        Ok(ended)
    }

    async fn retain(&self, plan: &RunPlan, cancel: &CancellationToken) -> Retained {
        let (labour, cut) = self.labour(number(&plan.job), Work::Retention, cancel).await;
        let failed = cut || labour.outcome == BackupOutcome::Failed;
        Retained { kept: 1, removed: 0, problem: failed.then(|| "retention failed".to_owned()) }
    }
}

/// Given up when it is dropped, as with the process that holds it.
struct Guard {
    world: Arc<World>,
    process: usize,
}

impl ClaimGuard for Guard {
    fn announce(&self, holding: &Holding) {
        self.world.announce(self.process, holding);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.world.give_up_claim(self.process);
    }
}

#[async_trait]
impl RunStore for Hands {
    async fn queue(&self, plan: &RunPlan, _: &Claim) -> Result<(), PortError> {
        yield_now().await;
        *self.sealed.lock().unwrap() = Some(plan.clone());
        Ok(())
    }

    async fn plan(&self, job: &JobId) -> Result<RunPlan, PortError> {
        yield_now().await;
        if self.nature.keyless {
            return Err(PortError::new("open the plan", "another key sealed it"));
        }
        self.world.plan(job).ok_or_else(|| PortError::new("open the plan", "there is none"))
    }

    async fn claim(&self, of: &JobKey) -> Result<ClaimAttempt, PortError> {
        yield_now().await;
        Ok(match self.world.claim(self.process) {
            Ok(()) => {
                let guard = Guard { world: Arc::clone(&self.world), process: self.process };
                ClaimAttempt::Claimed(Claim::new(of.clone(), guard))
            }
            Err(holding) => ClaimAttempt::Held(holding),
        })
    }

    async fn unfinished(&self, of: Option<&JobKey>) -> Result<Vec<Unfinished>, PortError> {
        yield_now().await;
        let of = of.ok_or_else(|| PortError::new("list runs", "this world has one job"))?;
        let left = self.world.unfinished();
        Ok(left.into_iter().map(|run| Unfinished { job: job(run), of: of.clone() }).collect())
    }
}

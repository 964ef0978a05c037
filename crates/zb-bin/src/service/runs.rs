//! The runs of this service: queued, in progress, to their end.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hook_core::{JobId, JobKey, RunStatus, event::Trigger};
use lifecycle_engine::{Claim, Control, Engine, Queued, RunPlan};
use scheduler::{Ended, Handle, Start};
use tokio::task::{self, JoinSet};
use tracing::Instrument;

use super::{retention::InTurn, within::Within};
use crate::{
    clock,
    config::{Job, Settings, Surroundings},
    guardian::Guardian,
    report::Failure,
    settle::{self, Beside},
    wiring::Wiring,
};

/// A run that is on disk as queued, with the claim that it keeps.
pub(super) struct Waiting {
    /// The job, as it was when the run was queued.
    pub(super) job: Box<Job>,
    pub(super) plan: RunPlan,
    pub(super) claim: Claim,
    pub(super) queued: Queued,
}

/// The runs of this process.
pub(crate) struct Runs {
    pub(super) wiring: Wiring,
    pub(super) settings: Settings,
    pub(super) around: Surroundings,
    waiting: Mutex<BTreeMap<JobId, Waiting>>,
    running: Mutex<BTreeMap<JobId, Arc<Control>>>,
    tasks: Mutex<JoinSet<()>>,
    /// Debts of other processes' runs that this one pays.
    settling: Mutex<Vec<Beside>>,
    handle: Mutex<Option<Handle>>,
}

impl Runs {
    /// None yet.
    #[must_use]
    pub(crate) fn new(wiring: Wiring, settings: Settings, around: Surroundings) -> Self {
        Self {
            wiring,
            settings,
            around,
            waiting: Mutex::default(),
            running: Mutex::default(),
            tasks: Mutex::default(),
            settling: Mutex::default(),
            handle: Mutex::default(),
        }
    }

    /// Whom the end of a run is told.
    pub(crate) fn serve(&self, handle: Handle) {
        *lock(&self.handle) = Some(handle);
    }

    /// The control of a run in progress, or that waits.
    #[must_use]
    pub(crate) fn control(&self, run: &JobId) -> Option<Arc<Control>> {
        lock(&self.running).get(run).cloned()
    }

    /// Cancels every run.
    pub(crate) fn cancel_all(&self, by: &str) {
        lock(&self.running).values().for_each(|control| control.cancel(by));
    }

    /// Settles what dead processes left of a job.
    pub(super) fn settle(&self, key: JobKey) {
        let mut settling = lock(&self.settling);
        settling.retain(|one| !one.is_over());
        settling.push(settle::of_job(&self.wiring, "serve", key));
    }

    /// Gives what is being settled a moment.
    pub(crate) async fn settled(&self) {
        let settling = std::mem::take(&mut *lock(&self.settling));
        for one in settling {
            one.finish().await;
        }
    }

    /// Waits until no run is in progress. Those that wait to begin are left to the next start, which is right: nothing
    /// was done of them.
    pub(crate) async fn ended(&self) {
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        while tasks.join_next().await.is_some() {}
    }

    /// Keeps a queued run until its turn.
    pub(super) fn wait(&self, waiting: Waiting) {
        let run = waiting.plan.job.clone();
        lock(&self.running).insert(run.clone(), Arc::default());
        lock(&self.waiting).insert(run, waiting);
    }

    /// Begins a queued run in a task of its own.
    pub(super) fn begin(self: &Arc<Self>, run: &JobId) {
        self.to_its_end(run, |runs, waiting| async move { runs.run(waiting).await });
    }

    /// Asks for the end of a run; whether it is one of this process. One that waits ends now, not when its turn comes.
    pub(super) fn cancel(self: &Arc<Self>, run: &JobId, by: &str) -> bool {
        let Some(control) = self.control(run) else { return false };
        control.cancel(by);
        self.to_its_end(run, |runs, waiting| async move { runs.end(waiting).await });
        true
    }

    /// Drives a run that waits, in a task of its own, and tells the scheduler of its end. Our own failure is an error
    /// too, and logged.
    fn to_its_end<D>(self: &Arc<Self>, run: &JobId, drive: impl FnOnce(Arc<Self>, Waiting) -> D)
    where
        D: Future<Output = Result<RunStatus, Failure>> + Send + 'static,
    {
        let Some(waiting) = lock(&self.waiting).remove(run) else { return };
        let runs = Arc::clone(self);
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        let (of, run, attempt) = (waiting.plan.key(), waiting.plan.job.clone(), waiting.plan.attempt);
        let driven = drive(Arc::clone(&runs), waiting);
        tasks.spawn(async move {
            // A run that panics has ended too: its claim is free, its guardian settles it, others go on.
            let ended =
                task::spawn(driven).await.unwrap_or_else(|panicked| Err(Failure::from_chain(&panicked)));
            let status = ended.unwrap_or_else(|failure| {
                tracing::error!(%run, "{}", failure.message);
                RunStatus::Error
            });
            lock(&runs.running).remove(&run);
            let handle = lock(&runs.handle).clone();
            if let Some(handle) = handle {
                handle.ended(of, Ended { run, status, attempt, at: clock::now() }).await;
            }
        });
    }

    /// The run, with its guardian, to its end.
    async fn run(&self, waiting: Waiting) -> Result<RunStatus, Failure> {
        let guardian = match Guardian::start(&waiting.plan.key(), &self.settings) {
            Ok(guardian) => Some(guardian),
            Err(failure) => {
                tracing::error!(run = %waiting.plan.job, "{}", failure.message);
                None
            }
        };
        let ended = match self.engine(guardian.as_ref(), waiting.job.clone()) {
            Some(engine) => self.driven(&engine, waiting).await,
            None => Err(Failure::error("the service ends")),
        };
        if let Some(guardian) = guardian {
            // It waits for the guardian's exit.
            let _ = task::spawn_blocking(move || guardian.dismiss()).await;
        }
        ended
    }

    /// The end of a run that is cancelled before anything of it began.
    async fn end(&self, waiting: Waiting) -> Result<RunStatus, Failure> {
        let Waiting { plan, claim: _held_until_it_is_over, queued, .. } = waiting;
        let control = self.control(&plan.job).unwrap_or_default();
        let verdict = self.wiring.engine.begin(queued, &plan, &control).await;
        Ok(verdict.map_err(|error| Failure::from_chain(&error))?.status)
    }

    /// The engine of one run: it looks where the job's words lead, its restic's pipes are kept by its guardian, its
    /// retention waits for its turn.
    fn engine(&self, guardian: Option<&Guardian>, job: Box<Job>) -> Option<Engine> {
        let handle = lock(&self.handle).clone()?;
        let engine = self.wiring.engine_kept_by(&self.settings, &self.around, guardian.map(Guardian::keeper));
        let within = Within {
            preflight: engine.preflight,
            job,
            store: Arc::clone(&self.wiring.store),
            data_dir: self.settings.data_dir.value.clone(),
        };
        let worker = Arc::new(InTurn { worker: engine.worker, handle });
        Some(Engine { worker, preflight: Arc::new(within), ..engine })
    }

    /// What the job's earlier runs owe, then the run itself.
    async fn driven(&self, engine: &Engine, waiting: Waiting) -> Result<RunStatus, Failure> {
        let Waiting { plan, claim, queued, .. } = waiting;
        let control = self.control(&plan.job).unwrap_or_default();
        let unfinished = engine.store.unfinished(Some(&plan.key())).await?;
        let earlier = unfinished.into_iter().filter(|left| left.job != plan.job).collect();
        for (job, settled) in settle::with_claim(engine, &claim, earlier, "serve", &Control::default()).await
        {
            settle::log(&(job, settled));
        }
        let span = tracing::info_span!("zb.run", job = %plan.job);
        telemetry::hang_below_run(&span, &plan.job);
        let verdict = engine.begin(queued, &plan, &control).instrument(span).await;
        Ok(verdict.map_err(|error| Failure::from_chain(&error))?.status)
    }
}

impl std::fmt::Debug for Runs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runs").field("running", &lock(&self.running).len()).finish_non_exhaustive()
    }
}

/// Whether a start is one that was missed.
#[must_use]
pub(super) fn is_late(start: &Start) -> bool {
    start.trigger == Trigger::Missed
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each is whole after every operation.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

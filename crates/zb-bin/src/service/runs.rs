//! The runs of this service: queued, in progress, to their end.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hook_core::{JobId, RunStatus, ScheduleId, event::Trigger};
use lifecycle_engine::{Claim, Control, Engine, Queued, RunPlan};
use scheduler::{Ended, Handle, Start};
use tokio::task::{self, JoinSet};
use tracing::Instrument;

use super::retention::InTurn;
use crate::{
    clock,
    config::{Settings, Surroundings},
    guardian::Guardian,
    report::Failure,
    settle,
    wiring::Wiring,
};

/// A run that is on disk as queued, with the claim that it keeps.
pub(super) struct Waiting {
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
    running: Mutex<BTreeMap<JobId, (ScheduleId, Arc<Control>)>>,
    tasks: Mutex<JoinSet<()>>,
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
        lock(&self.running).get(run).map(|(_, control)| Arc::clone(control))
    }

    /// Cancels every run.
    pub(crate) fn cancel_all(&self, by: &str) {
        lock(&self.running).values().for_each(|(_, control)| control.cancel(by));
    }

    /// Waits until no run is in progress. Those that wait to begin are left to the next start, which is right: nothing
    /// was done of them.
    pub(crate) async fn ended(&self) {
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        while tasks.join_next().await.is_some() {}
    }

    /// Keeps a queued run until its turn.
    pub(super) fn wait(&self, waiting: Waiting) {
        let control = Arc::new(Control::default());
        let (run, schedule) = (waiting.plan.job.clone(), waiting.plan.schedule.clone());
        lock(&self.running).insert(run.clone(), (schedule, control));
        lock(&self.waiting).insert(run, waiting);
    }

    /// Begins a queued run in a task of its own.
    pub(super) fn begin(self: &Arc<Self>, start: Start) {
        let Some(waiting) = lock(&self.waiting).remove(&start.run) else { return };
        let runs = Arc::clone(self);
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let run = {
                let (runs, start) = (Arc::clone(&runs), start.clone());
                task::spawn(async move { runs.run(waiting, &start).await })
            };
            // A run that panics has ended too: its claim is free, its guardian settles it, others go on.
            let status = run.await.unwrap_or(RunStatus::Error);
            lock(&runs.running).remove(&start.run);
            let handle = lock(&runs.handle).clone();
            if let Some(handle) = handle {
                let ended = Ended { run: start.run, status, attempt: start.attempt, at: clock::now() };
                handle.ended(start.job, ended).await;
            }
        });
    }

    /// The run, with its guardian, to its end. Our own failure is an error too, and logged.
    async fn run(&self, waiting: Waiting, start: &Start) -> RunStatus {
        let guardian = match Guardian::start(&start.job, &self.settings) {
            Ok(guardian) => Some(guardian),
            Err(failure) => {
                tracing::error!(run = %start.run, "{}", failure.message);
                None
            }
        };
        let ended = match self.engine(guardian.as_ref()) {
            Some(engine) => self.driven(&engine, waiting, start).await,
            None => Err(Failure::error("the service ends")),
        };
        if let Some(guardian) = guardian {
            // It waits for the guardian's exit.
            let _ = task::spawn_blocking(move || guardian.dismiss()).await;
        }
        ended.unwrap_or_else(|failure| {
            tracing::error!(run = %start.run, "{}", failure.message);
            RunStatus::Error
        })
    }

    /// The engine of one run: its restic's pipes are kept by its guardian, its retention waits for its turn.
    fn engine(&self, guardian: Option<&Guardian>) -> Option<Engine> {
        let handle = lock(&self.handle).clone()?;
        let engine = self.wiring.engine_kept_by(&self.settings, &self.around, guardian.map(Guardian::keeper));
        Some(Engine { worker: Arc::new(InTurn { worker: engine.worker, handle }), ..engine })
    }

    /// What the job's earlier runs owe, then the run itself.
    async fn driven(&self, engine: &Engine, waiting: Waiting, start: &Start) -> Result<RunStatus, Failure> {
        let Waiting { plan, claim, queued } = waiting;
        let control = self.control(&start.run).unwrap_or_default();
        let unfinished = engine.store.unfinished(Some(&start.job)).await?;
        let earlier = unfinished.into_iter().filter(|left| left.job != start.run).collect();
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

/// The trigger of a run's events.
#[must_use]
pub(super) fn is_late(start: &Start) -> bool {
    start.trigger == Trigger::Missed
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each is whole after every operation.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

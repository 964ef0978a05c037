//! The loop: decide, perform, record, until the run is over. Recovery takes the same loop (architecture, law 9).

use std::{fmt, future::Future, pin::pin, sync::Arc, time::Duration};

use event_bus::{AppendError, Bus, Gate, Recorded};
use hook_core::{HookDue, HookOutcome, LifecycleEvent, RunEvent};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use crate::{
    control::Control,
    error::EngineError,
    machine::{OnCancel, Step, Verdict, decide, on_cancel},
    plan::RunPlan,
    ports::{Claim, Holding, Preflight, RunStore, Worker},
    record::Record,
    timeline::Timeline,
};

/// Drives runs. Its parts are the world: it knows none of them but by their port.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "ports are trait objects")]
#[expect(clippy::exhaustive_structs, reason = "the composition root fills in every part")]
pub struct Engine {
    /// Where facts go.
    pub bus: Arc<Bus<RunEvent>>,
    /// Calls hooks.
    pub gate: Arc<dyn Gate<HookDue, HookOutcome>>,
    /// Checks before anything is paused.
    pub preflight: Arc<dyn Preflight>,
    /// Does the work.
    pub worker: Arc<dyn Worker>,
    /// Keeps plans and claims.
    pub store: Arc<dyn RunStore>,
}

impl Engine {
    /// Queues the run and drives it to its end. Whatever the world does is in the verdict.
    ///
    /// # Errors
    /// Only our own failures; each says whether anything had been sent.
    pub async fn run(
        &self,
        plan: &RunPlan,
        claim: &Claim,
        control: &Control,
    ) -> Result<Verdict, EngineError> {
        let queued = self.queue(plan, claim).await?;
        self.begin(queued, plan, control).await
    }

    /// Puts the run on disk as queued, with its plan. Nothing of it begins before [`Engine::begin`]; the claim is to be
    /// kept until then, and until its end.
    ///
    /// # Errors
    /// Only our own failures; nothing was done.
    pub async fn queue(&self, plan: &RunPlan, claim: &Claim) -> Result<Queued, EngineError> {
        claim.announce(&Holding::Running(plan.job.clone()));
        let mut record = Record::new(&self.bus, &plan.job, &plan.schedule);
        let timeline = Timeline::start();
        self.store.queue(plan, claim).await?;
        record.note(plan.queued())?;
        record.write().await.map_err(|failure| match failure {
            conflict @ AppendError::Conflict { .. } => EngineError::TakenOver(conflict),
            failure => EngineError::NothingDone(failure),
        })?;
        Ok(Queued { record, timeline })
    }

    /// Drives a queued run to its end. `plan` is the one that it was queued with.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub async fn begin(
        &self,
        queued: Queued,
        plan: &RunPlan,
        control: &Control,
    ) -> Result<Verdict, EngineError> {
        let Queued { record, timeline } = queued;
        let mut run = Run { engine: self, plan, control, record, timeline, acted: false, patience: None };
        run.drive().await
    }
}

/// A run that is on disk as queued and has not begun. Dropped, it is left to whoever recovers.
#[must_use = "it begins by Engine::begin"]
pub struct Queued {
    record: Record,
    timeline: Timeline,
}

impl fmt::Debug for Queued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queued").finish_non_exhaustive()
    }
}

/// One run in progress.
pub(crate) struct Run<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) plan: &'a RunPlan,
    pub(crate) control: &'a Control,
    pub(crate) record: Record,
    pub(crate) timeline: Timeline,
    /// Whether anything was sent or started.
    pub(crate) acted: bool,
    /// In recovery: how long a post hook that fails is tried again.
    pub(crate) patience: Option<Duration>,
}

impl Run<'_> {
    pub(crate) async fn drive(&mut self) -> Result<Verdict, EngineError> {
        loop {
            self.note_cancel_at_rest()?;
            self.control.set_owes_post(self.record.state().is_post_owed());
            match decide(self.record.state()) {
                Step::Finish(verdict) => return self.finish(verdict).await,
                Step::Done => return Ok(self.record.state().verdict()),
                step => self.perform(step).await?,
            }
        }
    }

    async fn finish(&mut self, verdict: Verdict) -> Result<Verdict, EngineError> {
        self.record.note(LifecycleEvent::RunFinished {
            status: verdict.status,
            error: verdict.error(),
            snapshot_id: self.record.state().figures.snapshot_id.clone(),
            duration_ms: millis(self.timeline.elapsed()),
            pause_ms: self.timeline.pause().map(millis),
        })?;
        self.write().await?;
        Ok(verdict)
    }

    /// In recovery a cancel ends the wait and is no event: the run is beyond cancelling.
    fn note_cancel_at_rest(&mut self) -> Result<(), EngineError> {
        let fresh = self.patience.is_none() && self.record.state().cancelled.is_none();
        if fresh && self.control.is_cancelled() {
            self.record.note(LifecycleEvent::CancelRequested { by: self.control.by() })?;
        }
        Ok(())
    }

    /// Everything noted is on disk when this returns; only then may the next act begin.
    pub(crate) async fn write(&mut self) -> Result<Option<Recorded<RunEvent>>, EngineError> {
        match self.record.write().instrument(info_span!("journal.append")).await {
            Ok(last) => Ok(last),
            Err(conflict @ AppendError::Conflict { .. }) => Err(EngineError::TakenOver(conflict)),
            Err(failure) if !self.acted => Err(EngineError::NothingDone(failure)),
            Err(failure) => Err(self.pay_from_memory(failure).await),
        }
    }

    /// Awaits an act. A cancel is recorded, and cuts the act where the step allows it; its real end is awaited.
    pub(crate) async fn attend<T>(
        &mut self,
        step: &Step,
        cut: &CancellationToken,
        act: impl Future<Output = T>,
    ) -> Result<T, EngineError> {
        let mut act = pin!(act);
        if self.patience.is_none() && self.record.state().cancelled.is_none() {
            let control = self.control;
            tokio::select! {
                biased;
                done = &mut act => return Ok(done),
                () = control.cancelled() => {}
            }
            if on_cancel(step) == OnCancel::Interrupt {
                cut.cancel();
            }
            self.record.note(LifecycleEvent::CancelRequested { by: self.control.by() })?;
            // A journal that fails here fails again at the next write, where it is dealt with.
            let (_, done) = tokio::join!(self.record.write(), act);
            return Ok(done);
        }
        Ok(act.await)
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

//! A step becomes a call of a port, and its outcome a fact.

use std::{sync::Arc, time::Duration};

use hook_core::{
    HookDue, HookOutcome, HookSpec, LifecycleEvent, OutcomeKind, Phase,
    event::{HookFinished, ResticFinished},
    traceparent,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use crate::{
    error::EngineError,
    machine::{HookCall, Step, Verdict, pause_after},
    plan::Ending,
    ports::PortError,
    run::{Run, millis},
};

impl Run<'_> {
    pub(crate) async fn perform(&mut self, step: Step) -> Result<(), EngineError> {
        match &step {
            Step::Check => self.check().instrument(info_span!("step.check")).await,
            Step::CallHook(call) => {
                let span = info_span!("step.hook", phase = %call.phase, attempt = call.attempt);
                self.call_hook(&step, call).instrument(span).await
            }
            Step::RunBackup => self.back_up(&step).instrument(info_span!("step.backup")).await,
            Step::EndOrphans => self.end_orphans().instrument(info_span!("step.orphans")).await,
            Step::RunRetention => self.retain(&step).instrument(info_span!("step.retention")).await,
            Step::Finish(_) | Step::Done => Ok(()),
        }
    }

    async fn check(&mut self) -> Result<(), EngineError> {
        let begun = Instant::now();
        let control = self.control;
        let checked = tokio::select! {
            biased;
            checked = self.engine.preflight.check(self.plan) => checked,
            // Nothing has been paused yet: the loop notes the cancel and ends the run.
            () = control.cancelled() => return Ok(()),
        };
        self.record.note(LifecycleEvent::ChecksFinished {
            duration_ms: millis(begun.elapsed()),
            restic_version: checked.worker_version,
            error: checked.problem,
        })?;
        Ok(())
    }

    async fn call_hook(&mut self, step: &Step, call: &HookCall) -> Result<(), EngineError> {
        let hook = self.plan.hook(call.phase).cloned().ok_or_else(|| {
            PortError::new(format!("call the {} hook", call.phase), "the plan of the run holds none")
        })?;
        if !self.pause_before(call).await? {
            return Ok(());
        }
        let due = self.due(&hook, call);
        self.record.note(LifecycleEvent::HookStarted {
            phase: call.phase,
            attempt: call.attempt,
            webhook_id: due.webhook_id.clone(),
            origin: hook.origin().to_string(),
            status: call.says.as_ref().map(|says| says.status),
        })?;
        self.write().await?;
        self.acted = true;
        if call.phase == Phase::Post {
            self.timeline.resumed_now();
        }
        let outcome = match self.patience {
            Some(patience) => self.ask_patiently(&due, patience).await?,
            None => self.ask(step, &due).await?,
        };
        if call.phase == Phase::Pre && outcome.kind.may_have_taken_effect() {
            self.timeline.paused_now();
        }
        self.record.note(finished(call, outcome))?;
        Ok(())
    }

    /// Whether the pause before another attempt went by; a cancel ends the wait before a pre hook.
    async fn pause_before(&mut self, call: &HookCall) -> Result<bool, EngineError> {
        if call.after.is_zero() || self.patience.is_some() {
            return Ok(true);
        }
        // How the last attempt ended is on disk before a wait that may be long.
        self.write().await?;
        let pause = tokio::time::sleep(call.after);
        if call.phase == Phase::Post {
            pause.await;
            return Ok(true);
        }
        let control = self.control;
        Ok(tokio::select! {
            biased;
            () = control.cancelled() => false,
            () = pause => true,
        })
    }

    async fn ask(&mut self, step: &Step, due: &HookDue) -> Result<HookOutcome, EngineError> {
        let cut = CancellationToken::new();
        let gate = Arc::clone(&self.engine.gate);
        self.attend(step, &cut, gate.ask(due, &cut)).await
    }

    /// Recovery: every failure that another try can mend is tried again, with growing pauses, before the failure
    /// is recorded (`spec.md` §3). Whoever asks for the end of the wait leaves the debt as it is.
    async fn ask_patiently(&mut self, due: &HookDue, patience: Duration) -> Result<HookOutcome, EngineError> {
        let begun = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let pause = pause_after(tries);
            self.timeline.resumed_now();
            let cut = CancellationToken::new();
            let ask = self.engine.gate.ask(due, &cut);
            let outcome = tokio::select! {
                // An answer that is there is not thrown away.
                biased;
                outcome = ask => outcome,
                () = self.control.cancelled() => return Err(EngineError::Stopped),
            };
            let worth_it = outcome.kind.may_be_mended(outcome.http_status);
            if !worth_it || begun.elapsed() + pause > patience {
                return Ok(outcome);
            }
            tracing::warn!(job = %due.job, error = outcome.error, "the post hook failed; trying again");
            tokio::select! {
                biased;
                () = self.control.cancelled() => return Err(EngineError::Stopped),
                () = self.control.out_of_patience() => return Err(EngineError::Stopped),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn back_up(&mut self, step: &Step) -> Result<(), EngineError> {
        let version = self.record.state().worker_version.clone().unwrap_or_default();
        self.record.note(LifecycleEvent::ResticStarted { restic_version: version })?;
        self.write().await?;
        self.acted = true;
        let cut = CancellationToken::new();
        let (worker, control, plan) = (Arc::clone(&self.engine.worker), self.control, self.plan);
        let (timeline, begun) = (self.timeline, Instant::now());
        let timed = async {
            let ended = worker.back_up(plan, control.progress(), &cut).await;
            ResticFinished {
                duration_ms: ended.has_run().then(|| millis(begun.elapsed())),
                pause_ms: timeline.paused_for().map(millis),
                ..ended
            }
        };
        let ended = self.attend(step, &cut, timed).await?;
        self.record.note(LifecycleEvent::ResticFinished(ended))?;
        Ok(())
    }

    async fn end_orphans(&mut self) -> Result<(), EngineError> {
        // That the owner is dead is on disk before its children are touched.
        self.write().await?;
        let count = self.engine.worker.end_orphans(&self.plan.job).await?;
        self.record.note(LifecycleEvent::OrphansEnded { count })?;
        Ok(())
    }

    async fn retain(&mut self, step: &Step) -> Result<(), EngineError> {
        self.record.note(LifecycleEvent::RetentionStarted {})?;
        self.write().await?;
        let cut = CancellationToken::new();
        let (worker, plan) = (Arc::clone(&self.engine.worker), self.plan);
        let retained = self.attend(step, &cut, worker.retain(plan, &cut)).await?;
        self.record.note(retained.into())?;
        Ok(())
    }

    pub(crate) fn due(&self, hook: &Arc<HookSpec>, call: &HookCall) -> HookDue {
        let job = &self.plan.job;
        let error = call.says.as_ref().and_then(Verdict::error);
        let figures = &self.record.state().figures;
        let ending =
            call.says.as_ref().map(|says| Ending { status: says.status, error: error.as_deref(), figures });
        HookDue {
            job: job.clone(),
            phase: call.phase,
            attempt: call.attempt,
            hook: Arc::clone(hook),
            context: self.plan.context(hook, ending.as_ref()).into(),
            webhook_id: format!("msg_{}_{}", job.suffix(), call.phase),
            traceparent: Some(traceparent(job, call.phase, call.attempt)),
        }
    }
}

pub(crate) fn finished(call: &HookCall, outcome: HookOutcome) -> LifecycleEvent {
    LifecycleEvent::HookFinished(HookFinished {
        phase: call.phase,
        attempt: call.attempt,
        outcome: outcome.kind,
        http_status: outcome.http_status,
        duration_ms: millis(outcome.duration),
        error: outcome.error.filter(|_| outcome.kind != OutcomeKind::Ok),
        response: outcome.response,
    })
}

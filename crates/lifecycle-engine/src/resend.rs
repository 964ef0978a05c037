//! A person sends the post hook of a run that is over once more.

use std::time::Duration;

use event_bus::Recorded;
use hook_core::{JobId, LifecycleEvent, OutcomeKind, Phase, RunEvent, event::HookFinished};
use tokio_util::sync::CancellationToken;

use crate::{
    control::Control,
    error::EngineError,
    machine::HookCall,
    ports::{Claim, Holding},
    record::Record,
    run::{Engine, Run},
    timeline::Timeline,
};

/// What came of sending a post hook once more.
#[derive(Clone, PartialEq, Debug)]
pub enum Resent {
    /// It was tried: what became of it, as it is recorded.
    Tried(HookFinished),
    /// The run is not over, or its post hook was not sent, was answered well or was cleared.
    NotOwed,
}

impl Engine {
    /// Sends the post hook of a finished run again, where it had failed: with the same id and the same words, from the
    /// plan that was frozen with the run. The run's status stays (`spec.md` §6). The attempt is on disk before it leaves.
    ///
    /// # Errors
    /// Our own failures; the plan is gone once the job's next run has finished.
    pub async fn send_post_again(&self, job: &JobId, claim: &Claim) -> Result<Resent, EngineError> {
        claim.announce(&Holding::Settling(job.clone()));
        let (record, history) = Record::open(&self.bus, job, claim.schedule()).await?;
        let Some(attempt) = next_attempt(&history) else { return Ok(Resent::NotOwed) };
        if record.state().end.is_none() || record.state().cleared {
            return Ok(Resent::NotOwed);
        }
        let plan = self.store.plan(job).await?;
        let Some(hook) = plan.post.clone() else { return Ok(Resent::NotOwed) };
        let says = record.state().said.clone().or_else(|| Some(record.state().verdict()));
        let control = Control::default();
        let timeline = Timeline::start();
        let mut run = Run {
            engine: self,
            plan: &plan,
            control: &control,
            record,
            timeline,
            acted: false,
            patience: None,
        };
        let call = HookCall { phase: Phase::Post, attempt, after: Duration::ZERO, says };
        let due = run.due(&hook, &call);
        run.record.note(LifecycleEvent::HookStarted {
            phase: Phase::Post,
            attempt,
            webhook_id: due.webhook_id.clone(),
            origin: hook.origin().to_string(),
            status: call.says.as_ref().map(|says| says.status),
        })?;
        run.record.write().await.map_err(EngineError::NothingDone)?;
        let outcome = self.gate.ask(&due, &CancellationToken::new()).await;
        let event = crate::perform::finished(&call, outcome);
        let LifecycleEvent::HookFinished(finished) = event.clone() else { return Ok(Resent::NotOwed) };
        run.record.note(event)?;
        if let Err(error) = run.record.write().await {
            // It was sent, and what became of it is known to whoever asked: the next start sends it once more at worst.
            tracing::error!(%job, %error, "cannot record what became of a post hook");
        }
        Ok(Resent::Tried(finished))
    }
}

/// The number of the next attempt, where the last one failed.
fn next_attempt(history: &[Recorded<RunEvent>]) -> Option<u32> {
    let started = history.iter().filter_map(|recorded| match &recorded.event.event {
        LifecycleEvent::HookStarted { phase: Phase::Post, attempt, .. } => Some(*attempt),
        _ => None,
    });
    started.max().filter(|_| !was_answered(history)).map(|attempt| attempt + 1)
}

/// Whether the post hook was answered well, in the run or when a person sent it again.
pub(crate) fn was_answered(history: &[Recorded<RunEvent>]) -> bool {
    history.iter().any(|recorded| match &recorded.event.event {
        LifecycleEvent::HookFinished(ended) => ended.phase == Phase::Post && ended.outcome == OutcomeKind::Ok,
        _ => false,
    })
}

//! A person says that the service runs again: the debt ends without a post hook.

use std::time::Duration;

use hook_core::{JobId, LifecycleEvent, OutcomeKind, Phase};

use crate::{
    control::Control,
    error::EngineError,
    machine::{RunState, evolve},
    plan::RunPlan,
    ports::{Claim, Holding},
    record::Record,
    recover::{Recovery, queued},
    resend::was_answered,
    run::Engine,
};

/// What came of clearing a debt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cleared {
    /// It is recorded now.
    Now,
    /// Somebody had cleared it before.
    Before,
    /// There is no post hook that is owed or that failed.
    NothingOwed,
}

impl Engine {
    /// Records that `by` says the service of this run runs again (`spec.md` §3), and ends the run where its owner
    /// died. No hook is sent. May be called again.
    ///
    /// # Errors
    /// Our own failures.
    pub async fn clear(
        &self,
        job: &JobId,
        claim: &Claim,
        by: &str,
        control: &Control,
    ) -> Result<Cleared, EngineError> {
        claim.announce(&Holding::Settling(job.clone()));
        let (mut record, history) = Record::open(&self.bus, job, claim.schedule()).await?;
        let plan = RunPlan::without_hooks(job, claim.schedule(), queued(job, &history)?);
        let cleared = LifecycleEvent::HookCleared { phase: Phase::Post, by: by.to_owned() };
        if record.state().cleared {
            return Ok(Cleared::Before);
        }
        if record.state().end.is_some() {
            if !post_failed(record.state()) || was_answered(&history) {
                return Ok(Cleared::NothingOwed);
            }
            record.note(cleared)?;
            record.write().await.map_err(EngineError::NothingDone)?;
            return Ok(Cleared::Now);
        }
        let recovery = Recovery { by: "recover", patience: Duration::ZERO };
        let death = LifecycleEvent::RunInterrupted { by: recovery.by.to_owned() };
        if !evolve(record.state().clone(), &death)?.is_post_owed() {
            return Ok(Cleared::NothingOwed);
        }
        let mut run = self.take_over(record, &plan, &history, recovery, control).await?;
        run.record.note(cleared)?;
        run.drive().await?;
        Ok(Cleared::Now)
    }
}

fn post_failed(state: &RunState) -> bool {
    state.post.last.as_ref().is_some_and(|last| last.kind != OutcomeKind::Ok)
}

//! What a dead owner left: claimed, marked as interrupted, and driven to its end by the same loop.

use std::time::Duration;

use event_bus::Recorded;
use hook_core::{
    HookOutcome, JobId, LifecycleEvent, OutcomeKind, Phase, RunEvent,
    event::{MACHINE, RunQueued},
};

use crate::{
    control::Control,
    error::EngineError,
    machine::{HookCall, RunState, Verdict, evolve, owes_post_hook},
    plan::RunPlan,
    ports::{Claim, Holding, PortError},
    record::Record,
    run::{Engine, Run},
    timeline::Timeline,
};

/// Who recovers, and how long a post hook that fails is tried again.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "both are needed")]
pub struct Recovery<'a> {
    /// `guardian`, `recover`, `run` or `serve`.
    pub by: &'a str,
    /// 5 minutes, by `spec.md` §3.
    pub patience: Duration,
}

/// What came of a run whose owner died.
#[derive(Clone, PartialEq, Debug)]
pub enum Settled {
    /// It had its end already.
    WasOver,
    /// It has its end now, and nothing is owed any more; the failure, where the post hook's had to be recorded.
    Ended {
        /// How the run ended.
        verdict: Verdict,
        /// Whether a post hook was sent in recovery.
        sent: bool,
        /// Why it failed.
        post_failure: Option<String>,
    },
    /// This process may not send the post hook. Nothing was recorded.
    StillOwed {
        /// Why, with the line to set.
        reason: String,
    },
}

impl Engine {
    /// Settles one run that its owner left. Holding the claim is what makes this right: no run that is alive is
    /// ever recovered. May be called again, by anyone who gets the claim.
    ///
    /// # Errors
    /// Our own failures, and [`EngineError::Stopped`] where `control` was cancelled; the debt stays.
    pub async fn settle(
        &self,
        job: &JobId,
        claim: &Claim,
        recovery: Recovery<'_>,
        control: &Control,
    ) -> Result<Settled, EngineError> {
        claim.announce(&Holding::Settling(job.clone()));
        let (record, history) = Record::open(&self.bus, job, claim.schedule()).await?;
        if record.state().end.is_some() {
            return Ok(Settled::WasOver);
        }
        let queued = queued(job, &history)?;
        let interrupted = LifecycleEvent::RunInterrupted { by: recovery.by.to_owned() };
        let after_death = evolve(record.state().clone(), &interrupted)?;
        let events: Vec<_> = history.iter().map(|recorded| recorded.event.event.clone()).collect();
        let owed_by_oracle = owes_post_hook(&events);
        let is_owed = after_death.is_post_owed() || owed_by_oracle;
        let plan = match is_owed {
            true => self.store.plan(job).await?,
            // A plan that cannot be opened any more must not keep a run without debts from its end.
            false => RunPlan::without_hooks(job, claim.schedule(), queued),
        };
        if is_owed && let Err(reason) = self.preflight.permit_post(&plan) {
            // The work must not go on, whoever may send the hook later.
            self.worker.end_orphans(job).await?;
            return Ok(Settled::StillOwed { reason });
        }
        let mut run = self.take_over(record, &plan, &history, recovery, control).await?;
        let posts_before = run.record.state().post.started;
        let verdict = run.drive().await?;
        let unsaid = owed_by_oracle && !after_death.is_post_owed();
        let outcome = if unsaid { run.pay_what_the_oracle_owes(&verdict).await } else { None };
        Ok(ended(run.record.state(), verdict, posts_before, outcome))
    }

    /// Marks the run as interrupted. From here on it is driven as any other, but nothing new begins.
    pub(crate) async fn take_over<'a>(
        &'a self,
        record: Record,
        plan: &'a RunPlan,
        history: &[Recorded<RunEvent>],
        recovery: Recovery<'_>,
        control: &'a Control,
    ) -> Result<Run<'a>, EngineError> {
        let mut run = Run {
            engine: self,
            plan,
            control,
            record,
            timeline: Timeline::start(),
            acted: true,
            patience: Some(recovery.patience),
        };
        run.record.note(LifecycleEvent::RunInterrupted { by: recovery.by.to_owned() })?;
        if let Some(now) = run.write().await? {
            run.timeline = Timeline::resume(history, now.at);
        }
        Ok(run)
    }
}

impl Run<'_> {
    /// The machine and the oracle differ: that is a fault of ours, and the hook is sent (architecture, law 5).
    async fn pay_what_the_oracle_owes(&self, verdict: &Verdict) -> Option<HookOutcome> {
        tracing::error!(job = %self.plan.job, "the machine and the oracle differ about the post hook; sending it");
        let hook = self.plan.post.clone()?;
        let says = Some(verdict.clone());
        let call = HookCall { phase: Phase::Post, attempt: 1, after: Duration::ZERO, says };
        Some(self.send_unrecorded(&hook, call).await)
    }
}

/// The first event, if this zb knows the rules that the run was begun under.
pub(crate) fn queued<'h>(
    job: &JobId,
    history: &'h [Recorded<RunEvent>],
) -> Result<&'h RunQueued, EngineError> {
    match history.first().map(|first| &first.event.event) {
        Some(LifecycleEvent::RunQueued(queued)) if queued.machine <= MACHINE => Ok(queued),
        Some(LifecycleEvent::RunQueued(_)) => Err(EngineError::Newer { job: job.clone() }),
        _ => Err(PortError::new(format!("settle run {job}"), "it has no beginning").into()),
    }
}

fn ended(state: &RunState, verdict: Verdict, posts_before: u32, unsaid: Option<HookOutcome>) -> Settled {
    let sent = state.post.started > posts_before;
    let failure = state.post.last.as_ref().filter(|last| sent && last.kind != OutcomeKind::Ok);
    let post_failure = failure.and_then(|last| last.problem.clone());
    Settled::Ended {
        verdict,
        sent: sent || unsaid.is_some(),
        post_failure: post_failure.or(unsaid.and_then(|outcome| outcome.error)),
    }
}

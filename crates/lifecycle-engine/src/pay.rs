//! The post hook sent without the journal: the pairing rule outranks it (architecture, law 8).

use std::{error::Error, sync::Arc, time::Duration};

use event_bus::AppendError;
use hook_core::{HookOutcome, HookSpec, Phase, RunStatus};
use tokio_util::sync::CancellationToken;

use crate::{
    error::EngineError,
    machine::{HookCall, Verdict},
    perform::LONGEST_PAUSE,
    run::Run,
};

impl Run<'_> {
    /// The journal has failed after something was sent or started: what is owed is sent, and the error says what
    /// could not be recorded.
    pub(crate) async fn pay_from_memory(&mut self, failure: AppendError) -> EngineError {
        let mut post = None;
        let state = self.record.state();
        if state.interrupted
            && let Err(error) = self.engine.worker.end_orphans(&self.plan.job).await
        {
            tracing::error!(job = %self.plan.job, %error, "cannot end what the run left running");
        }
        if state.is_post_owed()
            && let Some(hook) = self.plan.post.clone()
        {
            let says = match (&state.said, &state.post.last) {
                (Some(said), Some(_)) => said.clone(),
                _ => unrecorded(&failure, state.verdict_of_backup()),
            };
            let first = state.post.started.max(1);
            post = Some(self.send_unrecorded(&hook, says, first).await);
        }
        EngineError::Unrecorded { source: failure, post }
    }

    pub(crate) async fn send_unrecorded(
        &self,
        hook: &Arc<HookSpec>,
        says: Verdict,
        first: u32,
    ) -> HookOutcome {
        let mut attempt = first;
        let mut after = Duration::from_secs(1);
        loop {
            let call = HookCall { phase: Phase::Post, attempt, after, says: Some(says.clone()) };
            let due = self.due(hook, &call);
            let outcome = self.engine.gate.ask(&due, &CancellationToken::new()).await;
            if attempt >= hook.attempts() || !outcome.kind.may_be_mended(outcome.http_status) {
                return outcome;
            }
            tokio::time::sleep(after).await;
            after = (after * 2).min(LONGEST_PAUSE);
            attempt += 1;
        }
    }
}

/// What a post hook says when the journal failed: an error, whatever the work had come to.
fn unrecorded(failure: &AppendError, backup: Verdict) -> Verdict {
    let mut reason = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    let mut problems = vec![format!("zb could not record the run: {reason}")];
    problems.extend(backup.problems);
    Verdict { status: RunStatus::Error, problems }
}

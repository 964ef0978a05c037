//! The post hook sent without the journal: the pairing rule outranks it (architecture, law 8).

use std::{error::Error, sync::Arc, time::Duration};

use event_bus::AppendError;
use hook_core::{HookOutcome, HookSpec, Phase, RunStatus};
use tokio_util::sync::CancellationToken;

use crate::{
    error::{EngineError, Paid},
    machine::{Act, HookCall, RunState, Verdict, pause_after},
    run::Run,
};

impl Run<'_> {
    /// The journal has failed after something was sent or started: what is owed is sent, and the error says what
    /// could not be recorded.
    pub(crate) async fn pay_from_memory(&mut self, failure: AppendError) -> EngineError {
        let state = self.record.state();
        if state.interrupted
            && let Err(error) = self.engine.worker.end_orphans(&self.plan.job).await
        {
            // Nothing is resumed beside living work. The debt is on disk: whoever recovers next pays it.
            tracing::error!(job = %self.plan.job, error = %failure, "cannot record the recovery of a run");
            return error.into();
        }
        if state.is_post_owed()
            && let Some(hook) = self.plan.post.clone()
        {
            let call = unrecorded_call(state, &failure);
            let outcome = self.send_unrecorded(&hook, call).await;
            return EngineError::Unrecorded { source: failure, post: Paid::FromMemory(outcome) };
        }
        let post = if state.post.last.is_some() { Paid::Before } else { Paid::NotOwed };
        EngineError::Unrecorded { source: failure, post }
    }

    pub(crate) async fn send_unrecorded(&self, hook: &Arc<HookSpec>, mut call: HookCall) -> HookOutcome {
        loop {
            tokio::time::sleep(call.after).await;
            let due = self.due(hook, &call);
            let outcome = self.engine.gate.ask(&due, &CancellationToken::new()).await;
            if call.attempt >= hook.attempts() || !outcome.kind.may_be_mended(outcome.http_status) {
                return outcome;
            }
            call.after = pause_after(call.attempt);
            call.attempt += 1;
        }
    }
}

/// The next attempt of an owed post hook. One that was sent before says the same again; an attempt whose start could
/// not be written was not sent.
fn unrecorded_call(state: &RunState, failure: &AppendError) -> HookCall {
    let is_unsent = state.in_flight == Some(Act::Hook(Phase::Post));
    let sent = state.post.started - u32::from(is_unsent);
    let says = match &state.said {
        Some(said) if sent > 0 => said.clone(),
        _ => unrecorded(failure, state.verdict_of_backup()),
    };
    let has_paused = is_unsent || state.post.last.is_none();
    let after = if has_paused { Duration::ZERO } else { pause_after(sent) };
    HookCall { phase: Phase::Post, attempt: sent + 1, after, says: Some(says) }
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

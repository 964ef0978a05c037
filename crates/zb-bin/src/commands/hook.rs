//! `zb hook send`: one hook for real, outside any run (the seed's "test both hooks").

use std::{io::Write, sync::Arc};

use event_bus::Gate;
use hook_core::{BackupFigures, HookDue, HookOutcome, OutcomeKind, Phase, RunStatus, traceparent};
use lifecycle_engine::Ending;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Job, Settings, Surroundings},
    exit::Exit,
    report::Failure,
    show::seconds,
    signals::Signals,
    wiring,
};

/// Sends one hook of the job under a fresh id, and shows the answer. Nothing is recorded.
///
/// # Errors
/// The job has no such hook, or TLS cannot be set up for it.
pub async fn send(
    job: &Job,
    phase: Phase,
    status: RunStatus,
    settings: &Settings,
    around: &Surroundings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let due = due(job, phase, status, around)?;
    let gate = wiring::gate(&settings.allowed_origins.value, around);
    let cancel = CancellationToken::new();
    let _ = writeln!(out, "Sending the {phase} hook to {}", due.hook.origin());
    let ask = gate.ask(&due, &cancel);
    let mut ask = std::pin::pin!(ask);
    let outcome = tokio::select! {
        outcome = &mut ask => outcome,
        _ = signals.next() => {
            cancel.cancel();
            ask.await;
            return Ok(Exit::Cancelled);
        }
    };
    print(&outcome, out);
    Ok(if outcome.kind == OutcomeKind::Ok { Exit::Success } else { Exit::Error })
}

/// What a run that begins now would send; a post hook says `status`, and nothing of a backup that was not made.
pub(crate) fn due(
    job: &Job,
    phase: Phase,
    status: RunStatus,
    around: &Surroundings,
) -> Result<HookDue, Failure> {
    let plan = super::run::plan(job, around)?;
    let hook = plan.hook(phase).ok_or_else(|| {
        Failure::invalid(format!("{} has no {phase} hook", job.file.display()))
            .hint(format!("add a table [webhooks.{phase}] with a url"))
    })?;
    let ending = Ending { status, error: None, figures: &BackupFigures::default() };
    let ending = (phase == Phase::Post).then_some(&ending);
    Ok(HookDue {
        job: plan.job.clone(),
        phase,
        attempt: 1,
        hook: Arc::clone(hook),
        context: plan.context(hook, ending).into(),
        webhook_id: format!("msg_{}_{phase}", plan.job.suffix()),
        traceparent: Some(traceparent(&plan.job, phase, 1)),
    })
}

fn print(outcome: &HookOutcome, out: &mut dyn Write) {
    let after = seconds(outcome.duration);
    let line = match (&outcome.error, outcome.http_status) {
        (None, Some(status)) => format!("Answered HTTP {status} after {after}"),
        (error, _) => format!("Failed after {after}: {}", error.as_deref().unwrap_or("no answer")),
    };
    let _ = writeln!(out, "{line}");
    for line in outcome.response.iter().flat_map(|response| response.lines()) {
        let _ = writeln!(out, "  | {line}");
    }
}

//! `zb hook send`: one hook for real, outside any run (the seed's "test both hooks").

use std::{io::Write, sync::Arc};

use event_bus::Gate;
use hook_core::{HookDue, HookOutcome, OutcomeKind, Payload, Phase, RunStatus, traceparent};
use tokio_util::sync::CancellationToken;

use crate::{
    clock,
    config::{Job, Settings},
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
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let due = due(job, phase, status)?;
    let gate = wiring::gate(&settings.allowed_origins.value);
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

fn due(job: &Job, phase: Phase, status: RunStatus) -> Result<HookDue, Failure> {
    let hook = match phase {
        Phase::Pre => job.pre.clone(),
        Phase::Post => job.post.clone(),
    };
    let hook = hook.ok_or_else(|| {
        Failure::invalid(format!("{} has no {phase} hook", job.file.display()))
            .hint(format!("add a table [webhooks.{phase}] with a url"))
    })?;
    let id = clock::fresh_job_id()?;
    let payload = Payload {
        job: &id,
        schedule: &job.schedule_id,
        organization: &job.organization,
        source_path: &job.source,
    };
    let context = match phase {
        Phase::Pre => payload.pre(),
        Phase::Post => payload.post(status, None),
    };
    Ok(HookDue {
        phase,
        attempt: 1,
        hook: Arc::new(hook),
        context: context.into(),
        webhook_id: format!("msg_{}_{phase}", id.suffix()),
        traceparent: Some(traceparent(&id, phase, 1)),
        job: id,
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

//! `zb check`: everything that a run looks at before its pre hook, and what each hook would send. Nothing is sent and
//! nothing is written.

mod timetable;

use std::{io, io::Write, sync::Arc};

use hook_core::{BackupFigures, HookBody, HookSpec, Phase, RunStatus};
use jiff::tz::TimeZone;
use job_store::Store;
use lifecycle_engine::{Checked, Ending, Holding, Preflight, RunPlan};
use restic_driver::MASK;

use crate::{
    checks::Checks,
    clock,
    config::{Job, Settings, Surroundings},
    exit::Exit,
    report::Failure,
    wiring,
};

/// Prints what each hook would send, then what the checks found.
///
/// # Errors
/// No fresh id could be made for the examples; a failed check is no error here but an exit status.
pub async fn check(
    job: &Job,
    settings: &Settings,
    around: &Surroundings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let plan = super::run::plan(job, around)?;
    let shown = show(job, &plan, out)
        .and_then(|()| timetable::show(job, clock::now(), TimeZone::system(), out))
        .and_then(|()| writeln!(out));
    super::end_of_output(shown)?;
    let worker = Arc::new(wiring::worker(settings, around, None));
    let allowed = Arc::clone(&settings.allowed_origins.value);
    let checks = Checks { gate: wiring::gate(&allowed, around), allowed, worker };
    let Checked { worker_version, problem } = checks.check(&plan).await;
    let storage = storage_problem(job, settings).await;
    let _ = match worker_version {
        Some(version) => writeln!(out, "restic {version}"),
        None => Ok(()),
    };
    let problems: Vec<_> = problem.into_iter().chain(storage).collect();
    if problems.is_empty() {
        let _ = writeln!(out, "Every check passed.");
        return Ok(Exit::Success);
    }
    for problem in &problems {
        let _ = writeln!(out, "A check failed: {problem}");
    }
    Ok(Exit::Error)
}

/// Bodies as of a run that would begin now; of its backup there is nothing to tell yet but a status.
fn show(job: &Job, plan: &RunPlan, out: &mut dyn Write) -> io::Result<()> {
    let success = Ending { status: RunStatus::Success, error: None, figures: &BackupFigures::default() };
    let hooks = [(Phase::Pre, None), (Phase::Post, Some(&success))];
    writeln!(out, "{:?} ({}) of {}", job.name, job.schedule_id, job.organization)?;
    writeln!(out, "  source      {}", job.source.display())?;
    writeln!(out, "  repository  {}", job.repository.url)?;
    hooks.iter().try_for_each(|(phase, ending)| match plan.hook(*phase) {
        Some(hook) => show_hook(*phase, hook, &plan.context(hook, *ending), out),
        None => writeln!(out, "\nNo {phase} hook."),
    })
}

/// As on the wire, but for what only a request knows; values of the user's own headers are masked.
fn show_hook(phase: Phase, hook: &HookSpec, context: &str, out: &mut dyn Write) -> io::Result<()> {
    let seconds = hook.timeout().as_secs();
    let attempts = hook.attempts();
    let plural = if attempts == 1 { "" } else { "s" };
    writeln!(out, "\nThe {phase} hook would send, within {seconds} s and in {attempts} attempt{plural}:")?;
    writeln!(out, "  POST {}", hook.url())?;
    for line in hook.headers().masked().lines() {
        writeln!(out, "  {line}")?;
    }
    for header in hook.headers_from() {
        writeln!(out, "  {}: {MASK} (from {})", header.name, header.from)?;
    }
    let body = match hook.body() {
        HookBody::Custom(body) => body,
        _ => {
            if !hook.names(&http::header::CONTENT_TYPE) {
                writeln!(out, "  Content-Type: application/json")?;
            }
            context
        }
    };
    for note in notes(hook) {
        writeln!(out, "  ({note})")?;
    }
    writeln!(out)?;
    body.lines().try_for_each(|line| writeln!(out, "  {line}"))
}

/// What goes with the request and is in no header that the user wrote.
fn notes(hook: &HookSpec) -> Vec<String> {
    let mut notes = Vec::new();
    if hook.url().credentials().is_some() {
        notes.push(format!("Authorization: Basic {MASK}, from the URL"));
    }
    if hook.signing_secret().is_some() {
        notes.push("signed: webhook-signature".to_owned());
    }
    if hook.insecure_tls() {
        notes.push("the certificate is not verified".to_owned());
    }
    if let Some(file) = hook.ca_file() {
        notes.push(format!("only certificates in {} are trusted", file.display()));
    }
    notes
}

/// Whether a run could be recorded, and may begin.
async fn storage_problem(job: &Job, settings: &Settings) -> Option<String> {
    if let Err(error) = Store::examine(&settings.data_dir.value) {
        return Some(Failure::from_chain(&error).message);
    }
    match wiring::existing_store(settings) {
        Err(failure) => Some(failure.message),
        Ok(None) => None,
        Ok(Some(store)) => match super::runs::tell_what_is_owed(&store).await {
            Err(failure) => Some(failure.message),
            Ok(()) => in_progress(job, &store).await,
        },
    }
}

async fn in_progress(job: &Job, store: &Store) -> Option<String> {
    match store.holding(&job.key()).await {
        Err(error) => Some(Failure::from_chain(&error).message),
        Ok(Some(Holding::Running(run))) => Some(format!("the job is running already, as {run}")),
        Ok(_) => None,
    }
}

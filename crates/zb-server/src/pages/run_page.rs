//! The page of a run: its picture, its steps in words, what to do, and the buttons that act on it.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use hook_core::event::Trigger;
use job_store::{Run, Stage};

use super::{
    advice::{Advice, advice},
    course::Course,
    form::Form,
    icon,
    said::percent,
    shell::{Place, Shell},
    status::{self, Shown},
    steps::{Step, steps},
    timeline::{Drawn, Timeline},
    visitor::Visitor,
    words::{Times, bytes, duration, number},
};
use crate::{
    Problem, Scope, Service,
    auth::Action,
    body::Unread,
    named::{Named, not_found},
};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/runs/{jobId}", get(show))
        .route("/runs/{jobId}/cancel", post(cancel))
        .route("/runs/{jobId}/hooks/post/send", post(send_again))
        .route("/runs/{jobId}/hooks/post/clear", post(clear))
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    shell: Shell,
    run: Run,
    status: Shown,
    headline: String,
    timeline: Timeline,
    steps: Vec<Step>,
    advice: Option<Advice>,
    progress: Option<Figures>,
    facts: Vec<(&'static str, String)>,
    about: Vec<(&'static str, String)>,
    can_run: bool,
    /// Whether its backup is still there.
    has_job: bool,
    can_cancel: bool,
}

/// How far restic is, in figures.
struct Figures {
    percent: Option<u8>,
    left: String,
    facts: Vec<(&'static str, String, String)>,
    file: String,
}

async fn show(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
) -> Result<Response, Problem> {
    let (run, history) = service.run_with_history(&visitor.caller, &id).await?;
    let run = service.with_progress(run);
    let course = Course::of(&history).ok_or_else(not_found)?;
    let times = service.times();
    let status = status::of(&run);
    let title = format!("{}, {}", run.job_name, status.word.to_lowercase());
    let mut shell = service.shell(&visitor, Place::Runs, title).await?;
    shell.refreshes = course.finished.is_none();
    shell.after = history.last().map(|last| last.position.get());
    let drawn = Drawn { run: &run, course: &course, times: &times, usual_pause: None };
    let can_run = visitor.caller.scope >= Scope::Run;
    let page = RunPage {
        shell,
        headline: headline(&run, &course, &times),
        timeline: drawn.timeline(),
        steps: steps(&run, &course, &times),
        advice: advice(&run, &course),
        progress: figures(&run, &course, &times),
        facts: facts(&run),
        about: about(&run, &times),
        can_run,
        has_job: service.stored_job(&visitor, run.schedule_id.as_str()).await.is_ok(),
        can_cancel: can_run && course.finished.is_none() && run.cancel_requested_by.is_none(),
        status,
        run,
    };
    visitor.page(&service, &page)
}

async fn cancel(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Run)?;
    let run = service.run_of(&visitor.caller, &id).await?;
    Form::read(body, &visitor.csrf).await?;
    // The event says by which way, the audit says who.
    let cancelled = service.runner.cancel(&run.job_id, "ui").await;
    cancelled.map_err(|refused| service.run_refused(refused))?;
    service.note(&visitor.caller, Action::RunCancelled, run.job_id.as_str()).await?;
    let text = match run.state {
        Stage::Queued | Stage::Checking => "The run is being cancelled.",
        _ => "The run is being cancelled. The post hook is still sent.",
    };
    Ok(service.done(&visitor.client, &format!("/runs/{id}"), text))
}

async fn send_again(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Run)?;
    let run = service.run_of(&visitor.caller, &id).await?;
    Form::read(body, &visitor.csrf).await?;
    service.count_hook(&run.organization_id, &run.schedule_id)?;
    let sent = service.runner.send_post_again(&run.job_id).await;
    let sent = sent.map_err(|refused| service.run_refused(refused))?;
    service.note(&visitor.caller, Action::HookSent, run.job_id.as_str()).await?;
    let text = match sent.result["attempts"].as_array().and_then(|attempts| attempts.last()) {
        Some(attempt) if attempt["outcome"] == "ok" => {
            format!("The post hook was sent, and answered {}.", attempt["httpStatus"])
        }
        Some(attempt) => match attempt["httpStatus"].as_u64() {
            Some(status) => format!("The post hook was sent, and failed: HTTP {status}."),
            None => "The post hook was sent, and failed: see the last step.".to_owned(),
        },
        None => "The post hook was sent: see the last step.".to_owned(),
    };
    Ok(service.done(&visitor.client, &format!("/runs/{id}"), &text))
}

async fn clear(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Run)?;
    let run = service.run_of(&visitor.caller, &id).await?;
    Form::read(body, &visitor.csrf).await?;
    let cleared = service.runner.clear(&run.job_id, &visitor.caller.by()).await;
    cleared.map_err(|refused| service.run_refused(refused))?;
    service.note(&visitor.caller, Action::HookCleared, run.job_id.as_str()).await?;
    Ok(service.done(&visitor.client, &format!("/runs/{id}"), "Noted that the service runs again."))
}

fn headline(run: &Run, course: &Course, times: &Times) -> String {
    match run.duration_ms.filter(|_| course.finished.is_some()) {
        Some(ms) => format!("{}, took {}", times.day(run.queued_at), duration(ms)),
        None => format!("started {}", times.clock(run.queued_at)),
    }
}

/// While restic runs; before it has said anything, there is nothing to show but that.
fn figures(run: &Run, course: &Course, times: &Times) -> Option<Figures> {
    let restic = course.restic.filter(|span| span.to.is_none() && course.finished.is_none())?;
    let Some(progress) = &run.progress else {
        let facts = vec![("Read", String::new(), String::new()), ("Files", String::new(), String::new())];
        return Some(Figures { percent: None, left: String::new(), facts, file: String::new() });
    };
    let mut facts = vec![
        ("Read", bytes(progress.bytes_done), format!("of {}", bytes(progress.total_bytes))),
        ("Files", number(progress.files_done), format!("of {}", number(progress.total_files))),
    ];
    if let Some(speed) = progress.bytes_done.checked_div(restic.ms(times.now) / 1000) {
        facts.push(("Speed", format!("{}/s", bytes(speed)), "average".to_owned()));
    }
    let left = progress.seconds_remaining.map(|seconds| format!("about {} left", duration(seconds * 1000)));
    Some(Figures {
        percent: Some(percent(progress.percent_done)),
        left: left.unwrap_or_default(),
        facts,
        file: progress.current_files.first().cloned().unwrap_or_default(),
    })
}

fn facts(run: &Run) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(id) = &run.snapshot_id {
        facts.push(("Snapshot", id.get(..8).unwrap_or(id).to_owned()));
    } else if run.status.is_some() {
        facts.push(("Snapshot", "none".to_owned()));
    }
    facts.extend(run.duration_ms.map(|ms| ("Took", duration(ms))));
    facts.extend(run.pause_ms.map(|ms| {
        let unknown = run.post_hook == job_store::PostHook::Failed;
        ("Service paused", format!("{}{}", duration(ms), if unknown { ", then unknown" } else { "" }))
    }));
    if let Some(summary) = &run.summary {
        let (new, changed) = (number(summary.files_new), number(summary.files_changed));
        facts.push(("Files new, changed", format!("{new}, {changed}")));
        facts.push(("Read", bytes(summary.bytes_processed)));
        facts.push(("Added", bytes(summary.bytes_added)));
    }
    facts
}

fn about(run: &Run, times: &Times) -> Vec<(&'static str, String)> {
    let trigger = trigger(run);
    let mut about = vec![
        ("Started", times.day_to_the_second(run.queued_at)),
        ("By", run.by.as_ref().map_or(trigger.to_owned(), |by| format!("{by}, {trigger}"))),
        ("Source", run.source_path.to_string_lossy().into_owned()),
    ];
    if run.attempt > 1 {
        about.push(("Attempt", number(run.attempt.into())));
    }
    about.extend(run.cancel_requested_by.clone().map(|by| ("Cancelled by", by)));
    about.extend(run.post_hook_cleared_by.clone().map(|by| ("Cleared by", by)));
    about
}

/// What started a run, in words.
pub(super) fn trigger(run: &Run) -> &'static str {
    match run.trigger {
        Trigger::Cli => "command line",
        Trigger::Api => "API",
        Trigger::Ui => "Backup now",
        Trigger::Schedule => "schedule",
        Trigger::Missed => "schedule, after a missed start",
        Trigger::Retry => "retry",
        _ => "another way",
    }
}

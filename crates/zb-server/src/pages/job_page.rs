//! The page of a backup: how it does, its last runs, its hooks, its repository.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use hook_core::RunStatus;

use super::{
    chart::Chart,
    form::Form,
    icon,
    jobs::{Job, usual_pause},
    run_page::trigger,
    shell::{Place, Shell},
    status::{self, Shown},
    visitor::Visitor,
    words::{Times, bytes, capital, duration},
};
use crate::{
    Problem, Scope, Service,
    auth::Limit,
    body::Unread,
    named::{Named, not_found},
};

/// So many runs are in the picture, and so many in the table.
const RUNS: u32 = 30;
const ROWS: usize = 10;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/backups/{scheduleId}", get(show))
        .route("/backups/{scheduleId}/delete", get(ask).post(delete))
        .route("/backups/{scheduleId}/repository/check", post(check))
        .route("/backups/{scheduleId}/repository/init", post(init))
}

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    shell: Shell,
    job: Job,
    status: Option<Shown>,
    facts: Vec<(&'static str, String, String)>,
    chart: Option<Chart>,
    rows: Vec<Row>,
    hooks: Vec<Hook>,
    schedule: String,
    next: Vec<(jiff::Timestamp, String)>,
    keeps: Vec<(&'static str, String)>,
    can_run: bool,
    can_manage: bool,
}

struct Row {
    id: String,
    at: jiff::Timestamp,
    when: String,
    status: Shown,
    detail: Option<String>,
    trigger: &'static str,
    pause: String,
    took: String,
    added: String,
}

struct Hook {
    phase: &'static str,
    name: &'static str,
    icon: &'static str,
    url: String,
}

#[derive(Template)]
#[template(path = "job_delete.html")]
struct DeletePage {
    shell: Shell,
    id: String,
    name: String,
}

async fn show(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
) -> Result<Response, Problem> {
    let stored = service.stored_job(&visitor, &id).await?;
    let head = service.bus.head().await.map_err(|error| service.failed(&error))?;
    let job = service.job_with_runs(stored, RUNS).await?;
    let times = service.times();
    let (schedule, next) = next(&service, &job, &times);
    let scope = visitor.caller.scope;
    let mut shell = service.shell(&visitor, Place::Backups, job.name()).await?;
    shell.refreshes = job.current().is_some();
    shell.after = Some(head.get());
    let page = JobPage {
        shell,
        status: job.status(),
        facts: facts(&job, &times),
        chart: Chart::of(&job.runs, &times, &service.settings.base_path),
        rows: job.runs.iter().take(ROWS).map(|run| row(run, &times)).collect(),
        hooks: hooks(&job),
        schedule,
        next,
        keeps: keeps(&job),
        can_run: scope >= Scope::Run,
        can_manage: scope >= Scope::Manage,
        job,
    };
    visitor.page(&service, &page)
}

async fn ask(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let job = service.editable(&visitor, &id).await?.job;
    let shell = service.shell(&visitor, Place::Backups, format!("Delete {}", job.name)).await?;
    visitor.page(&service, &DeletePage { shell, id: job.schedule.to_string(), name: job.name })
}

async fn delete(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let listed = service.editable(&visitor, &id).await?;
    Form::read(body, &visitor.csrf).await?;
    let name = listed.job.name.clone();
    service.delete_job(&visitor.caller, listed, job_store::Expected::Any).await?;
    Ok(service.done(
        &visitor.client,
        "/backups",
        &format!("{name} was deleted. Its runs and snapshots stay."),
    ))
}

async fn check(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Run)?;
    look(&service, &visitor, &id, body, false).await
}

async fn init(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    look(&service, &visitor, &id, body, true).await
}

async fn look(
    service: &Service,
    visitor: &Visitor,
    id: &str,
    body: Unread,
    init: bool,
) -> Result<Response, Problem> {
    let listed = service.job_of(&visitor.caller, id).await?;
    Form::read(body, &visitor.csrf).await?;
    let repository = listed.repository.ok_or_else(not_found)?;
    let repository = service.repository_of(&visitor.caller, &repository).await?;
    service.count(&format!("repository {}", repository.id), Limit::DEAR)?;
    let found = service.look_at(&repository, init).await?;
    let text = match found.problem {
        None if init => "The repository was initialised.".to_owned(),
        None => "The repository answers, and the password opens it.".to_owned(),
        Some(_) => format!("The repository: {}", capital(&found.detail)),
    };
    Ok(service.done(&visitor.client, &format!("/backups/{id}"), &text))
}

fn facts(job: &Job, times: &Times) -> Vec<(&'static str, String, String)> {
    let mut facts = Vec::new();
    if let Some(run) = job.runs.first() {
        let took = run.duration_ms.map(|ms| format!("{}, ", duration(ms))).unwrap_or_default();
        let word = status::of(run).word.to_lowercase();
        facts.push(("Last run", times.day(run.queued_at), format!("{took}{word}")));
    }
    let next = job.timing.next_run_at;
    facts.push(("Next run", job.next(times), next.map(|at| times.until(at)).unwrap_or_default()));
    facts.extend(
        usual_pause(job.runs.iter().map(|run| (run.status, run.pause_ms)))
            .map(|ms| ("Pause per run", duration(ms), "median of good runs".to_owned())),
    );
    let last_good = job.runs.iter().find_map(|run| run.summary.filter(|_| run.snapshot_id.is_some()));
    if let Some(summary) = last_good {
        let files = summary.files_new + summary.files_changed + summary.files_unmodified;
        let files = super::words::count(files, "file", "files");
        facts.push(("Latest snapshot", bytes(summary.bytes_processed), files));
    }
    let over = job.runs.iter().filter(|run| run.status.is_some()).count();
    let good = job.runs.iter().filter(|run| run.status == Some(RunStatus::Success)).count();
    if over > 0 {
        facts.push(("Good runs", format!("{good} of {over}"), String::new()));
    }
    facts
}

fn row(run: &job_store::Run, times: &Times) -> Row {
    Row {
        id: run.job_id.to_string(),
        at: run.queued_at,
        when: times.day(run.queued_at),
        status: status::of(run),
        detail: status::detail(run),
        trigger: trigger(run),
        pause: run.pause_ms.map(duration).unwrap_or_default(),
        took: run.duration_ms.map(duration).unwrap_or_default(),
        added: run.summary.map(|summary| bytes(summary.bytes_added)).unwrap_or_default(),
    }
}

fn hooks(job: &Job) -> Vec<Hook> {
    let all = [("pre", "Pre-backup webhook", icon::PAUSE), ("post", "Post-backup webhook", icon::PLAY)];
    let there = all.into_iter().map(|(phase, name, icon)| {
        let url = job.text(&format!("/webhooks/{phase}/url")).to_owned();
        Hook { phase, name, icon, url }
    });
    there.filter(|hook| !hook.url.is_empty()).collect()
}

fn next(service: &Service, job: &Job, times: &Times) -> (String, Vec<(jiff::Timestamp, String)>) {
    let (schedule, zone) = (job.text("/schedule"), job.text("/timezone"));
    if schedule.is_empty() {
        return ("By hand only.".to_owned(), Vec::new());
    }
    let times = times.in_zone(zone);
    let zone = (!zone.is_empty()).then_some(zone);
    match service.forms.preview(schedule, zone, times.now) {
        Ok(preview) if job.is_enabled() => {
            let next = preview.times.iter().take(3).map(|at| (*at, times.day(*at))).collect();
            (format!("{}, {}.", preview.text, preview.timezone), next)
        }
        Ok(preview) => (format!("{}, but it is disabled.", preview.text), Vec::new()),
        Err(_) => (schedule.to_owned(), Vec::new()),
    }
}

fn keeps(job: &Job) -> Vec<(&'static str, String)> {
    let all = [
        ("Last", "keepLast"),
        ("Hourly", "keepHourly"),
        ("Daily", "keepDaily"),
        ("Weekly", "keepWeekly"),
        ("Monthly", "keepMonthly"),
        ("Yearly", "keepYearly"),
    ];
    let shown = job.shown.as_ref();
    let number = |member: &str| shown.and_then(|shown| shown["retention"][member].as_u64());
    all.into_iter().filter_map(|(name, member)| Some((name, number(member)?.to_string()))).collect()
}

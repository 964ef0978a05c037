//! The first page: what needs somebody, what runs, what is next, and everything.

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use hook_core::JobId;
use job_store::StoredJob;

use super::{
    course::Course,
    icon,
    jobs::Job,
    needs::Need,
    shell::{Place, Shell},
    status,
    strip::{PLACES, Strip},
    timeline::{Drawn, Timeline},
    visitor::Visitor,
    words::{Times, duration},
};
use crate::{Problem, Scope, Service};

/// So many backups are on the first page.
const ROWS: usize = 10;

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/", get(show))
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    shell: Shell,
    today: String,
    needs: Vec<Need>,
    running: Vec<Running>,
    rows: Vec<Row>,
    next: Vec<Next>,
    /// How many backups there are.
    all: usize,
    can_run: bool,
    can_manage: bool,
}

/// A run that goes on.
struct Running {
    id: String,
    name: String,
    doing: &'static str,
    timeline: Timeline,
    so_far: String,
}

struct Row {
    job: Job,
    strip: Strip,
    usual: String,
}

struct Next {
    id: String,
    name: String,
    at: jiff::Timestamp,
    shown: String,
    from_now: String,
}

async fn show(State(service): State<Service>, visitor: Visitor) -> Result<Response, Problem> {
    let head = service.bus.head().await.map_err(|error| service.failed(&error))?;
    let times = service.times();
    let organization = &visitor.caller.organization;
    let stored = service.store.jobs(Some(organization)).await.map_err(|error| service.failed(&error))?;
    let next = next(&service, &stored, &times);
    let all = stored.len();
    let mut jobs = Vec::new();
    for stored in stored.into_iter().take(ROWS) {
        jobs.push(service.job_with_runs(stored, PLACES as u32).await?);
    }
    let needs = service.needs_you(&visitor.caller.organization).await?;
    let mut running = Vec::new();
    for (run, _) in service.store.running(organization).await.map_err(|error| service.failed(&error))? {
        running.extend(of_running(&service, &run, &jobs, &times).await?);
    }
    let mut shell = service.shell(&visitor, Place::Overview, "Overview").await?;
    shell.refreshes = !running.is_empty();
    shell.after = Some(head.get());
    let page = OverviewPage {
        shell,
        today: times.today(),
        needs,
        running,
        next,
        all,
        rows: jobs.into_iter().map(row).collect(),
        can_run: visitor.caller.scope >= Scope::Run,
        can_manage: visitor.caller.scope >= Scope::Manage,
    };
    visitor.page(&service, &page)
}

async fn of_running(
    service: &Service,
    id: &JobId,
    jobs: &[Job],
    times: &Times,
) -> Result<Option<Running>, Problem> {
    let run = service.store.run(id).await.map_err(|error| service.failed(&error))?;
    let history = service.bus.history(&id.as_str().into()).await.map_err(|error| service.failed(&error))?;
    let Some((run, course)) = run.zip(Course::of(&history)) else { return Ok(None) };
    let usual_pause =
        jobs.iter().find(|job| job.stored.schedule == run.schedule_id).and_then(Job::usual_pause);
    let run = service.with_progress(run);
    let drawn = Drawn { run: &run, course: &course, times, usual_pause };
    Ok(Some(Running {
        id: run.job_id.to_string(),
        name: run.job_name.clone(),
        doing: status::doing(&run),
        timeline: drawn.mini(),
        so_far: format!("for {}", times.since(run.queued_at)),
    }))
}

fn row(job: Job) -> Row {
    let usual = match (job.hooks().is_empty(), job.usual_pause()) {
        (true, _) => "no hooks".to_owned(),
        (false, Some(ms)) => duration(ms),
        (false, None) => String::new(),
    };
    Row { strip: Strip::of(&job.runs), usual, job }
}

fn next(service: &Service, jobs: &[StoredJob], times: &Times) -> Vec<Next> {
    let next = |job: &StoredJob| service.runner.timing(&job.organization, &job.schedule).next_run_at;
    let mut due: Vec<_> = jobs.iter().filter_map(|job| Some((next(job)?, job))).collect();
    due.sort_by_key(|(at, _)| *at);
    let next = due.into_iter().take(5).map(|(at, job)| Next {
        id: job.schedule.to_string(),
        name: job.name.clone(),
        at,
        shown: times.soon(at),
        from_now: times.until(at),
    });
    next.collect()
}

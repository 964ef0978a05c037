//! The first page: what needs somebody, what runs, what is next, and everything.

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};

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
    let jobs = service.jobs_of(&visitor, PLACES as u32).await?;
    let needs = service.needs_you(&visitor.caller.organization).await?;
    let mut running = Vec::new();
    for job in jobs.iter().filter(|job| job.current().is_some()) {
        running.extend(of_running(&service, job, &times).await?);
    }
    let mut shell = service.shell(&visitor, Place::Overview, "Overview").await?;
    shell.refreshes = !running.is_empty();
    shell.after = Some(head.get());
    let page = OverviewPage {
        shell,
        today: times.today(),
        needs,
        running,
        next: next(&jobs, &times),
        all: jobs.len(),
        rows: jobs.into_iter().take(ROWS).map(row).collect(),
        can_run: visitor.caller.scope >= Scope::Run,
        can_manage: visitor.caller.scope >= Scope::Manage,
    };
    visitor.page(&service, &page)
}

async fn of_running(service: &Service, job: &Job, times: &Times) -> Result<Option<Running>, Problem> {
    let Some(run) = job.current() else { return Ok(None) };
    let history = service.bus.history(&run.job_id.as_str().into()).await;
    let history = history.map_err(|error| service.failed(&error))?;
    let Some(course) = Course::of(&history) else { return Ok(None) };
    let drawn = Drawn { run, course: &course, times, usual_pause: job.usual_pause() };
    Ok(Some(Running {
        id: run.job_id.to_string(),
        name: run.job_name.clone(),
        doing: status::doing(run),
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

fn next(jobs: &[Job], times: &Times) -> Vec<Next> {
    let due = jobs.iter().filter_map(|job| Some((job.timing.next_run_at?, job)));
    let mut due: Vec<_> = due.collect();
    due.sort_by_key(|(at, _)| *at);
    let next = due.into_iter().take(5).map(|(at, job)| Next {
        id: job.id().to_owned(),
        name: job.name().to_owned(),
        at,
        shown: times.soon(at),
        from_now: times.until(at),
    });
    next.collect()
}

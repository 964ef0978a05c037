//! The first page: what needs somebody, what runs, what is next, and everything.

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use hook_core::{JobId, OrganizationId, ScheduleId};
use job_store::{JobList, RunGlance};

use super::{
    course::Course,
    icon,
    jobs::{Job, usual_pause},
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
const ROWS: u32 = 10;

/// So many starts that are planned.
const NEXT: usize = 5;

/// So many needs, and so many runs that go on, are told; how many there are is told in any case.
const NEEDS: usize = 50;
const RUNNING: usize = 20;

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
    /// How many runs go on.
    all_running: usize,
    rows: Vec<Row>,
    next: Vec<Next>,
    /// How many backups there are.
    all: u32,
    can_run: bool,
    can_manage: bool,
}

impl OverviewPage {
    /// Nothing is there yet, for somebody who can change that.
    fn is_first(&self) -> bool {
        self.can_manage && self.all == 0 && self.needs.is_empty() && self.running.is_empty()
    }
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
    let all = service.store.count_jobs(organization).await.map_err(|error| service.failed(&error))?;
    let jobs = service.first_jobs(organization).await?;
    let needs = service.needs_you(organization, NEEDS).await?;
    let going = service.store.running(organization).await.map_err(|error| service.failed(&error))?;
    let mut running = Vec::new();
    for (run, _) in going.iter().take(RUNNING) {
        running.extend(of_running(&service, run, &times).await?);
    }
    let mut shell = service.shell(&visitor, Place::Overview, "Overview").await?;
    shell.refreshes = !running.is_empty();
    shell.after = Some(head.get());
    let page = OverviewPage {
        shell,
        today: times.today(),
        needs,
        running,
        all_running: going.len(),
        next: next(&service, organization, &times),
        all,
        rows: jobs.into_iter().map(row).collect(),
        can_run: visitor.caller.scope >= Scope::Run,
        can_manage: visitor.caller.scope >= Scope::Manage,
    };
    visitor.page(&service, &page)
}

async fn of_running(service: &Service, id: &JobId, times: &Times) -> Result<Option<Running>, Problem> {
    let run = service.store.run(id).await.map_err(|error| service.failed(&error))?;
    let history = service.bus.history(&id.as_str().into()).await.map_err(|error| service.failed(&error))?;
    let Some((run, course)) = run.zip(Course::of(&history)) else { return Ok(None) };
    let of_job = service.glances(&run.organization_id, vec![run.schedule_id.clone()]).await?;
    let usual_pause = of_job.first().and_then(|runs| usual(runs));
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

fn row((job, runs): (Job, Vec<RunGlance>)) -> Row {
    let usual = match (job.hooks().is_empty(), usual(&runs)) {
        (true, _) => "no hooks".to_owned(),
        (false, Some(ms)) => duration(ms),
        (false, None) => String::new(),
    };
    Row { strip: Strip::of(&runs), usual, job }
}

fn usual(runs: &[RunGlance]) -> Option<u64> {
    usual_pause(runs.iter().map(|run| (run.status, run.pause_ms)))
}

fn next(service: &Service, of: &OrganizationId, times: &Times) -> Vec<Next> {
    let next = service.runner.next_starts(of, NEXT).into_iter().map(|start| Next {
        id: start.schedule.to_string(),
        name: start.name,
        shown: times.soon(start.at),
        from_now: times.until(start.at),
        at: start.at,
    });
    next.collect()
}

impl Service {
    /// The first backups by name, each with a look at its last runs.
    async fn first_jobs(&self, of: &OrganizationId) -> Result<Vec<(Job, Vec<RunGlance>)>, Problem> {
        self.runner.catch_up().await;
        let list = JobList { organization: of.clone(), ..JobList::default() };
        let mut found = self.store.list_jobs(&list, ROWS).await.map_err(|error| self.failed(&error))?;
        found.truncate(ROWS as usize);
        let glances = self.glances(of, found.iter().map(|job| job.job.schedule.clone()).collect()).await?;
        let mut jobs = Vec::new();
        for (listed, runs) in found.into_iter().zip(glances) {
            jobs.push((self.listed(listed).await?, runs));
        }
        Ok(jobs)
    }

    async fn glances(
        &self,
        of: &OrganizationId,
        schedules: Vec<ScheduleId>,
    ) -> Result<Vec<Vec<RunGlance>>, Problem> {
        let found = self.store.glances(of, schedules, PLACES as u32).await;
        found.map_err(|error| self.failed(&error))
    }
}

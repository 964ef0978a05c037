//! The first page: what needs somebody, what runs, what is next, and everything.

use std::sync::Arc;

use askama::Template;
use axum::{Extension, Router, extract::State, response::Response, routing::get};
use hook_core::{JobId, OrganizationId, ScheduleId};
use job_store::{Changes, JobList, RunGlance};

use super::{
    course::Course,
    icon,
    jobs::{Job, usual_pause},
    needs::Need,
    readings::Readings,
    shell::{Place, Shell},
    status::{self, Shown},
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
    Router::new().route("/", get(show)).layer(Extension(Overviews::default()))
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    shell: Shell,
    today: String,
    seen: Arc<Seen>,
    can_run: bool,
    can_manage: bool,
}

type Overviews = Readings<Seen, Changes>;

/// What everybody of an organization sees.
struct Seen {
    /// The newest event that is in it.
    head: u64,
    needs: Vec<Need>,
    running: Vec<Running>,
    /// How many runs go on.
    all_running: usize,
    rows: Vec<Row>,
    next: Vec<Next>,
    /// How many backups there are.
    all: u32,
}

impl OverviewPage {
    /// Nothing is there yet, for somebody who can change that.
    fn is_first(&self) -> bool {
        let Seen { all, needs, running, .. } = &*self.seen;
        self.can_manage && *all == 0 && needs.is_empty() && running.is_empty()
    }
}

/// A run that goes on.
struct Running {
    id: String,
    name: String,
    doing: &'static str,
    timeline: Timeline,
    since: jiff::Timestamp,
    so_far: String,
}

struct Row {
    id: String,
    name: String,
    status: Option<Shown>,
    /// Its last run.
    last: Option<JobId>,
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

async fn show(
    State(service): State<Service>,
    Extension(overviews): Extension<Overviews>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let organization = &visitor.caller.organization;
    let changes = async || service.store.changes().await.map_err(|error| service.failed(&error));
    let seen = overviews.get(organization, changes, async || service.overview(organization).await).await?;
    let mut shell = service.shell(&visitor, Place::Overview, "Overview").await?;
    shell.refreshes = !seen.running.is_empty();
    shell.after = Some(seen.head);
    let page = OverviewPage {
        shell,
        today: service.times().today(),
        seen,
        can_run: visitor.caller.scope >= Scope::Run,
        can_manage: visitor.caller.scope >= Scope::Manage,
    };
    visitor.page(&service, &page)
}

async fn of_running(service: &Service, id: &JobId, times: &Times) -> Result<Option<Running>, Problem> {
    let found = service.store.run_with_history(id).await.map_err(|error| service.failed(&error))?;
    let told = found.and_then(|(run, history)| Some((run, Course::of(&history)?)));
    let Some((run, course)) = told else { return Ok(None) };
    let of_job = service.glances(&run.organization_id, vec![run.schedule_id.clone()]).await?;
    let usual_pause = of_job.first().and_then(|runs| usual(runs));
    let run = service.with_progress(run);
    let drawn = Drawn { run: &run, course: &course, times, usual_pause };
    Ok(Some(Running {
        id: run.job_id.to_string(),
        name: run.job_name.clone(),
        doing: status::doing(&run),
        timeline: drawn.mini(),
        since: run.queued_at,
        so_far: times.since(run.queued_at),
    }))
}

fn row((job, runs): (Job, Vec<RunGlance>)) -> Row {
    let usual = match (job.hooks().is_empty(), usual(&runs)) {
        (true, _) => "no hooks".to_owned(),
        (false, Some(ms)) => duration(ms),
        (false, None) => String::new(),
    };
    Row {
        id: job.id().to_owned(),
        name: job.name().to_owned(),
        status: job.status(),
        last: job.runs.first().map(|run| run.job_id.clone()),
        strip: Strip::of(&runs),
        usual,
    }
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
    async fn overview(&self, organization: &OrganizationId) -> Result<Seen, Problem> {
        // Before the rest is read: what comes in between is told again, and not missed.
        let head = self.bus.head().await.map_err(|error| self.failed(&error))?;
        let times = self.times();
        let all = self.store.count_jobs(organization).await.map_err(|error| self.failed(&error))?;
        let jobs = self.first_jobs(organization).await?;
        let needs = self.needs_you(organization, NEEDS).await?;
        let going = self.store.running(organization).await.map_err(|error| self.failed(&error))?;
        let mut running = Vec::new();
        for (run, _) in going.iter().take(RUNNING) {
            running.extend(of_running(self, run, &times).await?);
        }
        Ok(Seen {
            head: head.get(),
            needs,
            running,
            all_running: going.len(),
            rows: jobs.into_iter().map(row).collect(),
            next: next(self, organization, &times),
            all,
        })
    }

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

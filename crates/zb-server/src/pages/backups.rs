//! The list of backups, and starting one.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use hook_core::event::Trigger;

use super::{
    form::Form,
    icon,
    jobs::Job,
    shell::{Place, Shell},
    visitor::Visitor,
    words::Times,
};
use crate::{
    Problem, Scope, Service,
    auth::Action,
    body::Unread,
    named::{Named, not_found},
    query::Query,
};

/// The runs of a row: the last one, and the one that goes on.
const RUNS: u32 = 1;

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/backups", get(show)).route("/backups/{scheduleId}/runs", post(start))
}

#[derive(Template)]
#[template(path = "backups.html")]
struct BackupsPage {
    shell: Shell,
    q: String,
    jobs: Vec<Job>,
    times: Times,
    is_filtered: bool,
    can_run: bool,
    can_manage: bool,
}

async fn show(
    State(service): State<Service>,
    visitor: Visitor,
    mut query: Query,
) -> Result<Response, Problem> {
    let q = query.text("q").unwrap_or_default();
    let mut jobs = service.jobs_of(&visitor, RUNS).await?;
    let is_filtered = !q.trim().is_empty();
    if is_filtered {
        jobs.retain(|job| job.matches(q.trim()));
    }
    let page = BackupsPage {
        shell: service.shell(&visitor, Place::Backups, "Backups").await?,
        q,
        jobs,
        times: service.times(),
        is_filtered,
        can_run: visitor.caller.scope >= Scope::Run,
        can_manage: visitor.caller.scope >= Scope::Manage,
    };
    visitor.page(&service, &page)
}

async fn start(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    let caller = &visitor.caller;
    caller.needs(Scope::Run)?;
    let job = service.stored_job(&visitor, &id).await?;
    Form::read(body, &visitor.csrf).await?;
    let started = service.runner.start(&caller.organization, &job.schedule, Trigger::Ui, &caller.by()).await;
    let run = started.map_err(|refused| service.refusal(refused))?;
    service.note(caller, Action::RunRequested, run.as_str()).await?;
    Ok(service.done(&visitor.client, &format!("/runs/{run}"), "The backup was started."))
}

impl Service {
    /// The backups of a visitor's organization by name, each with its last runs.
    ///
    /// # Errors
    /// The store fails.
    pub(super) async fn jobs_of(&self, visitor: &Visitor, runs: u32) -> Result<Vec<Job>, Problem> {
        let stored = self.store.jobs(Some(&visitor.caller.organization)).await;
        let mut jobs = Vec::new();
        for stored in stored.map_err(|error| self.failed(&error))? {
            jobs.push(self.job_with_runs(stored, runs).await?);
        }
        Ok(jobs)
    }

    /// A backup of a visitor's organization.
    ///
    /// # Errors
    /// 404.
    pub(super) async fn stored_job(
        &self,
        visitor: &Visitor,
        id: &str,
    ) -> Result<job_store::StoredJob, Problem> {
        let id = id.parse().map_err(|_| not_found())?;
        let found = self.store.job(&visitor.caller.organization, &id).await;
        found.map_err(|error| self.failed(&error))?.ok_or_else(not_found)
    }
}

//! The list of backups, and starting one.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use form_urlencoded::Serializer;
use hook_core::event::Trigger;
use job_store::{JobList, ListedJob};
use serde_json::json;

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

/// So many a page.
const ROWS: u32 = 50;

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
    /// Where the next page begins.
    more: Option<String>,
    can_run: bool,
    can_manage: bool,
}

async fn show(
    State(service): State<Service>,
    visitor: Visitor,
    mut query: Query,
) -> Result<Response, Problem> {
    let q = query.text("q").unwrap_or_default().trim().to_owned();
    let is_filtered = !q.is_empty();
    let list = JobList {
        organization: visitor.caller.organization.clone(),
        text: is_filtered.then(|| q.clone()),
        after: query.text("after").and_then(|place| serde_json::from_str(&place).ok()),
        ..JobList::default()
    };
    service.take_facts(&list.organization).await?;
    service.runner.catch_up().await;
    // Before the list is read: what comes in between is told again, and not missed.
    let head = service.bus.head().await.map_err(|error| service.failed(&error))?;
    let mut found = service.store.list_jobs(&list, ROWS).await.map_err(|error| service.failed(&error))?;
    let is_more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let more = found.last().filter(|_| is_more).map(|last| more(&q, last));
    let mut jobs = Vec::new();
    for listed in found {
        jobs.push(service.listed(listed).await?);
    }
    let mut shell = service.shell(&visitor, Place::Backups, "Backups").await?;
    shell.refreshes = jobs.iter().any(|job| job.current().is_some());
    shell.after = Some(head.get());
    let page = BackupsPage {
        shell,
        q,
        jobs,
        times: service.times(),
        is_filtered,
        more,
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
    let (organization, fresh, by) = (&caller.organization, service.fresh_run(), caller.by());
    let started = service.runner.start(organization, &job.schedule, fresh, Trigger::Ui, &by).await;
    let run = started.map_err(|refused| service.run_refused(refused))?;
    service.note(caller, Action::RunRequested, job.schedule.as_str()).await?;
    Ok(service.done(&visitor.client, &format!("/runs/{run}"), "The backup was started."))
}

/// A query of the page after this backup.
fn more(q: &str, last: &ListedJob) -> String {
    let place = json!([last.job.name, last.job.schedule]).to_string();
    let mut query = Serializer::new(String::new());
    if !q.is_empty() {
        query.append_pair("q", q);
    }
    format!("?{}", query.append_pair("after", &place).finish())
}

impl Service {
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

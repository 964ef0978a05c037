//! Runs: the list, one, and its end (`api.md` §5).

use axum::{Json, extract::State};
use hook_core::{JobId, RunStatus, ScheduleId, event::Trigger};
use http::StatusCode;
use jiff::Timestamp;
use job_store::{Run, RunList, RunPlace, RunWithHistory, Stage};
use serde_json::{Value, json};

use super::run_shapes::{RUN, RUN_ITEM, STATES, STATUSES};
use crate::{
    Caller, Problem, Scope, Service,
    auth::Action,
    body::Unread,
    named::{Named, not_found},
    nearest::unknown,
    query::Query,
    route::{Route, Who},
    schema::{Shape, object, text, words},
};

pub(crate) fn routes() -> Vec<Route> {
    let read = Who::Scope(Scope::Read);
    vec![
        Route::get("/api/v1/runs", "listRuns", read, list)
            .query(&["scheduleId", "status", "trigger", "interrupted", "since", "until"])
            .list(&RUN_ITEM),
        Route::get("/api/v1/runs/{jobId}", "showRun", read, show).json(200, &RUN),
        Route::post("/api/v1/runs/{jobId}/cancel", "cancelRun", Who::Scope(Scope::Run), cancel)
            .json(202, &CANCELLED),
    ]
}

const CANCELLED: Shape = Shape::new("RunState", || object([("jobId", text()), ("state", words(STATES))]));

/// The word for a run that is not over.
const RUNNING: &str = "running";

/// More would be a list of jobs, not a filter.
const MOST_SCHEDULES: usize = 100;

async fn list(
    State(service): State<Service>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Read)?;
    let list = RunList {
        organization: caller.organization.clone(),
        schedules: query.read("scheduleId", schedules).unwrap_or_default(),
        statuses: query.several("status", status),
        triggers: query.several("trigger", trigger),
        interrupted: query.read("interrupted", boolean),
        since: query.time("since"),
        until: query.time("until"),
        before: None,
    };
    let page = query.page(&format!("runs {}", caller.organization), place);
    query.finish()?;
    let list = RunList { before: page.after, ..list };
    let found = service.store.list_runs(&list, page.at_most).await;
    let found = found.map_err(|error| service.failed(&error))?;
    Ok(Json(page.answer(
        found,
        |((time, position), _)| format!("{} {position}", time.as_microsecond()),
        |(_, run)| service.shown(run.clone(), false),
    )))
}

async fn show(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Read)?;
    let run = service.run_of(&caller, &id).await?;
    query.finish()?;
    Ok(Json(service.shown(run, true)))
}

async fn cancel(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    body: Unread,
) -> Result<(StatusCode, Json<Value>), Problem> {
    caller.needs(Scope::Run)?;
    let run = service.run_of(&caller, &id).await?;
    body.fields_or_none().await?.finish(query, Some(()))?;
    // The event says by which way, the audit says who.
    service.runner.cancel(&run.job_id, "api").await.map_err(|refused| service.run_refused(refused))?;
    service.note(&caller, Action::RunCancelled, run.job_id.as_str()).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({"jobId": run.job_id, "state": run.state}))))
}

impl Service {
    /// A run of the caller's organization, with its details.
    ///
    /// # Errors
    /// 404.
    pub(crate) async fn run_of(&self, caller: &Caller, id: &str) -> Result<Run, Problem> {
        Ok(self.run_with_history(caller, id).await?.0)
    }

    /// The same with its events, both of one moment.
    pub(crate) async fn run_with_history(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<RunWithHistory, Problem> {
        let job: JobId = id.parse().map_err(|_| not_found())?;
        let found = self.store.run_with_history(&job).await.map_err(|error| self.failed(&error))?;
        found.filter(|(run, _)| run.organization_id == caller.organization).ok_or_else(not_found)
    }

    /// A run with the progress of this moment, where restic runs.
    pub(crate) fn with_progress(&self, mut run: Run) -> Run {
        if run.state == Stage::BackingUp {
            run.progress = self.runner.progress(&run.job_id).map(|progress| progress.borrow().clone());
        }
        run
    }

    /// The Run of `api.md` §5, with the progress of this moment.
    fn shown(&self, run: Run, details: bool) -> Value {
        let mut shown = json!(self.with_progress(run));
        if let Some(progress) = shown["progress"].as_object_mut() {
            progress.entry("secondsRemaining").or_insert(Value::Null);
            if !details {
                progress.shift_remove("currentFiles");
            }
        }
        shown
    }
}

/// The jobs of a filter. An id of nobody's, or of another organization's, has no runs.
pub(super) fn schedules(text: &str) -> Result<Vec<ScheduleId>, String> {
    let ids: Vec<&str> = text.split(',').collect();
    if ids.len() > MOST_SCHEDULES {
        return Err(format!("it has at most {MOST_SCHEDULES} ids"));
    }
    ids.into_iter().map(|id| id.parse().map_err(|_| "it is no scheduleId".to_owned())).collect()
}

fn status(text: &str) -> Result<Option<RunStatus>, String> {
    if text == RUNNING {
        return Ok(None);
    }
    let found = STATUSES.into_iter().find(|status| status.as_str() == text);
    let words = || STATUSES.map(RunStatus::as_str).into_iter().chain([RUNNING]);
    found.map(Some).ok_or_else(|| unknown("status", text, words()))
}

fn trigger(text: &str) -> Result<Trigger, String> {
    let found = Trigger::ALL.into_iter().find(|trigger| trigger.as_str() == text);
    found.ok_or_else(|| unknown("trigger", text, Trigger::ALL.map(Trigger::as_str)))
}

fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "it is true or false".to_owned())
}

fn place(text: &str) -> Option<RunPlace> {
    let (time, position) = text.split_once(' ')?;
    Some((Timestamp::from_microsecond(time.parse().ok()?).ok()?, position.parse().ok()?))
}

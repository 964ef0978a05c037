//! Hooks that are sent by hand, for real and outside any run (`api.md` §3).

use axum::{Json, extract::State};
use hook_core::{Phase, RunStatus};
use http::StatusCode;
use serde_json::{Value, json};

use super::{run_now::NOTHING, run_shapes::TESTED_HOOK};
use crate::{
    Caller, FieldError, Problem, Scope, Service,
    auth::Action,
    body::Unread,
    named::{Named, not_found},
    nearest::unknown,
    query::Query,
    route::{Asks, Route, Who},
    schema::{Shape, request, words},
};

const STATUSES: [RunStatus; 4] =
    [RunStatus::Success, RunStatus::Warning, RunStatus::Error, RunStatus::Cancelled];

pub(crate) fn routes() -> Vec<Route> {
    let run = Who::Scope(Scope::Run);
    vec![
        Route::post("/api/v1/jobs/{scheduleId}/hooks/{phase}/send", "testHook", run, send)
            .asks(Asks::Json(&TEST))
            .json(200, &TESTED_HOOK),
        Route::post("/api/v1/jobs/{scheduleId}/hooks/post/clear", "clearTest", run, clear)
            .asks(Asks::Json(&NOTHING))
            .empty(204),
    ]
}

const TEST: Shape =
    Shape::new("HookTest", || request(&[], [("status", words(STATUSES.map(RunStatus::as_str)))]));

async fn send(
    State(service): State<Service>,
    caller: Caller,
    Named((id, phase)): Named<(String, String)>,
    query: Query,
    body: Unread,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Run)?;
    let phase = [Phase::Pre, Phase::Post].into_iter().find(|known| known.as_str() == phase);
    let phase = phase.ok_or_else(not_found)?;
    let schedule = service.job_of(&caller, &id).await?.job.schedule;
    service.count_hook(&caller.organization, &schedule)?;
    let mut fields = body.fields_or_none().await?;
    let asked = if phase == Phase::Post { fields.optional("status", status) } else { None };
    fields.finish(query, Some(()))?;
    let status = asked.unwrap_or(RunStatus::Success);
    let sent = service.runner.test_hook(&caller.organization, &schedule, phase, status).await;
    let sent = sent.map_err(|refused| service.hook_refused(refused))?;
    service.note(&caller, Action::HookSent, schedule.as_str()).await?;
    let mut answer = json!({"jobId": sent.job_id});
    if let (Some(answer), Value::Object(result)) = (answer.as_object_mut(), sent.result) {
        answer.extend(result);
    }
    Ok(Json(answer))
}

fn status(value: &Value) -> Result<RunStatus, Vec<FieldError>> {
    let text = value.as_str().unwrap_or_default();
    let found = STATUSES.into_iter().find(|status| status.as_str() == text);
    found.ok_or_else(|| vec![FieldError::new("", unknown("status", text, STATUSES.map(RunStatus::as_str)))])
}

async fn clear(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    body: Unread,
) -> Result<StatusCode, Problem> {
    caller.needs(Scope::Run)?;
    let schedule = service.job_of(&caller, &id).await?.job.schedule;
    body.fields_or_none().await?.finish(query, Some(()))?;
    let cleared = service.runner.clear_test(&caller.organization, &schedule).await;
    cleared.map_err(|refused| service.run_refused(refused))?;
    service.note(&caller, Action::HookCleared, schedule.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

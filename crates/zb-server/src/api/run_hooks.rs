//! The owed post hook of a run that is over: sent again, or cleared by a person (`api.md` §5).

use axum::{Json, extract::State};
use http::StatusCode;
use serde_json::Value;

use super::run_shapes::HOOK_RESULT;
use crate::{
    Caller, Problem, Scope, Service,
    auth::Action,
    body::Unread,
    named::Named,
    query::Query,
    route::{Route, Who},
};

pub(crate) fn routes() -> Vec<Route> {
    let run = Who::Scope(Scope::Run);
    vec![
        Route::post("/api/v1/runs/{jobId}/hooks/post/send", "sendPostHook", run, send)
            .json(200, &HOOK_RESULT),
        Route::post("/api/v1/runs/{jobId}/hooks/post/clear", "clearPostHook", run, clear).empty(204),
    ]
}

/// What the receiver says is the answer, whatever it is.
async fn send(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    body: Unread,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Run)?;
    let run = service.run_of(&caller, &id).await?;
    service.count_hook(&caller.organization, &run.schedule_id)?;
    body.fields_or_none().await?.finish(query, Some(()))?;
    let sent = service.runner.send_post_again(&run.job_id).await;
    let answer = sent.map_err(|refused| service.run_refused(refused))?;
    service.note(&caller, Action::HookSent, run.job_id.as_str()).await?;
    Ok(Json(answer.result))
}

async fn clear(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    body: Unread,
) -> Result<StatusCode, Problem> {
    caller.needs(Scope::Run)?;
    let run = service.run_of(&caller, &id).await?;
    body.fields_or_none().await?.finish(query, Some(()))?;
    let cleared = service.runner.clear(&run.job_id, &caller.by()).await;
    cleared.map_err(|refused| service.run_refused(refused))?;
    service.note(&caller, Action::HookCleared, run.job_id.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

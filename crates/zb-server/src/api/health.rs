//! Whether the process answers, whether the service works, and its figures (`api.md` §8).

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use crate::{
    Caller, Problem, Scope, Service,
    query::Query,
    route::{Route, Who},
};

const TEXT: &str = "text/plain";

/// Prometheus' text format.
const FIGURES: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/healthz", "isAlive", Who::Anyone, async || "ok").other(200, TEXT),
        Route::get("/readyz", "isReady", Who::Anyone, ready).other(200, TEXT).other(503, TEXT),
        Route::get("/metrics", "metrics", Who::Scope(Scope::Read), metrics).other(200, TEXT),
    ]
}

/// A line for each check that fails. A missing restic is none: its page must be reachable.
async fn ready(State(service): State<Service>) -> (StatusCode, String) {
    let checks = [
        ("storage", service.store.has_account().await.is_ok()),
        ("scheduler", (service.around.scheduler_is_alive)()),
        ("shutting-down", !(service.around.is_shutting_down)() && !service.ending.is_cancelled()),
    ];
    let failing: Vec<&str> =
        checks.into_iter().filter(|(_, is_well)| !is_well).map(|(name, _)| name).collect();
    if failing.is_empty() {
        return (StatusCode::OK, "ok".to_owned());
    }
    (StatusCode::SERVICE_UNAVAILABLE, failing.iter().map(|name| format!("{name}\n")).collect())
}

/// Those of the caller's organization, and the process's: they name jobs.
async fn metrics(State(service): State<Service>, caller: Caller, query: Query) -> Result<Response, Problem> {
    caller.needs(Scope::Read)?;
    query.finish()?;
    let text = (service.around.metrics)(&caller.organization);
    Ok(([(header::CONTENT_TYPE, FIGURES)], text).into_response())
}

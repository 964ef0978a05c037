//! What the API is, for tools (`api.md` §1).

use axum::{Json, extract::State};
use serde_json::Value;

use crate::{
    Problem, Service,
    auth::Open,
    openapi,
    query::Query,
    route::{Route, Who},
    schema::{Shape, map},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/api/v1/openapi.json", "showDocument", Who::Anyone, show).json(200, &DOCUMENT)]
}

const DOCUMENT: Shape = Shape::new("OpenApi", || map(true.into()));

async fn show(State(service): State<Service>, _: Open, query: Query) -> Result<Json<Value>, Problem> {
    query.finish()?;
    Ok(Json(openapi(&service.settings.base_path)))
}

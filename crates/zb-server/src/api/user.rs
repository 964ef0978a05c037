//! The user who calls (`api.md` §2).

use axum::{Json, Router, extract::State, routing::get};
use serde_json::Value;

use crate::{Problem, Service, auth::SignedIn};

pub(crate) fn routes() -> Router<Service> {
    Router::new().route("/api/v1/user", get(show))
}

async fn show(State(service): State<Service>, who: SignedIn) -> Result<Json<Value>, Problem> {
    Ok(Json(who.user(&service).await?))
}

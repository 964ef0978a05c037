//! `/healthz`: whether the process answers (`api.md` §8).

use axum::{Router, routing::get};

use crate::Service;

pub(crate) fn routes() -> Router<Service> {
    Router::new().route("/healthz", get(async || "ok"))
}

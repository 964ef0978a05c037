//! The HTTP API (`api.md`), a file for each kind of thing.

mod health;
mod user;

use axum::Router;

use crate::Service;

pub(crate) fn routes() -> Router<Service> {
    Router::new().merge(health::routes()).merge(user::routes())
}

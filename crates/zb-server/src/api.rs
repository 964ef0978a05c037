//! The HTTP API (`api.md`), a file for each kind of thing.

mod account_fields;
mod audit;
mod health;
mod members;
mod organizations;
mod session;
mod set_up;
mod tokens;
mod user;
mod users;

use axum::Router;

use crate::Service;

pub use account_fields::{is_label, is_username};

pub(crate) fn routes() -> Router<Service> {
    Router::new()
        .merge(health::routes())
        .merge(set_up::routes())
        .merge(session::routes())
        .merge(user::routes())
        .merge(users::routes())
        .merge(organizations::routes())
        .merge(members::routes())
        .merge(tokens::routes())
        .merge(audit::routes())
}

//! The HTTP API (`api.md`), a file for each kind of thing.

mod account_fields;
mod audit;
mod deliveries;
mod destinations;
mod document;
mod events;
mod health;
mod hooks;
mod job_shape;
mod jobs;
mod members;
mod needs;
mod organizations;
mod repositories;
mod run_hooks;
mod run_now;
mod run_shapes;
mod runs;
mod schedule;
mod session;
mod set_up;
mod tokens;
mod user;
mod users;

use crate::route::Route;

pub(crate) use account_fields::is_password;
pub use account_fields::{is_label, is_username};
pub(crate) use jobs::disposition;

/// The table of routes.
pub(crate) fn routes() -> Vec<Route> {
    let kinds = [
        health::routes,
        document::routes,
        set_up::routes,
        session::routes,
        user::routes,
        users::routes,
        organizations::routes,
        members::routes,
        tokens::routes,
        audit::routes,
        jobs::routes,
        run_now::routes,
        hooks::routes,
        schedule::routes,
        repositories::routes,
        runs::routes,
        run_hooks::routes,
        needs::routes,
        destinations::routes,
        deliveries::routes,
        events::routes,
    ];
    kinds.into_iter().flat_map(|routes: fn() -> Vec<Route>| routes()).collect()
}

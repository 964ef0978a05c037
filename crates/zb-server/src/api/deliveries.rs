//! What became of the messages to destinations (`api.md` §7).

use axum::{Json, extract::State};
use job_store::DeliveryFilter;
use serde_json::Value;

use crate::{
    Caller, Problem, Scope, Service,
    destinations::{OCCASIONS, delivery},
    nearest::unknown,
    query::Query,
    route::{Route, Who},
    schema::{Shape, integer, nullable, object, text, time, words},
};

const STATES: [&str; 3] = ["pending", "delivered", "dead"];

/// What a delivery is about that is no occasion.
const OTHERS: [&str; 4] = ["started", "recovered", "reminder", "test"];

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/notifications/deliveries", "listDeliveries", Who::Scope(Scope::Read), list)
            .query(&["destinationId", "state", "since", "until"])
            .list(&DELIVERY),
    ]
}

pub(super) const DELIVERY: Shape = Shape::new("Delivery", || {
    object([
        ("deliveryId", text()),
        ("destinationId", text()),
        ("event", words(OCCASIONS.into_iter().chain(OTHERS))),
        ("scheduleId", nullable(text())),
        ("jobId", nullable(text())),
        ("state", words(STATES)),
        ("attempts", integer()),
        ("createdAt", time()),
        ("lastAttemptAt", nullable(time())),
        ("nextAttemptAt", nullable(time())),
        ("httpStatus", nullable(integer())),
        ("error", nullable(text())),
    ])
});

async fn list(
    State(service): State<Service>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Read)?;
    let filter = DeliveryFilter {
        destinations: query.several("destinationId", |text| Ok(text.to_owned())),
        states: query.several("state", state),
        since: query.time("since"),
        until: query.time("until"),
        before: None,
    };
    let page = query.page(&format!("deliveries {}", caller.organization), |place| place.parse().ok());
    query.finish()?;
    let filter = DeliveryFilter { before: page.after, ..filter };
    let found = service.store.deliveries(&caller.organization, filter, page.at_most).await;
    let found = found.map_err(|error| service.failed(&error))?;
    Ok(Json(page.answer(found, |(place, _)| place.to_string(), |(_, found)| delivery(found))))
}

fn state(text: &str) -> Result<String, String> {
    if STATES.contains(&text) { Ok(text.to_owned()) } else { Err(unknown("state", text, STATES)) }
}

//! Destinations of notifications (`api.md` §7).

use axum::{Json, extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use job_store::StoredDestination;
use serde_json::{Value, json};

use super::{deliveries::DELIVERY, run_now::NOTHING};
use crate::{
    Caller, Problem, Scope, Service,
    body::Unread,
    destinations::{Form, KINDS, OCCASIONS, delivery},
    etag::{self, IfMatch},
    named::Named,
    query::Query,
    route::{Asks, Route, Who},
    schema::{Shape, array, boolean, integer, nullable, object, text, words},
};

const PATH: &str = "/api/v1/notifications/destinations";
const ONE: &str = "/api/v1/notifications/destinations/{destinationId}";

pub(crate) fn routes() -> Vec<Route> {
    let (read, manage) = (Who::Scope(Scope::Read), Who::Scope(Scope::Manage));
    let test = "/api/v1/notifications/destinations/{destinationId}/test";
    vec![
        Route::get(PATH, "listDestinations", read, list).list(&DESTINATION),
        Route::post(PATH, "addDestination", manage, add).asks(Asks::Json(&NEW)).json(201, &DESTINATION),
        Route::get(ONE, "showDestination", read, show).json(200, &DESTINATION),
        Route::put(ONE, "replaceDestination", manage, replace).asks(Asks::Json(&NEW)).json(200, &DESTINATION),
        Route::delete(ONE, "deleteDestination", manage, remove).empty(204),
        Route::post(test, "testDestination", Who::Scope(Scope::Run), self::test)
            .asks(Asks::Json(&NOTHING))
            .json(200, &DELIVERY),
    ]
}

const DESTINATION: Shape = Shape::new("Destination", || {
    object([
        ("destinationId", text()),
        ("name", text()),
        ("enabled", boolean()),
        ("kind", kinds()),
        ("on", occasions()),
        ("jobs", nullable(array(text()))),
        ("settings", settings()),
        ("state", object([("revision", integer()), ("lastDelivery", nullable(DELIVERY.reference()))])),
    ])
});

const NEW: Shape = Shape::new("NewDestination", || {
    crate::schema::request(
        &["name", "kind", "settings"],
        [
            ("destinationId", nullable(text())),
            ("name", text()),
            ("enabled", nullable(boolean())),
            ("kind", kinds()),
            ("on", nullable(occasions())),
            ("jobs", nullable(array(text()))),
            ("settings", settings()),
            ("state", json!({"description": "ignored"})),
        ],
    )
});

fn kinds() -> Value {
    words(KINDS.iter().map(|kind| kind.name))
}

fn occasions() -> Value {
    array(words(OCCASIONS))
}

/// Of each kind its own.
fn settings() -> Value {
    let all = KINDS.iter().map(|kind| {
        let members = kind.settings.iter().map(|(name, form)| {
            let schema = if *form == Form::Texts { array(text()) } else { text() };
            ((*name).to_owned(), nullable(schema))
        });
        json!({"type": "object", "title": kind.name, "properties": members.collect::<serde_json::Map<_, _>>()})
    });
    json!({"anyOf": all.collect::<Vec<_>>()})
}

async fn list(
    State(service): State<Service>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Read)?;
    let list = format!("destinations {}", caller.organization);
    let page = query.page(&list, |place| serde_json::from_str(place).ok());
    query.finish()?;
    let found = service.store.destinations(&caller.organization, page.after.clone(), page.at_most).await;
    let found = found.map_err(|error| service.failed(&error))?;
    let mut shown = Vec::new();
    for destination in found {
        let place = json!([destination.name, destination.id]).to_string();
        shown.push((place, service.show_destination(&caller, &destination).await?));
    }
    Ok(Json(page.answer(shown, |(place, _)| place.clone(), |(_, shown)| shown.clone())))
}

async fn add(
    State(service): State<Service>,
    caller: Caller,
    query: Query,
    body: Unread,
) -> Result<Response, Problem> {
    caller.needs(Scope::Manage)?;
    let fields = body.fields().await?;
    let made = service.create_destination(&caller, query, fields).await?;
    let shown = answer(&service, &caller, &made).await?;
    Ok(service.at(&format!("{PATH}/{}", made.id), StatusCode::CREATED, shown))
}

async fn show(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
) -> Result<Response, Problem> {
    caller.needs(Scope::Read)?;
    let found = service.destination_of(&caller, &id).await?;
    query.finish()?;
    answer(&service, &caller, &found).await
}

async fn replace(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Problem> {
    caller.needs(Scope::Manage)?;
    let there = service.destination_of(&caller, &id).await?;
    let document = body.json().await?;
    let wanted = IfMatch::required(&headers)?;
    wanted.allows(there.revision)?;
    let fields = crate::body::fields_of(document)?;
    let kept = service.replace_destination(&caller, there, query, fields, &wanted).await?;
    answer(&service, &caller, &kept).await
}

async fn remove(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    caller.needs(Scope::Manage)?;
    let there = service.destination_of(&caller, &id).await?;
    let expected = IfMatch::expected(&headers, there.revision)?;
    query.finish()?;
    service.delete_destination(&caller, &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn test(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    body: Unread,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Run)?;
    let there = service.destination_of(&caller, &id).await?;
    service.count_destination(&id)?;
    body.fields_or_none().await?.finish(query, Some(()))?;
    Ok(Json(delivery(&service.test_destination(&caller, &there).await?)))
}

async fn answer(service: &Service, caller: &Caller, there: &StoredDestination) -> Result<Response, Problem> {
    let shown = service.show_destination(caller, there).await?;
    Ok(etag::tagged(there.revision, shown))
}

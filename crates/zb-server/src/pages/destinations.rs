//! The list of destinations, with what became of the messages to them.

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use job_store::StoredDestination;

use super::{
    deliveries::{self, Deliveries},
    destination_document::kind_title,
    icon,
    shell::{Place, Shell},
    status::Shown,
    visitor::Visitor,
};
use crate::{ConfiguredDestination, Problem, Scope, Service, destinations::Definition, query::Query};

/// More than any organization has.
const ALL: u32 = 1000;

/// The columns, each an occasion.
const COLUMNS: [(&str, &str); 5] = [
    ("success", "Success"),
    ("warning", "Warning"),
    ("error", "Error"),
    ("cancelled", "Cancelled"),
    ("never-started", "Overdue"),
];

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/notifications", get(show))
}

#[derive(Template)]
#[template(path = "notifications.html")]
struct NotificationsPage {
    shell: Shell,
    columns: [(&'static str, &'static str); 5],
    rows: Vec<Row>,
    configured: Vec<ConfiguredDestination>,
    deliveries: Deliveries,
    zone: String,
    can_run: bool,
    can_manage: bool,
}

struct Row {
    id: String,
    name: String,
    is_enabled: bool,
    /// Its kind and where it is.
    place: String,
    on: Vec<String>,
    jobs: String,
    last: Option<(Shown, String)>,
}

impl Row {
    fn is_told(&self, occasion: &str) -> bool {
        self.on.iter().any(|told| told == occasion)
    }

    fn told(&self) -> String {
        told(&self.on)
    }
}

/// What somebody is told of, in words.
fn told(on: &[String]) -> String {
    on.iter().map(|occasion| deliveries::word(occasion)).collect::<Vec<_>>().join(", ")
}

async fn show(
    State(service): State<Service>,
    visitor: Visitor,
    mut query: Query,
) -> Result<Response, Problem> {
    let organization = &visitor.caller.organization;
    let before = query.text("before").and_then(|place| place.parse().ok());
    let found = service.store.destinations(organization, None, ALL).await;
    let found = found.map_err(|error| service.failed(&error))?;
    let names: Vec<_> = found.iter().map(|found| (found.id.clone(), found.name.clone())).collect();
    let mut rows = Vec::new();
    for destination in &found {
        rows.push(row(&service, &visitor, destination).await?);
    }
    let page = NotificationsPage {
        shell: service.shell(&visitor, Place::Notifications, "Notifications").await?,
        columns: COLUMNS,
        rows,
        configured: service.messenger.configured(organization),
        deliveries: service.delivery_rows(&visitor, &names, before).await?,
        zone: service.times().zone_name(),
        can_run: visitor.caller.scope >= Scope::Run,
        can_manage: visitor.caller.scope >= Scope::Manage,
    };
    visitor.page(&service, &page)
}

async fn row(service: &Service, visitor: &Visitor, destination: &StoredDestination) -> Result<Row, Problem> {
    let definition = Definition::of(destination).map_err(|reason| service.internal(&reason))?;
    let last = service.last_delivery(&visitor.caller, &destination.id).await?;
    let times = service.times();
    Ok(Row {
        id: destination.id.clone(),
        name: destination.name.clone(),
        is_enabled: destination.enabled,
        place: place(&definition),
        jobs: for_whom(service, visitor, definition.jobs.as_deref()).await?,
        on: definition.on,
        last: last.map(|last| {
            let about = last.job_name.clone().unwrap_or_else(|| deliveries::word(last.event).to_owned());
            (deliveries::status(last.state), format!("{}, {about}", times.day(last.created_at)))
        }),
    })
}

/// `ntfy, https://ntfy.sh`.
fn place(definition: &Definition) -> String {
    let kind = kind_title(&definition.kind);
    let settings = definition.masked();
    let url: Option<http::Uri> = settings["url"].as_str().and_then(|url| url.parse().ok());
    let host = url.as_ref().and_then(|url| url.host()).map(ToOwned::to_owned);
    let first = settings["to"].as_array().and_then(|to| to.first()?.as_str()).map(ToOwned::to_owned);
    match host.or(first) {
        Some(place) => format!("{kind}, {place}"),
        None => kind.to_owned(),
    }
}

/// All backups, or the names of those that are named.
async fn for_whom(service: &Service, visitor: &Visitor, jobs: Option<&[String]>) -> Result<String, Problem> {
    let Some(jobs) = jobs else { return Ok("all backups".to_owned()) };
    let named = service.names_of(&visitor.caller.organization, jobs.iter().map(String::as_str)).await?;
    Ok(named.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(", "))
}

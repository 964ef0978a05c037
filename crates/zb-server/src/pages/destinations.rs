//! The list of destinations, with what became of the messages to them.

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use job_store::StoredDestination;
use serde_json::Value;

use super::{
    deliveries::{self, Deliveries},
    destination_document::kind_title,
    icon,
    shell::{Place, Shell},
    status::Shown,
    visitor::Visitor,
};
use crate::{ConfiguredDestination, Problem, Scope, Service, query::Query};

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
    let jobs = service.store.jobs(Some(organization)).await.map_err(|error| service.failed(&error))?;
    let jobs: Vec<_> = jobs.into_iter().map(|job| (job.schedule.to_string(), job.name)).collect();
    let mut rows = Vec::new();
    for destination in &found {
        rows.push(row(&service, &visitor, destination, &jobs).await?);
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

async fn row(
    service: &Service,
    visitor: &Visitor,
    destination: &StoredDestination,
    jobs: &[(String, String)],
) -> Result<Row, Problem> {
    let shown = service.show_destination(&visitor.caller, destination).await?;
    let texts = |value: &Value| -> Vec<String> {
        let all = value.as_array().into_iter().flatten();
        all.filter_map(|text| text.as_str().map(ToOwned::to_owned)).collect()
    };
    let last = service.last_delivery(&visitor.caller, &destination.id).await?;
    let times = service.times();
    Ok(Row {
        id: destination.id.clone(),
        name: destination.name.clone(),
        is_enabled: destination.enabled,
        place: place(&shown),
        on: texts(&shown["on"]),
        jobs: for_whom(&texts(&shown["jobs"]), jobs),
        last: last.map(|last| {
            let about = last.job_name.clone().unwrap_or_else(|| deliveries::word(last.event).to_owned());
            (deliveries::status(last.state), format!("{}, {about}", times.day(last.created_at)))
        }),
    })
}

/// `ntfy, https://ntfy.sh`.
fn place(shown: &Value) -> String {
    let kind = kind_title(shown["kind"].as_str().unwrap_or_default());
    let settings = &shown["settings"];
    let url: Option<http::Uri> = settings["url"].as_str().and_then(|url| url.parse().ok());
    let host = url.as_ref().and_then(|url| url.host()).map(ToOwned::to_owned);
    let first = settings["to"].as_array().and_then(|to| to.first()?.as_str()).map(ToOwned::to_owned);
    match host.or(first) {
        Some(place) => format!("{kind}, {place}"),
        None => kind.to_owned(),
    }
}

/// All backups, or the names of those that are named.
fn for_whom(ids: &[String], jobs: &[(String, String)]) -> String {
    if ids.is_empty() {
        return "all backups".to_owned();
    }
    let name = |id: &String| jobs.iter().find(|(known, _)| known == id).map_or(id, |(_, name)| name).clone();
    ids.iter().map(name).collect::<Vec<_>>().join(", ")
}

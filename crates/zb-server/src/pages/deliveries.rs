//! What became of messages, as a table of a page has it.

use jiff::Timestamp;
use job_store::{DeliveryFilter, ListedDelivery};

use super::{
    icon,
    status::Shown,
    visitor::Visitor,
    words::{Times, capital},
};
use crate::{Problem, Service};

/// So many a page.
const ROWS: u32 = 20;

/// A delivery as a row.
pub(super) struct Row {
    pub(super) destination: String,
    /// What people call the destination.
    pub(super) name: String,
    pub(super) at: Timestamp,
    pub(super) when: String,
    pub(super) about: String,
    /// The run and its backup, where it is about one.
    pub(super) run: Option<(String, String)>,
    pub(super) status: Shown,
    pub(super) detail: String,
}

/// A page of deliveries, and where the next one begins.
pub(super) struct Deliveries {
    pub(super) rows: Vec<Row>,
    pub(super) older: Option<i64>,
}

impl Service {
    /// Deliveries to these destinations, each an id with a name, newest first; `before` is where the page before ended.
    ///
    /// # Errors
    /// The store fails.
    pub(super) async fn delivery_rows(
        &self,
        visitor: &Visitor,
        destinations: &[(String, String)],
        before: Option<i64>,
    ) -> Result<Deliveries, Problem> {
        let ids = destinations.iter().map(|(id, _)| id.clone()).collect();
        let filter = DeliveryFilter { destinations: ids, before, ..DeliveryFilter::default() };
        let found = self.store.deliveries(&visitor.caller.organization, filter, ROWS).await;
        let mut found = found.map_err(|error| self.failed(&error))?;
        let is_more = found.len() > ROWS as usize;
        found.truncate(ROWS as usize);
        let older = found.last().filter(|_| is_more).map(|(place, _)| *place);
        let times = self.times();
        let rows = found.iter().map(|(_, delivery)| row(delivery, destinations, &times)).collect();
        Ok(Deliveries { rows, older })
    }
}

fn row(delivery: &ListedDelivery, destinations: &[(String, String)], times: &Times) -> Row {
    let name = destinations.iter().find(|(id, _)| *id == delivery.destination).map(|(_, name)| name.clone());
    let run = delivery.job.as_ref().zip(delivery.job_name.clone()).map(|(job, name)| (job.to_string(), name));
    Row {
        name: name.unwrap_or_default(),
        destination: delivery.destination.clone(),
        at: delivery.created_at,
        when: times.day(delivery.created_at),
        about: capital(word(delivery.event)),
        run,
        status: status(delivery.state),
        detail: detail(delivery, times),
    }
}

/// How far it is, in one word.
pub(super) fn status(state: &str) -> Shown {
    let (class, icon, word) = match state {
        "delivered" => ("ok", icon::OK, "Delivered"),
        "pending" => ("off", icon::QUEUED, "Waiting"),
        _ => ("err", icon::ERROR, "Not delivered"),
    };
    Shown { class, icon, word }
}

/// What a message is about.
pub(super) fn word(event: &str) -> &str {
    match event {
        "never-started" => "overdue",
        "post-hook-owed" => "service may be paused",
        "recovered" => "well again",
        "reminder" => "still a problem",
        other => other,
    }
}

/// What the destination said, and what comes next.
pub(super) fn detail(delivery: &ListedDelivery, times: &Times) -> String {
    let said = match (&delivery.error, delivery.http_status) {
        (Some(error), _) => error.clone(),
        (None, Some(status)) => format!("HTTP {status}"),
        (None, None) => String::new(),
    };
    match delivery.next_attempt_at {
        Some(next) => format!("{said}; next try {}", times.day_within(next)),
        None => said,
    }
}

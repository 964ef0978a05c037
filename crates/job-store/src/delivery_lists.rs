//! What became of the messages to an organization's destinations (`api.md` §7). Deliveries of the configuration's
//! destinations are nobody's, and in none of these lists.

use event_bus::StorageError;
use hook_core::{JobId, OrganizationId, ScheduleId};
use jiff::Timestamp;
use notifier::{DeliveryState, Message};
use rusqlite::{Row, params_from_iter, types::Value};

use crate::{Store, accounts::one_more, deliveries, events::time, thread::Failure};

/// A message to one destination, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ListedDelivery {
    /// `dlv_…`.
    pub id: String,
    /// `dest_…`.
    pub destination: String,
    /// What it is about: [`notifier::Topic::as_str`].
    pub event: &'static str,
    /// Of which job, where it is about a run.
    pub schedule: Option<ScheduleId>,
    /// What people call the job.
    pub job_name: Option<String>,
    /// Of which run.
    pub job: Option<JobId>,
    /// The message's first line.
    pub title: String,
    /// `pending`, `delivered` or `dead`.
    pub state: &'static str,
    /// Tries so far.
    pub attempts: u32,
    /// When it was filed; UTC.
    pub created_at: Timestamp,
    /// When it was last tried; UTC.
    pub last_attempt_at: Option<Timestamp>,
    /// Not before; UTC.
    pub next_attempt_at: Option<Timestamp>,
    /// Of the last try, where HTTP was spoken.
    pub http_status: Option<u16>,
    /// Why the last try failed.
    pub error: Option<String>,
}

/// Where a delivery stands among all: later ones are greater.
pub type DeliveryPlace = i64;

/// Which deliveries a list has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "whoever asks fills in what he asks for")]
pub struct DeliveryFilter {
    /// To one of these destinations; empty: to any.
    pub destinations: Vec<String>,
    /// In one of these states; empty: in any.
    pub states: Vec<String>,
    /// Not filed earlier.
    pub since: Option<Timestamp>,
    /// Filed earlier than this.
    pub until: Option<Timestamp>,
    /// Those before this one.
    pub before: Option<DeliveryPlace>,
}

const SELECT: &str = "SELECT filed, id, destination, message, state, attempts, created_at, last_attempt_at,
    next_attempt_at, http_status, error FROM deliveries
    WHERE destination IN (SELECT id FROM destinations WHERE organization = ?)";

impl Store {
    /// The deliveries to an organization's destinations, newest first; one more than was asked for where there are more.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn deliveries(
        &self,
        organization: &OrganizationId,
        filter: DeliveryFilter,
        at_most: u32,
    ) -> Result<Vec<(DeliveryPlace, ListedDelivery)>, StorageError> {
        let (sql, params) = listing(organization, &filter, at_most);
        self.listed(sql, params).await
    }

    /// One delivery to a destination of an organization.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn delivery(
        &self,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<Option<ListedDelivery>, StorageError> {
        let sql = format!("{SELECT} AND id = ?");
        let params = vec![organization.to_string().into(), id.to_owned().into()];
        Ok(self.listed(sql, params).await?.pop().map(|(_, delivery)| delivery))
    }

    async fn listed(
        &self,
        sql: String,
        params: Vec<Value>,
    ) -> Result<Vec<(DeliveryPlace, ListedDelivery)>, StorageError> {
        let read = self.thread.call(move |db| {
            let mut select = db.connection.prepare_cached(&sql)?;
            select.query_and_then(params_from_iter(params), listed)?.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the deliveries", failure))
    }
}

/// Only the conditions that are wanted are in the text.
fn listing(organization: &OrganizationId, filter: &DeliveryFilter, at_most: u32) -> (String, Vec<Value>) {
    let mut sql = SELECT.to_owned();
    let mut params: Vec<Value> = vec![organization.to_string().into()];
    for (column, wanted) in [("destination", &filter.destinations), ("state", &filter.states)] {
        if !wanted.is_empty() {
            let marks = vec!["?"; wanted.len()].join(", ");
            sql.push_str(&format!(" AND {column} IN ({marks})"));
            params.extend(wanted.iter().cloned().map(Value::from));
        }
    }
    for (clause, at) in [(" AND created_at >= ?", filter.since), (" AND created_at < ?", filter.until)] {
        if let Some(at) = at {
            sql.push_str(clause);
            params.push(at.as_microsecond().into());
        }
    }
    if let Some(place) = filter.before {
        sql.push_str(" AND filed < ?");
        params.push(place.into());
    }
    params.push(one_more(at_most).into());
    sql.push_str(" ORDER BY filed DESC LIMIT ?");
    (sql, params)
}

fn listed(row: &Row<'_>) -> Result<(DeliveryPlace, ListedDelivery), Failure> {
    let message: Message = serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?;
    let state: DeliveryState = deliveries::state(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?);
    let moment = |at: Option<i64>| at.map(time).transpose();
    let run = message.run;
    let delivery = ListedDelivery {
        id: row.get(1)?,
        destination: row.get(2)?,
        event: message.topic.as_str(),
        schedule: run.as_ref().map(|run| run.schedule_id.clone()),
        job_name: run.as_ref().map(|run| run.job_name.clone()),
        job: run.map(|run| run.job_id),
        title: message.title,
        state: state.as_str(),
        attempts: row.get(5)?,
        created_at: time(row.get(6)?)?,
        last_attempt_at: moment(row.get(7)?)?,
        next_attempt_at: moment(row.get(8)?)?,
        http_status: row.get(9)?,
        error: row.get(10)?,
    };
    Ok((row.get(0)?, delivery))
}

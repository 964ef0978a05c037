//! The table of deliveries, in SQL, and what destinations know.

use jiff::{Timestamp, ToSpan};
use notifier::{Delivery, DeliveryState, Filing, NewDelivery, Standing};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::{destinations, events::time, thread::Failure};

/// How long a delivery that is done is kept, in hours: 90 days.
const KEPT_HOURS: i64 = 90 * 24;

const COLUMNS: &str =
    "id, destination, message, state, attempts, created_at, last_attempt_at, next_attempt_at,
    http_status, error";

/// Keeps what follows from an event, in the transaction that is open.
pub(crate) fn file(connection: &Connection, filing: &Filing) -> Result<(), Failure> {
    filing.deliveries.iter().try_for_each(|new| insert(connection, new))?;
    for (destination, schedule, standing) in &filing.standings {
        match standing {
            Some(standing) => stand(connection, destination, schedule, standing)?,
            None => forget(connection, destination, schedule)?,
        }
    }
    match filing.deliveries.iter().map(|new| new.created_at).max() {
        Some(now) => prune(connection, now),
        None => Ok(()),
    }
}

fn insert(connection: &Connection, new: &NewDelivery) -> Result<(), Failure> {
    if destinations::is_gone(connection, &new.destination)? {
        return Ok(());
    }
    let sql =
        "INSERT INTO deliveries (id, destination, message, state, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (id) DO NOTHING";
    let message = serde_json::to_string(&new.message)?;
    let (state, at) = (DeliveryState::Pending.as_str(), new.created_at.as_microsecond());
    connection.prepare_cached(sql)?.execute((&new.id, &new.destination, message, state, at))?;
    Ok(())
}

/// What is done and old goes; what is pending never does.
fn prune(connection: &Connection, now: Timestamp) -> Result<(), Failure> {
    let before = now.checked_sub(KEPT_HOURS.hours()).unwrap_or(Timestamp::MIN);
    let sql = "DELETE FROM deliveries WHERE state <> 'pending' AND created_at < ?1";
    connection.prepare_cached(sql)?.execute([before.as_microsecond()])?;
    Ok(())
}

fn stand(
    connection: &Connection,
    destination: &str,
    schedule: &str,
    standing: &Standing,
) -> Result<(), Failure> {
    if destinations::is_gone(connection, destination)? {
        return Ok(());
    }
    let sql = "INSERT INTO standings (destination, schedule, standing) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET standing = excluded.standing";
    let standing = serde_json::to_string(standing)?;
    connection.prepare_cached(sql)?.execute((destination, schedule, standing))?;
    Ok(())
}

fn forget(connection: &Connection, destination: &str, schedule: &str) -> Result<(), Failure> {
    let sql = "DELETE FROM standings WHERE destination = ?1 AND schedule = ?2";
    connection.prepare_cached(sql)?.execute((destination, schedule))?;
    Ok(())
}

/// What a destination knows of a job.
pub(crate) fn standing(
    connection: &Connection,
    destination: &str,
    schedule: &str,
) -> Result<Option<Standing>, Failure> {
    let sql = "SELECT standing FROM standings WHERE destination = ?1 AND schedule = ?2";
    let found: Option<String> =
        connection.prepare_cached(sql)?.query_row((destination, schedule), |row| row.get(0)).optional()?;
    Ok(found.as_deref().map(serde_json::from_str).transpose()?)
}

/// The pending ones of a destination, oldest first.
pub(crate) fn pending(
    connection: &Connection,
    destination: &str,
    at_most: usize,
) -> Result<Vec<Delivery>, Failure> {
    let sql = format!(
        "SELECT {COLUMNS} FROM deliveries WHERE destination = ?1 AND state = 'pending' ORDER BY filed LIMIT ?2"
    );
    let mut select = connection.prepare_cached(&sql)?;
    select.query_and_then((destination, limit(at_most)), delivery)?.collect()
}

/// The newest ones.
pub(crate) fn latest(
    connection: &Connection,
    destination: Option<&str>,
    at_most: usize,
) -> Result<Vec<Delivery>, Failure> {
    let which = if destination.is_some() { "destination = ?1" } else { "?1 IS NULL" };
    let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE {which} ORDER BY filed DESC LIMIT ?2");
    let mut select = connection.prepare_cached(&sql)?;
    select.query_and_then((destination, limit(at_most)), delivery)?.collect()
}

/// Keeps what became of a try.
pub(crate) fn record(connection: &Connection, tried: &Delivery) -> Result<(), Failure> {
    let sql = "UPDATE deliveries SET state = ?2, attempts = ?3, last_attempt_at = ?4, next_attempt_at = ?5,
               http_status = ?6, error = ?7 WHERE id = ?1";
    let (last, next) = (tried.last_attempt_at, tried.next_attempt_at);
    connection.prepare_cached(sql)?.execute((
        &tried.id,
        tried.state.as_str(),
        tried.attempts,
        last.map(Timestamp::as_microsecond),
        next.map(Timestamp::as_microsecond),
        tried.http_status,
        &tried.error,
    ))?;
    Ok(())
}

fn delivery(row: &Row<'_>) -> Result<Delivery, Failure> {
    Ok(Delivery {
        id: row.get(0)?,
        destination: row.get(1)?,
        message: serde_json::from_str(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)?,
        state: state(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?),
        attempts: row.get(4)?,
        created_at: time(row.get(5)?)?,
        last_attempt_at: row.get::<_, Option<i64>>(6)?.map(time).transpose()?,
        next_attempt_at: row.get::<_, Option<i64>>(7)?.map(time).transpose()?,
        http_status: row.get(8)?,
        error: row.get(9)?,
    })
}

/// A state by its name.
pub(crate) fn state(text: &str) -> DeliveryState {
    match text {
        "delivered" => DeliveryState::Delivered,
        "dead" => DeliveryState::Dead,
        _ => DeliveryState::Pending,
    }
}

fn limit(at_most: usize) -> i64 {
    i64::try_from(at_most).unwrap_or(i64::MAX)
}

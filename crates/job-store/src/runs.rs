//! Finding runs, in SQL.

use hook_core::{InvalidId, JobId, ScheduleId};
use lifecycle_engine::Unfinished;
use rusqlite::{Connection, OptionalExtension, Params, params_from_iter, types::Value};

use crate::{RunFilter, thread::Failure};

/// However long the history, only the runs without an end are looked at: they have an index of their own.
const UNFINISHED: &str = "SELECT job, schedule FROM runs
    WHERE status IS NULL AND (?1 IS NULL OR schedule = ?1) ORDER BY queued";

const DELIVERED_LATER: &str = "SELECT job FROM runs
    WHERE schedule = ?1 AND delivered AND queued > (SELECT queued FROM runs WHERE job = ?2) ORDER BY queued LIMIT 1";

/// Runs without an end, oldest first.
pub(crate) fn unfinished(
    connection: &Connection,
    of: Option<&ScheduleId>,
) -> Result<Vec<Unfinished>, Failure> {
    let mut select = connection.prepare_cached(UNFINISHED)?;
    let mut rows = select.query([of.map(ScheduleId::as_str)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Unfinished { job: id(row.get(0)?)?, schedule: id(row.get(1)?)? });
    }
    Ok(found)
}

/// The runs of a list, newest first.
pub(crate) fn newest(connection: &Connection, filter: &RunFilter) -> Result<Vec<JobId>, Failure> {
    let (sql, params) = listing(filter);
    jobs(connection, &sql, params_from_iter(params))
}

/// Only the conditions that are wanted are in the text: so each list has its index.
fn listing(filter: &RunFilter) -> (String, Vec<Value>) {
    let schedule = filter.schedule.as_ref().map(|schedule| ("schedule = ?", schedule.to_string().into()));
    let name = filter.job_name.as_ref().map(|name| ("job_name = ?", name.clone().into()));
    let earlier = "queued < (SELECT queued FROM runs WHERE job = ?)";
    let before = filter.before.as_ref().map(|before| (earlier, before.to_string().into()));
    let (conditions, mut params): (Vec<&str>, Vec<Value>) =
        [schedule, name, before].into_iter().flatten().unzip();
    let wanted = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    let sql = format!("SELECT job FROM runs WHERE {wanted} ORDER BY queued DESC LIMIT ?");
    params.push(filter.limit.map_or(-1, i64::from).into());
    (sql, params)
}

/// The runs whose id ends so, newest first.
pub(crate) fn ending_in(connection: &Connection, end: &str) -> Result<Vec<JobId>, Failure> {
    let sql = "SELECT job FROM runs WHERE substr(job, -length(?1)) = ?1 ORDER BY queued DESC";
    jobs(connection, sql, [end])
}

/// The first run of the schedule after this one whose post hook got a 2xx.
pub(crate) fn delivered_after(
    connection: &Connection,
    job: &JobId,
    schedule: &ScheduleId,
) -> Result<Option<JobId>, Failure> {
    let mut select = connection.prepare_cached(DELIVERED_LATER)?;
    let found = select.query_row((schedule.as_str(), job.as_str()), |row| row.get(0)).optional()?;
    found.map(id).transpose()
}

fn jobs(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<JobId>, Failure> {
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(id(row.get(0)?)?);
    }
    Ok(found)
}

fn id<T: TryFrom<String, Error = InvalidId>>(text: String) -> Result<T, Failure> {
    Ok(T::try_from(text)?)
}

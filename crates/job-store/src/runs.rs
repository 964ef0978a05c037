//! Finding runs, in SQL.

use hook_core::ScheduleId;
use lifecycle_engine::Unfinished;
use rusqlite::Connection;

use crate::thread::Failure;

/// Runs without an end, oldest first. However long the history, only these are looked at: they have an index of
/// their own.
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

pub(crate) const UNFINISHED: &str = "SELECT job, schedule FROM runs
    WHERE status IS NULL AND (?1 IS NULL OR schedule = ?1) ORDER BY queued";

fn id<T: TryFrom<String, Error = hook_core::InvalidId>>(text: String) -> Result<T, Failure> {
    Ok(T::try_from(text)?)
}

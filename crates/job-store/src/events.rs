//! The table of events, in SQL.

use event_bus::{Position, Recorded, StreamId, Version};
use hook_core::RunEvent;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::thread::Failure;

/// An event on its way to the table, with its JSON.
pub(crate) struct Written {
    pub(crate) event: RunEvent,
    pub(crate) json: String,
}

impl Written {
    pub(crate) fn new(event: RunEvent) -> Result<Self, Failure> {
        Ok(Self { json: serde_json::to_string(&event)?, event })
    }
}

/// The version of a stream.
pub(crate) fn version(connection: &Connection, stream: &StreamId) -> Result<Version, Failure> {
    let sql = "SELECT max(version) FROM events WHERE stream = ?1";
    let last: Option<u32> = connection.prepare_cached(sql)?.query_row([stream.as_str()], |row| row.get(0))?;
    Ok(last.map_or(Version::EMPTY, Version::new))
}

/// Adds one event; `at` is in whole microseconds.
pub(crate) fn insert(
    connection: &Connection,
    stream: &StreamId,
    version: Version,
    at: Timestamp,
    written: Written,
) -> Result<Recorded<RunEvent>, Failure> {
    let sql = "INSERT INTO events (stream, version, at, event) VALUES (?1, ?2, ?3, ?4)";
    let row = (stream.as_str(), version.get(), at.as_microsecond(), &written.json);
    let position = connection.prepare_cached(sql)?.insert(row)?;
    Ok(Recorded::new(place(position)?, stream.clone(), version, at, written.event))
}

/// The events after a position, at most so many.
pub(crate) fn after(
    connection: &Connection,
    after: Position,
    at_most: usize,
) -> Result<Vec<Recorded<RunEvent>>, Failure> {
    let sql = "SELECT position, stream, version, at, event FROM events
               WHERE position > ?1 ORDER BY position LIMIT ?2";
    select(connection, sql, (number(after), i64::try_from(at_most).unwrap_or(i64::MAX)))
}

/// The events of one stream.
pub(crate) fn of_stream(connection: &Connection, stream: &str) -> Result<Vec<Recorded<RunEvent>>, Failure> {
    let sql = "SELECT position, stream, version, at, event FROM events WHERE stream = ?1 ORDER BY version";
    select(connection, sql, [stream])
}

/// The position of the newest event.
pub(crate) fn head(connection: &Connection) -> Result<Position, Failure> {
    let last: Option<i64> =
        connection.prepare_cached("SELECT max(position) FROM events")?.query_row([], |row| row.get(0))?;
    last.map_or(Ok(Position::START), place)
}

/// How far an observer has come.
pub(crate) fn cursor(connection: &Connection, observer: &str) -> Result<Position, Failure> {
    let sql = "SELECT position FROM cursors WHERE observer = ?1";
    let at: Option<i64> =
        connection.prepare_cached(sql)?.query_row([observer], |row| row.get(0)).optional()?;
    at.map_or(Ok(Position::START), place)
}

/// Remembers how far an observer has come.
pub(crate) fn save_cursor(connection: &Connection, observer: &str, at: Position) -> Result<(), Failure> {
    let sql = "INSERT INTO cursors (observer, position) VALUES (?1, ?2)
               ON CONFLICT DO UPDATE SET position = excluded.position";
    connection.prepare_cached(sql)?.execute((observer, number(at)))?;
    Ok(())
}

/// Remembers that an observer begins behind the newest event, unless it has begun already: be it at the very start, in a
/// journal without events, from where it is told all that comes.
pub(crate) fn begin_at_head(connection: &Connection, observer: &str) -> Result<(), Failure> {
    let sql =
        "INSERT INTO cursors (observer, position) SELECT ?1, ifnull(max(position), 0) FROM events WHERE true
               ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute([observer])?;
    Ok(())
}

fn select(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<Recorded<RunEvent>>, Failure> {
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(recorded(row)?);
    }
    Ok(events)
}

fn recorded(row: &Row<'_>) -> Result<Recorded<RunEvent>, Failure> {
    let (stream, at) = (row.get::<_, String>(1)?, time(row.get(3)?)?);
    let event = serde_json::from_str(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?)?;
    Ok(Recorded::new(place(row.get(0)?)?, stream.into(), Version::new(row.get(2)?), at, event))
}

/// A time as the tables have it.
pub(crate) fn time(microseconds: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_microsecond(microseconds).map_err(|_| Failure::Number(microseconds))
}

pub(crate) fn place(position: i64) -> Result<Position, Failure> {
    u64::try_from(position).map(Position::new).map_err(|_| Failure::Number(position))
}

/// SQLite's numbers end earlier than positions do; no event is that far.
pub(crate) fn number(position: Position) -> i64 {
    i64::try_from(position.get()).unwrap_or(i64::MAX)
}

//! A look at the database before anything may write to it: a newer or damaged one is refused as it is, byte for
//! byte (`spec.md` §10).
//!
//! The look goes through SQLite, never through a file handle of our own: closing one would drop the POSIX locks that
//! another connection of this process has on the database ("How To Corrupt An SQLite Database File", §2.2).

use std::{fs, io, path::Path};

use rusqlite::{Connection, OpenFlags};

use super::{migrate, sqlite_error, wal};
use crate::{directory::DataDir, error::OpenError, files::open_if_there};

/// "zbdb": tells a database of zb from any other.
pub(super) const APPLICATION_ID: u32 = 0x7a62_6462;

/// A database up to so many bytes is checked page by page at each start; in a larger one that would cost more time
/// than a run has for it.
const CHECKED_WHOLE: i64 = 1024 * 1024;

/// What lies in the data directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// No database.
    Nothing,
    /// A sound database that no process has open.
    AtRest,
    /// A database that is open, or was when its process died: what is in its log is not known yet.
    InUse,
}

/// Looks, and changes nothing. Whoever calls holds the lock of the directory.
pub(crate) fn inspect(dir: &DataDir) -> Result<Found, OpenError> {
    let path = dir.database();
    let unreadable = |source: io::Error| OpenError::Database { path: path.clone(), source: source.into() };
    let log = open_if_there(&dir.wal()).map_err(unreadable)?;
    let logged = log.as_ref().map(wal::user_version).transpose().map_err(unreadable)?.flatten();
    let length = match length(&path).map_err(unreadable)? {
        // SQLite would play the log into a new database.
        None if logged.is_some() => {
            return Err(damaged(&path, "it is missing, but its write-ahead log is there"));
        }
        None => return Ok(Found::Nothing),
        Some(0) => return Err(damaged(&path, "it is empty")),
        Some(length) => length,
    };
    let looker = connect_at_rest(&path)?;
    match (identify(&looker, &path, logged), log) {
        (identified, None) => {
            identified?;
            whole_pages(&looker, &path, length)?;
            sound(&looker, &path)?;
            Ok(Found::AtRest)
        }
        (Err(newer @ OpenError::Newer { .. }), Some(_)) => Err(newer),
        // Half of it may be in the log: SQLite tells when it has that too.
        (_, Some(_)) => Ok(Found::InUse),
    }
}

/// Looks again, with the log.
pub(super) fn vet(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    identify(connection, path, None)?;
    sound(connection, path)
}

/// Opens a database that nobody has open, without locks and without a log: no file is made or changed.
pub(super) fn connect_at_rest(path: &Path) -> Result<Connection, OpenError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(immutable_uri(path), flags).map_err(|error| sqlite_error(path, error))
}

/// Refuses what is not of zb, or of a newer one. `logged` is the version in the log.
fn identify(connection: &Connection, path: &Path, logged: Option<u32>) -> Result<(), OpenError> {
    let read = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let fail = |error| sqlite_error(path, error);
    let found = read("user_version").map_err(fail)?.max(logged.unwrap_or_default());
    if read("application_id").map_err(fail)? != APPLICATION_ID {
        return Err(damaged(path, "it is no database of zb"));
    }
    if found > migrate::KNOWN {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: migrate::KNOWN });
    }
    Ok(())
}

/// SQLite takes what is missing of the last page for zeros.
fn whole_pages(connection: &Connection, path: &Path, length: u64) -> Result<(), OpenError> {
    let page: u32 = connection
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .map_err(|error| sqlite_error(path, error))?;
    if length.is_multiple_of(page.into()) { Ok(()) } else { Err(damaged(path, "it is cut off")) }
}

/// Refuses damage that can be seen at a price which every start can pay.
fn sound(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let fail = |error| sqlite_error(path, error);
    edges(connection).map_err(fail)?;
    let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    if connection.query_row(size, [], |row| row.get::<_, i64>(0)).map_err(fail)? > CHECKED_WHOLE {
        return Ok(());
    }
    let verdict: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(fail)?;
    if verdict == "ok" { Ok(()) } else { Err(damaged(path, &verdict)) }
}

/// The ends of every table and index, and the version of the schema that brought it. Each end is asked for alone: SQLite
/// would read a whole index for both.
const EDGES: [(u32, &str); 37] = [
    (
        1,
        "SELECT sum(length(event)) FROM events WHERE position IN
        ((SELECT min(position) FROM events), (SELECT max(position) FROM events))",
    ),
    (1, "SELECT (SELECT min(stream) FROM events), (SELECT max(stream) FROM events)"),
    (
        1,
        "SELECT sum(length(job_name)) FROM runs WHERE queued IN
        ((SELECT min(queued) FROM runs), (SELECT max(queued) FROM runs))",
    ),
    (1, "SELECT (SELECT min(job) FROM runs), (SELECT max(job) FROM runs)"),
    (1, "SELECT (SELECT min(observer) FROM cursors), (SELECT max(observer) FROM cursors)"),
    (1, "SELECT (SELECT min(job) FROM plans), (SELECT max(job) FROM plans)"),
    (
        2,
        "SELECT sum(length(message)) FROM deliveries WHERE filed IN
        ((SELECT min(filed) FROM deliveries), (SELECT max(filed) FROM deliveries))",
    ),
    (2, "SELECT (SELECT min(id) FROM deliveries), (SELECT max(id) FROM deliveries)"),
    (2, "SELECT (SELECT min(destination) FROM deliveries), (SELECT max(destination) FROM deliveries)"),
    (2, "SELECT (SELECT min(destination) FROM standings), (SELECT max(destination) FROM standings)"),
    (2, "SELECT (SELECT min(observer) FROM memories), (SELECT max(observer) FROM memories)"),
    (
        3,
        "SELECT sum(length(name)) FROM jobs WHERE rowid IN
        ((SELECT min(rowid) FROM jobs), (SELECT max(rowid) FROM jobs))",
    ),
    (3, "SELECT max(schedule) FROM jobs WHERE organization = (SELECT max(organization) FROM jobs)"),
    (3, "SELECT max(name) FROM jobs WHERE organization = (SELECT max(organization) FROM jobs)"),
    (3, "SELECT (SELECT min(schedule) FROM jobs), (SELECT max(schedule) FROM jobs)"),
    (3, "SELECT (SELECT min(name) FROM jobs), (SELECT max(name) FROM jobs)"),
    (3, "SELECT (SELECT min(organization) FROM deleted_jobs), (SELECT max(organization) FROM deleted_jobs)"),
    (4, "SELECT (SELECT min(id) FROM organizations), (SELECT max(id) FROM organizations)"),
    (4, "SELECT (SELECT min(id) FROM users), (SELECT max(id) FROM users)"),
    (4, "SELECT (SELECT min(username) FROM users), (SELECT max(username) FROM users)"),
    (4, "SELECT (SELECT min(organization) FROM members), (SELECT max(organization) FROM members)"),
    (4, "SELECT (SELECT min(user) FROM members), (SELECT max(user) FROM members)"),
    (4, "SELECT (SELECT min(hash) FROM sessions), (SELECT max(hash) FROM sessions)"),
    (4, "SELECT (SELECT min(id) FROM tokens), (SELECT max(id) FROM tokens)"),
    (4, "SELECT (SELECT min(hash) FROM tokens), (SELECT max(hash) FROM tokens)"),
    (4, "SELECT (SELECT min(hash) FROM set_up_links), (SELECT max(hash) FROM set_up_links)"),
    (4, "SELECT (SELECT min(user) FROM set_up_links), (SELECT max(user) FROM set_up_links)"),
    (4, "SELECT sum(at) FROM audit WHERE id IN ((SELECT min(id) FROM audit), (SELECT max(id) FROM audit))"),
    (4, "SELECT (SELECT min(at) FROM audit), (SELECT max(at) FROM audit)"),
    (5, "SELECT (SELECT min(schedule) FROM marks), (SELECT max(schedule) FROM marks)"),
    (7, "SELECT (SELECT min(id) FROM repositories), (SELECT max(id) FROM repositories)"),
    (7, "SELECT (SELECT min(organization) FROM repositories), (SELECT max(organization) FROM repositories)"),
    (7, "SELECT (SELECT min(organization) FROM job_facts), (SELECT max(organization) FROM job_facts)"),
    (7, "SELECT (SELECT min(repository) FROM job_facts), (SELECT max(repository) FROM job_facts)"),
    (7, "SELECT (SELECT min(organization) FROM idempotency), (SELECT max(organization) FROM idempotency)"),
    (7, "SELECT (SELECT min(at) FROM idempotency), (SELECT max(at) FROM idempotency)"),
    (8, "SELECT (SELECT min(organization) FROM stale_jobs), (SELECT max(organization) FROM stale_jobs)"),
];

/// Reads the schema, and the first and the last row of every table and its index.
fn edges(connection: &Connection) -> rusqlite::Result<()> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let there = EDGES.iter().filter(|(since, _)| *since <= version);
    there.map(|(_, look)| look).try_for_each(|look| connection.query_row(look, [], |_| Ok(())))
}

fn damaged(path: &Path, reason: &str) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), reason: reason.to_owned() }
}

/// In bytes; nothing where there is no file.
fn length(path: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// `file:` with every byte that means something in a URI, or is not ASCII, as `%` and its number.
fn immutable_uri(path: &Path) -> String {
    let mut uri = if path.is_absolute() { "file://".to_owned() } else { "file:".to_owned() };
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02x}"));
        }
    }
    uri.push_str("?immutable=1");
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_start_reads_a_whole_table() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut connection, Path::new("memory")).unwrap();
        for (_, look) in EDGES {
            let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {look}")).unwrap();
            let steps = explain.query_map([], |row| row.get::<_, String>(3)).unwrap();
            let plan = steps.map(Result::unwrap).collect::<Vec<_>>().join("; ");
            assert!(!plan.replace("SCAN CONSTANT ROW", "").contains("SCAN"), "{look}: {plan}");
        }
        edges(&connection).unwrap();
    }

    #[test]
    fn a_path_in_a_uri_is_the_same_path() {
        let table = [
            ("/var/lib/zb/zb.db", "file:///var/lib/zb/zb.db?immutable=1"),
            ("data/zb.db", "file:data/zb.db?immutable=1"),
            ("/a b?c#d%ä/zb.db", "file:///a%20b%3fc%23d%25%c3%a4/zb.db?immutable=1"),
        ];
        for (path, uri) in table {
            assert_eq!(immutable_uri(Path::new(path)), uri);
        }
    }
}

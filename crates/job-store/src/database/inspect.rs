//! A look at the database before anything may write to it: a newer or damaged one is refused as it is, byte for
//! byte (`spec.md` §10).

use std::{
    io::{self, Read},
    path::Path,
};

use rusqlite::{Connection, OpenFlags};

use super::{
    header::{self, APPLICATION_ID, Header},
    migrate::KNOWN,
    sqlite_error, wal,
};
use crate::{directory::DataDir, error::OpenError, files::open_if_there};

/// What lies in the data directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// No database.
    Nothing,
    /// A database that no process has open.
    AtRest,
    /// A database that is open, or was when its process died.
    InUse,
}

/// Looks, and changes nothing. Whoever calls holds the lock of the directory.
pub(crate) fn inspect(dir: &DataDir) -> Result<Found, OpenError> {
    let path = dir.database();
    let damaged = |reason: &str| OpenError::Damaged { path: path.clone(), reason: reason.to_owned() };
    let unreadable = |source: io::Error| OpenError::Database { path: path.clone(), source: source.into() };
    let log = open_if_there(&dir.wal()).map_err(unreadable)?;
    let Some(mut file) = open_if_there(&path).map_err(unreadable)? else {
        return match log {
            // SQLite would play the log into a new database.
            Some(_) => Err(damaged("it is missing, but its write-ahead log is there")),
            None => Ok(Found::Nothing),
        };
    };
    let length = file.metadata().map_err(unreadable)?.len();
    let mut bytes = [0; header::LENGTH];
    match file.read_exact(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(damaged("it is cut off")),
        other => other.map_err(unreadable)?,
    }
    let header = Header::parse(&bytes).map_err(damaged)?;
    if header.application_id != APPLICATION_ID {
        return Err(damaged("it is a database of another program"));
    }
    let logged = log.as_ref().map(wal::user_version).transpose().map_err(unreadable)?.flatten();
    let found = header.user_version.max(logged.unwrap_or_default());
    if found > KNOWN {
        return Err(OpenError::Newer { path, found, known: KNOWN });
    }
    if header.user_version == 0 {
        return Err(damaged("it has no version"));
    }
    if log.is_some() {
        return Ok(Found::InUse);
    }
    // With a log, pages may still be on their way from it.
    if header.bytes().is_some_and(|bytes| length < bytes) {
        return Err(damaged("it is cut off"));
    }
    connect_at_rest(&path)?;
    Ok(Found::AtRest)
}

/// Opens a database that nobody has open, without locks and without a log: no file is made or changed.
pub(super) fn connect_at_rest(path: &Path) -> Result<Connection, OpenError> {
    let fail = |error| sqlite_error(path, error);
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(immutable_uri(path), flags).map_err(fail)?;
    touch(&connection).map_err(fail)?;
    Ok(connection)
}

/// Reads the schema, and the first and the last row of every table and index: what can be seen of damage at a price
/// that every start can pay.
pub(super) fn touch(connection: &Connection) -> rusqlite::Result<()> {
    const EDGES: &str = "
        SELECT min(position) + max(position), min(length(event)) FROM
            (SELECT position, event FROM events WHERE position IN
                ((SELECT min(position) FROM events), (SELECT max(position) FROM events)));
        SELECT min(stream), max(stream) FROM events;
        SELECT min(queued), max(queued), min(status) FROM runs;
        SELECT min(job), max(job) FROM runs;
        SELECT min(observer), max(observer) FROM cursors;
        SELECT min(job), max(job) FROM plans";
    EDGES.split(';').try_for_each(|look| connection.query_row(look, [], |_| Ok(())))
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

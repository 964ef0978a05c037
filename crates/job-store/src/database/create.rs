//! A new database: made beside its place, and put there whole. So a database that is empty is one that lost
//! something, and never one that is being made.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path};

use rusqlite::Connection;

use super::{inspect::APPLICATION_ID, migrate, sqlite_error};
use crate::{directory::DataDir, error::OpenError, files::remove_if_there};

/// Makes the database. Whoever calls holds the lock of the directory and has seen that there is none.
pub(super) fn create(dir: &DataDir) -> Result<(), OpenError> {
    let made = dir.path().join("zb.db.new");
    let fail = |source: io::Error| OpenError::NotWritable { path: dir.database(), source: source.into() };
    make_room(&made).map_err(fail)?;
    fill(&made)?;
    dir.put_in_place(&made, &dir.database()).map_err(fail)
}

/// An empty file for this user alone; SQLite gives its -wal and -shm the same mode. What a process that died left
/// goes.
fn make_room(made: &Path) -> io::Result<()> {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let mut left = made.as_os_str().to_owned();
        left.push(suffix);
        remove_if_there(Path::new(&left))?;
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(made).map(drop)
}

fn fill(made: &Path) -> Result<(), OpenError> {
    let fail = |error| sqlite_error(made, error);
    let mut connection = Connection::open(made).map_err(fail)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(fail)?;
    migrate::migrate(&mut connection, made)?;
    connection.pragma_update(None, "journal_mode", "wal").map_err(fail)?;
    connection.close().map_err(|(_, error)| fail(error))
}

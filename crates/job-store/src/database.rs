//! The database file: looked at before it is opened, made whole or not at all, opened with zb's settings.

mod create;
mod inspect;
mod migrate;
mod wal;

use std::{path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

pub(crate) use inspect::{Found, inspect};

use crate::{directory::DataDir, error::OpenError, thread::Failure};

/// How long a writer waits for another process's write.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the database for a run, or makes it. Whoever calls holds the lock of the directory, and has looked.
///
/// # Errors
/// It is damaged or newer: then nothing was changed. Or it cannot be written to.
pub(crate) fn open(dir: &DataDir, found: Found) -> Result<Connection, OpenError> {
    let path = dir.database();
    if found == Found::Nothing {
        create::create(dir)?;
    }
    let mut connection = connect(&path, found)?;
    let fail = |error| sqlite_error(&path, error);
    if connection.is_readonly("main").map_err(fail)? {
        let source = "the file or its file system is read-only".into();
        return Err(OpenError::NotWritable { path, source });
    }
    connection.pragma_update(None, "journal_mode", "wal").map_err(fail)?;
    migrate::migrate(&mut connection, &path)?;
    // Wanted: the write lock itself, which needs the -shm file and proves that the directory can be written to.
    connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").map_err(fail)?;
    Ok(connection)
}

/// Opens a database that is there, to read it; nothing where there is none. It changes no more than SQLite needs to
/// read beside a writer, and nothing at all where the directory cannot be written to.
///
/// # Errors
/// As [`open`], but for the writing.
pub(crate) fn open_to_read(dir: &DataDir) -> Result<Option<Connection>, OpenError> {
    let path = dir.database();
    let found = inspect(dir)?;
    if found == Found::Nothing {
        return Ok(None);
    }
    let read_only = || -> Result<Connection, OpenError> {
        let connection = connect(&path, found)?;
        connection.pragma_update(None, "query_only", true).map_err(|error| sqlite_error(&path, error))?;
        Ok(connection)
    };
    match read_only() {
        // Nobody has it open, and here nobody can.
        Err(OpenError::NotWritable { .. }) if found == Found::AtRest => {
            inspect::connect_at_rest(&path).map(Some)
        }
        other => other.map(Some),
    }
}

/// Opens a database that this process has open already once more, for observers. Whoever calls holds the lock of the
/// directory.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_beside(dir: &DataDir) -> Result<Connection, OpenError> {
    let path = dir.database();
    let connection = connect(&path, Found::AtRest)?;
    // Writing the log back waits for the disk: whoever writes the journal does it.
    let own_log = connection.pragma_update(None, "wal_autocheckpoint", 0);
    own_log.map_err(|error| sqlite_error(&path, error))?;
    Ok(connection)
}

/// Does it without a wait for the disk at its end. After a power cut what was done may be gone; what was done before
/// it is gone then only with it.
///
/// # Errors
/// Those of the act, or SQLite's.
pub(crate) fn without_waiting<T>(
    connection: &mut Connection,
    act: impl FnOnce(&mut Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    connection.pragma_update(None, "synchronous", "normal")?;
    let done = act(connection);
    connection.pragma_update(None, "synchronous", "full")?;
    done
}

fn connect(path: &Path, found: Found) -> Result<Connection, OpenError> {
    let fail = |error| sqlite_error(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    // Closing would copy the log of a dead process into a database that may turn out to be damaged.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(fail)?;
    connection.busy_timeout(PATIENCE).map_err(fail)?;
    settle(&connection).map_err(fail)?;
    // The first read: it opens the log.
    connection.pragma_query(None, "schema_version", |_| Ok(())).map_err(fail)?;
    if found == Found::InUse {
        inspect::vet(&connection, path)?;
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(fail)?;
    Ok(connection)
}

/// zb's settings. The cache is small: a store reads little at a time, and zb stays small (`spec.md` §4). Plans do not
/// depend on what is bound: else SQLite, which has `STAT4` here, plans a statement anew for each value.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -256;")?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

fn sqlite_error(path: &Path, error: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            OpenError::Damaged { path, reason: error.to_string() }
        }
        Some(
            ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed,
        ) => OpenError::NotWritable { path, source: error.into() },
        _ => OpenError::Database { path, source: error.into() },
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_planned_once_whatever_is_bound() {
        let mut connection = Connection::open_in_memory().unwrap();
        settle(&connection).unwrap();
        migrate::migrate(&mut connection, Path::new("memory")).unwrap();
        // A range, of which STAT4 would know how much it holds.
        let sql =
            "SELECT job FROM runs WHERE organization = ?1 AND queued_at > ?2 ORDER BY queued_at LIMIT ?3";
        let mut select = connection.prepare(sql).unwrap();
        for at in 0..5 {
            let found: Vec<String> = select
                .query_map(("org_default", at, 5 + at), |row| row.get(0))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert_eq!(found, [""; 0]);
        }
        assert_eq!(select.get_status(StatementStatus::RePrepare), 0);
    }
}

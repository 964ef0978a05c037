//! The versions of the schema: each a step from the one before it, in a transaction of its own.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::sqlite_error;
use crate::error::OpenError;

const STEPS: [&str; 11] = [
    include_str!("../../migrations/0001_first.sql"),
    include_str!("../../migrations/0002_observers.sql"),
    include_str!("../../migrations/0003_jobs.sql"),
    include_str!("../../migrations/0004_accounts.sql"),
    include_str!("../../migrations/0005_marks.sql"),
    include_str!("../../migrations/0006_run_lists.sql"),
    include_str!("../../migrations/0007_api.sql"),
    include_str!("../../migrations/0008_job_facts.sql"),
    include_str!("../../migrations/0009_destinations.sql"),
    include_str!("../../migrations/0010_hook_tests.sql"),
    include_str!("../../migrations/0011_glances.sql"),
];

/// The newest version that this zb knows; a database has its own as `user_version`.
pub(super) const KNOWN: u32 = STEPS.len() as u32;

/// Brings the database to [`KNOWN`].
///
/// # Errors
/// It is newer, or SQLite fails.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    while step(connection, path)? {}
    Ok(())
}

/// Takes the next step; false where there is none.
fn step(connection: &mut Connection, path: &Path) -> Result<bool, OpenError> {
    let fail = |error| sqlite_error(path, error);
    if version(connection).map_err(fail)? == KNOWN {
        return Ok(false);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    // Asked again: another process may have taken the step.
    let found = version(&transaction).map_err(fail)?;
    let Some(sql) = STEPS.get(found as usize) else {
        return newer(path, found);
    };
    transaction.execute_batch(sql).map_err(fail)?;
    transaction.pragma_update(None, "user_version", found + 1).map_err(fail)?;
    transaction.commit().map_err(fail)?;
    Ok(true)
}

fn newer(path: &Path, found: u32) -> Result<bool, OpenError> {
    if found == KNOWN {
        Ok(false)
    } else {
        Err(OpenError::Newer { path: path.to_owned(), found, known: KNOWN })
    }
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

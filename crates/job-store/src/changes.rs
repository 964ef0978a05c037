//! Whether anything in the database has changed.

use event_bus::StorageError;

use crate::Store;

/// What has changed in the database so far, whoever changed it: two that are equal mean that nothing did in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Changes {
    /// Rows, by this store.
    own: u64,
    /// `PRAGMA data_version`: another number after each commit of another connection.
    of_others: i64,
}

impl Store {
    /// What has changed so far, seen by this store. It says nothing to another one.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn changes(&self) -> Result<Changes, StorageError> {
        let read = self.thread.call(|db| {
            let mut select = db.connection.prepare_cached("PRAGMA data_version")?;
            let of_others = select.query_row([], |row| row.get(0))?;
            Ok(Changes { own: db.connection.total_changes(), of_others })
        });
        read.await.map_err(|failure| StorageError::new("look for changes", failure))
    }
}

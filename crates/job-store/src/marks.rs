//! How far the scheduler has come with each job: on disk before a run is started for it.

use event_bus::StorageError;
use hook_core::JobKey;
use rusqlite::TransactionBehavior;

use crate::{Store, thread::Failure};

impl Store {
    /// Every mark that was kept, as it was written.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn marks(&self) -> Result<Vec<(JobKey, String)>, StorageError> {
        let read = self.thread.call(|db| {
            // The column holds the text of a key.
            let mut select = db.connection.prepare_cached("SELECT schedule, mark FROM marks")?;
            let rows = select.query_and_then([], |row| {
                Ok::<_, Failure>((row.get::<_, String>(0)?.parse()?, row.get(1)?))
            })?;
            rows.collect()
        });
        read.await.map_err(|failure| StorageError::new("read the scheduler's marks", failure))
    }

    /// Keeps marks, each in place of the job's last one: all or none. When it returns, they survive power loss.
    ///
    /// # Errors
    /// The database cannot be written to; what was there is there.
    pub async fn keep_marks(&self, marks: Vec<(JobKey, String)>) -> Result<(), StorageError> {
        let kept = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (of, mark) in &marks {
                let sql = "INSERT INTO marks (schedule, mark) VALUES (?1, ?2)
                           ON CONFLICT DO UPDATE SET mark = excluded.mark";
                transaction.prepare_cached(sql)?.execute((of.to_string(), mark))?;
            }
            Ok(transaction.commit()?)
        });
        kept.await.map_err(|failure| StorageError::new("keep the scheduler's marks", failure))
    }
}

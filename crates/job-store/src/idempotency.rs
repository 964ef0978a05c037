//! Requests that may be repeated: which run a key began (`api.md` §3, "Idempotency-Key").

use event_bus::StorageError;
use hook_core::{JobId, OrganizationId, ScheduleId};
use jiff::{SignedDuration, Timestamp};
use rusqlite::OptionalExtension;

use crate::Store;

/// So long a key is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

impl Store {
    /// The run that a key of an organization began, and of which job, if that is not too long ago. A key whose run is not
    /// there began none.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn begun_by_key(
        &self,
        organization: &OrganizationId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<(ScheduleId, JobId)>, StorageError> {
        let (of, key) = (organization.to_string(), key.to_owned());
        let read = self.thread.call(move |db| {
            let sql =
                "SELECT schedule, job FROM idempotency AS kept WHERE organization = ?1 AND key = ?2 AND at > ?3
                 AND EXISTS (SELECT 1 FROM runs WHERE runs.job = kept.job)";
            let mut select = db.connection.prepare_cached(sql)?;
            let found = select.query_row((of, key, oldest(now)), |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            });
            let Some((schedule, job)) = found.optional()? else { return Ok(None) };
            Ok(Some((schedule.try_into()?, job.try_into()?)))
        });
        read.await.map_err(|failure| StorageError::new("look for an idempotency key", failure))
    }

    /// Keeps which run a key is about to begin, on disk before the run is: so no death parts them. Old keys go.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn keep_key(
        &self,
        organization: &OrganizationId,
        key: &str,
        begins: (ScheduleId, JobId),
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let (of, key) = (organization.to_string(), key.to_owned());
        let kept = self.thread.call(move |db| {
            let sql = "DELETE FROM idempotency WHERE at <= ?1";
            db.connection.prepare_cached(sql)?.execute([oldest(now)])?;
            let sql = "INSERT OR REPLACE INTO idempotency (organization, key, schedule, job, at)
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let (schedule, job) = begins;
            let row = (of, key, schedule.as_str(), job.as_str(), now.as_microsecond());
            db.connection.prepare_cached(sql)?.execute(row)?;
            Ok(())
        });
        kept.await.map_err(|failure| StorageError::new("keep an idempotency key", failure))
    }
}

fn oldest(now: Timestamp) -> i64 {
    now.checked_sub(KEPT).unwrap_or(Timestamp::MIN).as_microsecond()
}

//! Tests of pre hooks that paused a service (`api.md` §3): open until the post hook is answered, by a test or in a later
//! run, or until a person says that the service runs again.

use event_bus::StorageError;
use hook_core::{OrganizationId, ScheduleId};
use jiff::Timestamp;

use crate::{Store, events::time, thread::Failure};

impl Store {
    /// Notes that a test of the pre hook paused a service; one that was open goes on.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn open_test(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let row = (organization.to_string(), schedule.to_string(), now.as_microsecond());
        let noted = self.thread.call(move |db| {
            let sql = "INSERT INTO hook_tests (organization, schedule, since)
                       SELECT organization, schedule, ?3 FROM jobs WHERE organization = ?1 AND schedule = ?2
                       ON CONFLICT DO UPDATE SET since = excluded.since, cleared = 0 WHERE cleared";
            db.connection.prepare_cached(sql)?.execute(row)?;
            Ok(())
        });
        noted.await.map_err(|failure| StorageError::new("note the test of a hook", failure))
    }

    /// Forgets the test of a job: its post hook was answered.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn end_test(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
    ) -> Result<(), StorageError> {
        let row = (organization.to_string(), schedule.to_string());
        let ended = self.thread.call(move |db| {
            let sql = "DELETE FROM hook_tests WHERE organization = ?1 AND schedule = ?2";
            db.connection.prepare_cached(sql)?.execute(row)?;
            Ok(())
        });
        ended.await.map_err(|failure| StorageError::new("note the test of a hook", failure))
    }

    /// Notes that a person says the service runs again; whether a test was open, or was cleared so before.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn clear_test(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
    ) -> Result<bool, StorageError> {
        let row = (organization.to_string(), schedule.to_string());
        let cleared = self.thread.call(move |db| {
            let sql = "UPDATE hook_tests SET cleared = 1 WHERE organization = ?1 AND schedule = ?2
                       AND (cleared OR NOT EXISTS (SELECT 1 FROM runs WHERE runs.schedule = ?2 AND runs.organization = ?1
                                                   AND delivered AND queued_at > since))";
            Ok(db.connection.prepare_cached(sql)?.execute(row)? > 0)
        });
        cleared.await.map_err(|failure| StorageError::new("clear the test of a hook", failure))
    }

    /// The jobs of an organization whose service a test paused, and since when.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn open_tests(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<(ScheduleId, Timestamp)>, StorageError> {
        let of = organization.to_string();
        let read = self.thread.call(move |db| {
            let sql = "SELECT schedule, since FROM hook_tests WHERE organization = ?1 AND NOT cleared
                       AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.schedule = hook_tests.schedule
                                       AND runs.organization = ?1 AND delivered AND queued_at > since)
                       ORDER BY since";
            let mut select = db.connection.prepare_cached(sql)?;
            let rows = select.query_and_then([of], |row| {
                let since = time(row.get(1)?)?;
                Ok::<_, Failure>((row.get::<_, String>(0)?.parse()?, since))
            })?;
            rows.collect()
        });
        read.await.map_err(|failure| StorageError::new("read the tests of hooks", failure))
    }
}

//! Keeping jobs: found by id or name, changed only where what was expected is there, deleted only at rest.

use event_bus::StorageError;
use hook_core::{JobKey, OrganizationId, ScheduleId};
use rusqlite::TransactionBehavior;

use crate::{
    DeleteJob, Expected, JobName, JobRevision, NewJob, PutJob, Store, StoredJob, claims, job_rows, run_sql,
    thread::{Db, Failure},
};

impl Store {
    /// The jobs of an organization, or all, by name.
    ///
    /// # Errors
    /// The database cannot be read, or a definition cannot be opened: also in a store that was opened without key.
    pub async fn jobs(&self, of: Option<&OrganizationId>) -> Result<Vec<StoredJob>, StorageError> {
        let of = of.map(OrganizationId::to_string);
        let read = self.thread.call(move |db| match of {
            Some(of) => job_rows::select(db, "organization = ?1", [of]),
            None => job_rows::select(db, "true", []),
        });
        read.await.map_err(|failure| StorageError::new("list the jobs", failure))
    }

    /// A number that is another one after every change of any job.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn jobs_version(&self) -> Result<i64, StorageError> {
        let read = self.thread.call(|db| {
            let mut select = db.connection.prepare_cached("SELECT version FROM jobs_version")?;
            Ok(select.query_row([], |row| row.get(0))?)
        });
        read.await.map_err(|failure| StorageError::new("look at the jobs", failure))
    }

    /// Which jobs there are, by organization and id, with their revisions and without their definitions.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn job_revisions(&self) -> Result<Vec<JobRevision>, StorageError> {
        let read = self.thread.call(|db| {
            let sql = "SELECT organization, schedule, revision FROM jobs ORDER BY organization, schedule";
            let mut select = db.connection.prepare_cached(sql)?;
            let found = select.query_and_then([], |row| {
                let (organization, schedule) = (row.get::<_, String>(0)?, row.get::<_, String>(1)?);
                let key = JobKey::new(organization.try_into()?, schedule.try_into()?);
                Ok(JobRevision { key, revision: row.get(2)? })
            })?;
            found.collect()
        });
        read.await.map_err(|failure| StorageError::new("look which jobs there are", failure))
    }

    /// Those of some jobs that are there, in no order.
    ///
    /// # Errors
    /// As [`Store::jobs`].
    pub async fn jobs_of(&self, keys: Vec<JobKey>) -> Result<Vec<StoredJob>, StorageError> {
        let read = self.thread.call(move |db| {
            let mut found = Vec::with_capacity(keys.len());
            for JobKey { organization, schedule } in &keys {
                let key = (organization.as_str(), schedule.as_str());
                found.extend(job_rows::select(db, "organization = ?1 AND schedule = ?2", key)?);
            }
            Ok(found)
        });
        read.await.map_err(|failure| StorageError::new("read some jobs", failure))
    }

    /// The first jobs of an organization by name, at most so many, without their definitions.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn job_names(&self, of: &OrganizationId, at_most: u32) -> Result<Vec<JobName>, StorageError> {
        let of = of.to_string();
        let read = self.thread.call(move |db| {
            let sql = "SELECT schedule, name FROM jobs WHERE organization = ?1 ORDER BY name LIMIT ?2";
            let mut select = db.connection.prepare_cached(sql)?;
            let found = select.query_and_then((of, at_most), |row| {
                Ok(JobName { schedule: row.get::<_, String>(0)?.try_into()?, name: row.get(1)? })
            })?;
            found.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the names of jobs", failure))
    }

    /// How many jobs an organization has.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn count_jobs(&self, of: &OrganizationId) -> Result<u32, StorageError> {
        let of = of.to_string();
        let read = self.thread.call(move |db| {
            let sql = "SELECT count(*) FROM jobs WHERE organization = ?1";
            Ok(db.connection.prepare_cached(sql)?.query_row([of], |row| row.get(0))?)
        });
        read.await.map_err(|failure| StorageError::new("count the jobs", failure))
    }

    /// One job; nothing where there is none of this id in the organization.
    ///
    /// # Errors
    /// As [`Store::jobs`].
    pub async fn job(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
    ) -> Result<Option<StoredJob>, StorageError> {
        let key = (organization.to_string(), schedule.to_string());
        let read = self.thread.call(|db| job_rows::select(db, "organization = ?1 AND schedule = ?2", key));
        let found = read.await.map_err(|failure| StorageError::new(format!("read {schedule}"), failure))?;
        Ok(found.into_iter().next())
    }

    /// The jobs that a person may mean: those of this id, else those of this name (`spec.md` §7). It is more than
    /// one only where organizations share an id or a name.
    ///
    /// # Errors
    /// As [`Store::jobs`].
    pub async fn find_jobs(&self, text: &str) -> Result<Vec<StoredJob>, StorageError> {
        let text = text.to_owned();
        let read = self.thread.call(move |db| {
            let of_id = job_rows::select(db, "schedule = ?1", [&text])?;
            if of_id.is_empty() { job_rows::select(db, "name = ?1", [&text]) } else { Ok(of_id) }
        });
        read.await.map_err(|failure| StorageError::new("look for a job", failure))
    }

    /// Keeps a job: a new one, or in place of the one of its id. When it returns that it did, it survives power loss.
    /// Runs of the job go on as they were queued.
    ///
    /// # Errors
    /// The database cannot be written to; what was there is there.
    pub async fn put_job(&self, new: NewJob, expected: Expected) -> Result<PutJob, StorageError> {
        let doing = format!("keep the job {}", new.schedule);
        let kept = self.thread.call(move |db| put(db, &new, expected)).await;
        kept.map_err(|failure| StorageError::new(doing, failure))
    }

    /// Deletes a job that nobody acts for at this moment. Its runs, what they owe and their plans stay.
    ///
    /// # Errors
    /// The database cannot be written to, or the files of the claim cannot be read.
    pub async fn delete_job(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
        expected: Expected,
    ) -> Result<DeleteJob, StorageError> {
        let (claims, of) = (self.dir.claims(), JobKey::new(organization.clone(), schedule.clone()));
        let doing = format!("delete the job {schedule}");
        let deleted = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let there = job_rows::revision(&transaction, &of.organization, &of.schedule)?;
            if there.is_none() || !expected.allows(there) {
                return Ok(DeleteJob::Changed { revision: there });
            }
            if let Some(holding) =
                claims::holding(&claims, &of, &run_sql::is_of(&transaction, &of.organization))?
            {
                return Ok(DeleteJob::InUse(holding));
            }
            job_rows::delete(&transaction, &of.organization, &of.schedule)?;
            transaction.commit()?;
            Ok(DeleteJob::Deleted)
        });
        deleted.await.map_err(|failure| StorageError::new(doing, failure))
    }
}

fn put(db: &mut Db, new: &NewJob, expected: Expected) -> Result<PutJob, Failure> {
    let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
    let now = (db.clock)();
    let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let there = job_rows::revision(&transaction, &new.organization, &new.schedule)?;
    if !expected.allows(there) {
        return Ok(PutJob::Changed { revision: there });
    }
    if let Some(by) = job_rows::namesake(&transaction, new)? {
        return Ok(PutJob::NameTaken { by });
    }
    let revision = job_rows::write(&transaction, seal, new, there, now)?;
    transaction.commit()?;
    Ok(PutJob::Kept { revision, created: there.is_none() })
}

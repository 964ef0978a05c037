//! Repositories as things of their own (`api.md` §4). Each job has its repository in its own definition, so that it can run
//! alone; to change a repository is to change it there, too, in one transaction.

use event_bus::StorageError;
use hook_core::{OrganizationId, ScheduleId, Secret};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};

use crate::{
    Expected, NewJob, Store,
    events::time,
    job_rows,
    seal::Seal,
    thread::{Db, Failure},
};

/// A repository, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct StoredRepository {
    /// `repo_…`.
    pub id: String,
    /// Whose.
    pub organization: OrganizationId,
    /// restic's repository string: unique within the organization.
    pub url: Secret,
    /// Its text, which the store does not read.
    pub definition: Secret,
    /// Counts up at each change.
    pub revision: u32,
    /// The last look at it, and what was wrong.
    pub last_check: Option<(Timestamp, Option<String>)>,
    /// The jobs that use it.
    pub jobs: Vec<ScheduleId>,
}

/// A repository to be kept under its id.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever keeps a repository says all of it")]
pub struct NewRepository {
    /// `repo_…`.
    pub id: String,
    /// Whose.
    pub organization: OrganizationId,
    /// restic's repository string.
    pub url: Secret,
    /// Its text: sealed, and not read.
    pub definition: Secret,
}

/// What became of [`Store::put_repository`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "it may not have been kept"]
#[non_exhaustive]
pub enum PutRepository {
    /// It is on disk, and so are its jobs.
    Kept,
    /// What was expected is not there. Nothing was changed.
    Changed {
        /// The revision; nothing where there is no such repository.
        revision: Option<u32>,
    },
    /// Another repository of the organization has the address. Nothing was changed.
    UrlTaken,
    /// A job is another than it was, or uses it since. Nothing was changed.
    JobsChanged,
}

/// What became of [`Store::delete_repository`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "it may not have been deleted"]
#[non_exhaustive]
pub enum DeleteRepository {
    /// It is gone.
    Deleted,
    /// What was expected is not there. Nothing was changed.
    Changed {
        /// The revision; nothing where there is no such repository.
        revision: Option<u32>,
    },
    /// Jobs use it. Nothing was changed.
    InUse(Vec<ScheduleId>),
}

const SELECT: &str = "SELECT id, organization, sealed, revision, checked_at, problem FROM repositories";

impl Store {
    /// The repositories of an organization by id, those after this one; one more than was asked for where there are more.
    ///
    /// # Errors
    /// The database cannot be read, or one cannot be opened.
    pub async fn repositories(
        &self,
        organization: &OrganizationId,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<StoredRepository>, StorageError> {
        let (of, after) = (organization.to_string(), after.unwrap_or_default().to_owned());
        let read = self.thread.call(move |db| {
            let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
            let sql = format!("{SELECT} WHERE organization = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
            let mut select = db.connection.prepare_cached(&sql)?;
            let params = (of, after, i64::from(at_most).saturating_add(1));
            select.query_and_then(params, |row| repository(&db.connection, seal, row))?.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the repositories", failure))
    }

    /// One repository; nothing where there is none of this id in the organization.
    ///
    /// # Errors
    /// As [`Store::repositories`].
    pub async fn repository(
        &self,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<Option<StoredRepository>, StorageError> {
        let (of, id) = (organization.to_string(), id.to_owned());
        let read = self.thread.call(move |db| {
            let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
            let sql = format!("{SELECT} WHERE organization = ?1 AND id = ?2");
            let mut select = db.connection.prepare_cached(&sql)?;
            select.query_and_then((of, id), |row| repository(&db.connection, seal, row))?.next().transpose()
        });
        read.await.map_err(|failure| StorageError::new("look for a repository", failure))
    }

    /// Keeps a repository, and the definitions of all jobs that use it as they are with it, each in place of the one of this
    /// revision.
    ///
    /// # Errors
    /// The database cannot be written to; what was there is there.
    pub async fn put_repository(
        &self,
        new: NewRepository,
        expected: Expected,
        jobs: Vec<(NewJob, u32)>,
    ) -> Result<PutRepository, StorageError> {
        let kept = self.thread.call(move |db| put(db, &new, expected, &jobs)).await;
        kept.map_err(|failure| StorageError::new("keep a repository", failure))
    }

    /// Deletes a repository that no job uses. What is in it stays.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn delete_repository(
        &self,
        organization: &OrganizationId,
        id: &str,
        expected: Expected,
    ) -> Result<DeleteRepository, StorageError> {
        let (of, id) = (organization.clone(), id.to_owned());
        let deleted = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let there = revision(&transaction, &of, &id)?;
            if there.is_none() || !expected.allows(there) {
                return Ok(DeleteRepository::Changed { revision: there });
            }
            let jobs = jobs(&transaction, &of, &id)?;
            if !jobs.is_empty() {
                return Ok(DeleteRepository::InUse(jobs));
            }
            transaction.execute("DELETE FROM repositories WHERE id = ?1", [&id])?;
            transaction.commit()?;
            Ok(DeleteRepository::Deleted)
        });
        deleted.await.map_err(|failure| StorageError::new("delete a repository", failure))
    }

    /// Notes what a look at a repository found.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn repository_checked(
        &self,
        id: &str,
        at: Timestamp,
        problem: Option<&'static str>,
    ) -> Result<(), StorageError> {
        let id = id.to_owned();
        let noted = self.thread.call(move |db| {
            let sql = "UPDATE repositories SET checked_at = ?2, problem = ?3 WHERE id = ?1";
            db.connection.prepare_cached(sql)?.execute((id, at.as_microsecond(), problem))?;
            Ok(())
        });
        noted.await.map_err(|failure| StorageError::new("note how a repository is", failure))
    }
}

fn put(
    db: &mut Db,
    new: &NewRepository,
    expected: Expected,
    changed: &[(NewJob, u32)],
) -> Result<PutRepository, Failure> {
    let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
    let now = (db.clock)();
    let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let there = revision(&transaction, &new.organization, &new.id)?;
    if !expected.allows(there) {
        return Ok(PutRepository::Changed { revision: there });
    }
    let known = urls(&transaction, seal, &new.organization)?;
    if known.iter().any(|(id, url)| *id != new.id && url.expose() == new.url.expose()) {
        return Ok(PutRepository::UrlTaken);
    }
    let mut users = jobs(&transaction, &new.organization, &new.id)?;
    for (job, revision) in changed {
        users.retain(|user| *user != job.schedule);
        if job_rows::revision(&transaction, &job.organization, &job.schedule)? != Some(*revision) {
            return Ok(PutRepository::JobsChanged);
        }
        job_rows::write(&transaction, seal, job, Some(*revision), now)?;
    }
    if !users.is_empty() {
        return Ok(PutRepository::JobsChanged);
    }
    write(&transaction, seal, new, there.unwrap_or(0) + 1)?;
    // Of jobs that run already with the new address the link stays; the rest is taken out of them again.
    transaction.commit()?;
    Ok(PutRepository::Kept)
}

/// The ids of an organization's repositories, with their addresses.
pub(crate) fn urls(
    connection: &Connection,
    seal: &Seal,
    organization: &OrganizationId,
) -> Result<Vec<(String, Secret)>, Failure> {
    let sql = format!("{SELECT} WHERE organization = ?1 ORDER BY id");
    let mut select = connection.prepare_cached(&sql)?;
    let found = select.query_and_then([organization.as_str()], |row| {
        opened(seal, row).map(|(id, url, _)| (id, Secret::from(url)))
    })?;
    found.collect()
}

/// Writes a repository at this revision, with the transaction that is open. What is known of its state stays.
pub(crate) fn write(
    connection: &Connection,
    seal: &Seal,
    new: &NewRepository,
    revision: u32,
) -> Result<(), Failure> {
    let plain = serde_json::to_vec(&(new.url.expose(), new.definition.expose()))?;
    let sealed = seal.seal(&plain, &new.id)?;
    let sql = "INSERT INTO repositories (id, organization, sealed, revision) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, revision = excluded.revision,
               checked_at = NULL, problem = NULL";
    connection.prepare_cached(sql)?.execute((&new.id, new.organization.as_str(), sealed, revision))?;
    Ok(())
}

fn revision(
    connection: &Connection,
    organization: &OrganizationId,
    id: &str,
) -> Result<Option<u32>, Failure> {
    let sql = "SELECT revision FROM repositories WHERE organization = ?1 AND id = ?2";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row((organization.as_str(), id), |row| row.get(0)).optional()?)
}

fn jobs(
    connection: &Connection,
    organization: &OrganizationId,
    id: &str,
) -> Result<Vec<ScheduleId>, Failure> {
    let sql = "SELECT schedule FROM job_facts WHERE organization = ?1 AND repository = ?2 ORDER BY schedule";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_and_then((organization.as_str(), id), |row| -> Result<_, Failure> {
        Ok(ScheduleId::try_from(row.get::<_, String>(0)?)?)
    })?;
    found.collect()
}

fn repository(connection: &Connection, seal: &Seal, row: &Row<'_>) -> Result<StoredRepository, Failure> {
    let organization = OrganizationId::try_from(row.get::<_, String>(1)?)?;
    let (id, url, definition) = opened(seal, row)?;
    let checked: Option<i64> = row.get(4)?;
    let problem = row.get(5)?;
    Ok(StoredRepository {
        jobs: jobs(connection, &organization, &id)?,
        url: url.into(),
        definition: definition.into(),
        revision: row.get(3)?,
        last_check: checked.map(time).transpose()?.map(|at| (at, problem)),
        id,
        organization,
    })
}

fn opened(seal: &Seal, row: &Row<'_>) -> Result<(String, String, String), Failure> {
    let id: String = row.get(0)?;
    let sealed = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
    let (url, definition) = serde_json::from_slice(&seal.open(sealed, &id)?)?;
    Ok((id, url, definition))
}

//! The table of jobs, in SQL. A definition is sealed for its place: organization and schedule.

use hook_core::{OrganizationId, ScheduleId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::{
    NewJob, StoredJob,
    events::time,
    seal::Seal,
    thread::{Db, Failure},
};

const COLUMNS: &str =
    "organization, schedule, name, sealed, revision, created_at, created_by, updated_at, updated_by";

/// The jobs that fulfil a condition, by name.
pub(crate) fn select(db: &Db, condition: &str, params: impl Params) -> Result<Vec<StoredJob>, Failure> {
    select_page(db, condition, "", params)
}

/// The same, with a limit.
pub(crate) fn select_page(
    db: &Db,
    condition: &str,
    limit: &str,
    params: impl Params,
) -> Result<Vec<StoredJob>, Failure> {
    // A database that was opened to read may be of a zb that had no jobs.
    if !is_there(&db.connection)? {
        return Ok(Vec::new());
    }
    let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
    let sql =
        format!("SELECT {COLUMNS} FROM jobs WHERE {condition} ORDER BY name, schedule, organization {limit}");
    let mut select = db.connection.prepare_cached(&sql)?;
    select.query_and_then(params, |row| job(row, seal))?.collect()
}

fn is_there(connection: &Connection) -> Result<bool, Failure> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'jobs'";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))? > 0)
}

fn job(row: &Row<'_>, seal: &Seal) -> Result<StoredJob, Failure> {
    let organization = OrganizationId::try_from(row.get::<_, String>(0)?)?;
    let schedule = ScheduleId::try_from(row.get::<_, String>(1)?)?;
    let sealed = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
    let definition = seal.open(sealed, &place(&organization, &schedule))?;
    Ok(StoredJob {
        definition: String::from_utf8_lossy(&definition).into_owned().into(),
        name: row.get(2)?,
        revision: row.get(4)?,
        created_at: time(row.get(5)?)?,
        created_by: row.get(6)?,
        updated_at: time(row.get(7)?)?,
        updated_by: row.get(8)?,
        organization,
        schedule,
    })
}

/// The job's revision; nothing where there is no such job.
pub(crate) fn revision(
    connection: &Connection,
    organization: &OrganizationId,
    schedule: &ScheduleId,
) -> Result<Option<u32>, Failure> {
    let sql = "SELECT revision FROM jobs WHERE organization = ?1 AND schedule = ?2";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row((organization.as_str(), schedule.as_str()), |row| row.get(0)).optional()?)
}

/// Which other job of the organization has the name.
pub(crate) fn namesake(connection: &Connection, new: &NewJob) -> Result<Option<ScheduleId>, Failure> {
    let sql = "SELECT schedule FROM jobs WHERE organization = ?1 AND name = ?2 AND schedule <> ?3";
    let params = (new.organization.as_str(), &new.name, new.schedule.as_str());
    let found: Option<String> =
        connection.prepare_cached(sql)?.query_row(params, |row| row.get(0)).optional()?;
    Ok(found.map(ScheduleId::try_from).transpose()?)
}

/// Writes the job over the one of this revision, or anew, with the transaction that is open; its revision.
pub(crate) fn write(
    connection: &Connection,
    seal: &Seal,
    new: &NewJob,
    there: Option<u32>,
    now: Timestamp,
) -> Result<u32, Failure> {
    let place = place(&new.organization, &new.schedule);
    let sealed = seal.seal(new.definition.expose().as_bytes(), &place)?;
    let revision = match there {
        Some(revision) => revision,
        None => last_revision(connection, new)?,
    } + 1;
    let sql = "INSERT INTO jobs (organization, schedule, name, sealed, revision,
                                 created_at, created_by, updated_at, updated_by)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6, ?7)
               ON CONFLICT (organization, schedule) DO UPDATE SET name = excluded.name, sealed = excluded.sealed,
               revision = excluded.revision, updated_at = excluded.updated_at, updated_by = excluded.updated_by";
    connection.prepare_cached(sql)?.execute((
        new.organization.as_str(),
        new.schedule.as_str(),
        &new.name,
        sealed,
        revision,
        now.as_microsecond(),
        &new.by,
    ))?;
    Ok(revision)
}

/// Where the revisions of a job of this id had come to when it was deleted.
fn last_revision(connection: &Connection, new: &NewJob) -> Result<u32, Failure> {
    let sql = "SELECT revision FROM deleted_jobs WHERE organization = ?1 AND schedule = ?2";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row((new.organization.as_str(), new.schedule.as_str()), |row| row.get(0));
    Ok(found.optional()?.unwrap_or(0))
}

/// Deletes the job, with the transaction that is open, and remembers its revision.
pub(crate) fn delete(
    connection: &Connection,
    organization: &OrganizationId,
    schedule: &ScheduleId,
) -> Result<(), Failure> {
    let place = (organization.as_str(), schedule.as_str());
    let sql = "INSERT OR REPLACE INTO deleted_jobs (organization, schedule, revision)
               SELECT organization, schedule, revision FROM jobs WHERE organization = ?1 AND schedule = ?2";
    connection.prepare_cached(sql)?.execute(place)?;
    let sql = "DELETE FROM jobs WHERE organization = ?1 AND schedule = ?2";
    connection.prepare_cached(sql)?.execute(place)?;
    Ok(())
}

/// What a definition belongs to. A run's plan belongs to a `job_…`, so the two are never the same.
fn place(organization: &OrganizationId, schedule: &ScheduleId) -> String {
    format!("{organization}/{schedule}")
}

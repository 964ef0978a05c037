//! The sealed plans of runs: what each was about to do, as it was when it was queued.

use event_bus::StorageError;
use hook_core::{JobId, ScheduleId};
use lifecycle_engine::RunPlan;
use rusqlite::{Connection, OptionalExtension};
use zeroize::Zeroizing;

use crate::{
    Store,
    thread::{Db, Failure},
};

impl Store {
    /// Whether the plan of a run that is over is still there: it goes when the job's next run has finished.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn has_plan(&self, job: &JobId) -> Result<bool, StorageError> {
        let of = job.clone();
        let found = self.thread.call(move |db| Ok(read(&db.connection, &of)?.is_some()));
        found.await.map_err(|failure| StorageError::new(format!("look for the plan of {job}"), failure))
    }
}

/// A sealed plan that is not on disk yet.
pub(crate) struct Queued {
    job: JobId,
    schedule: ScheduleId,
    sealed: Vec<u8>,
}

/// Seals the plan and keeps it for the next append: so plan and `run.queued` are one transaction.
pub(crate) fn queue(db: &mut Db, plan: &RunPlan) -> Result<(), Failure> {
    let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
    let sealed = seal.seal(&Zeroizing::new(plan.to_bytes()), plan.job.as_str())?;
    db.queued.push(Queued { job: plan.job.clone(), schedule: plan.schedule.clone(), sealed });
    Ok(())
}

/// Puts the plans on disk, with the transaction that is open.
pub(crate) fn write(connection: &Connection, queued: &[Queued]) -> Result<(), Failure> {
    let mut insert = connection
        .prepare_cached("INSERT OR REPLACE INTO plans (job, schedule, sealed) VALUES (?1, ?2, ?3)")?;
    for plan in queued {
        insert.execute((plan.job.as_str(), plan.schedule.as_str(), &plan.sealed))?;
    }
    Ok(())
}

/// Opens the plan of a run.
pub(crate) fn open(db: &Db, job: &JobId) -> Result<RunPlan, Failure> {
    let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
    let waiting = db.queued.iter().find(|plan| plan.job == *job).map(|plan| plan.sealed.clone());
    let sealed = match waiting {
        Some(sealed) => sealed,
        None => read(&db.connection, job)?.ok_or(Failure::NoPlan)?,
    };
    Ok(RunPlan::from_bytes(&seal.open(&sealed, job.as_str())?)?)
}

fn read(connection: &Connection, job: &JobId) -> Result<Option<Vec<u8>>, Failure> {
    let mut select = connection.prepare_cached("SELECT sealed FROM plans WHERE job = ?1")?;
    Ok(select.query_row([job.as_str()], |row| row.get(0)).optional()?)
}

/// Deletes the plans of the job's runs before this one, but for those of runs that are not over (`spec.md` §10).
pub(crate) fn delete_before(
    connection: &Connection,
    job: &JobId,
    schedule: &ScheduleId,
) -> Result<(), Failure> {
    let sql = "DELETE FROM plans WHERE schedule = ?1 AND job <> ?2
               AND job NOT IN (SELECT job FROM runs WHERE schedule = ?1 AND
                   (status IS NULL OR organization <> (SELECT organization FROM runs WHERE job = ?2)))";
    connection.prepare_cached(sql)?.execute((schedule.as_str(), job.as_str()))?;
    Ok(())
}

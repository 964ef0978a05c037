//! `zb job delete`: a stored job goes, its history stays.

use std::io::Write;

use job_store::{DeleteJob, Expected};
use lifecycle_engine::Holding;

use crate::{
    config::{JobRef, Settings},
    exit::Exit,
    report::Failure,
    stored_jobs, wiring,
};

/// Deletes a job that is not running. Its runs, what they owe and its snapshots stay.
///
/// # Errors
/// There is no such job, it is running, or the data directory cannot be used. Nothing was changed.
pub async fn delete(job: &JobRef, settings: &Settings, out: &mut dyn Write) -> Result<Exit, Failure> {
    let stored = stored_jobs::find(stored_jobs::name(job)?, settings).await?;
    let store = wiring::store(settings)?;
    let expected = Expected::Revision(stored.revision);
    match store.delete_job(&stored.organization, &stored.schedule, expected).await? {
        DeleteJob::Deleted => crate::commands::end_of_output(writeln!(
            out,
            "Deleted {:?} ({}). Its runs stay in the history, its snapshots in the repository.",
            stored.name, stored.schedule
        )),
        DeleteJob::InUse(Holding::Running(run)) => {
            let running = format!("{:?} is running, as {run}", stored.name);
            Err(Failure::new(Exit::AlreadyRunning, running).hint("wait for it, then delete it"))
        }
        DeleteJob::InUse(_) => {
            let busy = format!("another zb is at work for {:?}", stored.name);
            Err(Failure::new(Exit::AlreadyRunning, busy).hint("wait for it, then delete it"))
        }
        _ => Err(Failure::error(format!("{:?} was changed by somebody else meanwhile", stored.name))
            .hint("look at what is there now: zb job list")),
    }
}

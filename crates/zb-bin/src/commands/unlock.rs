//! `zb unlock`: stale locks are removed from the job's repository, and nobody is hurt by it.

use std::{io::Write, time::Duration};

use crate::{
    config::{Job, Settings, Surroundings},
    exit::Exit,
    report::Failure,
    restic::by_hand::JobRestic,
    restic::locks::{self, Blocking, Cleared, Locks},
};

/// Removes what is stale, and names who holds the rest.
///
/// # Errors
/// A lock is left, because its owner is alive or may be; or restic could not look.
pub async fn unlock(
    job: &Job,
    settings: &Settings,
    around: &Surroundings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let mut restic = JobRestic::find(job, settings, around).await?;
    let (cleared, held) = restic
        .attended(async |restic, ready, cancel| {
            let locks = Locks { restic, ready, run: None };
            let cleared = locks.clear(Blocking::Every, Duration::ZERO, cancel).await;
            let held = match &cleared {
                Ok(Cleared::Held(held)) => locks.owners(held),
                _ => String::new(),
            };
            (cleared, held)
        })
        .await;
    let shown = restic.ready.repository.shown();
    match cleared.map_err(Failure::error)? {
        Cleared::Free(removed) if removed.is_empty() => {
            let _ = writeln!(out, "There is no lock in the repository {shown}");
        }
        Cleared::Free(removed) => {
            for lock in &removed {
                let _ = writeln!(out, "Removed the lock of {}, which is gone", locks::owner(lock));
            }
        }
        Cleared::Held(_) => {
            let failure = Failure::error(format!("the repository {shown} is locked by {held}"));
            return Err(failure.hint(locks::ADVICE));
        }
        Cleared::Cancelled => return Ok(Exit::Cancelled),
    }
    Ok(Exit::Success)
}

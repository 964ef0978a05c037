//! `zb restic`: any command of restic, with the job's repository and secrets.

use std::ffi::OsString;

use restic_driver::Exit as ResticExit;

use crate::{
    config::{Job, Settings, Surroundings},
    exit::Exit,
    report::Failure,
    restic::by_hand::JobRestic,
};

/// Runs restic with `arguments`, and ends as it ends.
///
/// # Errors
/// restic is not there, or an argument would lead it to another repository.
pub async fn restic(
    job: &Job,
    arguments: &[OsString],
    settings: &Settings,
    around: &Surroundings,
) -> Result<Exit, Failure> {
    let mut restic = JobRestic::find(job, settings, around).await?;
    let attached = restic.attach(arguments.to_vec()).await?;
    Ok(match (attached.code, attached.exit) {
        _ if attached.interrupted => Exit::Cancelled,
        (Some(code), _) => Exit::Restic(u8::try_from(code).unwrap_or(u8::MAX)),
        // As a shell reports it.
        (None, ResticExit::Signal(signal)) => Exit::Restic(u8::try_from(128 + signal).unwrap_or(u8::MAX)),
        (None, _) => Exit::Error,
    })
}

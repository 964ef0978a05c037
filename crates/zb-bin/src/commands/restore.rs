//! `zb restore`: a snapshot's files into a directory, by restic.

use std::ffi::OsString;

use crate::{
    cli::RestoreArgs,
    config::{Job, Settings, Surroundings},
    exit::Exit,
    report::Failure,
    restic::by_hand::{self, JobRestic},
};

/// Restores. `latest` is the job's own, unless all are asked for.
///
/// # Errors
/// restic is not there, or could not restore everything.
pub async fn restore(
    job: &Job,
    what: &RestoreArgs,
    settings: &Settings,
    around: &Surroundings,
) -> Result<Exit, Failure> {
    let mut restic = JobRestic::find(job, settings, around).await?;
    let attached = restic.attach(arguments(job, what)).await?;
    by_hand::ended(attached, "restore everything")
}

/// Each value is joined to its flag: nothing can be taken for another flag.
fn arguments(job: &Job, what: &RestoreArgs) -> Vec<OsString> {
    let mut target = OsString::from("--target=");
    target.push(&what.target);
    let mut arguments = vec![OsString::from("restore"), target];
    arguments.extend(what.include.iter().map(|pattern| format!("--include={pattern}").into()));
    let is_latest = what.snapshot.split(':').next() == Some("latest");
    if is_latest && !what.all {
        arguments.push(format!("--tag={}", job.schedule_id).into());
    }
    arguments.push((&what.snapshot).into());
    arguments
}

//! `zb snapshots`: the job's snapshots, as restic lists them.

use crate::{
    config::{Job, Settings, Surroundings},
    exit::Exit,
    report::Failure,
    restic::by_hand::{self, JobRestic},
};

/// Lists the job's snapshots, or with `all` everybody's.
///
/// # Errors
/// restic is not there, or could not list them.
pub async fn snapshots(
    job: &Job,
    json: bool,
    all: bool,
    settings: &Settings,
    around: &Surroundings,
) -> Result<Exit, Failure> {
    let mut restic = JobRestic::find(job, settings, around).await?;
    let tag = (!all).then(|| format!("--tag={}", job.schedule_id));
    let json = json.then(|| "--json".to_owned());
    let arguments = ["snapshots".to_owned()].into_iter().chain(json).chain(tag);
    let attached = restic.attach(arguments.map(Into::into).collect()).await?;
    by_hand::ended(attached, "list the snapshots")
}

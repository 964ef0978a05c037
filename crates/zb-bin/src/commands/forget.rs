//! `zb forget`: the job's retention, now.

use std::io::Write;

use restic_driver::Forgotten;

use crate::{
    config::{Job, Settings, Surroundings},
    exit::Exit,
    report::Failure,
    restic::{
        by_hand::JobRestic,
        retention::{Forgetting, Forgot, Reach},
    },
};

/// Forgets what no rule of the job keeps; with `all` of everybody's snapshots.
///
/// # Errors
/// The job has no rule, restic is not there, or could not forget.
pub async fn forget(
    job: &Job,
    all: bool,
    settings: &Settings,
    around: &Surroundings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let Some(retention) = job.retention else {
        return Err(Failure::invalid(format!("{:?} does not say which snapshots are kept", job.name))
            .hint("add rules to the job: [retention] with keep_daily = 7, for example"));
    };
    let mut restic = JobRestic::find(job, settings, around).await?;
    let reach = if all { Reach::Everybodys } else { Reach::TheJobs };
    let forgot = restic
        .attended(async |restic, ready, cancel| {
            Forgetting { restic, ready, retention, reach, run: None }.forget(cancel).await
        })
        .await;
    let counted = |forgotten: Forgotten| {
        let plural = if forgotten.kept == 1 { "" } else { "s" };
        format!("Kept {} snapshot{plural}, removed {}", forgotten.kept, forgotten.removed)
    };
    match forgot {
        Forgot::Done(forgotten) => {
            let _ = writeln!(out, "{}", counted(forgotten));
            Ok(Exit::Success)
        }
        Forgot::Cancelled => Ok(Exit::Cancelled),
        Forgot::Failed { why, .. } => Err(Failure::error(format!("retention failed: {why}"))),
    }
}

//! `zb init`: the job's restic repository is made.

use std::io::Write;

use restic_driver::Exit as ResticExit;

use crate::{
    config::{Job, Settings, Surroundings},
    exit::Exit,
    report::Failure,
    restic::by_hand::{self, JobRestic},
};

/// Makes the repository; one that is there already is left as it is, and that is a success.
///
/// # Errors
/// restic is not there, or could not make it.
pub async fn init(
    job: &Job,
    settings: &Settings,
    around: &Surroundings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let mut restic = JobRestic::find(job, settings, around).await?;
    let report = restic
        .attended(async |restic, ready, cancel| {
            restic.init(&ready.repository, &ready.backup.flags).run(|_| {}, cancel).await
        })
        .await
        .map_err(|error| Failure::from_chain(&error))?;
    let shown = restic.ready.repository.shown();
    let line = match report.exit {
        ResticExit::Ok => format!("Made the repository {shown}"),
        _ if report.repository_exists => {
            format!("There is a repository at {shown} already; it was left as it is")
        }
        _ if report.interrupted => return Ok(Exit::Cancelled),
        exit => {
            let word = report.last_word.unwrap_or_else(|| exit.to_string());
            let failure = Failure::error(format!("restic could not make the repository {shown}: {word}"));
            return Err(by_hand::advised(failure, exit));
        }
    };
    let _ = writeln!(out, "{line}");
    Ok(Exit::Success)
}

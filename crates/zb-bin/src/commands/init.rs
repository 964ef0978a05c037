//! `zb init`: the job's restic repository is made.

use std::io::Write;

use restic_driver::Exit as ResticExit;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Job, Settings, Surroundings},
    exit::Exit,
    report::Failure,
    restic_work::ResticWork,
    signals::Signals,
    wiring,
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
    let mut signals = Signals::listen()?;
    let worker = wiring::worker(settings, around, None);
    let restic = worker.restic().await.map_err(|error| Failure::from_chain(&error))?;
    let work = ResticWork::freeze(job, &around.variables).to_bytes();
    let ready = ResticWork::ready(&work, &job.source, job.schedule_id.as_str()).map_err(Failure::error)?;
    let cancel = CancellationToken::new();
    let running = restic.init(&ready.repository, &ready.backup.flags).run(|_| {}, &cancel);
    let mut running = std::pin::pin!(running);
    let report = tokio::select! {
        report = &mut running => report,
        _ = signals.next() => {
            cancel.cancel();
            running.await
        }
    };
    let report = report.map_err(|error| Failure::from_chain(&error))?;
    let shown = ready.repository.shown();
    let line = match report.exit {
        ResticExit::Ok => format!("Made the repository {shown}"),
        _ if report.repository_exists => {
            format!("There is a repository at {shown} already; it was left as it is")
        }
        _ if report.interrupted => return Ok(Exit::Cancelled),
        exit => {
            let word = report.last_word.unwrap_or_else(|| exit.to_string());
            let failure = Failure::error(format!("restic could not make the repository {shown}: {word}"));
            return Err(match exit.advice() {
                Some(advice) => failure.hint(advice),
                None => failure,
            });
        }
    };
    let _ = writeln!(out, "{line}");
    Ok(Exit::Success)
}

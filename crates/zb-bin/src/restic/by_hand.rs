//! restic for a command that a person gives: a job's repository, secrets, flags and priority, and an ear for Ctrl-C.

use std::{
    ffi::OsString,
    io::{self, IsTerminal},
    process::Stdio,
};

use restic_driver::{Attached, Exit as ResticExit, PlainArgs, RefusedFlag, Restic, SpawnError};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Job, Settings, Surroundings},
    exit::Exit,
    report::Failure,
    restic::{Ready, ResticWork, advice, locks},
    signals::Signals,
    wiring,
};

/// restic as a job wants it.
#[derive(Debug)]
pub(crate) struct JobRestic {
    /// What runs.
    pub(crate) restic: Restic,
    /// The job's repository, and what is to be done there.
    pub(crate) ready: Ready,
    signals: Signals,
}

impl JobRestic {
    /// Finds restic, and takes what the job names elsewhere.
    ///
    /// # Errors
    /// There is no restic, or a variable or file that the job names is not there.
    pub(crate) async fn find(job: &Job, settings: &Settings, around: &Surroundings) -> Result<Self, Failure> {
        let signals = Signals::listen()?;
        let worker = wiring::worker(settings, around, None);
        let work = ResticWork::freeze(job, &around.variables).to_bytes();
        let ready =
            ResticWork::ready(&work, &job.source, job.schedule_id.as_str()).map_err(Failure::error)?;
        let restic = worker.restic().await?;
        Ok(Self { restic: restic.clone().at_priority(ready.priority), ready, signals })
    }

    /// Does something that the first SIGINT or SIGTERM cancels; it ends by itself then.
    pub(crate) async fn attended<T>(
        &mut self,
        work: impl AsyncFnOnce(&Restic, &Ready, &CancellationToken) -> T,
    ) -> T {
        let cancel = CancellationToken::new();
        let Self { restic, ready, signals } = self;
        let mut work = std::pin::pin!(work(restic, ready, &cancel));
        tokio::select! {
            done = &mut work => done,
            _ = signals.next() => {
                cancel.cancel();
                work.await
            }
        }
    }

    /// Runs a command with zb's own output. Its input is zb's too, unless that is a terminal: restic stands out of the
    /// terminal's reach, and would wait for it for ever.
    ///
    /// # Errors
    /// restic could not be started, or an argument would redirect it.
    pub(crate) async fn attach(&mut self, arguments: Vec<OsString>) -> Result<Attached, Failure> {
        let arguments = PlainArgs::parse(arguments).map_err(|refused| redirecting(&refused))?;
        let stdin = if io::stdin().is_terminal() { Stdio::null() } else { Stdio::inherit() };
        let attached = self.attended(async |restic, ready, cancel| {
            let plain = restic.plain(&ready.repository, &ready.backup.flags, &arguments);
            plain.attach(stdin, cancel).await
        });
        attached.await.map_err(|error| match error {
            SpawnError::Cancelled => Failure::new(Exit::Cancelled, "cancelled"),
            error => Failure::from_chain(&error),
        })
    }
}

fn redirecting(refused: &RefusedFlag) -> Failure {
    Failure::invalid(refused.to_string()).hint("the repository and its password are those of the job")
}

/// The end of a restic that has said itself what is wrong; `doing` fits "restic could not …".
///
/// # Errors
/// It ended otherwise than well, and nobody cancelled it.
pub(crate) fn ended(attached: Attached, doing: &str) -> Result<Exit, Failure> {
    match attached.exit {
        ResticExit::Ok => Ok(Exit::Success),
        _ if attached.interrupted => Ok(Exit::Cancelled),
        exit => {
            let code = attached.code.map_or_else(String::new, |code| format!(" (exit {code})"));
            Err(advised(Failure::error(format!("restic could not {doing}{code}")), exit))
        }
    }
}

/// A failure with what can be done about restic's end.
pub(crate) fn advised(failure: Failure, exit: ResticExit) -> Failure {
    match exit {
        ResticExit::Locked => failure.hint(locks::ADVICE),
        _ => match advice(exit) {
            Some(advice) => failure.hint(advice),
            None => failure,
        },
    }
}

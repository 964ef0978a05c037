//! Whose turn it is: a job's claim, asked for until it is plain who has it.

use std::time::Duration;

use hook_core::{JobId, JobKey};
use lifecycle_engine::{Claim, ClaimAttempt, Control, EngineError, Holding, RunStore};
use tokio::time::Instant;

/// How often a claim that another process has is asked for again.
const ASK_AGAIN: Duration = Duration::from_millis(10);

/// A claim that says "running" for longer is a living run's; for less it may be the last word of a zb that dies at
/// this moment, or of one whose guardian begins.
pub(crate) const DYING: Duration = Duration::from_millis(300);

/// Who acts for the job's runs.
#[derive(Debug)]
pub(crate) enum Turn {
    /// This process.
    Ours(Claim),
    /// A living run, if it has said which.
    Alive(Option<JobId>),
}

/// Takes the claim, or finds that a living run has had it for longer than `dying`. Another process that settles the
/// job's runs is waited for; `settling` is told of it once.
///
/// # Errors
/// The store failed, or `control` ended the wait.
pub(crate) async fn take(
    store: &dyn RunStore,
    of: &JobKey,
    dying: Duration,
    control: &Control,
    settling: &(dyn Fn(&JobId) + Sync),
) -> Result<Turn, EngineError> {
    let begun = Instant::now();
    let mut told = false;
    loop {
        match store.claim(of).await? {
            ClaimAttempt::Claimed(claim) => return Ok(Turn::Ours(claim)),
            ClaimAttempt::Held(Holding::Settling(run)) => {
                if !std::mem::replace(&mut told, true) {
                    settling(&run);
                }
            }
            ClaimAttempt::Held(Holding::Running(run)) if begun.elapsed() > dying => {
                return Ok(Turn::Alive(Some(run)));
            }
            ClaimAttempt::Held(Holding::Unknown) if begun.elapsed() > dying => return Ok(Turn::Alive(None)),
            ClaimAttempt::Held(Holding::Running(_) | Holding::Unknown) => {}
        }
        tokio::select! {
            biased;
            () = control.cancelled() => return Err(EngineError::Stopped),
            () = control.out_of_patience() => return Err(EngineError::Stopped),
            () = tokio::time::sleep(ASK_AGAIN) => {}
        }
    }
}

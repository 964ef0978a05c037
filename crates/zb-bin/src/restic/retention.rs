//! Retention: the job's old snapshots are forgotten, and nobody else's (`spec.md` §4).

use restic_driver::{Exit, Forgotten, Report, Restic, SpawnError};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Retention,
    report::Failure,
    restic::Ready,
    restic::locks::{self, Blocking, Cleared, Locks},
};

/// How it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Forgot {
    /// As the rules say.
    Done(Forgotten),
    /// Somebody asked for its end; what was forgotten by then stays forgotten.
    Cancelled,
    /// Not, or not all.
    Failed {
        /// For a person to read.
        why: String,
        /// As far as it came.
        so_far: Forgotten,
    },
}

/// Whose snapshots are touched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    /// The job's own, as one group.
    TheJobs,
    /// Everybody's, each host and path for itself.
    Everybodys,
}

/// One retention: restic is run, and once more where a lock was in its way that is gone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forgetting<'a> {
    /// What forgets.
    pub(crate) restic: &'a Restic,
    /// The repository, with its secrets.
    pub(crate) ready: &'a Ready,
    /// What is kept.
    pub(crate) retention: Retention,
    /// Whose snapshots are touched.
    pub(crate) reach: Reach,
    /// Marks what is started for a run.
    pub(crate) run: Option<&'a str>,
}

impl Forgetting<'_> {
    /// Forgets. Other jobs may be at work in the repository: their locks are waited for, as the job's `lock_wait` says.
    pub(crate) async fn forget(self, cancel: &CancellationToken) -> Forgot {
        let first = self.once(cancel).await;
        match first {
            Ok(report) if report.exit == Exit::Locked && !report.interrupted => {
                self.unlocked(report, cancel).await
            }
            ended => judged(ended),
        }
    }

    async fn unlocked(self, report: Report<Forgotten>, cancel: &CancellationToken) -> Forgot {
        let locks = Locks { restic: self.restic, ready: self.ready, run: self.run };
        match locks.clear(Blocking::Every, self.ready.lock_wait, cancel).await {
            Ok(Cleared::Free(_)) => judged(self.once(cancel).await),
            Ok(Cleared::Cancelled) => Forgot::Cancelled,
            Ok(Cleared::Held(held)) => failed(
                format!("the repository is locked by {}: {}", locks.owners(&held), locks::ADVICE),
                &report,
            ),
            Err(why) => failed(format!("the repository is locked, and {why}"), &report),
        }
    }

    async fn once(self, cancel: &CancellationToken) -> Result<Report<Forgotten>, SpawnError> {
        let Ready { repository, backup, tag, .. } = self.ready;
        let tag = match self.reach {
            Reach::TheJobs => Some(tag.as_str()),
            Reach::Everybodys => None,
        };
        let mut forget = self.restic.forget(repository, &backup.flags, &self.retention.of(tag));
        if let Some(run) = self.run {
            forget = forget.marker(run);
        }
        forget.run(|_| {}, cancel).await
    }
}

fn judged(ended: Result<Report<Forgotten>, SpawnError>) -> Forgot {
    match ended {
        Ok(report) => match (report.exit, report.output) {
            (Exit::Ok, Some(forgotten)) => Forgot::Done(forgotten),
            (Exit::Ok, None) => failed("restic said nothing of what it kept".to_owned(), &report),
            _ if report.interrupted => Forgot::Cancelled,
            (exit, _) => {
                let word = report.last_word.clone().unwrap_or_else(|| exit.to_string());
                failed(format!("restic: {word}"), &report)
            }
        },
        Err(SpawnError::Cancelled) => Forgot::Cancelled,
        Err(error) => {
            Forgot::Failed { why: Failure::from_chain(&error).message, so_far: Forgotten::default() }
        }
    }
}

fn failed(why: String, report: &Report<Forgotten>) -> Forgot {
    Forgot::Failed { why, so_far: report.output.unwrap_or_default() }
}

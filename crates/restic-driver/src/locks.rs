//! A repository's locks: who holds it, and since when.

use serde::Deserialize;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::{Exit, Invocation, Occupant, Report, Repository, Restic, SafeFlags, SpawnError};

/// A lock in a repository, as the restic that took it wrote it down.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[non_exhaustive]
pub struct Lock {
    /// 64 hexadecimal digits.
    #[serde(skip)]
    pub id: String,
    /// The host of its owner.
    pub hostname: String,
    /// The owner's process number, on that host.
    pub pid: u32,
    /// The owner's user.
    #[serde(default)]
    pub username: String,
    /// When it was taken, or refreshed last: RFC 3339, with an offset. A living owner does that every five minutes.
    pub time: String,
    /// Nobody else may work: `forget`, `prune` and `check` need that, and keep backups out.
    #[serde(default)]
    pub exclusive: bool,
}

/// The locks could not be listed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LocksError {
    /// restic was not started.
    #[error(transparent)]
    Start(#[from] SpawnError),
    /// The caller cancelled meanwhile.
    #[error("cancelled while restic listed the locks")]
    Cancelled,
    /// restic said no.
    #[error("restic did not list the locks: {why}")]
    Refused {
        /// How it ended.
        exit: Exit,
        /// What it said, in one line.
        why: String,
    },
}

impl Lock {
    /// Whether the owner was a process of `host` and is no restic any more (`spec.md` §4). Of another host's
    /// processes nothing is known: such a lock is never stale.
    #[must_use]
    pub fn is_stale(&self, host: &str, look: &dyn Fn(u32) -> Occupant) -> bool {
        self.hostname == host && matches!(look(self.pid), Occupant::Nobody | Occupant::SomebodyElse)
    }
}

impl Restic {
    /// The repository's locks, looked at without taking one; `run` marks what is started for it.
    ///
    /// # Errors
    /// restic could not be started, was cancelled, or could not read the repository.
    pub async fn locks(
        &self,
        repository: &Repository,
        flags: &SafeFlags,
        run: Option<&str>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Lock>, LocksError> {
        let ask = async |words: &[&str]| {
            let asked: Invocation<String> = self.command(words, repository, flags).marked(run);
            asked.run(|_| {}, cancel).await
        };
        let mut locks = Vec::new();
        for id in ids(&answer(ask(&["list", "locks", "--no-lock"]).await?)?) {
            let report = ask(&["cat", "lock", &id, "--no-lock"]).await?;
            match answer(report).and_then(|text| read(&id, &text)) {
                Ok(lock) => locks.push(lock),
                // Its owner may have removed it meanwhile.
                Err(error) => {
                    let still = ids(&answer(ask(&["list", "locks", "--no-lock"]).await?)?);
                    if still.contains(&id) {
                        return Err(error);
                    }
                }
            }
        }
        Ok(locks)
    }
}

fn answer(report: Report<String>) -> Result<String, LocksError> {
    match report.exit {
        Exit::Ok => Ok(report.output.unwrap_or_default()),
        _ if report.interrupted => Err(LocksError::Cancelled),
        exit => Err(LocksError::Refused { exit, why: report.last_word.unwrap_or_else(|| exit.to_string()) }),
    }
}

/// Other lines are restic's talk.
fn ids(text: &str) -> Vec<String> {
    let is_id = |line: &&str| line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.lines().filter(is_id).map(str::to_owned).collect()
}

fn read(id: &str, text: &str) -> Result<Lock, LocksError> {
    let unreadable = |error| LocksError::Refused { exit: Exit::Ok, why: format!("lock {id}: {error}") };
    serde_json::from_str(text).map(|lock| Lock { id: id.to_owned(), ..lock }).map_err(unreadable)
}

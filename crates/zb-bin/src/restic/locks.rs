//! A lock in the way: a stale one is removed without hurting anybody, a living one waited for (`spec.md` §4).
//!
//! Nothing here runs, and nothing is asked of restic, where no lock is in the way.

use std::{collections::BTreeSet, time::Duration};

use restic_driver::{Exit, Lock, LocksError, Occupant, Removal, Restic, SpawnError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{host, report::Failure, restic, restic::Ready};

/// How often a living lock is looked at.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Which locks are in the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Blocking {
    /// Those that keep a backup out.
    Exclusive,
    /// Every one: what changes the repository needs it for itself.
    Every,
}

/// What became of the locks that were in the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Cleared {
    /// None is left; the ones that had to be removed.
    Free(Vec<Lock>),
    /// These are left.
    Held(Vec<Lock>),
    /// Somebody asked for the end of the wait.
    Cancelled,
}

/// The locks of a job's repository.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locks<'a> {
    /// What lists and removes them.
    pub(crate) restic: &'a Restic,
    /// The repository, with its secrets.
    pub(crate) ready: &'a Ready,
    /// Marks what is started for a run.
    pub(crate) run: Option<&'a str>,
}

impl Locks<'_> {
    /// Removes what is stale, and waits at most `wait` for the rest that is in the way.
    ///
    /// # Errors
    /// restic cannot list or remove locks, for a person to read.
    pub(crate) async fn clear(
        self,
        blocking: Blocking,
        wait: Duration,
        cancel: &CancellationToken,
    ) -> Result<Cleared, String> {
        let until = Instant::now() + wait;
        let mut removed: Vec<Lock> = Vec::new();
        loop {
            let locks = match self.list(cancel).await {
                Ok(locks) => locks,
                Err(LocksError::Cancelled | LocksError::Start(SpawnError::Cancelled)) => {
                    return Ok(Cleared::Cancelled);
                }
                Err(error) => return Err(Failure::from_chain(&error).message),
            };
            let known: BTreeSet<_> = removed.iter().map(|lock| &lock.id).collect();
            let stale: Vec<_> =
                self.stale(&locks).filter(|lock| !known.contains(&lock.id)).cloned().collect();
            match Removal::of(&locks, &host::name(), &|pid| self.look(pid)) {
                // Once each: a lock that cannot be removed is in the way like any other.
                Some(removal) if !stale.is_empty() => {
                    self.remove(removal, cancel).await?;
                    removed.extend(stale);
                    continue;
                }
                _ => {}
            }
            let held: Vec<_> =
                locks.into_iter().filter(|lock| blocking == Blocking::Every || lock.exclusive).collect();
            if held.is_empty() {
                return Ok(Cleared::Free(removed));
            }
            if Instant::now() >= until {
                return Ok(Cleared::Held(held));
            }
            tokio::select! {
                () = tokio::time::sleep(ASK_AGAIN.min(until - Instant::now())) => {}
                () = cancel.cancelled() => return Ok(Cleared::Cancelled),
            }
        }
    }

    async fn list(self, cancel: &CancellationToken) -> Result<Vec<Lock>, LocksError> {
        let Ready { repository, backup, .. } = self.ready;
        self.restic.locks(repository, &backup.flags, self.run, cancel).await
    }

    async fn remove(self, removal: Removal, cancel: &CancellationToken) -> Result<(), String> {
        let Ready { repository, backup, .. } = self.ready;
        let mut unlock = self.restic.unlock(repository, &backup.flags, removal);
        if let Some(run) = self.run {
            unlock = unlock.marker(run);
        }
        let report = match unlock.run(|_| {}, cancel).await {
            // The next look at the locks says that there was a cancel.
            Err(SpawnError::Cancelled) => return Ok(()),
            report => report.map_err(|error| Failure::from_chain(&error).message)?,
        };
        match report.exit {
            Exit::Ok => Ok(()),
            _ if report.interrupted => Ok(()),
            exit => {
                let why = report.last_word.unwrap_or_else(|| exit.to_string());
                Err(format!("restic could not remove a stale lock: {why}"))
            }
        }
    }

    fn stale(self, locks: &[Lock]) -> impl Iterator<Item = &Lock> {
        locks.iter().filter(move |lock| lock.is_stale(&host::name(), &|pid| self.look(pid)))
    }

    fn look(self, pid: u32) -> Occupant {
        Occupant::of(pid, self.restic.program())
    }

    /// Who holds the locks, for a person to read.
    #[must_use]
    pub(crate) fn owners(self, locks: &[Lock]) -> String {
        let here = host::name();
        let owner = |lock: &Lock| {
            let owner = owner(lock);
            if lock.is_stale(&here, &|pid| self.look(pid)) {
                // Left beside a living one: restic's own unlock would signal whoever has the number now.
                format!("{owner}, which is gone, but cannot be unlocked without a risk for others")
            } else {
                owner
            }
        };
        locks.iter().map(owner).collect::<Vec<_>>().join("; ")
    }
}

/// Who took a lock, and since when.
#[must_use]
pub(crate) fn owner(lock: &Lock) -> String {
    let Lock { pid, hostname, username, time, .. } = lock;
    let by = if username.is_empty() { String::new() } else { format!(", user {username}") };
    format!("restic (pid {pid} on {hostname}{by}, since {})", whole_seconds(time))
}

/// What became of the locks in the way of a backup, once none is left.
#[must_use]
pub(crate) fn unlocked(removed: &[Lock], said: Option<&str>) -> String {
    match removed {
        // What restic said is all that is known of it.
        [] => format!("{}; no lock is there any more", said.unwrap_or("the repository was locked")),
        [lock] => format!("the repository was locked by {}, which is gone; the lock is removed", owner(lock)),
        locks => {
            let owners: Vec<_> = locks.iter().map(owner).collect();
            format!(
                "the repository was locked by {}, which are gone; the locks are removed",
                owners.join(" and ")
            )
        }
    }
}

/// restic writes nanoseconds.
fn whole_seconds(time: &str) -> String {
    time.parse::<jiff::Timestamp>().map_or_else(
        |_| time.to_owned(),
        |time| jiff::Timestamp::from_second(time.as_second()).unwrap_or(time).to_string(),
    )
}

/// What a person can do about a lock that is held.
pub(crate) const ADVICE: &str = "wait for it, let `lock_wait` wait, or end it; where its host is gone for good: \
     zb restic JOB -- unlock --remove-all";

/// Opens the repository before anything is paused; a lock in the way is seen to as one in the way of a backup.
///
/// # Errors
/// It does not open, or stays locked, for a person to read.
pub(crate) async fn open(restic: &Restic, ready: &Ready, run: &str) -> Result<(), String> {
    let Ready { repository, backup, lock_wait, .. } = ready;
    let cancel = CancellationToken::new();
    let open = restic.open(repository, &backup.flags).marker(run);
    let report = open.run(|_| {}, &cancel).await.map_err(|error| Failure::from_chain(&error).message)?;
    let shown = repository.shown();
    match report.exit {
        Exit::Ok => Ok(()),
        Exit::Locked => {
            let locks = Locks { restic, ready, run: Some(run) };
            match locks.clear(Blocking::Exclusive, *lock_wait, &cancel).await? {
                Cleared::Held(held) => {
                    Err(format!("the repository {shown} is locked by {}: {ADVICE}", locks.owners(&held)))
                }
                Cleared::Free(_) | Cleared::Cancelled => Ok(()),
            }
        }
        exit => {
            let word = report.last_word.unwrap_or_else(|| exit.to_string());
            let advice = restic::advice(exit).map_or_else(String::new, |advice| format!(": {advice}"));
            Err(format!("the repository {shown} does not open: {word}{advice}"))
        }
    }
}

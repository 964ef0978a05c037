//! Removing locks whose owners are gone, without hurting anybody.
//!
//! `restic unlock` finds out whether an owner is alive by sending a real SIGHUP to the number in each lock of this
//! host. A restic ignores it; whoever else has the number today may die of it. `unlock --remove-all` signals nobody,
//! but takes the living locks too.

use crate::{Invocation, Lock, Occupant, Repository, Restic, SafeFlags};

/// How the stale locks of a repository can be removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Removal {
    /// `unlock --remove-all`: all are stale.
    All,
    /// `unlock`: some are alive, and every process of this host that it will signal is a restic.
    Stale,
}

impl Removal {
    /// The way that hurts nobody (`spec.md` §4); `None` where nothing is stale, and where there is no such way: a
    /// lock is alive, and beside it stands a number that an innocent process has.
    #[must_use]
    pub fn of(locks: &[Lock], host: &str, look: &dyn Fn(u32) -> Occupant) -> Option<Self> {
        let stale = locks.iter().filter(|lock| lock.is_stale(host, look)).count();
        let is_harmless = |lock: &Lock| matches!(look(lock.pid), Occupant::Nobody | Occupant::Restic);
        if stale == 0 {
            None
        } else if stale == locks.len() {
            Some(Self::All)
        } else {
            let signalled = |lock: &&Lock| lock.hostname == host;
            locks.iter().filter(signalled).all(is_harmless).then_some(Self::Stale)
        }
    }
}

impl Restic {
    /// Removes locks, the way that [`Removal::of`] found.
    pub fn unlock(&self, repository: &Repository, flags: &SafeFlags, removal: Removal) -> Invocation<()> {
        match removal {
            Removal::All => self.command(&["unlock", "--remove-all"], repository, flags),
            Removal::Stale => self.command(&["unlock"], repository, flags),
        }
    }
}

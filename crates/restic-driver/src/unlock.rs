//! Removing locks whose owners are gone, without hurting anybody.
//!
//! `restic unlock` finds out whether an owner is alive by sending a real SIGHUP to the number in each lock of this
//! host. A restic ignores it; whoever else has the number today may die of it. `unlock --remove-all` signals nobody,
//! but takes the living locks too: also that of a restic which begins while we look.

use crate::{Invocation, Lock, Occupant, Repository, Restic, SafeFlags};

/// How the stale locks of a repository can be removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Removal {
    /// `unlock --remove-all`: all are stale, and an exclusive one among them has kept everybody out meanwhile; or one
    /// has a number that an innocent process has, and there is no other way.
    All,
    /// `unlock`: it spares what is alive, and every process of this host that it will signal is a restic.
    Stale,
}

impl Removal {
    /// The way that hurts nobody (`spec.md` §4); `None` where nothing is stale, and where there is no such way: a
    /// lock is alive, and beside it stands a number that an innocent process has.
    #[must_use]
    pub fn of(locks: &[Lock], host: &str, look: &dyn Fn(u32) -> Occupant) -> Option<Self> {
        let stale = locks.iter().filter(|lock| lock.is_stale(host, look)).count();
        let is_signalled = |lock: &&Lock| lock.hostname == host;
        let is_harmless = |lock: &Lock| matches!(look(lock.pid), Occupant::Nobody | Occupant::Restic);
        let hurts_nobody = locks.iter().filter(is_signalled).all(is_harmless);
        let keeps_others_out = locks.iter().any(|lock| lock.exclusive);
        match (stale, hurts_nobody) {
            (0, _) => None,
            (all, _) if all == locks.len() && keeps_others_out => Some(Self::All),
            (_, true) => Some(Self::Stale),
            (all, false) => (all == locks.len()).then_some(Self::All),
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

//! The two words that say how a run stands.

use serde::Serialize;

/// How far a run has come (`spec.md` §3), as its history shows. It only goes on, never back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stage {
    /// Its plan is on disk.
    Queued,
    /// What no hook can change was looked at.
    Checking,
    /// The pre hook is called.
    Preparing,
    /// restic runs.
    BackingUp,
    /// restic has ended, or the run's owner died: the post hook and what follows it.
    Settling,
    /// It is over.
    Finished,
}

/// What became of the post hook.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PostHook {
    /// It is not owed.
    None,
    /// zb will still send it.
    Owed,
    /// It got a 2xx.
    Delivered,
    /// It was owed and nothing will try again: somebody has to look.
    Failed,
    /// A person, or a later run's 2xx, ended the debt.
    Cleared,
}

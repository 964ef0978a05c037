//! Our own failures. What the world did is never one of them.

use event_bus::{AppendError, StorageError};
use hook_core::{HookOutcome, JobId};
use thiserror::Error;

use crate::{machine::IllegalEvent, ports::PortError};

/// Why a run could not be driven to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The journal failed before anything left this machine: nothing was paused.
    #[error("cannot record the run; nothing was sent and nothing was started")]
    NothingDone(#[source] AppendError),
    /// The journal failed later. The pairing rule outranks it: the work was ended and the post hook, where owed,
    /// was sent from memory.
    #[error("cannot record the run any more")]
    Unrecorded {
        /// What failed.
        #[source]
        source: AppendError,
        /// What became of the post hook.
        post: Paid,
    },
    /// Another process writes this run's history: it acts now, and we must not.
    #[error("another process has taken the run over")]
    TakenOver(#[source] AppendError),
    /// Somebody asked for the end of the wait: what is owed stays owed.
    #[error("stopped while the post hook was still owed")]
    Stopped,
    /// The history cannot have been written by any zb of this version.
    #[error("the history of the run cannot be followed")]
    Illegal(#[from] IllegalEvent),
    /// The run was begun under rules that this zb does not know.
    #[error("run {job} was begun by a newer zb, and is left to it")]
    Newer {
        /// The run.
        job: JobId,
    },
    /// The journal cannot be read.
    #[error("cannot read the history of the run")]
    Unreadable(#[from] StorageError),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// What became of the post hook of a run that could not be recorded to its end.
#[derive(Clone, PartialEq, Debug)]
pub enum Paid {
    /// None was owed.
    NotOwed,
    /// It had been sent before the journal failed.
    Before,
    /// It was sent from memory.
    FromMemory(HookOutcome),
}

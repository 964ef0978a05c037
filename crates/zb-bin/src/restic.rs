//! restic as a job wants it: what is frozen with a run, the engine's `Worker`, locks in the way, retention, and the
//! commands that a person gives.

pub(crate) mod by_hand;
pub(crate) mod locks;
mod memory;
pub(crate) mod retention;
mod told;
mod work;
mod worker;

pub(crate) use memory::ResticMemory;
pub(crate) use told::Told;
pub(crate) use work::{Ready, ResticWork};
pub(crate) use worker::{ResticWorker, advice};

//! The machine: a pure fold over a run's events, and a pure answer to "what next?".
//!
//! ```text
//! queued → checking → preparing → backing-up → settling → finished(success|warning|error|cancelled)
//!                       │ pre hook               │ post hook
//! ```
//!
//! The policy of `spec.md` §3 lives here and nowhere else. Nothing here knows of async, clocks, randomness or
//! I/O; `cargo xtask tidy` proves it. [`evolve()`] folds one event into what is known; [`decide()`] names the one next
//! step, and is asked only at rest, when no act is in flight. An act is a pair of facts, so a run that died is told
//! from one that waits: `run.interrupted` settles whatever was in flight. After it nothing begins but ending
//! orphans and paying debts.

mod cancel;
mod decide;
mod evolve;
mod owed;
mod state;
mod status;

pub use cancel::{OnCancel, on_cancel};
pub(crate) use decide::pause_after;
pub use decide::{HookCall, Step, decide};
pub use evolve::{IllegalEvent, evolve, fold};
pub use owed::owes_post_hook;
pub use state::{Act, Attempt, HookLog, RunState, Work};
pub use status::Verdict;

//! Which act a cancel may cut.

use super::decide::Step;
use hook_core::Phase;

/// What a cancel does to the step in progress.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnCancel {
    /// Cut it, and wait for its real end.
    Interrupt,
    /// Let it end by itself.
    LetFinish,
}

/// Cancelling never aborts the post hook, nor what recovery does (`spec.md` §3).
#[must_use]
pub fn on_cancel(step: &Step) -> OnCancel {
    match step {
        Step::CallHook(call) if call.phase == Phase::Pre => OnCancel::Interrupt,
        Step::Check | Step::RunBackup | Step::RunRetention => OnCancel::Interrupt,
        Step::CallHook(_) | Step::EndOrphans | Step::Finish(_) | Step::Done => OnCancel::LetFinish,
    }
}

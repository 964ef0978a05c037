//! The system's clock: the only one that the bench, the receiver and what stands in for restic have in common.
#![expect(clippy::disallowed_methods, reason = "moments of several processes are compared")]

use std::time::{SystemTime, UNIX_EPOCH};

use crate::shell::Result;

/// Nanoseconds since 1970.
pub(super) type Moment = i128;

pub(super) fn now() -> Result<Moment> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos().try_into()?)
}

/// Milliseconds from one moment to another; negative where the other came first.
pub(super) fn between(from: Moment, to: Moment) -> f64 {
    (to - from) as f64 / 1e6
}

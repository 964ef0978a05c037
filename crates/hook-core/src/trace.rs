//! Trace context that hooks receive, derived from the run: the same before and after a restart, so that it belongs
//! to the run's trace before anything is exported (`spec.md` §2, §9; W3C Trace Context, level 1).

use sha2::{Digest, Sha256};

use crate::{JobId, Phase};

/// The `traceparent` of one attempt of a hook: version 00, the run's UUID as trace id, sampled.
#[must_use]
pub fn traceparent(job: &JobId, phase: Phase, attempt: u32) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{job}/hook.{phase}/{attempt}"));
    format!("00-{}-{}-01", hex(&job.to_bytes()), hex(&hash.finalize()[..8]))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

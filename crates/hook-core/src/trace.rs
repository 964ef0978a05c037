//! The trace of a run: its ids are derived from the run, the same before and after a restart, so that the context that
//! hooks receive belongs to the run's trace before anything is exported (`spec.md` §2, §9; W3C Trace Context, level 1).

use sha2::{Digest, Sha256};

use crate::{JobId, Phase};

/// The trace id of a run: its UUID.
#[must_use]
pub fn trace_id(job: &JobId) -> [u8; 16] {
    job.to_bytes()
}

/// The id of one span of a run's trace: the first 8 bytes of the SHA-256 of run, span name and number. `nth` counts
/// from 1 the spans of that name; never all zeros, which would be no id.
#[must_use]
pub fn span_id(job: &JobId, name: &str, nth: u32) -> [u8; 8] {
    let hash = Sha256::digest(format!("{job}/{name}/{nth}"));
    let mut id = [0; 8];
    id.copy_from_slice(&hash[..8]);
    if id == [0; 8] { [1; 8] } else { id }
}

/// The `traceparent` of one attempt of a hook: version 00, the run's trace, the span `hook.pre` or `hook.post` of that
/// attempt, sampled.
#[must_use]
pub fn traceparent(job: &JobId, phase: Phase, attempt: u32) -> String {
    let span = span_id(job, &format!("hook.{phase}"), attempt);
    format!("00-{}-{}-01", hex(&trace_id(job)), hex(&span))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

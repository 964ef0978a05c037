//! The trace context of a hook: W3C Trace Context §3.2.

use std::collections::BTreeSet;

use hook_core::{JobId, Phase, span_id, trace_id, traceparent};

#[test]
fn it_is_the_runs_uuid_and_a_span_of_the_attempt() {
    let job: JobId = "job_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    assert_eq!(traceparent(&job, Phase::Post, 2), "00-01890a5dac96774bbcceb302099a8057-c0ecbf8b5e9c4a91-01");

    let spans = [(Phase::Pre, 1), (Phase::Pre, 2), (Phase::Post, 1), (Phase::Post, 2)];
    let spans = spans.map(|(phase, attempt)| traceparent(&job, phase, attempt));
    assert_eq!(BTreeSet::from(spans).len(), 4);
}

#[test]
fn a_hooks_context_is_that_of_its_span_in_the_runs_trace() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let job: JobId = "job_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    let expected = format!("00-{}-{}-01", hex(&trace_id(&job)), hex(&span_id(&job, "hook.pre", 3)));
    assert_eq!(traceparent(&job, Phase::Pre, 3), expected);
}

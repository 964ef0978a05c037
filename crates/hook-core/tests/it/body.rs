//! The default body: the seed's examples, and an `error` that always fits (`spec.md` §1).

use std::path::Path;

use hook_core::{JobId, OrganizationId, Payload, RunStatus, ScheduleId, cut_error, limits};
use proptest::{collection::vec, prelude::*};
use serde_json::Value;

/// The bodies of the seed, with their dots filled in and their line breaks taken out.
const SEED_PRE: &str = r#"{"phase":"pre","event":"backup.pre","jobId":"job_01h455vb4pex5vsknk084sn02q","scheduleId":"sched_s","organizationId":"org_o","sourcePath":"/data"}"#;
const SEED_POST: &str = r#"{"phase":"post","event":"backup.post","jobId":"job_01h455vb4pex5vsknk084sn02q","scheduleId":"sched_s","organizationId":"org_o","sourcePath":"/data","status":"success"}"#;

fn with_payload<T>(source: &str, body: impl FnOnce(Payload<'_>) -> T) -> T {
    let job: JobId = "job_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    let schedule: ScheduleId = "sched_s".parse().unwrap();
    let organization: OrganizationId = "org_o".parse().unwrap();
    body(Payload {
        job: &job,
        schedule: &schedule,
        organization: &organization,
        source_path: Path::new(source),
    })
}

#[test]
fn the_bodies_are_those_of_the_seed() {
    assert_eq!(with_payload("/data", |payload| payload.pre()), SEED_PRE);
    assert_eq!(with_payload("/data", |payload| payload.post(RunStatus::Success, None)), SEED_POST);
}

#[test]
fn error_comes_last_and_only_where_there_is_something_to_report() {
    let post = |status, error| with_payload("/data", |payload| payload.post(status, error));
    assert_eq!(post(RunStatus::Success, Some("")), SEED_POST);
    for (status, word) in
        [(RunStatus::Warning, "warning"), (RunStatus::Error, "error"), (RunStatus::Cancelled, "cancelled")]
    {
        let ending = format!(r#","status":"{word}","error":"line \"1\"\nline 2"}}"#);
        let body = post(status, Some("line \"1\"\nline 2"));
        assert!(body.ends_with(&ending), "{body}");
    }
}

#[test]
fn a_path_is_json_whatever_is_in_it() {
    let body = with_payload("/da\"ta/é\n", |payload| payload.pre());
    let value: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(value["sourcePath"], "/da\"ta/é\n");
}

#[test]
fn an_error_is_cut_at_the_last_character_that_fits() {
    let fits = "x".repeat(limits::ERROR_BYTES);
    assert_eq!(cut_error(&fits), fits);
    let cut = cut_error(&format!("{fits}x"));
    assert_eq!(cut.len(), limits::ERROR_BYTES);
    assert!(cut.ends_with("xx… [cut, 16385 bytes in all]"), "{}", &cut[cut.len() - 40..]);
}

/// The JSON form, escapes counted and quotes not.
fn json_bytes(text: &str) -> usize {
    serde_json::to_string(text).unwrap().len() - 2
}

proptest! {
    #[test]
    fn an_error_always_fits_and_says_when_it_was_cut(
        pieces in vec(prop_oneof!["\\PC{1,40}", "[\u{0}-\u{1f}\"\\\\\u{7f}\u{2028}é😀]{1,40}"], 1..40),
        repeat in 1..200_usize,
    ) {
        let error = pieces.concat().repeat(repeat);
        let cut = cut_error(&error);
        prop_assert!(json_bytes(&cut) <= limits::ERROR_BYTES);
        if json_bytes(&error) <= limits::ERROR_BYTES {
            prop_assert_eq!(cut, error);
        } else {
            let mark = format!("… [cut, {} bytes in all]", error.len());
            let kept = cut.strip_suffix(&mark[..]).unwrap();
            prop_assert!(error.starts_with(kept));
            let next = error[kept.len()..].chars().next().unwrap();
            let more = format!("{kept}{next}{mark}");
            prop_assert!(json_bytes(&more) > limits::ERROR_BYTES, "there was room for {:?}", next);
        }
    }
}

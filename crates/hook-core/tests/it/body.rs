//! The default body: the seed's examples, and an `error` that always fits (`spec.md` §1).

use std::path::Path;

use hook_core::{
    BackupFigures, ExtendedPayload, JobId, OrganizationId, Payload, RunStatus, ScheduleId, cut_error,
    event::{BackupSummary, ResticFinished, Trigger},
    limits,
};
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

fn extended<T>(body: impl FnOnce(ExtendedPayload<'_>) -> T) -> T {
    with_payload("/data", |seed| {
        body(ExtendedPayload {
            seed,
            job_name: "postgres data",
            trigger: Trigger::Cli,
            attempt: 2,
            host: "db1",
        })
    })
}

/// What the extended form adds to a body of the seed.
fn added<'a>(body: &'a str, seed: &str) -> &'a str {
    let seed = seed.strip_suffix('}').unwrap();
    assert!(body.starts_with(seed), "{body} does not begin with {seed}");
    &body[seed.len()..]
}

#[test]
fn the_extended_bodies_begin_as_the_seeds_and_go_on() {
    const RUN: &str = r#","jobName":"postgres data","trigger":"cli","attempt":2,"host":"db1""#;
    assert_eq!(added(&extended(|payload| payload.pre()), SEED_PRE), format!("{RUN}}}"));
    let nothing_known = BackupFigures::default();
    let post = extended(|payload| payload.post(RunStatus::Success, None, &nothing_known));
    assert_eq!(added(&post, SEED_POST), format!("{RUN}}}"), "what is not known is absent");

    let ended = ResticFinished {
        exit_code: Some(0),
        snapshot_id: Some("5a7b2c1d".to_owned()),
        summary: Some(BackupSummary { files_new: 1, files_changed: 0, bytes_added: 4, ..Default::default() }),
        stderr: Some("not told".to_owned()),
        duration_ms: Some(88_000),
        pause_ms: Some(88_040),
        ..ResticFinished::default()
    };
    let post = extended(|payload| payload.post(RunStatus::Success, None, &BackupFigures::from(&ended)));
    let figures = r#","exitCode":0,"snapshotId":"5a7b2c1d","durationMs":88000,"pauseMs":88040,"filesNew":1,"filesChanged":0,"bytesAdded":4}"#;
    assert_eq!(added(&post, SEED_POST), format!("{RUN}{figures}"));
}

#[test]
fn an_extended_error_stands_where_the_seed_has_it_and_is_cut_too() {
    let chatty = "x".repeat(limits::ERROR_BYTES + 1);
    let figures = BackupFigures { exit_code: Some(1), ..BackupFigures::default() };
    let extended = extended(|payload| payload.post(RunStatus::Error, Some(&chatty), &figures));
    let seed = with_payload("/data", |payload| payload.post(RunStatus::Error, Some(&chatty)));
    assert!(added(&extended, &seed).starts_with(r#","jobName":"#));
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

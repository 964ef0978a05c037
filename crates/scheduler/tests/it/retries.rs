//! What follows a run.

use std::time::Duration;

use hook_core::{JobId, RunStatus};
use jiff::Timestamp;
use scheduler::{Ended, Retries};

#[test]
fn only_an_error_is_tried_again_and_only_so_often() {
    for (status, attempt, most, next) in [
        (RunStatus::Error, 1, 0, None),
        (RunStatus::Error, 1, 2, Some(2)),
        (RunStatus::Error, 2, 2, Some(3)),
        (RunStatus::Error, 3, 2, None),
        (RunStatus::Success, 1, 2, None),
        (RunStatus::Warning, 1, 2, None),
        (RunStatus::Cancelled, 1, 2, None),
        (RunStatus::Error, u32::MAX, u32::MAX, Some(u32::MAX)),
    ] {
        let retries = Retries { most, delay: Duration::from_secs(300) };
        let at: Timestamp = "2026-11-24T01:00:00Z".parse().unwrap();
        let run = JobId::from_parts(1, [7; 10]);
        let retry = retries.after(&Ended { run: run.clone(), status, attempt, at });
        assert_eq!(retry.as_ref().map(|retry| retry.attempt), next, "{status:?} {attempt} of {most}");
        if let Some(retry) = retry {
            assert_eq!((retry.at, retry.of), ("2026-11-24T01:05:00Z".parse().unwrap(), run));
        }
    }
}

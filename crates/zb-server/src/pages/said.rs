//! What the band and the steps of a run say in the same words.

use hook_core::OutcomeKind;
use job_store::HookAttempt;

/// What a hook's answer was, in a word or two.
pub(super) fn answer(attempt: &HookAttempt) -> String {
    match (attempt.outcome, attempt.http_status) {
        (Some(OutcomeKind::Rejected), Some(200..=299)) | (Some(OutcomeKind::Refused), _) => {
            "refused".to_owned()
        }
        (Some(OutcomeKind::NotSent), _) => "not sent".to_owned(),
        (Some(OutcomeKind::Cancelled), _) => "cancelled".to_owned(),
        (Some(OutcomeKind::NoAnswer) | None, _) => "no answer".to_owned(),
        (_, Some(status)) => status.to_string(),
        (Some(_), None) => "no answer".to_owned(),
    }
}

/// Who took over, in a sentence.
pub(super) fn took_over(by: &str) -> String {
    match by {
        "guardian" => "the guardian".to_owned(),
        "run" => "the next zb run".to_owned(),
        other => format!("zb {other}"),
    }
}

/// A share as whole percents.
pub(super) fn percent(share: f64) -> u8 {
    // In 0 to 100, so that it fits.
    (share.clamp(0.0, 1.0) * 100.0).floor() as u8
}

//! What the hooks of a run answered, attempt by attempt.

use hook_core::{OutcomeKind, Phase, event::HookFinished};
use jiff::Timestamp;
use serde::Serialize;

use super::Detail;

/// Both hooks; nothing for one that never began.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Hooks {
    /// The pre-backup webhook.
    pub pre: Option<HookReport>,
    /// The post-backup webhook.
    pub post: Option<HookReport>,
}

/// One hook.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HookReport {
    /// The same for every attempt.
    pub webhook_id: String,
    /// Where it went: scheme, host and port.
    pub origin: String,
    /// The first one first.
    pub attempts: Vec<HookAttempt>,
}

/// One attempt. In flight, or cut by the death of its owner, it has no outcome.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HookAttempt {
    /// Counts from 1.
    pub attempt: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// Milliseconds.
    pub duration_ms: Option<u64>,
    /// The kind of answer.
    pub outcome: Option<OutcomeKind>,
    /// Where a whole head came.
    pub http_status: Option<u16>,
    /// What a person reads.
    pub error: Option<String>,
    /// The first 4 KiB of the answer's body.
    #[serde(skip_serializing_if = "Detail::is_left_out")]
    pub response: Detail,
}

impl Hooks {
    /// The hook of a phase.
    #[must_use]
    pub fn of(&self, phase: Phase) -> Option<&HookReport> {
        match phase {
            Phase::Pre => self.pre.as_ref(),
            Phase::Post => self.post.as_ref(),
        }
    }

    pub(super) fn start(
        &mut self,
        phase: Phase,
        webhook_id: &str,
        origin: &str,
        attempt: u32,
        at: Timestamp,
    ) {
        let report = self.of_mut(phase).get_or_insert_with(|| HookReport {
            webhook_id: webhook_id.to_owned(),
            origin: origin.to_owned(),
            attempts: Vec::new(),
        });
        report.attempts.push(HookAttempt {
            attempt,
            started_at: at,
            duration_ms: None,
            outcome: None,
            http_status: None,
            error: None,
            response: Detail::Nothing,
        });
    }

    /// Ends the attempt that is in flight; without one there is nothing to end.
    pub(super) fn finish(&mut self, end: &HookFinished) {
        let last = self.of_mut(end.phase).as_mut().and_then(|report| report.attempts.last_mut());
        if let Some(attempt) = last {
            attempt.duration_ms = Some(end.duration_ms);
            attempt.outcome = Some(end.outcome);
            attempt.http_status = end.http_status;
            attempt.error.clone_from(&end.error);
            attempt.response = end.response.clone().into();
        }
    }

    pub(super) fn leave_out_responses(&mut self) {
        let reports = [&mut self.pre, &mut self.post].into_iter().flatten();
        reports
            .flat_map(|report| &mut report.attempts)
            .for_each(|attempt| attempt.response = Detail::LeftOut);
    }

    fn of_mut(&mut self, phase: Phase) -> &mut Option<HookReport> {
        match phase {
            Phase::Pre => &mut self.pre,
            Phase::Post => &mut self.post,
        }
    }
}

impl HookReport {
    /// Whether an attempt got a whole 2xx.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.outcome == Some(OutcomeKind::Ok))
    }
}

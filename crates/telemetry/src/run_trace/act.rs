//! The acts of a run, each a span: what is known of it when it begins, and when it has ended.

use hook_core::{
    JobId, OutcomeKind, Phase,
    event::{BackupOutcome, BackupSummary, HookFinished, ResticFinished},
};
use jiff::Timestamp;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use reqwest::Url;

use super::{begin, fail, problems::Place, set, set_some};

/// An act that began and of whose end nothing is known yet.
#[derive(Debug)]
pub(super) struct Act {
    pub(super) kind: ActKind,
    pub(super) span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ActKind {
    Hook(Phase, u32),
    Backup,
    Retention,
}

impl ActKind {
    pub(super) fn place(self) -> Place {
        match self {
            Self::Hook(Phase::Pre, _) => Place::PreHook,
            Self::Hook(Phase::Post, _) => Place::PostHook,
            Self::Backup => Place::Backup,
            Self::Retention => Place::Retention,
        }
    }
}

impl Act {
    /// A request of a hook. Its address but for the origin is a secret, so there is no `url.full`.
    pub(super) fn hook(job: &JobId, phase: Phase, attempt: u32, origin: &str, at: Timestamp) -> Self {
        let mut span = begin(job, &format!("hook.{phase}"), attempt, SpanKind::Client, at);
        set(&mut span, "http.request.method", "POST");
        if let Ok(url) = Url::parse(origin) {
            set(&mut span, "url.scheme", url.scheme());
            set_some(&mut span.attributes, "server.address", url.host_str());
            set_some(&mut span.attributes, "server.port", url.port_or_known_default().map(u32::from));
        }
        if attempt > 1 {
            set(&mut span, "http.request.resend_count", attempt - 1);
        }
        set(&mut span, "zb.hook.phase", phase.as_str());
        set(&mut span, "zb.hook.attempt", attempt);
        Self { kind: ActKind::Hook(phase, attempt), span }
    }

    /// A start of restic; `nth` counts from 1.
    pub(super) fn backup(job: &JobId, nth: u32, version: &str, at: Timestamp) -> Self {
        let mut span = begin(job, "restic.backup", nth, SpanKind::Internal, at);
        set(&mut span, "zb.restic.version", version);
        set(&mut span, "zb.restic.attempt", nth);
        Self { kind: ActKind::Backup, span }
    }

    pub(super) fn retention(job: &JobId, at: Timestamp) -> Self {
        Self { kind: ActKind::Retention, span: begin(job, "retention", 1, SpanKind::Internal, at) }
    }
}

/// What became of a hook; the problem, if it is one.
pub(super) fn end_hook(span: &mut Span, ended: &HookFinished) -> Option<String> {
    set(span, "zb.hook.outcome", outcome_word(ended.outcome));
    set_some(&mut span.attributes, "http.response.status_code", ended.http_status.map(u32::from));
    if ended.outcome == OutcomeKind::Ok {
        return None;
    }
    let words = ended
        .error
        .clone()
        .unwrap_or_else(|| format!("{} webhook: {}", ended.phase, outcome_word(ended.outcome)));
    match ended.http_status.filter(|status| *status >= 400) {
        Some(status) => fail(span, &status.to_string(), &words),
        None => fail(span, outcome_word(ended.outcome), &words),
    }
    Some(words)
}

/// As the events have it (`spec.md` §6).
fn outcome_word(outcome: OutcomeKind) -> &'static str {
    match outcome {
        OutcomeKind::Ok => "ok",
        OutcomeKind::Refused => "refused",
        OutcomeKind::NotSent => "not-sent",
        OutcomeKind::Rejected => "rejected",
        OutcomeKind::NoAnswer => "no-answer",
        OutcomeKind::Cancelled => "cancelled",
    }
}

/// What became of restic; the problem, if it is one.
pub(super) fn end_backup(span: &mut Span, ended: &ResticFinished) -> Option<String> {
    let attributes = &mut span.attributes;
    set_some(attributes, "process.exit.code", ended.exit_code.map(i64::from));
    set_some(attributes, "zb.restic.signal", ended.signal.as_deref());
    set_some(attributes, "zb.snapshot.id", ended.snapshot_id.as_deref());
    set_some(attributes, "zb.pause_ms", ended.pause_ms);
    if let Some(summary) = &ended.summary {
        set_summary(span, summary);
    }
    let how = match (ended.exit_code, &ended.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("ended by {signal}"),
        (None, None) => "it could not be started".to_owned(),
    };
    let (word, problem) = match ended.outcome {
        BackupOutcome::Complete => ("complete", None),
        BackupOutcome::Incomplete => {
            ("incomplete", Some(format!("restic's snapshot lacks something ({how})")))
        }
        BackupOutcome::Failed => ("failed", Some(format!("restic failed: {how}"))),
        BackupOutcome::Cancelled => ("cancelled", Some(format!("restic was cancelled: {how}"))),
        BackupOutcome::Unlocked => {
            ("unlocked", Some(format!("restic met a stale lock, which is removed: {how}")))
        }
        _ => ("other", None),
    };
    set(span, "zb.restic.outcome", word);
    // An incomplete snapshot is a warning, a cancel was wanted.
    if let (BackupOutcome::Failed | BackupOutcome::Unlocked, Some(words)) = (ended.outcome, &problem) {
        fail(span, word, words);
    }
    problem
}

fn set_summary(span: &mut Span, summary: &BackupSummary) {
    set(span, "zb.files.new", summary.files_new);
    set(span, "zb.files.changed", summary.files_changed);
    set(span, "zb.files.unmodified", summary.files_unmodified);
    set(span, "zb.files.total", summary.total_files);
    set(span, "zb.bytes.added", summary.bytes_added);
    set(span, "zb.bytes.total", summary.total_bytes);
}

/// What became of retention; the problem, if it is one.
pub(super) fn end_retention(span: &mut Span, kept: u64, removed: u64, failed: bool) -> Option<String> {
    set(span, "zb.snapshots.kept", kept);
    set(span, "zb.snapshots.removed", removed);
    let problem = failed.then(|| "retention failed".to_owned());
    if let Some(words) = &problem {
        fail(span, "failed", words);
    }
    problem
}

//! The root of a run's trace: what the run is, and how it ended.

use hook_core::{
    JobId, RunStatus, ScheduleId,
    event::{RunQueued, Trigger},
};
use jiff::Timestamp;
use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    trace::v1::{
        Span,
        span::{Event, SpanKind},
    },
};

use super::{ROOT, begin, end, fail, nanoseconds, problems::Problems, set, set_some, short};

pub(super) fn begin_root(job: &JobId, schedule: &ScheduleId, at: Timestamp) -> Span {
    let mut root = begin(job, ROOT, 1, SpanKind::Internal, at);
    set(&mut root, "zb.job.id", job.as_str());
    set(&mut root, "zb.schedule.id", schedule.as_str());
    root
}

pub(super) fn describe(root: &mut Span, queued: &RunQueued) {
    set(root, "zb.organization.id", queued.organization_id.as_str());
    set(root, "zb.job.name", short(&queued.job_name));
    set(root, "zb.trigger", trigger_word(queued.trigger));
    set(root, "zb.attempt", queued.attempt);
    set_some(&mut root.attributes, "zb.retry_of", queued.retry_of.as_ref().map(JobId::as_str));
}

/// As the events have it (`spec.md` §6).
fn trigger_word(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Cli => "cli",
        Trigger::Api => "api",
        Trigger::Ui => "ui",
        Trigger::Schedule => "schedule",
        Trigger::Missed => "missed",
        Trigger::Retry => "retry",
        _ => "other",
    }
}

/// Something that happened in the run and took no time.
pub(super) fn happened(root: &mut Span, name: &str, at: Timestamp, attributes: Vec<KeyValue>) {
    let time_unix_nano = nanoseconds(at);
    root.events.push(Event { time_unix_nano, name: name.to_owned(), attributes, ..Event::default() });
}

/// How the run ended, as its last event says.
#[derive(Debug)]
pub(super) struct End<'a> {
    pub(super) at: Timestamp,
    pub(super) status: RunStatus,
    pub(super) snapshot_id: Option<&'a str>,
    pub(super) pause_ms: Option<u64>,
    pub(super) interrupted: bool,
}

pub(super) fn end_root(root: &mut Span, run: &End<'_>, problems: &Problems) {
    set(root, "zb.status", run.status.as_str());
    set(root, "zb.interrupted", run.interrupted);
    set_some(&mut root.attributes, "zb.snapshot.id", run.snapshot_id);
    set_some(&mut root.attributes, "zb.pause_ms", run.pause_ms);
    let words = problems.words();
    set_some(&mut root.attributes, "zb.problem", words.as_deref().map(short));
    if run.status == RunStatus::Error {
        fail(root, problems.kind(), words.as_deref().unwrap_or("the run failed"));
    }
    end(root, run.at);
}

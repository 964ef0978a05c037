//! The fold: a history in, spans out, each with the event that makes it due.

use event_bus::{Recorded, Version};
use hook_core::{JobId, LifecycleEvent as Fact, Phase, RunEvent, event::HookFinished};
use jiff::Timestamp;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};

use super::{
    act::{Act, ActKind, end_backup, end_hook, end_retention},
    begin, end, fail,
    problems::{Place, Problems},
    root::{End, begin_root, describe, end_root, happened},
    set,
};
use crate::attribute::attribute;

/// A span of a run's trace, and when it is to be sent.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct RunSpan {
    /// As OTLP has it.
    pub span: Span,
    /// The event with which it is complete: `run.finished`, or a later one of a post hook that a person sent again.
    pub due: Version,
}

/// The trace of a run whose history has come to `run.finished`: `backup.run` and below it, in the order of their
/// starts, `hook.pre`, `restic.backup`, `hook.post` and `retention`. No span for a run that is not over.
///
/// Ids are those of [`hook_core::trace_id`] and [`hook_core::span_id`], times those of the events ([`Recorded::at`],
/// UTC). An act of whose end nothing is known ends where the run was interrupted. What follows later changes no span
/// that was due before.
#[must_use]
pub fn run_spans(history: &[Recorded<RunEvent>]) -> Vec<RunSpan> {
    let Some(first) = history.first() else { return Vec::new() };
    let mut fold = Fold::new(first);
    for recorded in history {
        fold.apply(recorded);
    }
    fold.finished
}

#[derive(Debug)]
struct Fold<'a> {
    job: &'a JobId,
    root: Span,
    in_flight: Option<Act>,
    /// Acts that have ended before the run has.
    acts: Vec<Span>,
    problems: Problems,
    backups: u32,
    cleared: u32,
    interrupted: bool,
    over: bool,
    finished: Vec<RunSpan>,
}

impl<'a> Fold<'a> {
    fn new(first: &'a Recorded<RunEvent>) -> Self {
        let RunEvent { job, schedule, .. } = &first.event;
        Self {
            job,
            root: begin_root(job, schedule, first.at),
            in_flight: None,
            acts: Vec::new(),
            problems: Problems::default(),
            backups: 0,
            cleared: 0,
            interrupted: false,
            over: false,
            finished: Vec::new(),
        }
    }

    fn apply(&mut self, recorded: &Recorded<RunEvent>) {
        let (at, due) = (recorded.at, recorded.version);
        match &recorded.event.event {
            Fact::RunQueued(queued) => describe(&mut self.root, queued),
            Fact::ChecksFinished { error, .. } => {
                self.problems.note(Place::Checks, error.as_ref().map(|_| "a check failed".to_owned()));
            }
            Fact::HookStarted { phase, attempt, origin, .. } => {
                self.begin(Act::hook(self.job, *phase, *attempt, origin, at), at, due);
            }
            Fact::HookFinished(ended) => self.end_hook(ended, at, due),
            Fact::ResticStarted { restic_version } => {
                self.backups += 1;
                self.begin(Act::backup(self.job, self.backups, restic_version, at), at, due);
            }
            Fact::ResticFinished(ended) => {
                self.end(ActKind::Backup, at, due, |span| end_backup(span, ended));
            }
            Fact::RetentionStarted {} => self.begin(Act::retention(self.job, at), at, due),
            Fact::RetentionFinished { kept, removed, error } => {
                let failed = error.is_some();
                self.end(ActKind::Retention, at, due, |span| end_retention(span, *kept, *removed, failed));
            }
            Fact::CancelRequested { by } => self.happened("cancel.requested", at, "zb.by", by.as_str()),
            Fact::RunInterrupted { by } => self.interrupt(by, at, due),
            Fact::OrphansEnded { count } => self.happened("orphans.ended", at, "zb.count", *count),
            Fact::HookCleared { phase, by } => self.clear(*phase, by, at, due),
            Fact::RunFinished { status, snapshot_id, pause_ms, .. } if !self.over => {
                let (snapshot_id, interrupted) = (snapshot_id.as_deref(), self.interrupted);
                self.finish(&End { at, status: *status, snapshot_id, pause_ms: *pause_ms, interrupted }, due);
            }
            // What an older zb does not know has no part in its traces.
            _ => {}
        }
    }

    fn begin(&mut self, act: Act, at: Timestamp, due: Version) {
        self.lose(at, due);
        self.in_flight = Some(act);
    }

    /// Ends the act in flight if it is this one.
    fn end(
        &mut self,
        kind: ActKind,
        at: Timestamp,
        due: Version,
        how: impl FnOnce(&mut Span) -> Option<String>,
    ) {
        if let Some(mut act) = self.in_flight.take_if(|act| act.kind == kind) {
            let problem = how(&mut act.span);
            self.problems.note(kind.place(), problem);
            self.close(act.span, at, due);
        }
    }

    fn end_hook(&mut self, ended: &HookFinished, at: Timestamp, due: Version) {
        self.end(ActKind::Hook(ended.phase, ended.attempt), at, due, |span| end_hook(span, ended));
    }

    /// Nothing will be known of the end of the act in flight: the process that did it is gone.
    fn lose(&mut self, at: Timestamp, due: Version) {
        if let Some(mut act) = self.in_flight.take() {
            set(&mut act.span, "zb.interrupted", true);
            fail(&mut act.span, "interrupted", "zb ended before this did");
            self.problems.note(act.kind.place(), Some(format!("{} was interrupted", act.span.name)));
            self.close(act.span, at, due);
        }
    }

    fn close(&mut self, mut span: Span, at: Timestamp, due: Version) {
        end(&mut span, at);
        if self.over { self.finished.push(RunSpan { span, due }) } else { self.acts.push(span) }
    }

    fn happened(
        &mut self,
        name: &str,
        at: Timestamp,
        key: &str,
        value: impl crate::attribute::AttributeValue,
    ) {
        if !self.over {
            happened(&mut self.root, name, at, vec![attribute(key, value)]);
        }
    }

    fn interrupt(&mut self, by: &str, at: Timestamp, due: Version) {
        self.interrupted = true;
        self.problems.note(Place::Interrupted, Some("the run was interrupted".to_owned()));
        self.lose(at, due);
        self.happened("run.interrupted", at, "zb.by", by);
    }

    /// Before the end that is an event of the root; after it, which has been sent, a span without length.
    fn clear(&mut self, phase: Phase, by: &str, at: Timestamp, due: Version) {
        self.cleared += 1;
        let attributes = vec![attribute("zb.hook.phase", phase.as_str()), attribute("zb.by", by)];
        if self.over {
            let span = begin(self.job, "hook.cleared", self.cleared, SpanKind::Internal, at);
            self.finished.push(RunSpan { span: Span { attributes, ..span }, due });
        } else {
            happened(&mut self.root, "hook.cleared", at, attributes);
        }
    }

    fn finish(&mut self, run: &End<'_>, due: Version) {
        self.lose(run.at, due);
        end_root(&mut self.root, run, &self.problems);
        self.over = true;
        let spans = std::iter::once(self.root.clone()).chain(self.acts.drain(..));
        self.finished.extend(spans.map(|span| RunSpan { span, due }));
    }
}

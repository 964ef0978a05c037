//! When the parts of a run began and ended, as its history has it.

use event_bus::Recorded;
use hook_core::{LifecycleEvent as Event, Phase, RunEvent};
use jiff::Timestamp;

use super::words::Times;

/// Something that began, and ended if it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) to: Option<Timestamp>,
}

impl Span {
    /// Milliseconds, up to now where it goes on.
    pub(super) fn ms(&self, now: Timestamp) -> u64 {
        Times::between(self.from, self.to.unwrap_or(now))
    }

    fn of(from: Timestamp) -> Self {
        Self { from, to: None }
    }
}

/// Recovery's part in a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Interruption {
    pub(super) at: Timestamp,
    pub(super) by: String,
}

/// When what happened. What came after the end of the run is left out: the picture of a run is what it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Course {
    pub(super) queued: Timestamp,
    pub(super) has_pre: bool,
    pub(super) has_post: bool,
    pub(super) has_retention: bool,
    /// The end of the checks, and how many milliseconds they took.
    pub(super) checks: Option<(Timestamp, u64)>,
    pub(super) checks_error: Option<String>,
    pub(super) pre: Option<Span>,
    pub(super) restic: Option<Span>,
    pub(super) post: Option<Span>,
    pub(super) retention: Option<Span>,
    pub(super) interruption: Option<Interruption>,
    pub(super) orphans: Option<u32>,
    pub(super) finished: Option<Timestamp>,
}

impl Course {
    /// Of a history, oldest first; nothing where it does not begin with `run.queued`.
    pub(super) fn of(history: &[Recorded<RunEvent>]) -> Option<Self> {
        let first = history.first()?;
        let Event::RunQueued(queued) = &first.event.event else { return None };
        let mut course = Self {
            queued: first.at,
            has_pre: queued.hooks.pre.is_some(),
            has_post: queued.hooks.post.is_some(),
            has_retention: queued.retention,
            checks: None,
            checks_error: None,
            pre: None,
            restic: None,
            post: None,
            retention: None,
            interruption: None,
            orphans: None,
            finished: None,
        };
        for recorded in &history[1..] {
            if course.finished.is_some() {
                break;
            }
            course.follow(recorded.at, &recorded.event.event);
        }
        Some(course)
    }

    fn follow(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::ChecksFinished { duration_ms, error, .. } => {
                self.checks = Some((at, *duration_ms));
                self.checks_error.clone_from(error);
            }
            Event::HookStarted { phase, .. } => {
                self.hook(*phase).get_or_insert(Span::of(at)).to = None;
            }
            Event::HookFinished(end) => end_of(self.hook(end.phase), at),
            // A restic that was stopped by a stale lock and began again is one part.
            Event::ResticStarted { .. } => self.restic.get_or_insert(Span::of(at)).to = None,
            Event::ResticFinished(_) => end_of(&mut self.restic, at),
            Event::RetentionStarted {} => self.retention = Some(Span::of(at)),
            Event::RetentionFinished { .. } => end_of(&mut self.retention, at),
            Event::RunInterrupted { by } => {
                self.interruption.get_or_insert(Interruption { at, by: by.clone() });
            }
            Event::OrphansEnded { count } => self.orphans = Some(*count),
            Event::RunFinished { .. } => self.finish(at),
            _ => {}
        }
    }

    /// What has no end of its own ended with the run.
    fn finish(&mut self, at: Timestamp) {
        self.finished = Some(at);
        for span in [&mut self.pre, &mut self.restic, &mut self.post, &mut self.retention] {
            let cut = self.interruption.as_ref().map(|interruption| interruption.at);
            if let Some(span) = span.as_mut().filter(|span| span.to.is_none()) {
                span.to = Some(cut.filter(|cut| *cut >= span.from).unwrap_or(at));
            }
        }
    }

    fn hook(&mut self, phase: Phase) -> &mut Option<Span> {
        match phase {
            Phase::Pre => &mut self.pre,
            Phase::Post => &mut self.post,
        }
    }

    /// When the first of it was not a check any more: the checks took until then.
    pub(super) fn first_act(&self) -> Option<Timestamp> {
        let begun = [self.pre, self.restic, self.post].into_iter().flatten().map(|span| span.from).min();
        begun.or(self.checks.map(|(at, _)| at)).or(self.finished)
    }
}

fn end_of(span: &mut Option<Span>, at: Timestamp) {
    if let Some(span) = span {
        span.to = Some(at);
    }
}

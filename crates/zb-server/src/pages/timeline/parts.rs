//! The parts of a run's band beside restic, each with its sentence: checks, hooks, zb's death, retention.

use hook_core::{OutcomeKind, Phase};
use job_store::{HookAttempt, PostHook};

use super::{
    Drawn,
    segment::{Bar, Foot, Segment},
};
use crate::pages::{
    course::Span,
    icon,
    said::{answer, took_over},
    words::{Times, duration},
};

impl Drawn<'_> {
    pub(super) fn checks(&self) -> Segment {
        let end = self.course.first_act();
        let ms = Times::between(self.course.queued, end.unwrap_or(self.times.now));
        let checked = self.course.checks.map_or(0, |(_, ms)| ms);
        // What is not the checks' own time was spent waiting: for a place, a lock, another run's debt.
        let name = if ms > checked.saturating_mul(2) + 2000 { "Waiting" } else { "Checks" };
        let took = duration(if name == "Checks" && end.is_some() { checked } else { ms });
        let (sentence, foot) = match (&self.course.checks_error, end) {
            (Some(_), _) => {
                (format!("{name}, {took}: a check failed."), Foot::label(name, format!("{took} · failed")))
            }
            (None, Some(_)) => (format!("{name}, {took}."), Foot::label(name, took)),
            (None, None) => {
                let sentence = format!("{name}, {took} so far.");
                (sentence, Foot::SoFar { name, took, since: self.course.queued })
            }
        };
        let mut segment = Segment::new("checks", "wait", sentence, foot);
        segment.is_current = end.is_none();
        segment
    }

    pub(super) fn pre(&self) -> Segment {
        let Some(span) = self.course.pre else {
            return self.not_begun("pre", "Pre hook", if self.is_over() { "not sent" } else { "later" });
        };
        let last = self.run.hooks.pre.as_ref().and_then(|report| report.attempts.last());
        let mut segment = self.hook("pre", "Pre hook", span, last, icon::PAUSE);
        segment.is_current = !self.is_over() && span.to.is_none();
        segment
    }

    fn hook(
        &self,
        step: &'static str,
        name: &'static str,
        span: Span,
        last: Option<&HookAttempt>,
        good: &'static str,
    ) -> Segment {
        // One try took what its step says; more took all of the span, with the pauses between them.
        let of_one = last.filter(|attempt| attempt.attempt == 1).and_then(|attempt| attempt.duration_ms);
        let took = duration(of_one.unwrap_or_else(|| span.ms(self.times.now)));
        let outcome = last.and_then(|attempt| attempt.outcome);
        let said = last.map_or_else(|| "no answer".to_owned(), answer);
        let Some(outcome) = outcome else {
            if span.to.is_some() || self.is_over() {
                let sentence = format!("{name} was cut off after {took}.");
                let foot = Foot::label(name, format!("{took}, cut off"));
                return Segment::new(step, "hook bad", sentence, foot).icon(icon::CROSS);
            }
            let sentence = format!("{name} is being sent, {took} so far.");
            let foot = Foot::SoFar { name, took, since: span.from };
            return Segment::new(step, "hook", sentence, foot).icon(good);
        };
        let (class, drawing) = match outcome {
            OutcomeKind::Ok => ("hook", good),
            OutcomeKind::NoAnswer => ("hook bad", icon::CLOCK),
            _ => ("hook bad", icon::CROSS),
        };
        let sentence = match outcome {
            OutcomeKind::Ok => format!("{name} answered {said} in {took}."),
            _ => format!("{name} failed after {took}: {said}."),
        };
        let between = if said.starts_with(|first: char| first.is_ascii_digit()) { " · " } else { ", " };
        Segment::new(step, class, sentence, Foot::label(name, format!("{took}{between}{said}"))).icon(drawing)
    }

    pub(super) fn post(&self) -> Segment {
        let name = "Post hook";
        let run = self.run;
        let Some(span) = self.course.post else {
            return match run.post_hook {
                PostHook::Owed => {
                    let sentence = "Post hook is owed.".to_owned();
                    let foot = Foot::label(name, "owed".to_owned());
                    Segment::new("post", "hook later", sentence, foot).icon(icon::PLAY)
                }
                PostHook::Failed => self.not_begun("post", name, "not sent"),
                PostHook::Cleared => self.not_begun("post", name, "cleared"),
                PostHook::Delivered => self.not_begun("post", name, "sent later"),
                PostHook::None if self.is_over() => self.not_begun("post", name, "not owed"),
                _ => self.not_begun("post", name, "later"),
            };
        };
        let attempts = run.hooks.of(Phase::Post).map_or(&[][..], |report| &report.attempts);
        // Those of the run itself: what a person sent afterwards stands in the steps.
        let within = attempts.iter().rfind(|a| self.course.finished.is_none_or(|end| a.started_at < end));
        let is_waiting = !self.is_over() && span.to.is_some() && run.post_hook == PostHook::Owed;
        if is_waiting {
            let tried = attempts.len();
            let sentence = format!("Post hook is owed: {tried} tries failed, zb tries again.");
            let foot = Foot::label("Post hook owed", format!("try {} to come", tried + 1));
            let mut segment = Segment::new("post", "hook owe", sentence, foot).icon(icon::AGAIN);
            segment.is_current = true;
            return segment;
        }
        let mut segment = self.hook("post", name, span, within, icon::PLAY);
        segment.is_current = !self.is_over() && span.to.is_none();
        segment
    }

    pub(super) fn gap(&self) -> Option<Segment> {
        let interruption = self.course.interruption.as_ref()?;
        let who = took_over(&interruption.by);
        let foot = Foot::label("zb died", interruption.by.clone());
        let mut segment = Segment::new("gap", "gap", format!("zb died; {who} took over."), foot);
        segment.bar = Bar::Badge(icon::BOLT);
        Some(segment)
    }

    pub(super) fn retention(&self) -> Segment {
        let name = "Retention";
        let Some(span) = self.course.retention else {
            if self.is_over() {
                return self.not_begun("retention", name, "not run");
            }
            let foot = Foot::label(name, "later".to_owned());
            return Segment::new("retention", "keep later", "Retention, later.".to_owned(), foot);
        };
        let took = duration(span.ms(self.times.now));
        let failed = self.run.retention.as_ref().is_some_and(|retention| retention.error.is_some());
        let is_live = !self.is_over() && span.to.is_none();
        let (said, foot) = match (failed, is_live) {
            (true, _) => (format!("{took} · failed"), None),
            (false, true) => (format!("{took} so far"), Some(Foot::SoFar { name, took, since: span.from })),
            (false, false) => (took, None),
        };
        let sentence = format!("Retention, {said}.");
        let foot = foot.unwrap_or_else(|| Foot::label(name, said));
        let mut segment = Segment::new("retention", "keep", sentence, foot);
        segment.is_current = is_live;
        segment
    }

    pub(super) fn not_begun(&self, step: &'static str, name: &'static str, said: &'static str) -> Segment {
        let class = match (self.is_over(), step) {
            (true, _) => "none",
            (false, "retention") => "keep later",
            (false, _) => "hook later",
        };
        Segment::new(step, class, format!("{name}, {said}."), Foot::label(name, said.to_owned()))
    }
}

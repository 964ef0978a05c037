//! The part of a run's band with restic in it: the window for which the service was paused, and how restic ended.

use hook_core::RunStatus;

use super::{
    Drawn,
    segment::{Bar, Cap, Foot, Restic, Segment},
};
use crate::pages::{course::Span, said::percent, words::duration};

impl Drawn<'_> {
    /// The part with restic in it: from the pre hook's answer to the post hook's request where there is a pre hook.
    pub(super) fn restic(&self) -> Segment {
        let step = if self.course.has_pre { "pause" } else { "restic" };
        let Some(window) = self.window() else {
            let detail = if self.is_over() { "not started" } else { "later" };
            return self.not_begun("restic", "restic", detail);
        };
        let now = self.times.now;
        let took = duration(window.ms(now));
        let is_live = !self.is_over() && window.to.is_none();
        let restic = self.restic_bar(is_live);
        let from = self.times.clock(window.from);
        let to = match (window.to, self.usual_pause.filter(|_| is_live && self.course.has_pre)) {
            (Some(to), _) => self.times.clock(to),
            (None, Some(usual)) => {
                let end = window.from + std::time::Duration::from_millis(usual);
                format!("usual end {}", self.times.clock(end))
            }
            (None, None) => String::new(),
        };
        let so_far = if is_live { " so far" } else { "" };
        let sentence = match self.course.has_pre {
            true => format!("Service paused for {took}{so_far}. {}.", restic.sentence),
            false => format!("{} in {took}{so_far}.", restic.sentence),
        };
        let class = match (self.course.has_pre, self.is_cut()) {
            (true, true) => "pause cut",
            (true, false) => "pause",
            (false, _) => "solo",
        };
        let mut segment = Segment::new(step, class, sentence, Foot::Ends { from, to });
        segment.bar = Bar::Restic(restic);
        segment.is_current = is_live;
        if self.course.has_pre {
            segment.cap = Cap::Paused(took, is_live.then_some(window.from));
        }
        segment
    }

    /// From the pre hook's answer, if it was good or unknown, else restic's own time.
    pub(super) fn window(&self) -> Option<Span> {
        let course = self.course;
        let Some(restic) = course.restic else {
            let took_effect = self.run.hooks.pre.as_ref().is_some_and(|report| report.succeeded());
            let from = course.pre.filter(|_| took_effect)?.to?;
            return Some(Span { from, to: self.end_of_window() });
        };
        let from = match course.pre {
            Some(Span { to: Some(to), .. }) => to.min(restic.from),
            _ => restic.from,
        };
        match course.has_pre {
            true => Some(Span { from, to: self.end_of_window().or(restic.to.filter(|_| !course.has_post)) }),
            false => Some(restic),
        }
    }

    fn end_of_window(&self) -> Option<jiff::Timestamp> {
        let course = self.course;
        let cut = course.interruption.as_ref().map(|interruption| interruption.at);
        let cut = cut.filter(|_| self.is_cut());
        cut.or(course.post.map(|post| post.from)).or(course.finished)
    }

    /// Whether zb died between the hooks, or beside restic.
    fn is_cut(&self) -> bool {
        self.course.interruption.as_ref().is_some_and(|interruption| {
            self.course.post.is_none_or(|post| interruption.at <= post.from)
                && self.course.restic.is_none_or(|restic| restic.to.is_none_or(|to| interruption.at <= to))
        })
    }

    fn restic_bar(&self, is_live: bool) -> Restic {
        let run = self.run;
        let Some(restic) = self.course.restic else {
            return Restic::plain("restic", "not started".to_owned(), "restic was not started".to_owned());
        };
        let took = duration(restic.ms(self.times.now));
        if is_live && restic.to.is_none() {
            return Restic { since: Some(restic.from), ..self.live_bar(took) };
        }
        if self.is_cut() {
            let sentence = format!("restic ran for {took}, then zb died");
            return Restic { class: "broken", ..Restic::plain("restic", took, sentence) };
        }
        if let Some(by) =
            run.cancel_requested_by.as_ref().filter(|_| run.status == Some(RunStatus::Cancelled))
        {
            let said = format!("cancelled by {by} after {took}");
            let sentence = format!("restic was {said}");
            return Restic { class: "stopped", ..Restic::plain("restic", said, sentence) };
        }
        let failed = match (&run.signal, run.exit_code) {
            (Some(signal), _) => Some(format!("ended by {signal}")),
            (None, Some(0 | 3)) => None,
            (None, Some(code)) => Some(format!("exit code {code}")),
            (None, None) => Some("could not be started".to_owned()),
        };
        match failed {
            Some(how) => {
                let sentence = format!("restic failed: {how}");
                Restic { class: "failed", ..Restic::plain("restic", format!("{how}, {took}"), sentence) }
            }
            None => Restic::plain("restic", took, "restic finished".to_owned()),
        }
    }

    fn live_bar(&self, took: String) -> Restic {
        let Some(progress) = &self.run.progress else {
            return Restic { class: "live", ..Restic::plain("restic", took, "restic is running".to_owned()) };
        };
        let done = percent(progress.percent_done);
        let ahead = progress
            .seconds_remaining
            .map_or_else(String::new, |seconds| format!("about {} left", duration(seconds * 1000)));
        let sentence = format!("restic is {done} percent done");
        let bar = Restic::plain("restic", took, sentence);
        Restic { class: "live", done: Some(done), ahead, later: Some(100 - done), ..bar }
    }
}

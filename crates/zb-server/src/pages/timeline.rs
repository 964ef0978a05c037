//! The picture of a run: what zb did in a row, and above it whether the service was up. Built from what is known alone: a
//! service is up before a pre hook, and after a 2xx; otherwise nobody has confirmed it.

mod segment;
mod service_line;
mod weights;

use askama::Template;
use hook_core::{OutcomeKind, Phase, RunStatus};
use job_store::{HookAttempt, PostHook, Run};

use self::{
    segment::{Bar, Cap, Foot, Restic, Segment},
    service_line::{Line, lines},
    weights::{Shares, shares},
};
use super::{
    course::{Course, Span},
    icon,
    words::{Times, duration},
};

/// The band of a run.
#[derive(Template, Clone, PartialEq, Debug)]
#[template(path = "timeline.html")]
pub(super) struct Timeline {
    pub(super) segments: Vec<Segment>,
    label: String,
    /// In a list: without labels.
    is_mini: bool,
}

impl Timeline {
    /// Whether a part is of this class: the key explains what is there.
    pub(super) fn has(&self, class: &str) -> bool {
        self.segments.iter().any(|segment| segment.class.split(' ').any(|found| found == class))
    }
}

/// What a band is drawn of.
pub(super) struct Drawn<'r> {
    pub(super) run: &'r Run,
    pub(super) course: &'r Course,
    pub(super) times: &'r Times,
    /// Milliseconds that the good runs of the job paused their service for, where there are enough of them.
    pub(super) usual_pause: Option<u64>,
}

impl Drawn<'_> {
    /// The band of a run's page.
    pub(super) fn timeline(&self) -> Timeline {
        let mut segments = vec![self.checks()];
        segments.extend(self.course.has_pre.then(|| self.pre()));
        segments.push(self.restic());
        segments.extend(self.course.has_post.then(|| self.post()));
        segments.extend(self.gap());
        segments.extend(self.course.has_retention.then(|| self.retention()));
        self.put_gap_in_its_place(&mut segments);
        self.weigh(&mut segments);
        self.draw_lines(&mut segments);
        Timeline { segments, label: "Timeline of this run".to_owned(), is_mini: false }
    }

    /// The same for a list.
    pub(super) fn mini(&self) -> Timeline {
        let label = format!("Timeline of {}", self.run.job_name);
        Timeline { is_mini: true, label, ..self.timeline() }
    }

    fn is_over(&self) -> bool {
        self.course.finished.is_some()
    }

    fn checks(&self) -> Segment {
        let end = self.course.first_act();
        let ms = Times::between(self.course.queued, end.unwrap_or(self.times.now));
        let checked = self.course.checks.map_or(0, |(_, ms)| ms);
        // What is not the checks' own time was spent waiting: for a place, a lock, another run's debt.
        let name = if ms > checked.saturating_mul(2) + 2000 { "Waiting" } else { "Checks" };
        let took = duration(ms);
        let (sentence, detail) = match (&self.course.checks_error, end) {
            (Some(_), _) => (format!("{name}, {took}: a check failed."), format!("{took} · failed")),
            (None, Some(_)) => (format!("{name}, {took}."), took),
            (None, None) => (format!("{name}, {took} so far."), format!("{took} so far")),
        };
        let mut segment = Segment::new("checks", "wait", sentence, Foot::label(name, detail));
        segment.is_current = end.is_none();
        segment
    }

    fn pre(&self) -> Segment {
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
        let took = duration(span.ms(self.times.now));
        let outcome = last.and_then(|attempt| attempt.outcome);
        let said = last.map_or_else(|| "no answer".to_owned(), answer);
        let Some(outcome) = outcome else {
            let (class, sentence, detail) = if span.to.is_some() || self.is_over() {
                ("hook bad", format!("{name} was cut off after {took}."), format!("{took}, cut off"))
            } else {
                ("hook", format!("{name} is being sent, {took} so far."), format!("{took} so far"))
            };
            let drawing = if class == "hook" { good } else { icon::CROSS };
            return Segment::new(step, class, sentence, Foot::label(name, detail)).icon(drawing);
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

    /// The part with restic in it: from the pre hook's answer to the post hook's request where there is a pre hook.
    fn restic(&self) -> Segment {
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
    fn window(&self) -> Option<Span> {
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
            return self.live_bar(took);
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
        Restic {
            class: "live",
            name: "restic",
            text: took,
            done: Some(done),
            ahead,
            later: Some(100 - done),
            sentence: format!("restic is {done} percent done"),
        }
    }

    fn post(&self) -> Segment {
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

    fn gap(&self) -> Option<Segment> {
        let interruption = self.course.interruption.as_ref()?;
        let who = took_over(&interruption.by);
        let foot = Foot::label("zb died", interruption.by.clone());
        let mut segment = Segment::new("gap", "gap", format!("zb died; {who} took over."), foot);
        segment.bar = Bar::Badge(icon::BOLT);
        Some(segment)
    }

    fn retention(&self) -> Segment {
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
        let said = if failed { format!("{took} · failed") } else { took };
        let mut segment =
            Segment::new("retention", "keep", format!("Retention, {said}."), Foot::label(name, said));
        segment.is_current = !self.is_over() && span.to.is_none();
        segment
    }

    fn not_begun(&self, step: &'static str, name: &'static str, said: &'static str) -> Segment {
        let class = match (self.is_over(), step) {
            (true, _) => "none",
            (false, "retention") => "keep later",
            (false, _) => "hook later",
        };
        Segment::new(step, class, format!("{name}, {said}."), Foot::label(name, said.to_owned()))
    }

    /// It stands before the first part that began after it.
    fn put_gap_in_its_place(&self, segments: &mut [Segment]) {
        let Some(at) = segments.iter().position(|segment| segment.step == "gap") else { return };
        let died_before_post = self.course.post.is_none_or(|post| {
            self.course.interruption.as_ref().is_some_and(|interruption| interruption.at <= post.from)
        });
        if died_before_post && at > 0 && segments[at - 1].step == "post" {
            segments.swap(at - 1, at);
        }
    }

    fn weigh(&self, segments: &mut [Segment]) {
        let now = self.times.now;
        let ms = |span: Option<Span>| span.map_or(0, |span| span.ms(now));
        let window = self.window();
        let spent = ms(window);
        let to_come = match &self.run.progress {
            _ if self.is_over() || window.is_some_and(|window| window.to.is_some()) => 0,
            Some(progress) if progress.percent_done >= 0.01 => remaining(spent, progress.percent_done),
            _ => self.usual_pause.map_or(60_000, |usual| usual.saturating_sub(spent)),
        };
        let begun = self.course.first_act().unwrap_or(now);
        let parts = Shares {
            checks: Times::between(self.course.queued, begun),
            pre: ms(self.course.pre),
            pause: spent.saturating_add(to_come),
            post: ms(self.course.post),
            retention: ms(self.course.retention),
        };
        let weights = shares(&parts);
        for segment in segments {
            segment.weight = match segment.step {
                "checks" => weights.checks,
                "pre" => weights.pre,
                "pause" | "restic" if window.is_none() && self.is_over() => 30,
                "pause" | "restic" => weights.pause,
                "post" => weights.post,
                "retention" => weights.retention,
                _ => 1,
            };
        }
    }

    fn draw_lines(&self, segments: &mut [Segment]) {
        let last = segments.len() - 1;
        for (at, line) in lines(self.run, self.course, segments).into_iter().enumerate() {
            let segment = &mut segments[at];
            match line {
                Line::Unsure => segment.class.push_str(" unsure"),
                Line::Unknown => segment.class.push_str(" unknown"),
                Line::Up | Line::Changing | Line::Paused => {}
            }
            let is_end = at == 0 || at == last;
            segment.cap = match (line, &segment.cap) {
                (Line::Up, Cap::Nothing) if is_end => Cap::Up,
                (Line::Unsure, Cap::Nothing) if at == last => Cap::Words("not confirmed".to_owned()),
                (_, cap) => cap.clone(),
            };
        }
    }
}

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

fn remaining(spent: u64, done: f64) -> u64 {
    // A duration far below what a float holds exactly.
    (spent as f64 * (1.0 - done).max(0.0) / done) as u64
}

#[cfg(test)]
mod tests {
    use event_bus::{Position, Recorded, StreamId, Version};
    use hook_core::RunEvent;
    use jiff::{Timestamp, tz::TimeZone};
    use proptest::prelude::*;

    use super::*;

    const ORDER: [&str; 7] = ["checks", "pre", "pause", "restic", "gap", "post", "retention"];

    /// What may happen in a run, in its order: each of it happens or not.
    const TOLD: [&str; 11] = [
        r#""type":"checks.finished","durationMs":100,"resticVersion":"0.19.1""#,
        r#""type":"hook.started","phase":"pre","attempt":1,"webhookId":"a","origin":"http://a""#,
        r#""type":"hook.finished","phase":"pre","attempt":1,"outcome":"ok","httpStatus":200,"durationMs":1"#,
        r#""type":"restic.started","resticVersion":"0.19.1""#,
        r#""type":"run.interrupted","by":"guardian""#,
        r#""type":"restic.finished","outcome":"complete","exitCode":0"#,
        r#""type":"hook.started","phase":"post","attempt":1,"webhookId":"a","origin":"http://a""#,
        r#""type":"hook.finished","phase":"post","attempt":1,"outcome":"rejected","httpStatus":500,"durationMs":1"#,
        r#""type":"retention.started""#,
        r#""type":"retention.finished","kept":1,"removed":0"#,
        r#""type":"run.finished","status":"error","durationMs":1"#,
    ];

    fn recorded(at: i64, text: &str) -> Recorded<RunEvent> {
        let line = format!(r#"{{"jobId":"job_01h455vb4pex5vsknk084sn02q","scheduleId":"sched_a",{text}}}"#);
        let event = serde_json::from_str(&line).unwrap();
        let at = Timestamp::from_millisecond(1_795_482_000_000 + at).unwrap();
        Recorded::new(Position::START, StreamId::from("a"), Version::default(), at, event)
    }

    fn drawn(happened: [bool; 11], gaps: [u32; 12], hooks: &str, retention: bool) -> (Run, Course, Times) {
        let queued = format!(
            r#""type":"run.queued","organizationId":"org_default","jobName":"a","sourcePath":"/a","trigger":"cli","attempt":1,"hooks":{{{hooks}}},"retention":{retention},"machine":1"#
        );
        let mut at = 0;
        let mut history = vec![recorded(0, &queued)];
        for (gap, (text, happens)) in gaps.into_iter().zip(TOLD.into_iter().zip(happened)) {
            at += i64::from(gap);
            history.extend(happens.then(|| recorded(at, text)));
        }
        let now = Timestamp::from_millisecond(1_795_482_000_000 + at + i64::from(gaps[11])).unwrap();
        let (run, course) = (Run::from_history(&history).unwrap(), Course::of(&history).unwrap());
        (run, course, Times { now, zone: TimeZone::UTC })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever a history has and lacks: the parts are in their order, each once, their weights are of the style
        /// sheet, something goes on only in a run that does, and each part says what it is.
        #[test]
        fn every_history_has_a_picture(
            happened in prop::array::uniform11(any::<bool>()),
            gaps in prop::array::uniform12(0_u32..100_000_000),
            hooks in prop::sample::select(vec![
                "",
                r#""pre":{"attempts":1}"#,
                r#""post":{"attempts":1,"when":"paired"}"#,
                r#""pre":{"attempts":1},"post":{"attempts":1,"when":"paired"}"#,
            ]),
            retention: bool,
            usual_pause in prop::option::of(0_u64..10_000_000),
        ) {
            let (run, course, times) = drawn(happened, gaps, hooks, retention);
            let timeline = Drawn { run: &run, course: &course, times: &times, usual_pause }.timeline();
            let places: Vec<_> = timeline
                .segments
                .iter()
                .map(|segment| ORDER.iter().position(|step| *step == segment.step).unwrap())
                .collect();
            let post_first = places.contains(&4)
                && course.post.is_some_and(|post| course.interruption.as_ref().unwrap().at > post.from);
            let mut sorted = places.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(sorted.len(), places.len());
            prop_assert!(post_first || sorted == places, "{:?}", places);
            prop_assert_eq!(places[0], 0);
            prop_assert!(timeline.segments.iter().all(|segment| segment.weight <= 100 && !segment.sentence.is_empty()));
            let sum: u32 = timeline.segments.iter().map(|segment| u32::from(segment.weight)).sum();
            prop_assert!(sum <= 135, "{}", sum);
            let current = timeline.segments.iter().filter(|segment| segment.is_current).count();
            prop_assert!(course.finished.is_none() || current == 0);
            let html = timeline.render().unwrap();
            prop_assert_eq!(html.matches("<li ").count(), timeline.segments.len());
            prop_assert!(!html.contains("style="));
        }
    }
}

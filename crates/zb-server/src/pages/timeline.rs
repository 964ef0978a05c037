//! The picture of a run: what zb did in a row, and above it whether the service was up. Built from what is known alone: a
//! service is up before a pre hook, and after a 2xx; otherwise nobody has confirmed it.

mod parts;
mod pause;
mod segment;
mod service_line;
mod weights;

use askama::Template;
use job_store::Run;

use self::{
    segment::{Bar, Cap, Foot, Segment},
    service_line::{Line, lines},
    weights::{Shares, shares},
};
use super::{
    course::{Course, Span},
    words::Times,
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

/// What the key of a band explains: the classes of parts that it explains, the class of its mark if it has one, and the
/// words.
const KEY: [(&[&str], &str, &str); 8] = [
    (&["hook"], "hook", "hook"),
    (&["pause"], "pause-k", "service paused"),
    (&["pause", "solo"], "restic-k", "restic"),
    (&["keep"], "keep-k", "retention"),
    (&["bad"], "bad", "hook failed"),
    (&["gap"], "gap-k", "zb died; not to scale"),
    (&["unsure"], "", "Dashed line: nothing confirms that the service is up"),
    (&["later"], "", "Dashed is still to come"),
];

impl Timeline {
    /// The key: marks and words for what is drawn, and for nothing else.
    pub(super) fn marks(&self) -> Vec<(&'static str, &'static str)> {
        let is_drawn = |classes: &[&str]| {
            let mut drawn = self.segments.iter().flat_map(|segment| segment.class.split(' '));
            drawn.any(|class| classes.contains(&class))
        };
        let explained = KEY.iter().filter(|(classes, ..)| is_drawn(classes));
        explained.map(|&(_, mark, words)| (mark, words)).collect()
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

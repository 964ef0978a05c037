//! The steps of a run in words: the same parts as in its picture, in the same order, with every attempt and every answer.

use hook_core::{OutcomeKind, Phase};
use jiff::Timestamp;
use job_store::{Detail, HookAttempt, PostHook, Run};

use super::{
    course::{Course, Span},
    said::{answer, took_over},
    words::{Times, bytes, count, duration},
};

/// A row.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Step {
    /// The class of its mark.
    pub(super) key: &'static str,
    pub(super) at: Option<Timestamp>,
    pub(super) clock: String,
    pub(super) title: String,
    pub(super) is_bad: bool,
    pub(super) detail: String,
    /// What the receiver said, or restic.
    pub(super) said: Option<Said>,
    pub(super) took: String,
    /// Since when, while it goes on.
    pub(super) since: Option<Timestamp>,
    pub(super) is_to_come: bool,
}

/// A text of somebody else: shown as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Said {
    pub(super) text: String,
    /// More than six lines are folded.
    pub(super) lines: usize,
}

impl Said {
    pub(super) fn of(detail: &Detail) -> Option<Self> {
        let Detail::Text(text) = detail else { return None };
        let text = text.trim_end();
        (!text.is_empty()).then(|| Self { text: text.to_owned(), lines: text.lines().count() })
    }

    pub(super) fn is_long(&self) -> bool {
        self.lines > 6
    }
}

/// All steps of a run in their order, also those that did not happen or are to come.
pub(super) fn steps(run: &Run, course: &Course, times: &Times) -> Vec<Step> {
    let maker = Maker { run, course, times };
    let mut steps = vec![maker.checks()];
    steps.extend(maker.hook(Phase::Pre));
    steps.extend(maker.restic());
    steps.extend(maker.interruption());
    steps.extend(maker.hook(Phase::Post));
    steps.extend(maker.retention());
    let mut steps = in_order(steps, course);
    steps.extend(maker.cleared());
    steps
}

/// By their times: zb may have died between any two, and a hook may be sent again after the end. What has no time stands
/// behind what would have come before it.
fn in_order(steps: Vec<Step>, course: &Course) -> Vec<Step> {
    let mut reached = course.queued;
    let end = course.finished.unwrap_or(Timestamp::MAX);
    let placed = steps.into_iter().map(|step| {
        reached = reached.max(step.at.unwrap_or(reached).min(end));
        (step.at.unwrap_or(reached), step)
    });
    let mut placed: Vec<_> = placed.collect();
    placed.sort_by_key(|(at, _)| *at);
    placed.into_iter().map(|(_, step)| step).collect()
}

/// Whether the error says more than the status in the title.
fn says_more(attempt: &HookAttempt) -> bool {
    match attempt.outcome {
        Some(OutcomeKind::Ok) => false,
        Some(OutcomeKind::Rejected) => matches!(attempt.http_status, None | Some(200..=299)),
        _ => true,
    }
}

struct Maker<'r> {
    run: &'r Run,
    course: &'r Course,
    times: &'r Times,
}

impl Maker<'_> {
    fn step(&self, key: &'static str, at: Timestamp, title: impl Into<String>) -> Step {
        let clock = self.times.clock_to_the_tenth(at);
        Step { key, at: Some(at), clock, title: title.into(), ..Step::default() }
    }

    fn to_come(title: impl Into<String>, detail: impl Into<String>) -> Step {
        let (title, detail) = (title.into(), detail.into());
        Step { key: "later-k", title, detail, is_to_come: true, ..Step::default() }
    }

    fn goes_on(&self, step: &mut Step, since: Timestamp) {
        step.took = duration(Times::between(since, self.times.now));
        step.since = Some(since);
    }

    /// How long it took, or takes.
    fn lasts(&self, step: &mut Step, span: Span) {
        match span.to {
            None if !self.is_over() => self.goes_on(step, span.from),
            _ => step.took = duration(span.ms(self.times.now)),
        }
    }

    fn is_over(&self) -> bool {
        self.course.finished.is_some()
    }

    fn checks(&self) -> Step {
        let course = self.course;
        let began = self.run.started_at.unwrap_or(course.queued);
        let mut step = self.step("wait-k", began, "Checks");
        match (&course.checks, &course.checks_error) {
            (Some((_, ms)), None) => {
                let version = self.run.restic_version.as_deref().unwrap_or("found");
                step.detail = format!("Configuration, restic {version}, hooks, data directory");
                step.took = duration(*ms);
            }
            (Some((_, ms)), Some(error)) => {
                step.title = "A check failed".to_owned();
                step.is_bad = true;
                step.detail.clone_from(error);
                step.took = duration(*ms);
            }
            (None, _) if self.is_over() => step.detail = "They did not end".to_owned(),
            (None, _) => {
                step.title = if self.run.started_at.is_some() { "Checks" } else { "Queued" }.to_owned();
                step.detail = "zb has not begun with the hooks".to_owned();
            }
        }
        step
    }

    fn hook(&self, phase: Phase) -> Vec<Step> {
        let (name, is_planned, key) = match phase {
            Phase::Pre => ("Pre hook", self.course.has_pre, "hook"),
            Phase::Post => ("Post hook", self.course.has_post, "hook"),
        };
        let Some(report) = self.run.hooks.of(phase) else {
            return if is_planned { self.hook_to_come(phase, name) } else { Vec::new() };
        };
        let attempts = report.attempts.iter();
        let rows = attempts.map(|attempt| {
            let is_good = attempt.outcome == Some(OutcomeKind::Ok);
            let mark = if is_good || attempt.outcome.is_none() && !self.is_over() { key } else { "bad" };
            let mut step = self.step(mark, attempt.started_at, self.hook_title(name, attempt));
            step.is_bad = mark == "bad";
            step.detail = self.hook_detail(&report.origin, attempt, report.attempts.len());
            step.said = Said::of(&attempt.response);
            match attempt.duration_ms {
                Some(ms) => step.took = duration(ms),
                None if !self.is_over() => self.goes_on(&mut step, attempt.started_at),
                None => {}
            }
            step
        });
        rows.collect()
    }

    fn hook_title(&self, name: &str, attempt: &HookAttempt) -> String {
        match attempt.outcome {
            None if self.is_over() => format!("{name} was cut off"),
            None => format!("{name} is being sent"),
            Some(OutcomeKind::Ok) => format!("{name} answered {}", answer(attempt)),
            Some(OutcomeKind::Rejected) => match attempt.http_status {
                Some(status @ 200..=299) => format!("{name} answered {status}, and refused"),
                Some(status) => format!("{name} answered {status}"),
                None => format!("{name} was rejected"),
            },
            Some(OutcomeKind::Refused) => format!("{name} was not sent: zb's rules refuse it"),
            Some(OutcomeKind::NotSent) => format!("{name} did not reach the receiver"),
            Some(OutcomeKind::NoAnswer) => format!("{name} got no answer"),
            Some(OutcomeKind::Cancelled) => format!("{name} was cancelled in flight"),
        }
    }

    fn hook_detail(&self, origin: &str, attempt: &HookAttempt, of: usize) -> String {
        let after = self.course.finished.is_some_and(|end| attempt.started_at > end);
        let again = if after { ", sent again after the run" } else { "" };
        let detail = format!("POST {origin}, attempt {} of {of}{again}", attempt.attempt);
        match &attempt.error {
            Some(error) if says_more(attempt) => format!("{detail}: {error}"),
            _ => detail,
        }
    }

    fn hook_to_come(&self, phase: Phase, name: &str) -> Vec<Step> {
        let step = match (phase, self.is_over(), self.run.post_hook) {
            (Phase::Post, false, PostHook::Owed) => {
                Self::to_come("Post hook, owed", "It is sent when restic has ended, however it ends")
            }
            (_, false, _) => Self::to_come(name, "Later"),
            (Phase::Pre, true, _) => Self::to_come("Pre hook, not sent", "The run ended before it"),
            (Phase::Post, true, PostHook::Failed) => {
                Self::to_come("Post hook, not sent", "It was owed, and nothing will try again by itself")
            }
            (Phase::Post, true, PostHook::None) => {
                Self::to_come("Post hook, not owed", "Nothing was paused, so nothing is to be resumed")
            }
            (Phase::Post, true, _) => return Vec::new(),
        };
        vec![step]
    }

    fn restic(&self) -> Option<Step> {
        let run = self.run;
        let Some(span) = self.course.restic else {
            // Whoever settles a run starts no restic in it.
            return match self.is_over() || self.course.interruption.is_some() {
                true => Some(Self::to_come("restic, not started", "Nothing was read")),
                false => Some(Self::to_come("restic", run.source_path.to_string_lossy())),
            };
        };
        let cut = self.course.interruption.as_ref().is_some_and(|i| span.to.is_none_or(|to| i.at <= to));
        let (title, is_bad) = match (&run.signal, run.exit_code) {
            _ if span.to.is_none() && !self.is_over() => ("restic is reading".to_owned(), false),
            (Some(signal), _) => (format!("restic was ended by {signal}"), true),
            (None, Some(code)) => (format!("restic ended with exit code {code}"), !matches!(code, 0 | 3)),
            (None, None) if cut => ("restic was reading".to_owned(), false),
            (None, None) => ("restic could not be started".to_owned(), true),
        };
        let mut step = self.step("restic-k", span.from, title);
        step.is_bad = is_bad && run.cancel_requested_by.is_none();
        self.lasts(&mut step, span);
        step.detail = match (&run.snapshot_id, &run.summary) {
            (Some(snapshot), Some(summary)) => {
                let files = summary.files_new + summary.files_changed + summary.files_unmodified;
                let short = snapshot.get(..8).unwrap_or(snapshot);
                format!(
                    "Snapshot {short}: {}, {} added",
                    count(files, "file", "files"),
                    bytes(summary.bytes_added)
                )
            }
            (Some(snapshot), None) => format!("Snapshot {}", snapshot.get(..8).unwrap_or(snapshot)),
            (None, _) if self.is_over() => "No snapshot".to_owned(),
            (None, _) => run.source_path.to_string_lossy().into_owned(),
        };
        step.said = Said::of(&run.stderr);
        Some(step)
    }

    fn interruption(&self) -> Option<Step> {
        let interruption = self.course.interruption.as_ref()?;
        let mut step = self.step("gap-k", interruption.at, "zb died");
        step.is_bad = true;
        let orphans = match self.course.orphans {
            Some(count @ 1..) => format!(", and ended {count} processes that were left"),
            _ => String::new(),
        };
        let who = super::words::capital(&took_over(&interruption.by));
        step.detail = format!("{who} took over{orphans}");
        Some(step)
    }

    fn retention(&self) -> Option<Step> {
        if !self.course.has_retention {
            return None;
        }
        let Some(span) = self.course.retention else {
            return match self.is_over() {
                true => Some(Self::to_come("Retention, not run", "It follows a good backup only")),
                false => Some(Self::to_come("Retention", "Later")),
            };
        };
        let mut step = self.step("keep-k", span.from, "Retention");
        self.lasts(&mut step, span);
        if let Some(retention) = &self.run.retention {
            let kept = count(retention.kept, "snapshot", "snapshots");
            step.detail = format!("Kept {kept}, removed {}", retention.removed);
            if let Some(error) = &retention.error {
                step.title = "Retention failed".to_owned();
                step.is_bad = true;
                step.detail.clone_from(error);
            }
        }
        Some(step)
    }

    fn cleared(&self) -> Option<Step> {
        let by = self.run.post_hook_cleared_by.as_ref()?;
        let said = match by.strip_prefix("run ") {
            Some(_) => "A later run's post hook was answered with a 2xx".to_owned(),
            None => format!("{by} said that the service runs again"),
        };
        Some(Step { is_to_come: false, key: "hook", ..Self::to_come("Cleared", said) })
    }
}

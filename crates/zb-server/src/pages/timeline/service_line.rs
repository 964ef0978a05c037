//! What is known of the service, part by part: the line above the band.

use hook_core::OutcomeKind;
use job_store::{PostHook, Run};

use super::{super::course::Course, Segment};

/// What the line says of a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// No pre hook took effect yet, or a 2xx said that it runs again.
    Up,
    /// A hook is at work.
    Changing,
    Paused,
    /// It is to run again, and nobody has confirmed it.
    Unsure,
    /// A pre hook was answered with anything but a 2xx, or not at all.
    Unknown,
}

/// The line of each part, in their order.
pub(super) fn lines(run: &Run, course: &Course, segments: &[Segment]) -> Vec<Line> {
    let mut now = Line::Up;
    let mut lines = Vec::with_capacity(segments.len());
    for segment in segments {
        let is_done = !segment.class.contains("later") && !segment.class.contains("none");
        let (here, next) = match segment.step {
            "pre" if is_done => (Line::Changing, after_pre(run)),
            "pause" => (Line::Paused, Line::Paused),
            "gap" if now == Line::Paused => (Line::Paused, Line::Paused),
            "post" => post(run, course, is_done, now),
            _ => (now, now),
        };
        lines.push(here);
        now = next;
    }
    lines
}

fn after_pre(run: &Run) -> Line {
    let outcomes = run.hooks.pre.iter().flat_map(|report| &report.attempts).map(|attempt| attempt.outcome);
    let mut after = Line::Up;
    for outcome in outcomes {
        match outcome {
            Some(OutcomeKind::Ok) => return Line::Paused,
            Some(OutcomeKind::Refused | OutcomeKind::NotSent) => {}
            _ => after = Line::Unknown,
        }
    }
    after
}

fn post(run: &Run, course: &Course, is_done: bool, before: Line) -> (Line, Line) {
    let is_over = course.finished.is_some();
    match run.post_hook {
        // It paused nothing, so nothing was to be resumed.
        _ if !course.has_pre => (before, before),
        PostHook::Delivered if is_done => (Line::Changing, Line::Up),
        PostHook::Failed => (Line::Unsure, Line::Unsure),
        PostHook::Owed if is_done && course.post.is_some_and(|post| post.to.is_some()) => {
            (Line::Unsure, Line::Unsure)
        }
        PostHook::Cleared => (Line::Unknown, Line::Unknown),
        _ if is_over => (before, before),
        _ => (Line::Changing, Line::Changing),
    }
}

//! What happened in one history, in order: what the outside saw, and what was put on disk. The laws are said over it.

use std::{fmt, time::Duration};

use hook_core::{LifecycleEvent, OutcomeKind, Phase, RunStatus};

use super::story::Shape;

/// Everything that happened.
#[derive(Debug, Default)]
pub(super) struct Chronicle {
    /// The plans of the runs that were begun.
    pub(super) shapes: Vec<Shape>,
    pub(super) scenes: Vec<Scene>,
}

/// Something that happened, so long after the beginning.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) at: Duration,
    pub(super) what: What,
}

/// Which work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Work {
    Backup,
    Retention,
}

/// What happened. Runs and processes are known by their number.
#[derive(Debug)]
pub(super) enum What {
    /// A process began.
    Booted { process: usize },
    /// It was killed.
    Died { process: usize },
    /// It ended by itself.
    Left { process: usize, says: String },
    /// Somebody asked for its end.
    CancelAsked { process: usize },
    /// The wall clock was set.
    ClockSet,
    /// It says that its run is over.
    Returned { process: usize, run: usize, status: RunStatus },
    /// An event is on disk.
    Wrote { process: usize, run: usize, event: LifecycleEvent },
    /// The disk said that it failed.
    CouldNotWrite { process: usize, run: usize },
    /// A request reached the receiver, and this is what it is really going to do.
    Asked { process: usize, run: usize, request: Request, acts: bool },
    /// The service was paused by a pre hook, or resumed by a post hook.
    Acted { run: usize, phase: Phase },
    /// What the process was told of its request.
    Answered { process: usize, run: usize, phase: Phase, kind: OutcomeKind, http_status: Option<u16> },
    /// A process of the run's work is alive.
    WorkBegan { process: usize, run: usize, work: Work },
    /// It is gone.
    WorkEnded { run: usize, work: Work },
    /// What a dead owner left is being looked for, to be ended.
    OrphansSought { process: usize, run: usize },
}

/// What the receiver reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Request {
    pub(super) phase: Phase,
    pub(super) attempt: u32,
    pub(super) webhook_id: String,
    pub(super) body: String,
}

impl Chronicle {
    /// What happened, without when.
    pub(super) fn happenings(&self) -> impl DoubleEndedIterator<Item = &What> {
        self.scenes.iter().map(|scene| &scene.what)
    }

    /// What is on disk of a run, as far as `scenes` go.
    pub(super) fn history(scenes: &[Scene], of: usize) -> Vec<LifecycleEvent> {
        let events = scenes.iter().filter_map(|scene| match &scene.what {
            What::Wrote { run, event, .. } if *run == of => Some(event.clone()),
            _ => None,
        });
        events.collect()
    }

    pub(super) fn runs(&self) -> std::ops::Range<usize> {
        0..self.shapes.len()
    }
}

impl What {
    /// The process that acts for a run, where one does.
    pub(super) fn hand(&self) -> Option<(usize, usize)> {
        match self {
            Self::Wrote { process, run, .. }
            | Self::CouldNotWrite { process, run }
            | Self::Asked { process, run, .. }
            | Self::WorkBegan { process, run, .. }
            | Self::OrphansSought { process, run } => Some((*process, *run)),
            _ => None,
        }
    }
}

impl fmt::Display for Chronicle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.scenes
            .iter()
            .try_for_each(|Scene { at, what }| writeln!(f, "{:>11.3} s  {what}", at.as_secs_f64()))
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Booted { process } => write!(f, "process {process} begins"),
            Self::Died { process } => write!(f, "process {process} is killed"),
            Self::Left { process, says } => write!(f, "process {process} ends: {says}"),
            Self::CancelAsked { process } => write!(f, "process {process} is asked to stop"),
            Self::ClockSet => write!(f, "the wall clock is set"),
            Self::Returned { process, run, status } => {
                write!(f, "process {process} says that run {run} ended as {status}")
            }
            Self::Wrote { process, run, event } => {
                let event = serde_json::to_string(event).map_err(|_| fmt::Error)?;
                write!(f, "process {process} writes of run {run}: {event}")
            }
            Self::CouldNotWrite { process, run } => write!(f, "process {process} cannot write of run {run}"),
            Self::Asked { process, run, request: Request { phase, attempt, webhook_id, body }, acts } => {
                let acts = if *acts { "which acts" } else { "which does nothing" };
                write!(f, "process {process} asks the receiver, {acts}: {phase} hook of run {run}, ")?;
                write!(f, "attempt {attempt}, {webhook_id}, {body}")
            }
            Self::Acted { run, phase: Phase::Pre } => write!(f, "the service is PAUSED for run {run}"),
            Self::Acted { run, phase: Phase::Post } => write!(f, "the service is RESUMED for run {run}"),
            Self::Answered { process, run, phase, kind, http_status } => {
                write!(
                    f,
                    "process {process} hears of the {phase} hook of run {run}: {kind:?} {http_status:?}"
                )
            }
            Self::WorkBegan { process, run, work } => {
                write!(f, "process {process} begins the {work:?} of run {run}")
            }
            Self::WorkEnded { run, work } => write!(f, "the {work:?} of run {run} is gone"),
            Self::OrphansSought { process, run } => {
                write!(f, "process {process} looks for orphans of run {run}")
            }
        }
    }
}

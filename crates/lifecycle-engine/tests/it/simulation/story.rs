//! What the world is going to do in one history: plain data, so that it can be printed, shrunk and kept.

use std::{fmt, time::Duration};

use hook_core::{PostWhen, event::BackupOutcome};

/// Runs of one job, the processes that drive them, and how the world behaves meanwhile.
///
/// When it has been told, the world calms down: everything works, and one more recovery looks after what is left.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Story {
    /// The plans of the runs, in the order in which processes begin them.
    pub(super) runs: Vec<Shape>,
    /// What happens, one after the other.
    pub(super) chapters: Vec<Chapter>,
    /// How the receiver treats one request after the other; as [`Manner::default`] when none is left.
    pub(super) manners: Vec<Manner>,
    /// How one piece of work after the other goes; as [`Labour::default`] when none is left.
    pub(super) labours: Vec<Labour>,
}

/// A run's plan, as far as the engine cares.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Shape {
    pub(super) pre: Option<u32>,
    pub(super) post: Option<u32>,
    pub(super) when: PostWhen,
    pub(super) retention: bool,
    /// Whether the hooks' bodies are extended ones.
    pub(super) extended: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self { pre: Some(1), post: Some(1), when: PostWhen::Paired, retention: false, extended: false }
    }
}

/// Processes that live at the same time; the next chapter begins when all of them are gone.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Chapter {
    /// How long nothing lived before it.
    pub(super) after: Duration,
    /// How long the receiver is down from its beginning, as after a reboot.
    pub(super) down: Duration,
    /// How far the wall clock was set meanwhile; seconds.
    pub(super) clock_set: i64,
    pub(super) processes: Vec<Process>,
}

/// What a process is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Errand {
    /// Settles what the last run owes, then runs.
    #[default]
    Run,
    /// Settles what dead runs owe.
    Recover,
    /// A person says of every run that is owed a post hook that its service runs again.
    Clear,
}

/// One process, and what goes wrong with it.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Process {
    pub(super) errand: Errand,
    /// How long after the chapter's beginning it starts.
    pub(super) delay: Duration,
    pub(super) strikes: Vec<Strike>,
    pub(super) disk: Option<DiskFault>,
    /// It may not send the post hook of a dead run.
    pub(super) forbidden: bool,
    /// It cannot open sealed plans.
    pub(super) keyless: bool,
    /// It cannot end what dead owners left running.
    pub(super) powerless: bool,
    pub(super) check: Check,
}

/// Something that hits a process from outside.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Strike {
    pub(super) what: Blow,
    pub(super) when: Moment,
}

/// What a strike does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Blow {
    /// `kill -9`, or the power fails.
    Death,
    /// Ctrl-C.
    Cancel,
    /// Whoever recovers beside a run has no more time than that run.
    Hurry,
}

/// When a strike comes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Moment {
    /// When the process is about to go on after its so manyth await.
    Await(u32),
    /// So long after the chapter's beginning.
    After(Duration),
}

/// What the disk does at the process's so manyth append, counted from 0.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct DiskFault {
    pub(super) at: u32,
    pub(super) kind: DiskFaultKind,
}

/// How an append fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DiskFaultKind {
    /// Once.
    Once,
    /// And so do all after it.
    ForEver,
    /// The journal says that it failed, and has kept everything: an `fsync` that reports an old error.
    KeptAllTheSame,
}

/// What the checks find.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Check {
    #[default]
    Fine,
    Problem,
    /// They take ten minutes.
    Slow,
}

/// What the receiver does with one request.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Manner {
    /// How long it takes over it; longer than the deadline, and there is no answer.
    pub(super) takes: Duration,
    pub(super) deed: Deed,
}

/// How honest the receiver is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Deed {
    /// Acts, and answers 200.
    #[default]
    Obeys,
    /// Acts twice, and answers 200.
    ObeysTwice,
    /// Answers 200 without having acted.
    Lies,
    /// Acts, then the connection breaks.
    ActsAndBreaks,
    /// Acts, and says nothing until the deadline.
    ActsInSilence,
    /// The connection breaks, and nothing was done.
    Breaks,
    /// Answers so, and has done nothing.
    Answers(u16),
    /// Answers so, and has acted all the same.
    ActsAndAnswers(u16),
    /// Nobody listens.
    Down,
    /// zb's own rules forbid it.
    Refused,
}

/// How a piece of work goes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Labour {
    pub(super) takes: Duration,
    pub(super) outcome: BackupOutcome,
    /// Whether a cancel ends it, or it goes on to its own end.
    pub(super) obeys: bool,
    /// When its owner dies: how long it lives on; for ever where absent.
    pub(super) outlives: Option<Duration>,
}

impl Default for Labour {
    fn default() -> Self {
        Self {
            takes: Duration::ZERO,
            outcome: BackupOutcome::Complete,
            obeys: true,
            outlives: Some(Duration::ZERO),
        }
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, run) in self.runs.iter().enumerate() {
            writeln!(f, "  run {number}: {run:?}")?;
        }
        for Chapter { after, down, clock_set, processes } in &self.chapters {
            writeln!(
                f,
                "  after {after:?}, the receiver down for {down:?}, the clock set by {clock_set} s:"
            )?;
            processes.iter().try_for_each(|process| writeln!(f, "    {process:?}"))?;
        }
        let manners = self.manners.iter().map(|manner| format!("{manner:?}"));
        let labours = self.labours.iter().map(|labour| format!("{labour:?}"));
        manners.chain(labours).try_for_each(|next| writeln!(f, "  next {next}"))
    }
}

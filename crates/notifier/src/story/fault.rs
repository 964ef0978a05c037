//! What went wrong in a run, step by step.

use hook_core::{
    LifecycleEvent as Event, OutcomeKind, Phase, RunStatus,
    event::{BackupOutcome, HookFinished, ResticFinished},
};

use super::{
    Story,
    debt::{Debt, end_of},
};

/// A step that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// A check before the pre hook, with its reason.
    Check(String),
    /// The pre hook: nothing was begun.
    Pre(HookFault),
    /// zb died before restic had ended.
    Interrupted,
    /// restic, with its reason.
    Restic {
        /// What its end means.
        outcome: BackupOutcome,
        /// Absent where a signal ended it or it never ran.
        exit_code: Option<i32>,
        /// As `SIGSEGV`.
        signal: Option<String>,
    },
    /// The post hook, which is owed; how it failed, where it was tried.
    Post(Option<HookFault>),
    /// Old snapshots were not removed.
    Retention,
    /// Something that only the run's `error` names.
    Other,
}

/// How a hook failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct HookFault {
    /// The kind of answer.
    pub outcome: OutcomeKind,
    /// Where a whole head came.
    pub http_status: Option<u16>,
}

impl From<&HookFinished> for HookFault {
    fn from(end: &HookFinished) -> Self {
        Self { outcome: end.outcome, http_status: end.http_status }
    }
}

impl Fault {
    /// Which step, and how: free of whatever differs from run to run.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Check(reason) => format!("check {}", skeleton(reason)),
            Self::Pre(fault) => format!("pre {}", fault.code()),
            Self::Interrupted => "interrupted".to_owned(),
            Self::Restic { outcome, exit_code, signal } => match (exit_code, signal) {
                (Some(code), _) => format!("restic {outcome:?} {code}"),
                (None, Some(signal)) => format!("restic {outcome:?} {signal}"),
                (None, None) => format!("restic {outcome:?}"),
            },
            Self::Post(fault) => format!("post {}", fault.map_or("unsent".to_owned(), |fault| fault.code())),
            Self::Retention => "retention".to_owned(),
            Self::Other => "other".to_owned(),
        }
    }
}

impl HookFault {
    fn code(self) -> String {
        match self.http_status {
            Some(status) => format!("{:?} {status}", self.outcome),
            None => format!("{:?}", self.outcome),
        }
    }
}

/// The first plain words of a text: numbers, paths, addresses and quotations differ from run to run, words do not.
fn skeleton(text: &str) -> String {
    let bare = |word: &str| word.trim_matches([',', '.', ':', ';', '(', ')']).to_owned();
    let plain = |word: &String| !word.is_empty() && word.chars().all(char::is_alphabetic);
    text.split_whitespace().map(bare).filter(plain).take(8).collect::<Vec<_>>().join(" ")
}

/// Everything that went wrong in a run that is over, gravest first.
pub(super) fn faults(events: &[&Event], story: &Story) -> Vec<Fault> {
    let restic = events.iter().rev().find_map(|event| match event {
        Event::ResticFinished(end) => Some(end),
        _ => None,
    });
    let mut faults = Vec::new();
    match restic {
        Some(end) => faults.extend(of_restic(end)),
        None => faults.extend(before_restic(events, story)),
    }
    let is_known = !faults.is_empty();
    if let Debt::Open(fault) = &story.debt {
        faults.push(Fault::Post(*fault));
    }
    faults.extend(retention_failed(events).then_some(Fault::Retention));
    if !is_known && story.facts.status == Some(RunStatus::Error) {
        faults.insert(0, if story.facts.interrupted { Fault::Interrupted } else { Fault::Other });
    }
    // A post hook that made a clean run a warning and was paid for later leaves nothing to tell.
    if faults.is_empty() && story.facts.status == Some(RunStatus::Warning) && !story.ended_owing {
        faults.push(Fault::Other);
    }
    faults
}

fn of_restic(end: &ResticFinished) -> Option<Fault> {
    let failed = !matches!(end.outcome, BackupOutcome::Complete | BackupOutcome::Cancelled);
    failed.then(|| Fault::Restic {
        outcome: end.outcome,
        exit_code: end.exit_code,
        signal: end.signal.clone(),
    })
}

fn before_restic(events: &[&Event], story: &Story) -> Option<Fault> {
    if let Some(reason) = events.iter().find_map(|event| match event {
        Event::ChecksFinished { error, .. } => error.clone(),
        _ => None,
    }) {
        return Some(Fault::Check(reason));
    }
    if story.facts.interrupted {
        return Some(Fault::Interrupted);
    }
    let pre = events.iter().rev().find_map(|event| end_of(event, Phase::Pre))?;
    let failed = !matches!(pre.outcome, OutcomeKind::Ok | OutcomeKind::Cancelled);
    (failed && story.facts.status == Some(RunStatus::Error)).then(|| Fault::Pre(HookFault::from(pre)))
}

fn retention_failed(events: &[&Event]) -> bool {
    let last = events.iter().rev().find_map(|event| match event {
        Event::RetentionStarted {} => Some(true),
        Event::RetentionFinished { error, .. } => Some(error.is_some()),
        _ => None,
    });
    last == Some(true)
}

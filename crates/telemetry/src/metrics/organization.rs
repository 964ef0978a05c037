//! What is counted per organization: an organization sees its own only (`spec.md` §8).

use std::collections::BTreeMap;

use hook_core::{
    OutcomeKind, Phase,
    event::{HookFinished, ResticFinished},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::histogram::Histogram;

/// Hooks and ends of restic of one organization.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Organization {
    /// Since when it is counted.
    pub(super) since: Timestamp,
    /// In the order in which they were first met.
    pub(super) hooks: Vec<HookFigures>,
    pub(super) restic: BTreeMap<ResticExit, u64>,
}

/// The attempts of a phase that ended in one way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct HookFigures {
    pub(super) phase: Phase,
    pub(super) outcome: OutcomeKind,
    pub(super) durations: Histogram,
}

impl Organization {
    pub(super) fn new(since: Timestamp) -> Self {
        Self { since, hooks: Vec::new(), restic: BTreeMap::new() }
    }

    pub(super) fn hook_ended(&mut self, end: &HookFinished) {
        let is_this = |kept: &HookFigures| kept.phase == end.phase && kept.outcome == end.outcome;
        if let Some(kept) = self.hooks.iter_mut().find(|kept| is_this(kept)) {
            kept.durations.observe(end.duration_ms);
            return;
        }
        let mut durations = Histogram::default();
        durations.observe(end.duration_ms);
        self.hooks.push(HookFigures { phase: end.phase, outcome: end.outcome, durations });
    }

    pub(super) fn restic_ended(&mut self, end: &ResticFinished) {
        let count = self.restic.entry(ResticExit::of(end)).or_default();
        *count = count.saturating_add(1);
    }
}

/// The classes of `spec.md` §4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ResticExit {
    Ok,
    Fatal,
    GoError,
    Incomplete,
    NoRepository,
    Locked,
    WrongPassword,
    Interrupted,
    Other,
    Signal,
    NotStarted,
}

impl ResticExit {
    fn of(end: &ResticFinished) -> Self {
        match end.exit_code {
            Some(0) => Self::Ok,
            Some(1) => Self::Fatal,
            Some(2) => Self::GoError,
            Some(3) => Self::Incomplete,
            Some(10) => Self::NoRepository,
            Some(11) => Self::Locked,
            Some(12) => Self::WrongPassword,
            Some(130) => Self::Interrupted,
            Some(_) => Self::Other,
            None if end.has_run() => Self::Signal,
            None => Self::NotStarted,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fatal => "fatal",
            Self::GoError => "go-error",
            Self::Incomplete => "incomplete",
            Self::NoRepository => "no-repository",
            Self::Locked => "locked",
            Self::WrongPassword => "wrong-password",
            Self::Interrupted => "interrupted",
            Self::Other => "other",
            Self::Signal => "signal",
            Self::NotStarted => "not-started",
        }
    }
}

/// The wire word of an outcome (`spec.md` §6).
pub(super) fn outcome_word(outcome: OutcomeKind) -> &'static str {
    match outcome {
        OutcomeKind::Ok => "ok",
        OutcomeKind::Refused => "refused",
        OutcomeKind::NotSent => "not-sent",
        OutcomeKind::Rejected => "rejected",
        OutcomeKind::NoAnswer => "no-answer",
        OutcomeKind::Cancelled => "cancelled",
    }
}

//! What must be known of a run until it is over.

use event_bus::{Position, Recorded};
use hook_core::{
    LifecycleEvent as Event, OutcomeKind, Phase, PostWhen, RunEvent, ScheduleId,
    event::{BackupSummary, RunQueued},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The facts of a run between its first and its last event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct OpenRun {
    pub(super) schedule: ScheduleId,
    pub(super) queued: Position,
    pub(super) began: Timestamp,
    has_pre: bool,
    /// When its post hook is owed, where it has one.
    post: Option<PostWhen>,
    pre_begun: u32,
    pre_ended: u32,
    pre_may_have_taken_effect: bool,
    restic_began: bool,
    post_begun: bool,
    delivered: bool,
    cleared: bool,
    interrupted: bool,
    /// Of the restic that ended last.
    pub(super) summary: Option<BackupSummary>,
}

impl OpenRun {
    pub(super) fn new(recorded: &Recorded<RunEvent>, queued: &RunQueued) -> Self {
        Self {
            schedule: recorded.event.schedule.clone(),
            queued: recorded.position,
            began: recorded.at,
            has_pre: queued.hooks.pre.is_some(),
            post: queued.hooks.post.map(|post| post.when),
            pre_begun: 0,
            pre_ended: 0,
            pre_may_have_taken_effect: false,
            restic_began: false,
            post_begun: false,
            delivered: false,
            cleared: false,
            interrupted: false,
            summary: None,
        }
    }

    pub(super) fn follow(&mut self, event: &Event) {
        match event {
            Event::HookStarted { phase: Phase::Pre, .. } => self.pre_begun += 1,
            Event::HookStarted { .. } => self.post_begun = true,
            Event::HookFinished(end) if end.phase == Phase::Pre => {
                self.pre_ended += 1;
                self.pre_may_have_taken_effect |= end.outcome.may_have_taken_effect();
            }
            Event::HookFinished(end) => self.delivered |= end.outcome == OutcomeKind::Ok,
            Event::ResticStarted { .. } => self.restic_began = true,
            Event::ResticFinished(end) => self.summary = end.summary,
            Event::RunInterrupted { .. } => self.interrupted = true,
            Event::HookCleared { .. } => self.cleared = true,
            _ => {}
        }
    }

    /// Whether the post hook is owed by the pairing rule (`spec.md` §3), or was sent, got no 2xx, and was not cleared.
    /// Of a run that is alive it says nothing: zb is about to send it.
    pub(super) fn owes(&self) -> bool {
        let owed = self.post.is_some_and(|when| match (self.has_pre, when) {
            (false, _) | (_, PostWhen::AfterRestic) => self.restic_began,
            (true, PostWhen::Always) => self.pre_begun > 0,
            // An attempt of which no end is recorded may have taken effect as well.
            (true, PostWhen::Paired) => self.pre_may_have_taken_effect || self.pre_begun > self.pre_ended,
        });
        (owed || self.post_begun) && !self.delivered && !self.cleared
    }

    /// Whether somebody has to look although the run is not over: its owner died, and whoever settles it has not
    /// delivered the post hook.
    pub(super) fn is_in_debt(&self) -> bool {
        self.interrupted && self.owes()
    }
}

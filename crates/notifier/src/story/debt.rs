//! What became of the post hook: the pairing rule of `spec.md` §3, read from what is recorded.

use hook_core::{
    LifecycleEvent as Event, OutcomeKind, Phase, PostWhen,
    event::{HookFinished, RunQueued},
};

use super::HookFault;

/// What became of the post hook of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "it is owed or not, and paid or not")]
pub enum Debt {
    /// It is not owed.
    None,
    /// It is owed, and no 2xx has come; how it failed last, where it was tried.
    Open(Option<HookFault>),
    /// It got a 2xx.
    Paid,
    /// Somebody has said that the service runs.
    Cleared(String),
}

impl Debt {
    /// Whether the service may still be waiting for it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    pub(super) fn of(queued: &RunQueued, events: &[&Event]) -> Self {
        let mut last = None;
        let mut cleared = None;
        for event in events {
            match event {
                Event::HookFinished(end) if end.phase == Phase::Post => {
                    if end.outcome == OutcomeKind::Ok {
                        return Self::Paid;
                    }
                    last = Some(HookFault::from(end));
                }
                Event::HookCleared { by, .. } => cleared = Some(by.clone()),
                _ => {}
            }
        }
        match cleared {
            Some(by) => Self::Cleared(by),
            None if last.is_some() || begun(events, Phase::Post) > 0 || is_owed(queued, events) => {
                Self::Open(last)
            }
            None => Self::None,
        }
    }
}

fn is_owed(queued: &RunQueued, events: &[&Event]) -> bool {
    let Some(post) = queued.hooks.post else { return false };
    match (queued.hooks.pre, post.when) {
        (None, _) | (_, PostWhen::AfterRestic) => {
            events.iter().any(|event| matches!(event, Event::ResticStarted { .. }))
        }
        (Some(_), PostWhen::Always) => begun(events, Phase::Pre) > 0,
        (Some(_), PostWhen::Paired) => pre_may_have_taken_effect(events),
    }
}

/// A 2xx took effect, silence may have, and so may an attempt of which no end is recorded.
pub(super) fn pre_may_have_taken_effect(events: &[&Event]) -> bool {
    let ends = || events.iter().filter_map(|event| end_of(event, Phase::Pre));
    begun(events, Phase::Pre) > ends().count() || ends().any(|end| end.outcome.may_have_taken_effect())
}

fn begun(events: &[&Event], of: Phase) -> usize {
    events.iter().filter(|event| matches!(event, Event::HookStarted { phase, .. } if *phase == of)).count()
}

pub(super) fn end_of(event: &Event, of: Phase) -> Option<&HookFinished> {
    match event {
        Event::HookFinished(end) if end.phase == of => Some(end),
        _ => None,
    }
}

//! A run's own clock: how long it takes, and how long it keeps a service paused.

use std::time::Duration;

use event_bus::Recorded;
use hook_core::{LifecycleEvent, Phase, RunEvent};

/// Where a run stands in time: offsets from `run.queued`. They come from the monotonic clock while one process owns
/// the run, and from the journal's times across a death.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeline {
    since: tokio::time::Instant,
    before: Duration,
    paused: Option<Duration>,
    resumed: Option<Duration>,
}

impl Timeline {
    pub(crate) fn start() -> Self {
        Self { since: tokio::time::Instant::now(), before: Duration::ZERO, paused: None, resumed: None }
    }

    /// Takes up the times of a run that died; `now` is the journal's.
    pub(crate) fn resume(history: &[Recorded<RunEvent>], now: jiff::Timestamp) -> Self {
        let Some(first) = history.first() else { return Self::start() };
        let offset =
            |at: jiff::Timestamp| Duration::try_from(at.duration_since(first.at)).unwrap_or_default();
        let last_of_pre = history.iter().rev().find_map(|recorded| match &recorded.event.event {
            LifecycleEvent::HookFinished(end) if end.phase == Phase::Pre => {
                Some((recorded.at, end.outcome.may_have_taken_effect()))
            }
            LifecycleEvent::HookStarted { phase: Phase::Pre, .. } => Some((recorded.at, true)),
            _ => None,
        });
        let paused = last_of_pre.filter(|(_, took_effect)| *took_effect).map(|(at, _)| offset(at));
        let resumed = history.iter().rev().find_map(|recorded| match &recorded.event.event {
            LifecycleEvent::HookStarted { phase: Phase::Post, .. } => Some(offset(recorded.at)),
            _ => None,
        });
        Self { before: offset(now), paused, resumed, ..Self::start() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.before + self.since.elapsed()
    }

    /// The pre hook was answered, or given up.
    pub(crate) fn paused_now(&mut self) {
        self.paused = Some(self.elapsed());
    }

    /// How long ago that was; absent without a pre hook.
    pub(crate) fn paused_for(&self) -> Option<Duration> {
        Some(self.elapsed().saturating_sub(self.paused?))
    }

    /// The post hook's request leaves.
    pub(crate) fn resumed_now(&mut self) {
        self.resumed = Some(self.elapsed());
    }

    /// From the pre hook's answer to the post hook's request; absent where no post hook followed a pre hook.
    pub(crate) fn pause(&self) -> Option<Duration> {
        Some(self.resumed?.saturating_sub(self.paused?))
    }
}

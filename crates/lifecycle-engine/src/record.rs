//! A run's own page of the journal: what happened is folded at once and written before the next act.

use std::time::Duration;

use event_bus::{AppendError, Bus, Recorded, StreamId, Version};
use hook_core::{JobId, LifecycleEvent, Phase, RunEvent, ScheduleId};

use crate::{
    error::EngineError,
    machine::{IllegalEvent, RunState, evolve, fold},
};

/// The state of a run, and the facts that are not on disk yet.
pub(crate) struct Record<'a> {
    bus: &'a Bus<RunEvent>,
    job: JobId,
    schedule: ScheduleId,
    stream: StreamId,
    version: Version,
    state: RunState,
    unwritten: Vec<LifecycleEvent>,
}

impl<'a> Record<'a> {
    /// A run that has no history yet.
    pub(crate) fn new(bus: &'a Bus<RunEvent>, job: &JobId, schedule: &ScheduleId) -> Self {
        Self {
            bus,
            stream: StreamId::from(job.as_str()),
            job: job.clone(),
            schedule: schedule.clone(),
            version: Version::EMPTY,
            state: RunState::default(),
            unwritten: Vec::new(),
        }
    }

    /// A run that somebody else began.
    pub(crate) async fn open(
        bus: &'a Bus<RunEvent>,
        job: &JobId,
        schedule: &ScheduleId,
    ) -> Result<(Self, Vec<Recorded<RunEvent>>), EngineError> {
        let mut record = Self::new(bus, job, schedule);
        let history = bus.history(&record.stream).await?;
        record.state = fold(history.iter().map(|recorded| &recorded.event.event))?;
        record.version = history.last().map_or(Version::EMPTY, |last| last.version);
        Ok((record, history))
    }

    pub(crate) fn state(&self) -> &RunState {
        &self.state
    }

    /// Folds a fact and keeps it for the next [`Record::write`].
    pub(crate) fn note(&mut self, event: LifecycleEvent) -> Result<(), IllegalEvent> {
        self.state = evolve(std::mem::take(&mut self.state), &event)?;
        self.unwritten.push(event);
        Ok(())
    }

    /// Puts every noted fact on disk, all or none. What could not be written is kept for the next try.
    pub(crate) async fn write(&mut self) -> Result<Option<Recorded<RunEvent>>, AppendError> {
        if self.unwritten.is_empty() {
            return Ok(None);
        }
        let wrap = |event: &LifecycleEvent| RunEvent {
            job: self.job.clone(),
            schedule: self.schedule.clone(),
            event: event.clone(),
        };
        let batch = self.unwritten.iter().map(wrap).collect();
        let recorded = self.bus.publish(&self.stream, self.version, batch).await?;
        self.unwritten.clear();
        let last = recorded.into_iter().next_back();
        self.version = last.as_ref().map_or(self.version, |last| last.version);
        Ok(last)
    }
}

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

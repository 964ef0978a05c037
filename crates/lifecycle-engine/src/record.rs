//! A run's own page of the journal: what happened is folded at once and written before the next act.

use event_bus::{AppendError, Bus, Recorded, StreamId, Version};
use hook_core::{JobId, LifecycleEvent, RunEvent, ScheduleId};

use crate::{
    error::EngineError,
    machine::{IllegalEvent, RunState, evolve, fold},
};

/// The state of a run, and the facts that are not on disk yet.
pub(crate) struct Record {
    bus: Bus<RunEvent>,
    job: JobId,
    schedule: ScheduleId,
    stream: StreamId,
    version: Version,
    state: RunState,
    unwritten: Vec<LifecycleEvent>,
}

impl Record {
    /// A run that has no history yet.
    pub(crate) fn new(bus: &Bus<RunEvent>, job: &JobId, schedule: &ScheduleId) -> Self {
        Self {
            bus: bus.clone(),
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
        bus: &Bus<RunEvent>,
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

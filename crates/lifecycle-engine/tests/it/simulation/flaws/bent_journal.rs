//! A journal that acknowledges what it does not keep.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use event_bus::{AppendError, Journal, Position, Recorded, StorageError, StreamId, Version};
use hook_core::{LifecycleEvent as Event, Phase, RunEvent, event::HookFinished};

use super::super::process::Ports;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum JournalFlaw {
    LosesPreStarted,
    LosesPostFinished,
    LosesEnds,
    HidesFailures,
}

struct BentJournal {
    real: Arc<dyn Journal<RunEvent>>,
    flaw: JournalFlaw,
    /// How many events of a run its process believes to be on disk, and are not.
    lost: Mutex<HashMap<StreamId, u32>>,
}

pub(super) fn bend(ports: Ports, flaw: JournalFlaw) -> Ports {
    Ports { journal: Arc::new(BentJournal { real: ports.journal, flaw, lost: Mutex::default() }), ..ports }
}

impl JournalFlaw {
    fn loses(self, event: &Event) -> bool {
        match event {
            Event::HookStarted { phase: Phase::Pre, .. } => self == Self::LosesPreStarted,
            Event::HookFinished(HookFinished { phase: Phase::Post, .. }) => self == Self::LosesPostFinished,
            Event::RunFinished { .. } => self == Self::LosesEnds,
            _ => false,
        }
    }
}

#[async_trait]
impl Journal<RunEvent> for BentJournal {
    async fn append(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<RunEvent>,
    ) -> Result<Vec<Recorded<RunEvent>>, AppendError> {
        let believed = expected.plus(events.len() as u32);
        let lost = self.lost.lock().unwrap().get(stream).copied().unwrap_or(0);
        let real = Version::new(expected.get() - lost);
        let kept: Vec<_> = events.iter().filter(|event| !self.flaw.loses(&event.event)).cloned().collect();
        let count = kept.len();
        let kept = match self.real.append(stream, real, kept).await {
            Err(AppendError::Storage(_)) if self.flaw == JournalFlaw::HidesFailures => 0,
            other => other.map(|_| count)?,
        };
        self.lost.lock().unwrap().insert(stream.clone(), lost + (events.len() - kept) as u32);
        let last = events.into_iter().next_back();
        let at = jiff::Timestamp::UNIX_EPOCH;
        let recorded = |event| Recorded::new(Position::START, stream.clone(), believed, at, event);
        Ok(last.map(recorded).into_iter().collect())
    }

    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        self.real.read(after, at_most).await
    }

    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        // Who reads a page again knows what is on it.
        self.lost.lock().unwrap().remove(stream);
        self.real.read_stream(stream).await
    }

    async fn head(&self) -> Result<Position, StorageError> {
        self.real.head().await
    }

    async fn cursor(&self, observer: &str) -> Result<Position, StorageError> {
        self.real.cursor(observer).await
    }

    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError> {
        self.real.save_cursor(observer, at).await
    }
}

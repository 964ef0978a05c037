//! A journal that lives as long as its process: for tests, and for whatever need not survive.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{AppendError, Clock, Event, Journal, Position, Recorded, StorageError, StreamId, Version};

/// Keeps everything in memory. Never fails.
pub struct MemoryJournal<E> {
    clock: Clock,
    kept: Mutex<Kept<E>>,
}

struct Kept<E> {
    /// By position, which is the index plus 1.
    events: Vec<Recorded<E>>,
    versions: HashMap<StreamId, Version>,
    cursors: HashMap<String, Position>,
}

impl<E: Event> MemoryJournal<E> {
    /// An empty journal.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let kept = Kept { events: Vec::new(), versions: HashMap::new(), cursors: HashMap::new() };
        Self { clock, kept: Mutex::new(kept) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept<E>> {
        // Only the clock could panic under the lock, and it is asked before anything changes.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E: Event> Kept<E> {
    fn head(&self) -> Position {
        self.events.last().map_or(Position::START, |last| last.position)
    }
}

#[async_trait]
impl<E: Event> Journal<E> for MemoryJournal<E> {
    async fn append(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<E>,
    ) -> Result<Vec<Recorded<E>>, AppendError> {
        let mut kept = self.kept();
        let actual = kept.versions.get(stream).copied().unwrap_or_default();
        if actual != expected {
            return Err(AppendError::Conflict { expected, actual });
        }
        let at = (self.clock)();
        let mut position = kept.head();
        let mut version = actual;
        let mut recorded = Vec::with_capacity(events.len());
        for event in events {
            position = Position::new(position.get() + 1);
            version = version.next();
            recorded.push(Recorded::new(position, stream.clone(), version, at, event));
        }
        kept.events.extend_from_slice(&recorded);
        kept.versions.insert(stream.clone(), version);
        Ok(recorded)
    }

    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<E>>, StorageError> {
        let kept = self.kept();
        let first = kept.events.partition_point(|recorded| recorded.position <= after);
        Ok(kept.events.iter().skip(first).take(at_most).cloned().collect())
    }

    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<E>>, StorageError> {
        Ok(self.kept().events.iter().filter(|recorded| recorded.stream == *stream).cloned().collect())
    }

    async fn head(&self) -> Result<Position, StorageError> {
        Ok(self.kept().head())
    }

    async fn cursor(&self, observer: &str) -> Result<Position, StorageError> {
        Ok(self.kept().cursors.get(observer).copied().unwrap_or_default())
    }

    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError> {
        self.kept().cursors.insert(observer.to_owned(), at);
        Ok(())
    }
}

impl<E> fmt::Debug for MemoryJournal<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryJournal").finish_non_exhaustive()
    }
}

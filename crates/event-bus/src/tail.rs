//! Reading on: what is there, then what comes. The one way in which this crate reads a journal.

use std::{collections::VecDeque, fmt};

use tokio::sync::watch;

use crate::{Bus, Event, Position, Recorded, StorageError};

/// How many events are read at once.
const PAGE: usize = 64;

/// A reader without a cursor: it begins where it is told, and is forgotten when it is dropped. For a progress
/// bar, a live page, a report.
pub struct Tail<E: Event> {
    bus: Bus<E>,
    news: watch::Receiver<Position>,
    /// The last event that was read.
    after: Position,
    /// Read and not yet given out.
    page: VecDeque<Recorded<E>>,
}

impl<E: Event> Tail<E> {
    pub(crate) fn new(bus: Bus<E>, after: Position) -> Self {
        let news = bus.news();
        Self { bus, news, after, page: VecDeque::new() }
    }

    /// The next event; waits until there is one. A tail has no end.
    ///
    /// If the future is dropped, no event is lost.
    ///
    /// # Errors
    /// As [`Journal::read`](crate::Journal::read). The next call tries again at the same event, at once.
    pub async fn next(&mut self) -> Result<Recorded<E>, StorageError> {
        loop {
            if let Some(event) = self.page.pop_front() {
                return Ok(event);
            }
            // Seen before the journal is read: what is published meanwhile wakes us.
            self.news.mark_unchanged();
            self.turn_page().await?;
            if self.page.is_empty() {
                // An error would mean that the bus is gone, but this tail holds it.
                let _ = self.news.changed().await;
            }
        }
    }

    async fn turn_page(&mut self) -> Result<(), StorageError> {
        self.page = self.bus.journal().read(self.after, PAGE).await?.into();
        if let Some(last) = self.page.back() {
            self.after = last.position;
            self.bus.learn(last.position);
        }
        Ok(())
    }
}

impl<E: Event> fmt::Debug for Tail<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").field("after", &self.after).finish_non_exhaustive()
    }
}

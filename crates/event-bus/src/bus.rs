//! The bus: a journal, and a watch of its end. There is no channel that could overflow: readers read the journal
//! and sleep on the watch when there is nothing to read.

use std::{fmt, sync::Arc};

use tokio::sync::watch;

use crate::{
    AppendError, Backoff, Event, Journal, Observer, Observing, Position, Recorded, StorageError, StreamId,
    Tail, Version,
};

/// Publishes to a journal and wakes those who read it. Clones are the same bus.
///
/// Make one bus per journal and process: readers of a bus are woken by what is published through it. What another
/// process appends to the same journal is found when they are next woken, which [`Bus::nudge`] does too.
pub struct Bus<E: Event> {
    journal: Arc<dyn Journal<E>>,
    /// The greatest position that this process knows of.
    known: watch::Sender<Position>,
}

impl<E: Event> Bus<E> {
    /// A bus over a journal.
    #[must_use]
    pub fn new(journal: Arc<dyn Journal<E>>) -> Self {
        Self { journal, known: watch::Sender::new(Position::START) }
    }

    /// The same bus by another door to the same journal: readers of either are woken by what is published through
    /// the other. So those who only read can have a connection of their own, and never keep a writer waiting.
    #[must_use]
    pub fn through(&self, journal: Arc<dyn Journal<E>>) -> Self {
        Self { journal, known: self.known.clone() }
    }

    /// Appends events to a stream that is at version `expected`, then wakes the readers: first the journal, then
    /// the news. `Ok` is the journal's promise of [`Journal::append`].
    ///
    /// Do not drop the future: the events may be kept all the same, and the readers find them only when they are
    /// next woken.
    ///
    /// # Errors
    /// As [`Journal::append`]; nobody is woken.
    pub async fn publish(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<E>,
    ) -> Result<Vec<Recorded<E>>, AppendError> {
        let recorded = self.journal.append(stream, expected, events).await?;
        if let Some(last) = recorded.last() {
            self.known.send_modify(|known| *known = last.position.max(*known));
        }
        Ok(recorded)
    }

    /// All events of a stream, oldest first.
    ///
    /// # Errors
    /// As [`Journal::read_stream`].
    pub async fn history(&self, stream: &StreamId) -> Result<Vec<Recorded<E>>, StorageError> {
        self.journal.read_stream(stream).await
    }

    /// The position of the newest event; a tail after it begins at "now".
    ///
    /// # Errors
    /// As [`Journal::head`].
    pub async fn head(&self) -> Result<Position, StorageError> {
        let head = self.journal.head().await?;
        self.learn(head);
        Ok(head)
    }

    /// Reads the events after a position, and then those to come. It keeps no cursor.
    #[must_use]
    pub fn tail(&self, after: Position) -> Tail<E> {
        Tail::new(self.clone(), after)
    }

    /// Tells the observer every event after its cursor, in a task of its own, until the result is dropped.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as [`tokio::spawn`] does.
    pub fn observe(&self, observer: Arc<dyn Observer<E>>, backoff: Backoff) -> Observing {
        Observing::start(self.clone(), observer, backoff)
    }

    /// Makes every reader look into the journal again. Call it, for example once a second, where other processes
    /// append to the same journal.
    pub fn nudge(&self) {
        self.known.send_modify(|_| ());
    }

    pub(crate) fn journal(&self) -> &dyn Journal<E> {
        &*self.journal
    }

    pub(crate) fn news(&self) -> watch::Receiver<Position> {
        self.known.subscribe()
    }

    /// Notes what a reader found, and wakes nobody.
    pub(crate) fn learn(&self, position: Position) {
        self.known.send_if_modified(|known| {
            *known = position.max(*known);
            false
        });
    }
}

impl<E: Event> Clone for Bus<E> {
    fn clone(&self) -> Self {
        Self { journal: Arc::clone(&self.journal), known: self.known.clone() }
    }
}

impl<E: Event> fmt::Debug for Bus<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").field("known", &*self.known.borrow()).finish_non_exhaustive()
    }
}

//! The port to whatever keeps the events: what a journal promises, method by method.

use std::{borrow::Cow, error::Error, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Event, Position, StreamId, Version};

/// Where a journal has the time of its events from. It is given to the journal when that is made, so that a test
/// can hold the hands of the clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// An event as the journal keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Recorded<E> {
    /// Its place in the whole journal.
    pub position: Position,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: Version,
    /// When it was appended, by the journal's clock; UTC.
    pub at: Timestamp,
    /// What happened.
    pub event: E,
}

impl<E> Recorded<E> {
    /// For journals: what was just appended, or read back.
    pub fn new(position: Position, stream: StreamId, version: Version, at: Timestamp, event: E) -> Self {
        Self { position, stream, version, at, event }
    }
}

/// Keeps events in order, and remembers how far each observer has come.
///
/// `conformance`, behind the feature `test-util`, is this contract as a suite of tests.
#[async_trait]
pub trait Journal<E: Event>: Send + Sync + 'static {
    /// Adds `events` to the end of `stream`, which must be at version `expected`: all of them, or none.
    ///
    /// - When it returns `Ok`, the events are as durable as the journal ever makes them (for one on a disk: they
    ///   survive power loss), and every reader sees them. The result is what [`Journal::read`] will give back.
    /// - Positions become visible in their order: once an event was read, none with a smaller position appears.
    /// - May it be called twice? A second call with the same `expected` is a conflict, so a writer that does not
    ///   know what became of its call reads the stream.
    /// - Without events it compares the version and keeps nothing.
    /// - If the future is dropped, either all events are kept or none; possibly only after the drop.
    ///
    /// # Errors
    /// [`AppendError::Conflict`]: the stream is not at `expected`, so another writer is alive. Nothing was kept.
    /// [`AppendError::Storage`]: the journal failed; the events may be kept, but then all of them.
    async fn append(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<E>,
    ) -> Result<Vec<Recorded<E>>, AppendError>;

    /// The events after a position, oldest first, at most so many. Fewer than `at_most` only when there are no
    /// more. Changes nothing: call it as often as you like, drop it when you like.
    ///
    /// # Errors
    /// The journal failed, or what it kept cannot be read as `E`.
    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<E>>, StorageError>;

    /// All events of one stream, oldest first; none for a stream that was never begun. Changes nothing.
    ///
    /// # Errors
    /// As [`Journal::read`].
    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<E>>, StorageError>;

    /// The position of the newest event; [`Position::START`] when there is none. Changes nothing.
    ///
    /// # Errors
    /// The journal failed.
    async fn head(&self) -> Result<Position, StorageError>;

    /// How far the observer of this name has come; [`Position::START`] for a name never saved. Changes nothing.
    ///
    /// # Errors
    /// The journal failed.
    async fn cursor(&self, observer: &str) -> Result<Position, StorageError>;

    /// Remembers how far an observer has come, forwards or backwards.
    ///
    /// - When it returns `Ok`, [`Journal::cursor`] says so, also in a process that is started after this one was
    ///   killed. Power loss may bring back an earlier cursor, never a later one: an event told twice, none lost.
    /// - Saving the same position twice is harmless.
    /// - If the future is dropped, the cursor is the old one or the new one.
    ///
    /// # Errors
    /// The journal failed; the cursor is the old one or the new one.
    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError>;
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Another writer was faster. Whoever hears this is not the writer of the stream any more.
    #[error("the stream is at version {actual}, not {expected}: it has another writer")]
    Conflict {
        /// What the writer believed.
        expected: Version,
        /// What is true.
        actual: Version,
    },
    /// The journal failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Any error, of a back end or of an observer.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A journal failed at something; the reason is its source.
#[derive(Debug, thiserror::Error)]
#[error("the journal could not {doing}")]
pub struct StorageError {
    doing: Cow<'static, str>,
    source: BoxError,
}

impl StorageError {
    /// `doing` continues "the journal could not", for example `append to run_1`.
    pub fn new(doing: impl Into<Cow<'static, str>>, source: impl Into<BoxError>) -> Self {
        Self { doing: doing.into(), source: source.into() }
    }
}

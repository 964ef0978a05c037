//! The journal port: one transaction and one wait for the disk an append.

use async_trait::async_trait;
use event_bus::{AppendError, Journal, Position, Recorded, StorageError, StreamId, Version};
use hook_core::RunEvent;
use jiff::Timestamp;
use rusqlite::TransactionBehavior;

use crate::{
    Store, database, events,
    events::Written,
    plans, projection,
    thread::{Db, Failure},
};

#[async_trait]
impl Journal<RunEvent> for Store {
    async fn append(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<RunEvent>,
    ) -> Result<Vec<Recorded<RunEvent>>, AppendError> {
        let fail = |failure| StorageError::new(format!("append to {stream}"), failure);
        let events: Result<Vec<_>, _> = events.into_iter().map(Written::new).collect();
        let (events, onto) = (events.map_err(fail)?, stream.clone());
        match self.thread.call(move |db| append(db, &onto, expected, events)).await.map_err(fail)? {
            Appended::Kept(recorded) => Ok(recorded),
            Appended::Conflict { actual } => Err(AppendError::Conflict { expected, actual }),
        }
    }

    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        let read = self.thread.call(move |db| events::after(&db.connection, after, at_most)).await;
        read.map_err(|failure| StorageError::new("read its events", failure))
    }

    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        let of = stream.clone();
        let read = self.thread.call(move |db| events::of_stream(&db.connection, of.as_str())).await;
        read.map_err(|failure| StorageError::new(format!("read {stream}"), failure))
    }

    async fn head(&self) -> Result<Position, StorageError> {
        let head = self.thread.call(|db| events::head(&db.connection)).await;
        head.map_err(|failure| StorageError::new("find its newest event", failure))
    }

    async fn cursor(&self, observer: &str) -> Result<Position, StorageError> {
        let of = observer.to_owned();
        let cursor = self.thread.call(move |db| events::cursor(&db.connection, &of)).await;
        cursor.map_err(|failure| StorageError::new(format!("read the cursor of {observer}"), failure))
    }

    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError> {
        let of = observer.to_owned();
        let saved = self.thread.call(move |db| {
            // Which is the journal's promise for cursors.
            database::without_waiting(&mut db.connection, |connection| {
                events::save_cursor(connection, &of, at)
            })
        });
        saved.await.map_err(|failure| StorageError::new(format!("save the cursor of {observer}"), failure))
    }
}

enum Appended {
    Kept(Vec<Recorded<RunEvent>>),
    Conflict { actual: Version },
}

/// All in one transaction: the version compared, the plans that wait for it, the events, and what follows from them.
/// `IMMEDIATE`: whoever writes has the lock from the start, so that commits and positions have one order.
fn append(
    db: &mut Db,
    stream: &StreamId,
    expected: Version,
    events: Vec<Written>,
) -> Result<Appended, Failure> {
    let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let actual = events::version(&transaction, stream)?;
    if actual != expected {
        return Ok(Appended::Conflict { actual });
    }
    if events.is_empty() {
        return Ok(Appended::Kept(Vec::new()));
    }
    plans::write(&transaction, &db.queued)?;
    let now = (db.clock)();
    // As the table has it, so that reading gives back what was appended.
    let at = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
    let mut recorded = Vec::with_capacity(events.len());
    let mut version = expected;
    for written in events {
        version = version.next();
        let event = events::insert(&transaction, stream, version, at, written)?;
        projection::follow(&transaction, &event)?;
        recorded.push(event);
    }
    transaction.commit()?;
    db.queued.clear();
    Ok(Appended::Kept(recorded))
}

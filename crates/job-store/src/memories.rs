//! What observers make of the events, kept beside the position up to which it holds.

use event_bus::{Position, StorageError};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::{
    Store, database,
    events::{number, place},
    thread::Failure,
};

impl Store {
    /// What an observer made of the events up to a position; nothing where it kept nothing yet.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn memory(&self, observer: &str) -> Result<Option<(Position, Vec<u8>)>, StorageError> {
        let of = observer.to_owned();
        let read = self.thread.call(move |db| recall(&db.connection, &of)).await;
        read.map_err(|failure| StorageError::new(format!("read what {observer} keeps"), failure))
    }

    /// Keeps what an observer made of the events up to `at`, if what is kept is still that of `expected`; whether it
    /// was. It does not wait for the disk: after a power cut an earlier state may be there, with its position.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn remember(
        &self,
        observer: &str,
        expected: Option<Position>,
        at: Position,
        state: Vec<u8>,
    ) -> Result<bool, StorageError> {
        let of = observer.to_owned();
        let kept = self.thread.call(move |db| {
            database::without_waiting(&mut db.connection, |connection| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                if recall(&transaction, &of)?.map(|(position, _)| position) != expected {
                    return Ok(false);
                }
                let sql = "INSERT INTO memories (observer, position, state) VALUES (?1, ?2, ?3)
                           ON CONFLICT DO UPDATE SET position = excluded.position, state = excluded.state";
                transaction.prepare_cached(sql)?.execute((&of, number(at), &state))?;
                transaction.commit()?;
                Ok(true)
            })
        });
        kept.await.map_err(|failure| StorageError::new(format!("keep what {observer} made"), failure))
    }
}

fn recall(connection: &Connection, observer: &str) -> Result<Option<(Position, Vec<u8>)>, Failure> {
    let sql = "SELECT position, state FROM memories WHERE observer = ?1";
    let found: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(sql)?
        .query_row([observer], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found.map(|(position, state)| Ok((place(position)?, state))).transpose()
}

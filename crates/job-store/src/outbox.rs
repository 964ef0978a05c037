//! The outbox port: deliveries beside the journal, kept without waiting for the disk. After a power cut an earlier state
//! may be there, with the earlier cursor: told twice, never lost.

use async_trait::async_trait;
use event_bus::{BoxError, StorageError};
use notifier::{Delivery, Filing, Outbox, Standing};
use rusqlite::{Connection, TransactionBehavior};

use crate::{Store, database, deliveries, thread::Failure};

#[async_trait]
impl Outbox for Store {
    async fn file(&self, filing: Filing) -> Result<(), BoxError> {
        let filed = self.thread.call(move |db| {
            database::without_waiting(&mut db.connection, |connection| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                deliveries::file(&transaction, &filing)?;
                Ok(transaction.commit()?)
            })
        });
        filed.await.map_err(|failure| failed("file deliveries", failure))
    }

    async fn standing(&self, destination: &str, schedule: &str) -> Result<Option<Standing>, BoxError> {
        let (destination, schedule) = (destination.to_owned(), schedule.to_owned());
        let read = self.thread.call(move |db| deliveries::standing(&db.connection, &destination, &schedule));
        read.await.map_err(|failure| failed("read what a destination knows", failure))
    }

    async fn pending(&self, destination: &str, at_most: usize) -> Result<Vec<Delivery>, BoxError> {
        let of = destination.to_owned();
        let read = self.thread.call(move |db| deliveries::pending(&db.connection, &of, at_most));
        read.await.map_err(|failure| failed("read its deliveries", failure))
    }

    async fn record(&self, delivery: &Delivery) -> Result<(), BoxError> {
        let tried = delivery.clone();
        let recorded = self.thread.call(move |db| {
            database::without_waiting(&mut db.connection, |connection| deliveries::record(connection, &tried))
        });
        recorded.await.map_err(|failure| failed("keep what became of a delivery", failure))
    }

    async fn latest(&self, destination: Option<&str>, at_most: usize) -> Result<Vec<Delivery>, BoxError> {
        let of = destination.map(ToOwned::to_owned);
        let read = self.thread.call(move |db| {
            // A database that was opened to read may be of a zb that had no deliveries.
            if !has_deliveries(&db.connection)? {
                return Ok(Vec::new());
            }
            deliveries::latest(&db.connection, of.as_deref(), at_most)
        });
        read.await.map_err(|failure| failed("read its deliveries", failure))
    }
}

fn has_deliveries(connection: &Connection) -> Result<bool, Failure> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'deliveries'";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))? > 0)
}

fn failed(doing: &'static str, failure: Failure) -> BoxError {
    StorageError::new(doing, failure).into()
}

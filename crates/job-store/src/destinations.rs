//! Who is told how runs end, as people say it over HTTP (`api.md` §7). What the notifier keeps for one, it keeps under its
//! id, and it goes with it.

use event_bus::StorageError;
use hook_core::{OrganizationId, Secret};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};

use crate::{
    Expected, Store,
    accounts::one_more,
    events::time,
    seal::Seal,
    thread::{Db, Failure},
};

/// What the ids of destinations begin with.
const PREFIX: &str = "dest_";

/// A destination, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct StoredDestination {
    /// `dest_…`.
    pub id: String,
    /// Whose.
    pub organization: OrganizationId,
    /// What people call it; others may be called the same.
    pub name: String,
    /// Whether it is told anything.
    pub enabled: bool,
    /// The rest of it, which the store does not read.
    pub definition: Secret,
    /// Counts up at each change.
    pub revision: u32,
    /// When it was made or enabled last: what happened earlier is not for it.
    pub since: Timestamp,
}

/// A destination to be kept under its id.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever keeps a destination says all of it")]
pub struct NewDestination {
    /// `dest_` and what no other destination ever had.
    pub id: String,
    /// Whose.
    pub organization: OrganizationId,
    /// What people call it.
    pub name: String,
    /// Whether it is told anything.
    pub enabled: bool,
    /// The rest of it: sealed, and not read.
    pub definition: Secret,
}

/// What became of [`Store::put_destination`] or [`Store::delete_destination`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "it may not have been done"]
#[expect(clippy::exhaustive_enums, reason = "each is an answer of its own")]
pub enum ChangeDestination {
    /// It is on disk.
    Done,
    /// What was expected is not there. Nothing was changed.
    Changed {
        /// The revision; nothing where there is no such destination.
        revision: Option<u32>,
    },
}

const SELECT: &str = "SELECT id, organization, name, enabled, sealed, revision, since FROM destinations";

impl Store {
    /// The destinations of an organization by name, those after this name and id; one more than was asked for where there
    /// are more.
    ///
    /// # Errors
    /// The database cannot be read, or one cannot be opened.
    pub async fn destinations(
        &self,
        organization: &OrganizationId,
        after: Option<(String, String)>,
        at_most: u32,
    ) -> Result<Vec<StoredDestination>, StorageError> {
        let (of, (name, id)) = (organization.to_string(), after.unwrap_or_default());
        let read = self.thread.call(move |db| {
            let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
            let sql = format!(
                "{SELECT} WHERE organization = ?1 AND (name, id) > (?2, ?3) ORDER BY name, id LIMIT ?4"
            );
            let mut select = db.connection.prepare_cached(&sql)?;
            let params = (of, name, id, one_more(at_most));
            select.query_and_then(params, |row| destination(seal, row))?.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the destinations", failure))
    }

    /// One destination; nothing where there is none of this id in the organization.
    ///
    /// # Errors
    /// As [`Store::destinations`].
    pub async fn destination(
        &self,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<Option<StoredDestination>, StorageError> {
        let (of, id) = (organization.to_string(), id.to_owned());
        let read = self.thread.call(move |db| {
            let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
            let mut select =
                db.connection.prepare_cached(&format!("{SELECT} WHERE organization = ?1 AND id = ?2"))?;
            select.query_and_then((of, id), |row| destination(seal, row))?.next().transpose()
        });
        read.await.map_err(|failure| StorageError::new("look for a destination", failure))
    }

    /// Those of all organizations that are told something, by id.
    ///
    /// # Errors
    /// As [`Store::destinations`].
    pub async fn enabled_destinations(&self) -> Result<Vec<StoredDestination>, StorageError> {
        let read = self.thread.call(|db| {
            let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
            let mut select = db.connection.prepare_cached(&format!("{SELECT} WHERE enabled ORDER BY id"))?;
            select.query_and_then([], |row| destination(seal, row))?.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the destinations", failure))
    }

    /// The ids and revisions of the same: cheap to ask again and again whether anything has changed.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn enabled_revisions(&self) -> Result<Vec<(String, u32)>, StorageError> {
        let read = self.thread.call(|db| {
            let sql = "SELECT id, revision FROM destinations WHERE enabled ORDER BY id";
            let mut select = db.connection.prepare_cached(sql)?;
            select.query_and_then([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the destinations", failure))
    }

    /// The ids and names of all destinations, by id: without the key, and none where the database is of a zb that had none.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn destination_names(&self) -> Result<Vec<(String, String)>, StorageError> {
        let read = self.thread.call(|db| {
            let there = "SELECT 1 FROM sqlite_schema WHERE name = 'destinations'";
            if !db.connection.prepare_cached(there)?.exists([])? {
                return Ok(Vec::new());
            }
            let mut select = db.connection.prepare_cached("SELECT id, name FROM destinations ORDER BY id")?;
            select.query_and_then([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the destinations", failure))
    }

    /// Keeps a destination. What waits for it is tried at once: what was wrong with it may be mended.
    ///
    /// # Errors
    /// The database cannot be written to; what was there is there.
    pub async fn put_destination(
        &self,
        new: NewDestination,
        expected: Expected,
    ) -> Result<ChangeDestination, StorageError> {
        let kept = self.thread.call(move |db| put(db, &new, expected)).await;
        kept.map_err(|failure| StorageError::new("keep a destination", failure))
    }

    /// Deletes a destination with its deliveries, those that wait too.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn delete_destination(
        &self,
        organization: &OrganizationId,
        id: &str,
        expected: Expected,
    ) -> Result<ChangeDestination, StorageError> {
        let (of, id) = (organization.clone(), id.to_owned());
        let deleted = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let there = revision(&transaction, &of, &id)?;
            if there.is_none() || !expected.allows(there) {
                return Ok(ChangeDestination::Changed { revision: there });
            }
            delete(&transaction, "id = ?1", &id)?;
            transaction.commit()?;
            Ok(ChangeDestination::Done)
        });
        deleted.await.map_err(|failure| StorageError::new("delete a destination", failure))
    }
}

/// Deletes those of an organization, with the transaction that is open.
pub(crate) fn delete_of(connection: &Connection, organization: &OrganizationId) -> Result<(), Failure> {
    delete(connection, "organization = ?1", organization.as_str())
}

/// Whether something is said to a destination that is gone: whoever said it had not heard of that yet.
pub(crate) fn is_gone(connection: &Connection, destination: &str) -> Result<bool, Failure> {
    if !destination.starts_with(PREFIX) {
        return Ok(false);
    }
    let mut select = connection.prepare_cached("SELECT 1 FROM destinations WHERE id = ?1")?;
    Ok(!select.exists([destination])?)
}

fn delete(connection: &Connection, which: &str, value: &str) -> Result<(), Failure> {
    let ids = format!("SELECT id FROM destinations WHERE {which}");
    for sql in [
        format!("DELETE FROM deliveries WHERE destination IN ({ids})"),
        format!("DELETE FROM standings WHERE destination IN ({ids})"),
        format!("DELETE FROM destinations WHERE {which}"),
    ] {
        connection.execute(&sql, [value])?;
    }
    Ok(())
}

fn put(db: &mut Db, new: &NewDestination, expected: Expected) -> Result<ChangeDestination, Failure> {
    let seal = db.seal.as_ref().ok_or(Failure::NoKey)?;
    let now = (db.clock)().as_microsecond();
    let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let there = revision(&transaction, &new.organization, &new.id)?;
    if !expected.allows(there) {
        return Ok(ChangeDestination::Changed { revision: there });
    }
    let sealed = seal.seal(new.definition.expose().as_bytes(), &new.id)?;
    let sql = "INSERT INTO destinations (id, organization, name, enabled, sealed, revision, since)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (id) DO UPDATE SET name = excluded.name, sealed = excluded.sealed,
               since = iif(excluded.enabled AND NOT enabled, excluded.since, since),
               enabled = excluded.enabled, revision = excluded.revision";
    let organization = new.organization.as_str();
    let revision = there.unwrap_or(0) + 1;
    transaction.execute(sql, (&new.id, organization, &new.name, new.enabled, sealed, revision, now))?;
    let sql = "UPDATE deliveries SET next_attempt_at = NULL WHERE destination = ?1 AND state = 'pending'";
    transaction.execute(sql, [&new.id])?;
    transaction.commit()?;
    Ok(ChangeDestination::Done)
}

fn revision(
    connection: &Connection,
    organization: &OrganizationId,
    id: &str,
) -> Result<Option<u32>, Failure> {
    let sql = "SELECT revision FROM destinations WHERE organization = ?1 AND id = ?2";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row((organization.as_str(), id), |row| row.get(0)).optional()?)
}

fn destination(seal: &Seal, row: &Row<'_>) -> Result<StoredDestination, Failure> {
    let id: String = row.get(0)?;
    let sealed = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
    let plain = seal.open(sealed, &id)?;
    Ok(StoredDestination {
        organization: OrganizationId::try_from(row.get::<_, String>(1)?)?,
        name: row.get(2)?,
        enabled: row.get(3)?,
        definition: String::from_utf8_lossy(&plain).into_owned().into(),
        revision: row.get(5)?,
        since: time(row.get(6)?)?,
        id,
    })
}

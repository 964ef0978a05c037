//! People with an account.

use event_bus::StorageError;
use hook_core::{OrganizationId, Secret};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};

use super::{Digest, NewLink, links, one_more};
use crate::{Store, events::time, thread::Failure};

/// A person with an account.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever adds an account says all of it")]
pub struct Account {
    /// `user_…`.
    pub id: String,
    /// The name to sign in with; unique.
    pub username: String,
    /// What people call them.
    pub name: Option<String>,
    /// When they last called, give or take a minute.
    pub last_seen_at: Option<Timestamp>,
}

/// What became of [`Store::delete_user`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "it may not have been deleted"]
#[expect(clippy::exhaustive_enums, reason = "each is an answer of its own")]
pub enum DeleteUser {
    /// With its sessions, tokens and memberships.
    Deleted,
    /// There is none of this id.
    NotFound,
    /// The organization would be nobody's. Nothing was changed.
    LastOwner(OrganizationId),
}

const COLUMNS: &str = "id, username, name, last_seen_at";

impl Store {
    /// Whether there is any account: without one nothing but the set-up answers.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn has_account(&self) -> Result<bool, StorageError> {
        let read = self.thread.call(|db| is_any(&db.connection)).await;
        read.map_err(|failure| StorageError::new("look for an account", failure))
    }

    /// Adds an account without a password, and the link by which it is set; false where the username is taken.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn add_user(&self, account: Account, link: NewLink) -> Result<bool, StorageError> {
        let added = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if !insert(&transaction, &account, None)? {
                return Ok(false);
            }
            links::put(&transaction, &account.id, &link)?;
            transaction.commit()?;
            Ok(true)
        });
        added.await.map_err(|failure| StorageError::new("add an account", failure))
    }

    /// The accounts by username, those after this one; one more than was asked for where there are more.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn users(&self, after: Option<&str>, at_most: u32) -> Result<Vec<Account>, StorageError> {
        let after = after.unwrap_or_default().to_owned();
        let read = self.thread.call(move |db| {
            let sql = format!("SELECT {COLUMNS} FROM users WHERE username > ?1 ORDER BY username LIMIT ?2");
            let mut select = db.connection.prepare_cached(&sql)?;
            select.query_and_then((after, one_more(at_most)), account)?.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the accounts", failure))
    }

    /// The account of an id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn user(&self, id: &str) -> Result<Option<Account>, StorageError> {
        let id = id.to_owned();
        let read = self.thread.call(move |db| one(&db.connection, "id", &id)).await;
        read.map_err(|failure| StorageError::new("look for an account", failure))
    }

    /// The account of a username.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn user_named(&self, username: &str) -> Result<Option<Account>, StorageError> {
        let username = username.to_owned();
        let read = self.thread.call(move |db| named(&db.connection, &username)).await;
        read.map_err(|failure| StorageError::new("look for an account", failure))
    }

    /// The password of an account as a PHC string; nothing where there is no such account, or no password yet.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn password(&self, user: &str) -> Result<Option<Secret>, StorageError> {
        let of = user.to_owned();
        let read = self.thread.call(move |db| {
            let mut select = db.connection.prepare_cached("SELECT password FROM users WHERE id = ?1")?;
            let found: Option<Option<String>> = select.query_row([of], |row| row.get(0)).optional()?;
            Ok(found.flatten().map(Secret::from))
        });
        read.await.map_err(|failure| StorageError::new("read a password", failure))
    }

    /// Sets a password and ends the user's sessions but for this one.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn set_password(
        &self,
        user: &str,
        phc: Secret,
        but: Option<Digest>,
    ) -> Result<(), StorageError> {
        let of = user.to_owned();
        let kept = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            set_password(&transaction, &of, &phc, but)?;
            Ok(transaction.commit()?)
        });
        kept.await.map_err(|failure| StorageError::new("set a password", failure))
    }

    /// Sets what people call the user.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn rename_user(&self, user: &str, name: Option<String>) -> Result<(), StorageError> {
        let of = user.to_owned();
        let kept = self.thread.call(move |db| {
            db.connection.prepare_cached("UPDATE users SET name = ?2 WHERE id = ?1")?.execute((of, name))?;
            Ok(())
        });
        kept.await.map_err(|failure| StorageError::new("rename an account", failure))
    }

    /// Deletes an account, with its sessions, tokens, links and memberships.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn delete_user(&self, user: &str) -> Result<DeleteUser, StorageError> {
        let of = user.to_owned();
        let deleted = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if let Some(alone) = owns_alone(&transaction, &of)? {
                return Ok(DeleteUser::LastOwner(super::organization(alone)?));
            }
            let gone = transaction.prepare_cached("DELETE FROM users WHERE id = ?1")?.execute([of])?;
            transaction.commit()?;
            Ok(if gone == 0 { DeleteUser::NotFound } else { DeleteUser::Deleted })
        });
        deleted.await.map_err(|failure| StorageError::new("delete an account", failure))
    }
}

pub(super) fn is_any(connection: &Connection) -> Result<bool, Failure> {
    Ok(connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM users)")?.query_row([], |row| row.get(0))?)
}

/// The account of a username.
pub(super) fn named(connection: &Connection, username: &str) -> Result<Option<Account>, Failure> {
    one(connection, "username", username)
}

fn one(connection: &Connection, column: &str, value: &str) -> Result<Option<Account>, Failure> {
    let mut select =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM users WHERE {column} = ?1"))?;
    select.query_and_then([value], account)?.next().transpose()
}

/// False where the username is taken.
pub(super) fn insert(
    connection: &Connection,
    account: &Account,
    password: Option<&Secret>,
) -> Result<bool, Failure> {
    let sql = "INSERT INTO users (id, username, name, password, last_seen_at) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (username) DO NOTHING";
    let password = password.map(Secret::expose);
    let seen = account.last_seen_at.map(Timestamp::as_microsecond);
    let row = (&account.id, &account.username, &account.name, password, seen);
    Ok(connection.prepare_cached(sql)?.execute(row)? > 0)
}

/// With the transaction that is open.
pub(super) fn set_password(
    connection: &Connection,
    user: &str,
    phc: &Secret,
    but: Option<Digest>,
) -> Result<(), Failure> {
    let sql = "UPDATE users SET password = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute((user, phc.expose()))?;
    let sql = "DELETE FROM sessions WHERE user = ?1 AND hash IS NOT ?2";
    connection.prepare_cached(sql)?.execute((user, but))?;
    Ok(())
}

/// An organization of which nobody else is an owner.
fn owns_alone(connection: &Connection, user: &str) -> Result<Option<String>, Failure> {
    let sql = "SELECT organization FROM members AS own WHERE user = ?1 AND role = 'owner' AND NOT EXISTS
               (SELECT 1 FROM members AS other WHERE other.organization = own.organization
                AND other.role = 'owner' AND other.user <> ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([user], |row| row.get(0)).optional()?)
}

pub(super) fn account(row: &Row<'_>) -> Result<Account, Failure> {
    Ok(Account {
        id: row.get(0)?,
        username: row.get(1)?,
        name: row.get(2)?,
        last_seen_at: row.get::<_, Option<i64>>(3)?.map(time).transpose()?,
    })
}

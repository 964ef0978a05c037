//! Set-up links: the one for the first account, and those by which a user's password is set.

use event_bus::StorageError;
use hook_core::{OrganizationId, Secret};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{Account, Digest, Role, members, users};
use crate::{Store, thread::Failure};

/// A link by which a user's password is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever makes a link says all of it")]
pub struct NewLink {
    /// Of its token.
    pub digest: Digest,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// What a link is for.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "each asks for other fields")]
pub enum LinkFor {
    /// It makes the first account.
    FirstAccount,
    /// It sets the password of this user.
    Password {
        /// `user_…`.
        user: String,
        /// The name to sign in with.
        username: String,
    },
}

/// The first account: an owner of `org_default`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever sets zb up says all of it")]
pub struct FirstAccount {
    /// Who.
    pub account: Account,
    /// As a PHC string.
    pub password: Secret,
    /// What `org_default` is called.
    pub organization_name: String,
}

impl Store {
    /// Offers the first account to whoever has the link, instead of an earlier one; false where there is an account.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn offer_first_account(&self, link: Digest) -> Result<bool, StorageError> {
        let offered = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if users::is_any(&transaction)? {
                return Ok(false);
            }
            transaction.execute("DELETE FROM set_up_links WHERE user IS NULL", [])?;
            transaction.execute("INSERT INTO set_up_links (hash) VALUES (?1)", [link])?;
            transaction.commit()?;
            Ok(true)
        });
        offered.await.map_err(|failure| StorageError::new("offer the first account", failure))
    }

    /// What a link is for; nothing where it is none, was used, or is too old.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn link(&self, link: Digest, now: Timestamp) -> Result<Option<LinkFor>, StorageError> {
        let read = self.thread.call(move |db| look(&db.connection, link, now)).await;
        read.map_err(|failure| StorageError::new("look for a set-up link", failure))
    }

    /// Makes the first account, an owner of `org_default`, by its link, which is used up; false where it works no
    /// more.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn make_first_account(
        &self,
        link: Digest,
        first: FirstAccount,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let made = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if look(&transaction, link, now)? != Some(LinkFor::FirstAccount) {
                return Ok(false);
            }
            let (home, user) = (OrganizationId::default(), &first.account.id);
            users::insert(&transaction, &first.account, Some(&first.password))?;
            members::put(&transaction, &home, user, Role::Owner)?;
            let rename = "UPDATE organizations SET name = ?2 WHERE id = ?1";
            transaction.execute(rename, (home.as_str(), &first.organization_name))?;
            transaction.execute("DELETE FROM set_up_links WHERE user IS NULL", [])?;
            transaction.commit()?;
            Ok(true)
        });
        made.await.map_err(|failure| StorageError::new("make the first account", failure))
    }

    /// A new link to set the user's password by, instead of an earlier one; false where there is no such user.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn renew_link(&self, user: &str, link: NewLink) -> Result<bool, StorageError> {
        let of = user.to_owned();
        let renewed = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let there = "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1)";
            if !transaction.query_row(there, [&of], |row| row.get::<_, bool>(0))? {
                return Ok(false);
            }
            put(&transaction, &of, &link)?;
            transaction.commit()?;
            Ok(true)
        });
        renewed.await.map_err(|failure| StorageError::new("make a set-up link", failure))
    }

    /// Sets the password of the link's user, ends all sessions of theirs, and uses the link up; the user's id, or
    /// nothing where it works no more.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn use_link(
        &self,
        link: Digest,
        phc: Secret,
        now: Timestamp,
    ) -> Result<Option<String>, StorageError> {
        let used = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let Some(LinkFor::Password { user, .. }) = look(&transaction, link, now)? else {
                return Ok(None);
            };
            users::set_password(&transaction, &user, &phc, None)?;
            transaction.execute("DELETE FROM set_up_links WHERE hash = ?1", [link])?;
            transaction.commit()?;
            Ok(Some(user))
        });
        used.await.map_err(|failure| StorageError::new("use a set-up link", failure))
    }
}

/// With the transaction that is open.
pub(super) fn put(connection: &Connection, user: &str, link: &NewLink) -> Result<(), Failure> {
    let sql = "INSERT INTO set_up_links (hash, user, expires_at) VALUES (?1, ?2, ?3)
               ON CONFLICT (user) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at";
    connection.prepare_cached(sql)?.execute((link.digest, user, link.expires_at.as_microsecond()))?;
    Ok(())
}

fn look(connection: &Connection, link: Digest, now: Timestamp) -> Result<Option<LinkFor>, Failure> {
    let sql =
        "SELECT users.id, users.username FROM set_up_links LEFT JOIN users ON users.id = set_up_links.user
               WHERE hash = ?1 AND (expires_at IS NULL OR expires_at > ?2)
               AND (user IS NOT NULL OR NOT EXISTS (SELECT 1 FROM users))";
    let of = |row: &rusqlite::Row<'_>| {
        Ok(match row.get(0)? {
            Some(user) => LinkFor::Password { user, username: row.get(1)? },
            None => LinkFor::FirstAccount,
        })
    };
    Ok(connection.prepare_cached(sql)?.query_row((link, now.as_microsecond()), of).optional()?)
}

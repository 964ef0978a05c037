//! Who is what in which organization.

use event_bus::StorageError;
use hook_core::OrganizationId;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{Account, Role, one_more, users};
use crate::{Store, thread::Failure};

/// A member of an organization.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Member {
    /// Who.
    pub account: Account,
    /// What they are there.
    pub role: Role,
}

/// What a user is in one of their organizations.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Membership {
    /// Which.
    pub organization: OrganizationId,
    /// What it is called.
    pub organization_name: String,
    /// What they are there.
    pub role: Role,
}

/// What became of [`Store::put_member`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "it may not have been done"]
#[expect(clippy::exhaustive_enums, reason = "each is an answer of its own")]
pub enum PutMember {
    /// They are a member now.
    Added(Account),
    /// They were, and have this role now.
    Changed(Account),
    /// There is no account of this name, or no such organization.
    NotFound,
    /// The organization would be nobody's. Nothing was changed.
    LastOwner,
}

/// What became of [`Store::remove_member`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "it may not have been done"]
#[expect(clippy::exhaustive_enums, reason = "each is an answer of its own")]
pub enum RemoveMember {
    /// They are no member any more; their tokens there are gone, and the sessions that acted there.
    Removed(Account),
    /// They were none.
    NotFound,
    /// The organization would be nobody's. Nothing was changed.
    LastOwner,
}

impl Store {
    /// The members of an organization by username, those after this one; one more than was asked for where there are
    /// more.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn members(
        &self,
        organization: &OrganizationId,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<Member>, StorageError> {
        let (of, after) = (organization.to_string(), after.unwrap_or_default().to_owned());
        let read = self.thread.call(move |db| {
            let sql = "SELECT users.id, username, name, last_seen_at, role FROM members
                       JOIN users ON users.id = members.user
                       WHERE organization = ?1 AND username > ?2 ORDER BY username LIMIT ?3";
            let mut select = db.connection.prepare_cached(sql)?;
            let found = select.query_and_then((of, after, one_more(at_most)), |row| {
                Ok(Member { account: users::account(row)?, role: row.get(4)? })
            })?;
            found.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the members", failure))
    }

    /// The organizations of a user, by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn memberships(&self, user: &str) -> Result<Vec<Membership>, StorageError> {
        let of = user.to_owned();
        let read = self.thread.call(move |db| {
            let sql = "SELECT id, name, role FROM members JOIN organizations ON id = organization
                       WHERE user = ?1 ORDER BY name, id";
            let mut select = db.connection.prepare_cached(sql)?;
            let found = select.query_and_then([of], |row| {
                let organization = super::organization(row.get(0)?)?;
                Ok(Membership { organization, organization_name: row.get(1)?, role: row.get(2)? })
            })?;
            found.collect()
        });
        read.await.map_err(|failure| StorageError::new("list a user's organizations", failure))
    }

    /// What a user is in an organization; nothing where they are no member.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn role(
        &self,
        organization: &OrganizationId,
        user: &str,
    ) -> Result<Option<Role>, StorageError> {
        let (of, user) = (organization.clone(), user.to_owned());
        let read = self.thread.call(move |db| role(&db.connection, &of, &user)).await;
        read.map_err(|failure| StorageError::new("look for a member", failure))
    }

    /// Makes the user of this name a member, or gives the member this role.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn put_member(
        &self,
        organization: &OrganizationId,
        username: &str,
        wanted: Role,
    ) -> Result<PutMember, StorageError> {
        let (of, username) = (organization.clone(), username.to_owned());
        let done = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let Some(account) = users::named(&transaction, &username)? else {
                return Ok(PutMember::NotFound);
            };
            let there = role(&transaction, &of, &account.id)?;
            if wanted != Role::Owner && is_last_owner(&transaction, &of, &account.id)? {
                return Ok(PutMember::LastOwner);
            }
            if !put(&transaction, &of, &account.id, wanted)? {
                return Ok(PutMember::NotFound);
            }
            transaction.commit()?;
            Ok(if there.is_some() { PutMember::Changed(account) } else { PutMember::Added(account) })
        });
        done.await.map_err(|failure| StorageError::new("keep a member", failure))
    }

    /// Ends a membership, with the member's tokens of the organization and the sessions that act in it.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn remove_member(
        &self,
        organization: &OrganizationId,
        username: &str,
    ) -> Result<RemoveMember, StorageError> {
        let (of, username) = (organization.clone(), username.to_owned());
        let done = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let Some(account) = users::named(&transaction, &username)? else {
                return Ok(RemoveMember::NotFound);
            };
            if is_last_owner(&transaction, &of, &account.id)? {
                return Ok(RemoveMember::LastOwner);
            }
            let sql = "DELETE FROM members WHERE organization = ?1 AND user = ?2";
            if transaction.execute(sql, (of.as_str(), &account.id))? == 0 {
                return Ok(RemoveMember::NotFound);
            }
            transaction.commit()?;
            Ok(RemoveMember::Removed(account))
        });
        done.await.map_err(|failure| StorageError::new("remove a member", failure))
    }
}

/// With the transaction that is open; false where there is no such organization.
pub(super) fn put(
    connection: &Connection,
    organization: &OrganizationId,
    user: &str,
    role: Role,
) -> Result<bool, Failure> {
    let sql =
        "INSERT INTO members (organization, user, role) SELECT id, ?2, ?3 FROM organizations WHERE id = ?1
               ON CONFLICT DO UPDATE SET role = excluded.role";
    Ok(connection.prepare_cached(sql)?.execute((organization.as_str(), user, role))? > 0)
}

pub(super) fn role(
    connection: &Connection,
    organization: &OrganizationId,
    user: &str,
) -> Result<Option<Role>, Failure> {
    let sql = "SELECT role FROM members WHERE organization = ?1 AND user = ?2";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row((organization.as_str(), user), |row| row.get(0)).optional()?)
}

/// Whether the user is an owner, and nobody else is.
fn is_last_owner(
    connection: &Connection,
    organization: &OrganizationId,
    user: &str,
) -> Result<bool, Failure> {
    let sql =
        "SELECT count(*) = 1 AND max(user) = ?2 FROM members WHERE organization = ?1 AND role = 'owner'";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row((organization.as_str(), user), |row| row.get::<_, Option<bool>>(0))? == Some(true))
}

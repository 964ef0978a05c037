//! The tenants.

use event_bus::StorageError;
use hook_core::OrganizationId;
use rusqlite::{Connection, Row, TransactionBehavior};

use super::{Role, members, one_more};
use crate::{Store, destinations, thread::Failure};

/// A tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Organization {
    /// `org_…`.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// The directories that its jobs may name; absent: no limit.
    pub roots: Option<Vec<String>>,
    /// How many jobs it has.
    pub jobs: u32,
    /// How many members it has.
    pub members: u32,
}

/// What is to change in an organization; what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "there is no more to change")]
pub struct OrganizationChange {
    /// What people call it.
    pub name: Option<String>,
    /// The directories that its jobs may name; `Some(None)`: no limit.
    pub roots: Option<Option<Vec<String>>>,
}

/// What became of [`Store::delete_organization`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "it may not have been deleted"]
#[expect(clippy::exhaustive_enums, reason = "each is an answer of its own")]
pub enum DeleteOrganization {
    /// With its memberships and tokens.
    Deleted,
    /// There is none of this id.
    NotFound,
    /// It has jobs, or it is `org_default`. Nothing was changed.
    InUse,
}

const SELECT: &str = "SELECT id, name, roots, (SELECT count(*) FROM jobs WHERE organization = id),
    (SELECT count(*) FROM members WHERE organization = id) FROM organizations";

impl Store {
    /// Adds an organization with its first owner, a user's id.
    ///
    /// # Errors
    /// The database cannot be written to, the id is taken, or there is no such user.
    pub async fn add_organization(
        &self,
        id: &OrganizationId,
        name: &str,
        roots: Option<Vec<String>>,
        owner: &str,
    ) -> Result<(), StorageError> {
        let (id, name, owner) = (id.clone(), name.to_owned(), owner.to_owned());
        let added = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let sql = "INSERT INTO organizations (id, name, roots) VALUES (?1, ?2, ?3)";
            transaction.execute(sql, (id.as_str(), name, to_json(roots.as_ref())?))?;
            members::put(&transaction, &id, &owner, Role::Owner)?;
            Ok(transaction.commit()?)
        });
        added.await.map_err(|failure| StorageError::new("add an organization", failure))
    }

    /// The organizations, or those of a user, by id, those after this one; one more than was asked for where there
    /// are more.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn organizations(
        &self,
        of: Option<&str>,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<Organization>, StorageError> {
        let (of, after) = (of.map(ToOwned::to_owned), after.unwrap_or_default().to_owned());
        let read = self.thread.call(move |db| {
            let sql = format!(
                "{SELECT} WHERE id > ?1 AND (?2 IS NULL OR id IN (SELECT organization FROM members WHERE user = ?2))
                 ORDER BY id LIMIT ?3"
            );
            let mut select = db.connection.prepare_cached(&sql)?;
            select.query_and_then((after, of, one_more(at_most)), organization)?.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the organizations", failure))
    }

    /// One organization.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn organization(&self, id: &OrganizationId) -> Result<Option<Organization>, StorageError> {
        let id = id.clone();
        let read = self.thread.call(move |db| one(&db.connection, &id)).await;
        read.map_err(|failure| StorageError::new("look for an organization", failure))
    }

    /// Changes an organization; nothing where there is none of this id.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn change_organization(
        &self,
        id: &OrganizationId,
        change: OrganizationChange,
    ) -> Result<Option<Organization>, StorageError> {
        let id = id.clone();
        let changed = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if let Some(name) = change.name {
                transaction
                    .execute("UPDATE organizations SET name = ?2 WHERE id = ?1", (id.as_str(), name))?;
            }
            if let Some(roots) = change.roots {
                let sql = "UPDATE organizations SET roots = ?2 WHERE id = ?1";
                transaction.execute(sql, (id.as_str(), to_json(roots.as_ref())?))?;
            }
            let now = one(&transaction, &id)?;
            transaction.commit()?;
            Ok(now)
        });
        changed.await.map_err(|failure| StorageError::new("change an organization", failure))
    }

    /// Deletes an organization without jobs, with its memberships, tokens, repositories and destinations. Its runs
    /// stay.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn delete_organization(&self, id: &OrganizationId) -> Result<DeleteOrganization, StorageError> {
        let id = id.clone();
        let deleted = self.thread.call(move |db| {
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            match one(&transaction, &id)? {
                None => return Ok(DeleteOrganization::NotFound),
                Some(there) if there.jobs > 0 || id == OrganizationId::default() => {
                    return Ok(DeleteOrganization::InUse);
                }
                Some(_) => {}
            }
            destinations::delete_of(&transaction, &id)?;
            transaction.execute("DELETE FROM repositories WHERE organization = ?1", [id.as_str()])?;
            transaction.execute("DELETE FROM organizations WHERE id = ?1", [id.as_str()])?;
            transaction.commit()?;
            Ok(DeleteOrganization::Deleted)
        });
        deleted.await.map_err(|failure| StorageError::new("delete an organization", failure))
    }
}

fn one(connection: &Connection, id: &OrganizationId) -> Result<Option<Organization>, Failure> {
    let mut select = connection.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
    select.query_and_then([id.as_str()], organization)?.next().transpose()
}

fn organization(row: &Row<'_>) -> Result<Organization, Failure> {
    let roots: Option<String> = row.get(2)?;
    Ok(Organization {
        id: super::organization(row.get(0)?)?,
        name: row.get(1)?,
        roots: roots.as_deref().map(serde_json::from_str).transpose()?,
        jobs: row.get(3)?,
        members: row.get(4)?,
    })
}

fn to_json(roots: Option<&Vec<String>>) -> Result<Option<String>, Failure> {
    Ok(roots.map(serde_json::to_string).transpose()?)
}

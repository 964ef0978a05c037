//! API tokens: each of one user in one organization, and gone with that membership.

use event_bus::StorageError;
use hook_core::OrganizationId;
use jiff::Timestamp;
use rusqlite::{Connection, Row, types::Value};

use super::{Digest, Identity, Role, Scope, members, one_more, sessions};
use crate::{Store, events::time, thread::Failure};

/// An API token, without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Token {
    /// `token_…`.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Its beginning, by which people tell it.
    pub prefix: String,
    /// What it may do at most.
    pub scope: Scope,
    /// Whose.
    pub user: String,
    /// In which organization.
    pub organization: OrganizationId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<Timestamp>,
    /// Until when it works; absent: until it is deleted.
    pub expires_at: Option<Timestamp>,
}

/// A token to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever makes a token says all of it")]
pub struct NewToken {
    /// `token_…`.
    pub id: String,
    /// Of the token.
    pub digest: Digest,
    /// Its beginning, by which people tell it.
    pub prefix: String,
    /// What its owner calls it.
    pub name: String,
    /// What it may do at most.
    pub scope: Scope,
    /// Whose.
    pub user: String,
    /// In which organization; the user is a member there.
    pub organization: OrganizationId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, name, prefix, scope, user, organization, created_at, last_used_at, expires_at";

impl Store {
    /// Keeps a token.
    ///
    /// # Errors
    /// The database cannot be written to, or the user is no member of the organization.
    pub async fn add_token(&self, new: NewToken) -> Result<Token, StorageError> {
        let added = self.thread.call(move |db| {
            let sql = "INSERT INTO tokens (id, hash, prefix, name, scope, user, organization, created_at, expires_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
            db.connection.prepare_cached(sql)?.execute((
                &new.id,
                new.digest,
                &new.prefix,
                &new.name,
                new.scope,
                &new.user,
                new.organization.as_str(),
                new.created_at.as_microsecond(),
                new.expires_at.map(Timestamp::as_microsecond),
            ))?;
            Ok(Token {
                id: new.id,
                name: new.name,
                prefix: new.prefix,
                scope: new.scope,
                user: new.user,
                organization: new.organization,
                created_at: new.created_at,
                last_used_at: None,
                expires_at: new.expires_at,
            })
        });
        added.await.map_err(|failure| StorageError::new("keep a token", failure))
    }

    /// Whose token it is, and which, and notes that it was used; nothing where there is none, or its time is over.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn token(
        &self,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Option<(Identity, Token)>, StorageError> {
        let read = self.thread.call(move |db| {
            let Some(token) = find(&db.connection, digest, now)? else { return Ok(None) };
            if sessions::is_stale(token.last_used_at, now) {
                let sql = "UPDATE tokens SET last_used_at = ?2 WHERE id = ?1";
                sessions::note_use(&mut db.connection, sql, &token.id, &token.user, now);
            }
            let seat = seat(&db.connection, &token)?;
            let identity = sessions::identity(&db.connection, token.user.clone(), seat)?;
            Ok(identity.map(|identity| (identity, token)))
        });
        read.await.map_err(|failure| StorageError::new("look for a token", failure))
    }

    /// Where a token acts, and what its user is there, without noting that it was used; nothing where there is none, or
    /// its time is over.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn token_seat(
        &self,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Option<(OrganizationId, Role)>, StorageError> {
        let read = self.thread.call(move |db| match find(&db.connection, digest, now)? {
            Some(token) => seat(&db.connection, &token),
            None => Ok(None),
        });
        read.await.map_err(|failure| StorageError::new("look for a token", failure))
    }

    /// The tokens of an organization, or of a user there, newest first, those before this one; one more than was
    /// asked for where there are more.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn tokens(
        &self,
        organization: &OrganizationId,
        of: Option<&str>,
        before: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<Token>, StorageError> {
        let mut params: Vec<Value> = vec![organization.to_string().into()];
        let mut condition = "organization = ?".to_owned();
        for (clause, value) in [(" AND user = ?", of), (" AND id < ?", before)] {
            if let Some(value) = value {
                condition.push_str(clause);
                params.push(value.to_owned().into());
            }
        }
        params.push(one_more(at_most).into());
        let read = self.thread.call(move |db| {
            let sql = format!("SELECT {COLUMNS} FROM tokens WHERE {condition} ORDER BY id DESC LIMIT ?");
            let mut select = db.connection.prepare_cached(&sql)?;
            select.query_and_then(rusqlite::params_from_iter(params), token)?.collect()
        });
        read.await.map_err(|failure| StorageError::new("list the tokens", failure))
    }

    /// Deletes a token of an organization, or of a user there; false where there is none.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn delete_token(
        &self,
        organization: &OrganizationId,
        of: Option<&str>,
        id: &str,
    ) -> Result<bool, StorageError> {
        let key = (id.to_owned(), organization.to_string(), of.map(ToOwned::to_owned));
        let deleted = self.thread.call(move |db| {
            let sql = "DELETE FROM tokens WHERE id = ?1 AND organization = ?2 AND (?3 IS NULL OR user = ?3)";
            Ok(db.connection.execute(sql, key)? > 0)
        });
        deleted.await.map_err(|failure| StorageError::new("delete a token", failure))
    }
}

fn find(connection: &Connection, digest: Digest, now: Timestamp) -> Result<Option<Token>, Failure> {
    let sql =
        format!("SELECT {COLUMNS} FROM tokens WHERE hash = ?1 AND (expires_at IS NULL OR expires_at > ?2)");
    let mut select = connection.prepare_cached(&sql)?;
    select.query_and_then((digest, now.as_microsecond()), token)?.next().transpose()
}

fn seat(connection: &Connection, token: &Token) -> Result<Option<(OrganizationId, Role)>, Failure> {
    let role = members::role(connection, &token.organization, &token.user)?;
    Ok(role.map(|role| (token.organization.clone(), role)))
}

fn token(row: &Row<'_>) -> Result<Token, Failure> {
    Ok(Token {
        id: row.get(0)?,
        name: row.get(1)?,
        prefix: row.get(2)?,
        scope: row.get(3)?,
        user: row.get(4)?,
        organization: super::organization(row.get(5)?)?,
        created_at: time(row.get(6)?)?,
        last_used_at: row.get::<_, Option<i64>>(7)?.map(time).transpose()?,
        expires_at: row.get::<_, Option<i64>>(8)?.map(time).transpose()?,
    })
}

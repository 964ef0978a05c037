//! Who is signed in (`api.md` §2): 30 days at most, 7 without a call.

use event_bus::StorageError;
use hook_core::OrganizationId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, ToSql, TransactionBehavior, params};

use super::{Digest, Role, members};
use crate::{Store, database, events::time, thread::Failure};

/// A session ends so long after it began.
const AT_MOST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// And so long after its last call.
const IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whose a credential is, at this moment.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Identity {
    /// `user_…`.
    pub user: String,
    /// The name to sign in with.
    pub username: String,
    /// The organization that it acts in, and what the user is there; absent where they are a member of none.
    pub seat: Option<(OrganizationId, Role)>,
    /// An owner of `org_default`.
    pub operator: bool,
}

const SEEN: &str = "UPDATE users SET last_seen_at = ?2 WHERE id = ?1";

impl Store {
    /// Begins a session, in `org_default` if the user is a member there, else in the first of their organizations: the user
    /// is seen. What has ended goes.
    ///
    /// # Errors
    /// The database cannot be written to, or there is no such user.
    pub async fn start_session(
        &self,
        digest: Digest,
        user: &str,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let of = user.to_owned();
        let started = self.thread.call(move |db| {
            let ended = "DELETE FROM sessions WHERE created_at <= ?1 OR last_used_at <= ?2";
            let transaction = db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute(ended, (ago(now, AT_MOST), ago(now, IDLE)))?;
            let seat = first_seat(&transaction, &of)?;
            let organization = seat.as_ref().map(|(organization, _)| organization.as_str());
            let sql = "INSERT INTO sessions (hash, user, organization, created_at, last_used_at)
                       VALUES (?1, ?2, ?3, ?4, ?4)";
            transaction.execute(sql, (digest, &of, organization, now.as_microsecond()))?;
            transaction.execute(SEEN, (of, now.as_microsecond()))?;
            Ok(transaction.commit()?)
        });
        started.await.map_err(|failure| StorageError::new("begin a session", failure))
    }

    /// Whose session it is, and notes that it was used; nothing where it has ended.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn session(&self, digest: Digest, now: Timestamp) -> Result<Option<Identity>, StorageError> {
        let read = self.thread.call(move |db| {
            let Some(found) = find(&db.connection, digest, now)? else { return Ok(None) };
            if is_stale(Some(found.used), now) {
                let sql = "UPDATE sessions SET last_used_at = ?2 WHERE hash = ?1";
                note_use(&mut db.connection, sql, &digest, &found.user, now);
            }
            let seat = found.seat(&db.connection)?;
            identity(&db.connection, found.user, seat)
        });
        read.await.map_err(|failure| StorageError::new("look for a session", failure))
    }

    /// Where a session acts, and what its user is there, without noting that it was used; nothing where it has ended,
    /// or the user is a member of no organization.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn session_seat(
        &self,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Option<(OrganizationId, Role)>, StorageError> {
        let read = self.thread.call(move |db| match find(&db.connection, digest, now)? {
            Some(found) => found.seat(&db.connection),
            None => Ok(None),
        });
        read.await.map_err(|failure| StorageError::new("look for a session", failure))
    }

    /// Lets the session act in another organization; false where its user is no member there.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn switch_session(
        &self,
        digest: Digest,
        organization: &OrganizationId,
    ) -> Result<bool, StorageError> {
        let to = organization.to_string();
        let switched = self.thread.call(move |db| {
            let sql = "UPDATE sessions SET organization = ?2 WHERE hash = ?1 AND EXISTS
                       (SELECT 1 FROM members WHERE organization = ?2 AND members.user = sessions.user)";
            Ok(db.connection.execute(sql, (digest, to))? > 0)
        });
        switched.await.map_err(|failure| StorageError::new("switch the organization", failure))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn end_session(&self, digest: Digest) -> Result<(), StorageError> {
        let ended = self.thread.call(move |db| {
            db.connection.execute("DELETE FROM sessions WHERE hash = ?1", [digest])?;
            Ok(())
        });
        ended.await.map_err(|failure| StorageError::new("end a session", failure))
    }
}

/// A session that has not ended.
struct Found {
    user: String,
    organization: Option<String>,
    used: Timestamp,
}

impl Found {
    fn seat(&self, connection: &Connection) -> Result<Option<(OrganizationId, Role)>, Failure> {
        let Some(organization) = &self.organization else { return first_seat(connection, &self.user) };
        let organization = super::organization(organization.clone())?;
        let role = members::role(connection, &organization, &self.user)?;
        Ok(role.map(|role| (organization, role)))
    }
}

fn find(connection: &Connection, digest: Digest, now: Timestamp) -> Result<Option<Found>, Failure> {
    let sql = "SELECT user, organization, last_used_at FROM sessions
               WHERE hash = ?1 AND created_at > ?2 AND last_used_at > ?3";
    let mut select = connection.prepare_cached(sql)?;
    let mut found = select.query_and_then((digest, ago(now, AT_MOST), ago(now, IDLE)), |row| {
        Ok(Found { user: row.get(0)?, organization: row.get(1)?, used: time(row.get(2)?)? })
    })?;
    found.next().transpose()
}

/// Whether a call is worth noting: once a minute, so that reading costs hardly a write.
pub(super) fn is_stale(seen: Option<Timestamp>, now: Timestamp) -> bool {
    seen.is_none_or(|seen| now.duration_since(seen).as_secs() >= 60)
}

/// Notes that a credential was used, and its user seen. Where nothing can be written, people may still look.
pub(super) fn note_use(
    connection: &mut Connection,
    update: &str,
    key: &dyn ToSql,
    user: &str,
    now: Timestamp,
) {
    let noted = database::without_waiting(connection, |connection| {
        let now = now.as_microsecond();
        connection.prepare_cached(update)?.execute(params![key, now])?;
        connection.prepare_cached(SEEN)?.execute((user, now))?;
        Ok(())
    });
    if let Err(error) = noted {
        tracing::warn!(%error, "cannot note that a session or token was used");
    }
}

/// The user of an id, with a seat that was found.
pub(super) fn identity(
    connection: &Connection,
    user: String,
    seat: Option<(OrganizationId, Role)>,
) -> Result<Option<Identity>, Failure> {
    let mut select = connection.prepare_cached("SELECT username FROM users WHERE id = ?1")?;
    let username: Option<String> = select.query_row([&user], |row| row.get(0)).optional()?;
    let operator = members::role(connection, &OrganizationId::default(), &user)? == Some(Role::Owner);
    Ok(username.map(|username| Identity { user, username, seat, operator }))
}

fn first_seat(connection: &Connection, user: &str) -> Result<Option<(OrganizationId, Role)>, Failure> {
    let sql = "SELECT id, role FROM members JOIN organizations ON id = organization WHERE user = ?1
               ORDER BY id <> 'org_default', name, id LIMIT 1";
    let mut select = connection.prepare_cached(sql)?;
    let mut found =
        select.query_and_then([user], |row| Ok((super::organization(row.get(0)?)?, row.get(1)?)))?;
    found.next().transpose()
}

/// In the database's unit.
fn ago(now: Timestamp, duration: SignedDuration) -> i64 {
    now.checked_sub(duration).unwrap_or(Timestamp::MIN).as_microsecond()
}

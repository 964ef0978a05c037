//! The audit trail: who did what in which organization. It is no part of the journal.

use event_bus::StorageError;
use hook_core::OrganizationId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Row, params_from_iter, types::Value};

use super::one_more;
use crate::{Store, events::time, thread::Failure};

/// An entry goes after 400 days, so that a year's can be looked at.
const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Who did it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "as api.md §2 has it")]
pub struct Actor {
    /// `user_…`; absent: nobody who is known, or the command line.
    pub user: Option<String>,
    /// The name at that time.
    pub username: Option<String>,
    /// `token_…`, where it was by one.
    pub token: Option<String>,
}

/// One act.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as api.md §2 has it")]
pub struct AuditEntry {
    /// When.
    pub time: Timestamp,
    /// What, such as `job.replaced`.
    pub action: String,
    /// Who.
    pub actor: Actor,
    /// On what: an id or a name.
    pub target: Option<String>,
    /// From where.
    pub address: Option<String>,
}

/// Where an entry stands in the trail; later ones are greater.
pub type AuditPlace = (Timestamp, i64);

/// Which entries a list has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "whoever asks fills in what he asks for")]
pub struct AuditFilter {
    /// Not earlier.
    pub since: Option<Timestamp>,
    /// Earlier than this.
    pub until: Option<Timestamp>,
    /// One of these; empty: any.
    pub actions: Vec<String>,
    /// Those before this one.
    pub before: Option<AuditPlace>,
}

impl Store {
    /// Notes an act. Old entries go.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub async fn note(&self, organization: &OrganizationId, entry: AuditEntry) -> Result<(), StorageError> {
        let of = organization.to_string();
        let noted = self.thread.call(move |db| {
            let before = entry.time.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
            let sql = "DELETE FROM audit WHERE at < ?1";
            db.connection.prepare_cached(sql)?.execute([before.as_microsecond()])?;
            let sql = "INSERT INTO audit (organization, at, action, user, username, token, target, address)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            db.connection.prepare_cached(sql)?.execute((
                of,
                entry.time.as_microsecond(),
                entry.action,
                entry.actor.user,
                entry.actor.username,
                entry.actor.token,
                entry.target,
                entry.address,
            ))?;
            Ok(())
        });
        noted.await.map_err(|failure| StorageError::new("note who did what", failure))
    }

    /// The trail of an organization, newest first; one more than was asked for where there are more.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn audit(
        &self,
        organization: &OrganizationId,
        filter: AuditFilter,
        at_most: u32,
    ) -> Result<Vec<(AuditPlace, AuditEntry)>, StorageError> {
        let (sql, params) = listing(organization, &filter, at_most);
        let read = self.thread.call(move |db| {
            let mut select = db.connection.prepare_cached(&sql)?;
            select.query_and_then(params_from_iter(params), entry)?.collect()
        });
        read.await.map_err(|failure| StorageError::new("read who did what", failure))
    }
}

/// Only the conditions that are wanted are in the text.
fn listing(organization: &OrganizationId, filter: &AuditFilter, at_most: u32) -> (String, Vec<Value>) {
    let mut condition = "organization = ?".to_owned();
    let mut params: Vec<Value> = vec![organization.to_string().into()];
    for (clause, time) in [(" AND at >= ?", filter.since), (" AND at < ?", filter.until)] {
        if let Some(time) = time {
            condition.push_str(clause);
            params.push(time.as_microsecond().into());
        }
    }
    if let Some((time, id)) = filter.before {
        condition.push_str(" AND (at, id) < (?, ?)");
        params.extend([time.as_microsecond().into(), id.into()]);
    }
    if !filter.actions.is_empty() {
        let marks = vec!["?"; filter.actions.len()].join(", ");
        condition.push_str(&format!(" AND action IN ({marks})"));
        params.extend(filter.actions.iter().map(|action| Value::from(action.clone())));
    }
    params.push(one_more(at_most).into());
    let sql = format!(
        "SELECT id, at, action, user, username, token, target, address FROM audit
         WHERE {condition} ORDER BY at DESC, id DESC LIMIT ?"
    );
    (sql, params)
}

fn entry(row: &Row<'_>) -> Result<(AuditPlace, AuditEntry), Failure> {
    let at = time(row.get(1)?)?;
    let actor = Actor { user: row.get(3)?, username: row.get(4)?, token: row.get(5)? };
    let entry =
        AuditEntry { time: at, action: row.get(2)?, actor, target: row.get(6)?, address: row.get(7)? };
    Ok(((at, row.get(0)?), entry))
}

//! A destination as it is kept, and as people see it.

use job_store::{ListedDelivery, StoredDestination};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{kinds::Kind, mask};

/// What is kept of a destination, beside its name: with secrets, so that Debug hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Definition {
    pub(crate) kind: String,
    pub(crate) on: Vec<String>,
    /// By their ids; absent: all.
    pub(crate) jobs: Option<Vec<String>>,
    pub(crate) settings: Value,
}

impl Definition {
    /// Of a destination.
    ///
    /// # Errors
    /// It cannot be read any more: why.
    pub(crate) fn of(stored: &StoredDestination) -> Result<Self, String> {
        // The parser's message may have a piece of the text, which may be a secret.
        serde_json::from_str(stored.definition.expose())
            .map_err(|_| "the destination cannot be read".to_owned())
    }

    /// The settings with their secrets masked.
    pub(crate) fn masked(&self) -> Value {
        Kind::named(&self.kind).map_or(Value::Null, |kind| mask::masked(kind, &self.settings))
    }
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Definition").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A destination as `api.md` §7 has it.
pub(crate) fn destination(
    stored: &StoredDestination,
    definition: &Definition,
    last: Option<&ListedDelivery>,
) -> Value {
    json!({
        "destinationId": stored.id, "name": stored.name, "enabled": stored.enabled, "kind": definition.kind,
        "on": definition.on, "jobs": definition.jobs, "settings": definition.masked(),
        "state": {"revision": stored.revision, "lastDelivery": last.map(delivery)},
    })
}

/// A delivery as `api.md` §7 has it.
pub(crate) fn delivery(delivery: &ListedDelivery) -> Value {
    json!({
        "deliveryId": delivery.id, "destinationId": delivery.destination, "event": delivery.event,
        "scheduleId": delivery.schedule, "jobId": delivery.job, "state": delivery.state,
        "attempts": delivery.attempts, "createdAt": delivery.created_at,
        "lastAttemptAt": delivery.last_attempt_at, "nextAttemptAt": delivery.next_attempt_at,
        "httpStatus": delivery.http_status, "error": delivery.error,
    })
}

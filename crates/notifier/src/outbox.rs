//! The port to whatever keeps the deliveries: what is filed there is sent at least once, or ends as a dead letter
//! that is shown.

use std::collections::BTreeMap;

use async_trait::async_trait;
use event_bus::BoxError;
use hook_core::JobId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Message, Occasion};

/// A message to one destination, not yet kept.
#[derive(Clone, PartialEq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever files a delivery says all of it")]
pub struct NewDelivery {
    /// `dlv_` and the TypeID suffix of the first 16 bytes of the SHA-256 of destination, NUL and what the message is
    /// about: the same however often that is seen, so that it is filed once.
    pub id: String,
    /// The name of the destination.
    pub destination: String,
    /// What to say.
    pub message: Message,
    /// When it was filed; UTC.
    pub created_at: Timestamp,
}

/// A message to one destination, and what became of it.
#[derive(Clone, PartialEq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "every outbox gives back all of it")]
pub struct Delivery {
    /// See [`NewDelivery::id`].
    pub id: String,
    /// The name of the destination.
    pub destination: String,
    /// What to say.
    pub message: Message,
    /// How far it is.
    pub state: DeliveryState,
    /// Tries so far.
    pub attempts: u32,
    /// When it was filed; UTC.
    pub created_at: Timestamp,
    /// When it was last tried; UTC.
    pub last_attempt_at: Option<Timestamp>,
    /// Not before; UTC. Absent before the first try, and where there will be none.
    pub next_attempt_at: Option<Timestamp>,
    /// Of the last try, where HTTP was spoken.
    pub http_status: Option<u16>,
    /// Why the last try failed.
    pub error: Option<String>,
}

impl From<NewDelivery> for Delivery {
    /// As it is before its first try.
    fn from(new: NewDelivery) -> Self {
        Self {
            id: new.id,
            destination: new.destination,
            message: new.message,
            state: DeliveryState::Pending,
            attempts: 0,
            created_at: new.created_at,
            last_attempt_at: None,
            next_attempt_at: None,
            http_status: None,
            error: None,
        }
    }
}

/// How far a delivery is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "three states, as api.md §7 has them")]
pub enum DeliveryState {
    /// To be tried, or tried again.
    Pending,
    /// The destination has taken it.
    Delivered,
    /// It was refused for good, or failed for too long. It is shown, and not tried again.
    Dead,
}

impl DeliveryState {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

/// What a destination knows of a job: what the quiet rule goes by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the rules fill it in whole")]
pub struct Standing {
    /// The problem that was told last and still stands; absent when all is well.
    pub problem: Option<Occasion>,
    /// What kind of problem, so that a different one is told again: which step failed, and how.
    pub kind: String,
    /// Since when there is one without a break; UTC.
    pub since: Timestamp,
    /// When it was told last; UTC.
    pub told_at: Timestamp,
    /// How often it was not told since then.
    pub unsaid: u32,
    /// How often it happened since `since`, told or not.
    #[serde(default)]
    pub failures: u32,
    /// The run in which it happened last, where it was in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<JobId>,
    /// The kinds that were told within the last day, each with when: of two that take turns, each is told once.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<String, Timestamp>,
    /// The position of the event that this follows from, or for what has no event the time that it was due, in
    /// seconds since 1970: the same seen again changes nothing.
    pub position: u64,
}

/// What follows from one event: kept whole or not at all.
#[derive(Clone, PartialEq, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "whoever files says all of it")]
pub struct Filing {
    /// What is to be sent. One whose id is there already is passed over.
    pub deliveries: Vec<NewDelivery>,
    /// What destinations know now: destination, job, and what it knows; `None` forgets it. A job is its `scheduleId`,
    /// or that with a `/` and a word behind it, where something is kept beside.
    pub standings: Vec<(String, String, Option<Standing>)>,
}

/// Keeps deliveries. `conformance`, behind the feature `test-util`, is this contract as a suite of tests.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Keeps what follows from an event: all of it, or nothing. May be called again with the same.
    ///
    /// # Errors
    /// The outbox failed; nothing is kept.
    async fn file(&self, filing: Filing) -> Result<(), BoxError>;

    /// What a destination knows of a job.
    ///
    /// # Errors
    /// The outbox failed.
    async fn standing(&self, destination: &str, schedule: &str) -> Result<Option<Standing>, BoxError>;

    /// The pending deliveries of a destination in the order in which they were filed, at most so many.
    ///
    /// # Errors
    /// The outbox failed.
    async fn pending(&self, destination: &str, at_most: usize) -> Result<Vec<Delivery>, BoxError>;

    /// Keeps what became of a try: state, attempts, times, status and error of the delivery with this id. One that is
    /// not there is passed over.
    ///
    /// # Errors
    /// The outbox failed; the delivery is as it was.
    async fn record(&self, delivery: &Delivery) -> Result<(), BoxError>;

    /// Deliveries of all destinations, or of one, newest first, at most so many.
    ///
    /// # Errors
    /// The outbox failed.
    async fn latest(&self, destination: Option<&str>, at_most: usize) -> Result<Vec<Delivery>, BoxError>;
}

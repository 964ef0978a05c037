//! Deliveries for the tests of those who list them: as if a notifier had sent them.

use event_bus::BoxError;
use hook_core::OrganizationId;
use jiff::Timestamp;
use notifier::{Delivery, DeliveryState, Filing, Message, NewDelivery, Outbox};
use serde_json::json;

use crate::Store;

/// A delivery that was tried once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a test says all of it")]
pub struct Sample<'a> {
    /// `dlv_…`.
    pub id: &'a str,
    /// `dest_…`.
    pub destination: &'a str,
    /// The occasion, job and run; absent: a test.
    pub about: Option<(&'a str, &'a str, &'a str)>,
    /// When it was filed and tried.
    pub at: Timestamp,
    /// Why it failed for good; absent: it was taken.
    pub error: Option<&'a str>,
    /// Whether it is tried again.
    pub waits: bool,
}

impl Store {
    /// Keeps it.
    ///
    /// # Errors
    /// It says something that nobody can read, or the database cannot be written to.
    pub async fn deliver(&self, sample: Sample<'_>) -> Result<(), BoxError> {
        let new = NewDelivery {
            id: sample.id.to_owned(),
            destination: sample.destination.to_owned(),
            message: message(&sample)?,
            created_at: sample.at,
        };
        let delivery = Delivery {
            state: match (sample.error, sample.waits) {
                (None, _) => DeliveryState::Delivered,
                (Some(_), true) => DeliveryState::Pending,
                (Some(_), false) => DeliveryState::Dead,
            },
            attempts: 1,
            last_attempt_at: Some(sample.at),
            http_status: sample.error.is_none().then_some(200),
            error: sample.error.map(ToOwned::to_owned),
            ..Delivery::from(new.clone())
        };
        self.file(Filing { deliveries: vec![new], ..Filing::default() }).await?;
        self.record(&delivery).await
    }
}

fn message(sample: &Sample<'_>) -> Result<Message, BoxError> {
    let mut message = json!({"topic": "test", "severity": "good", "title": "Test from zb", "lines": [],
                             "time": sample.at});
    if let Some((occasion, schedule, job)) = sample.about {
        message["topic"] = json!({"occasion": occasion});
        message["run"] = json!({"jobId": job, "scheduleId": schedule, "jobName": schedule,
                                "organizationId": OrganizationId::default()});
    }
    Ok(serde_json::from_value(message)?)
}

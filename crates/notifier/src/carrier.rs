//! The port to whatever takes a message to where it is read.

use async_trait::async_trait;

use crate::{Answer, Failed, Message, Retry};

/// Takes messages to one destination: a channel of this crate, or your own.
#[async_trait]
pub trait Carrier: Send + Sync + 'static {
    /// Tries once. The sender sets the deadline, and tries again as the failure says; when it was cut off, or died
    /// before it could note the success, the same delivery comes again under the same id, so that a destination that
    /// knows ids can drop the repeat. A panic counts as a failure that another try can mend.
    ///
    /// # Errors
    /// The message was not taken, or nobody knows.
    async fn carry(&self, message: &Message, delivery_id: &str) -> Result<Answer, Failed>;
}

impl Failed {
    /// A failure without an HTTP status. `reason` is for a person and holds no secret.
    pub fn because(reason: impl Into<String>, retry: Retry) -> Self {
        Self { reason: reason.into(), http_status: None, retry }
    }
}

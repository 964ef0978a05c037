//! The port to whoever wants to be told.

use async_trait::async_trait;

use crate::{BoxError, Event, Recorded};

/// Is told every event: at least once, in order, at its own pace, from its own cursor.
#[async_trait]
pub trait Observer<E: Event>: Send + Sync + 'static {
    /// The identity of its cursor: a renamed observer is a new one and is told everything from the start. Two
    /// that run under one name share a cursor, and must not mind.
    fn name(&self) -> &str;

    /// Takes one event. It is told the next one after it returned `Ok`; take your time, but set yourself a limit,
    /// because nobody cuts it.
    ///
    /// The same event can come again: after a process that ended before the cursor was saved. A panic counts as
    /// [`Rejected::Retry`].
    ///
    /// # Errors
    /// Whether to come again with this event or to go on without.
    async fn on_event(&self, event: &Recorded<E>) -> Result<(), Rejected>;
}

/// An event was not taken, and why.
#[derive(Debug)]
pub enum Rejected {
    /// Come again with it, until the limits of the [`Backoff`](crate::Backoff).
    Retry(BoxError),
    /// It can never be taken. It is counted, and shown by [`ObserverStatus`](crate::ObserverStatus).
    Skip(BoxError),
}

//! Values of which only the latest matters.

use tokio::sync::watch;

/// The latest value only, for example a progress. A slow watcher misses those between; a journal never sees any:
/// it is another type than an event, so it cannot be published by mistake.
#[derive(Debug)]
pub struct Live<T>(watch::Sender<T>);

impl<T> Live<T> {
    /// With a first value.
    pub fn new(first: T) -> Self {
        Self(watch::Sender::new(first))
    }

    /// Replaces the value and wakes the watchers. Never waits.
    pub fn set(&self, value: T) {
        self.0.send_replace(value);
    }

    /// Sees the present value and is woken by later ones.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<T> {
        self.0.subscribe()
    }
}

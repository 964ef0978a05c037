//! Waiting for something that another process does, without guessing how long it takes.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Longer than anything takes on a busy machine; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until the answer is there.
///
/// # Panics
/// After a minute, naming `what` was waited for.
pub fn eventually<T>(what: &str, answer: impl FnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, answer)
}

/// The same, for what may take longer.
///
/// # Panics
/// After this time, naming `what` was waited for.
pub fn eventually_within<T>(patience: Duration, what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = answer() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {} s for {what}", patience.as_secs());
        thread::sleep(Duration::from_millis(5));
    }
}

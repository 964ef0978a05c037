//! Waiting for what another process does.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::shell::Result;

const PATIENCE: Duration = Duration::from_secs(120);

/// Looks again and again.
pub(super) fn until(what: &str, look_again: Duration, mut is_so: impl FnMut() -> bool) -> Result {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        if Instant::now() > deadline {
            return Err(format!("waited {} s for {what}", PATIENCE.as_secs()).into());
        }
        thread::sleep(look_again);
    }
    Ok(())
}

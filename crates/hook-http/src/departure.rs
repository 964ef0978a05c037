//! Whether the request may have left the machine: settled once, by whoever comes first.
//!
//! `not-sent` and `no-answer` decide whether a post hook is owed (`spec.md` §3), so "not sent" must be a proof
//! and not a guess. The connector asks [`Departure::leave`] when a connection stands, TLS included, and before
//! a byte of the request is written; the side that gives up asks [`Departure::call_off`]. Only one of them is
//! granted: a request that was called off can never be written, however late its connection comes.

use std::{
    error::Error,
    future::{Ready, ready},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, Ordering},
    },
};

tokio::task_local! {
    /// The departure of the exchange that this task makes.
    pub(crate) static DEPARTURE: Arc<Departure>;
}

const WAITING: u8 = 0;
const LEFT: u8 = 1;
const CALLED_OFF: u8 = 2;

/// One request's point of no return, and the status of its answer as soon as there is one.
#[derive(Debug, Default)]
pub(crate) struct Departure {
    state: AtomicU8,
    status: OnceLock<u16>,
}

impl Departure {
    /// A connection stands. `false`: the request was called off and must not be written.
    pub(crate) fn leave(&self) -> bool {
        self.settle(LEFT)
    }

    /// Nobody waits any more. `true`: the request cannot arrive, now or later.
    pub(crate) fn call_off(&self) -> bool {
        self.settle(CALLED_OFF)
    }

    /// A whole head came.
    pub(crate) fn head_came(&self, status: u16) {
        // One request has one final head: a second could only repeat the first.
        let _ = self.status.set(status);
    }

    /// The status of the whole head that came, if one did.
    pub(crate) fn status(&self) -> Option<u16> {
        self.status.get().copied()
    }

    fn settle(&self, wanted: u8) -> bool {
        match self.state.compare_exchange(WAITING, wanted, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => true,
            Err(settled) => settled == wanted,
        }
    }
}

/// The connector's last step: hands the connection on only while the request may leave.
///
/// Outside of a [`DEPARTURE`] scope it refuses, so that no connection can go round the record.
pub(crate) fn embark<C>(connection: C) -> Ready<Result<C, Box<dyn Error + Send + Sync>>> {
    let granted = DEPARTURE.try_with(|departure| departure.leave()).unwrap_or(false);
    ready(if granted { Ok(connection) } else { Err("the request was called off".into()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_first_settles_it() {
        let left = Departure::default();
        assert!(left.leave());
        assert!(!left.call_off(), "a request that left cannot be called off");

        let off = Departure::default();
        assert!(off.call_off());
        assert!(!off.leave(), "a request that was called off cannot leave");
        assert!(off.call_off(), "asking again changes nothing");
    }

    #[tokio::test]
    async fn a_connection_that_comes_too_late_is_dropped() {
        let departure = Arc::new(Departure::default());
        assert!(departure.call_off());
        assert!(DEPARTURE.scope(departure, async { embark(()).await }).await.is_err());
        assert!(embark(()).await.is_err(), "outside of an exchange nothing leaves");
    }
}

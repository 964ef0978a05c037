//! An observer at work: how it gets on, and how it is ended.

use std::{error::Error, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{self, Instant},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{Backoff, Bus, Event, Observer, Position, courier::Courier};

/// An observer at work. Dropping this ends the work after the event at hand; [`Observing::stop`] waits for that.
#[must_use = "the observer is served only as long as this is kept"]
#[derive(Debug)]
pub struct Observing {
    task: JoinHandle<()>,
    stop: DropGuard,
    gauge: Gauge,
}

/// How an observer gets on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct ObserverStatus {
    /// Everything up to here was told or skipped, and the cursor is saved.
    pub at: Position,
    /// How many positions that is behind the newest event that this process knows of; where positions have gaps,
    /// the events are fewer.
    pub behind: u64,
    /// Events that it did not take and will not be told again, since this start.
    pub skipped: u64,
    /// Since when the event at hand, or the journal, fails.
    pub failing_since: Option<Instant>,
}

impl Observing {
    pub(crate) fn start<E: Event>(bus: Bus<E>, observer: Arc<dyn Observer<E>>, backoff: Backoff) -> Self {
        let status = watch::Sender::new(ObserverStatus::default());
        let gauge = Gauge { status: status.subscribe(), known: bus.news() };
        let stop = CancellationToken::new();
        let courier = Courier::new(bus, observer, backoff, status, stop.clone());
        Self { task: tokio::spawn(courier.run()), stop: stop.drop_guard(), gauge }
    }

    /// How it gets on now.
    #[must_use]
    pub fn status(&self) -> ObserverStatus {
        self.gauge.read()
    }

    /// Waits until everything up to `until` was told or skipped and the cursor is saved, at most `within`. Whether
    /// that was in time.
    #[must_use = "the time may have run out"]
    pub async fn caught_up(&self, until: Position, within: Duration) -> bool {
        let mut status = self.gauge.status.clone();
        let there = status.wait_for(|status| status.at >= until);
        matches!(time::timeout(within, there).await, Ok(Ok(_)))
    }

    /// Ends the work and waits until it has ended. The event at hand is not cut: the observer may finish it, and
    /// one try is made to save the cursor. Returns how far it came.
    pub async fn stop(self) -> ObserverStatus {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(error = &error as &dyn Error, "the task of an observer did not end by itself");
        }
        self.gauge.read()
    }
}

/// What is needed to say how an observer gets on, also after its end.
#[derive(Debug)]
struct Gauge {
    status: watch::Receiver<ObserverStatus>,
    known: watch::Receiver<Position>,
}

impl Gauge {
    fn read(&self) -> ObserverStatus {
        let status = *self.status.borrow();
        let behind = self.known.borrow().get().saturating_sub(status.at.get());
        ObserverStatus { behind, ..status }
    }
}

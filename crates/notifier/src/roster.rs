//! Who is told, while that may change: the destinations of the moment, each with the loop that sends to it.

use std::{
    error::Error,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use event_bus::BoxError;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Carrier, Destination, Jitter, Limits, Outlet,
    ledger::Ledger,
    sender::{Sender, SenderStatus},
};

/// Where destinations come, change and go while a notifier is at work.
#[async_trait]
pub trait Directory: Send + Sync + 'static {
    /// All destinations, if they are others than at the last call; at the first call, all. It is asked before each event
    /// that somebody may be told of, so it is cheap where nothing has changed. A carrier that is the same `Arc` as before
    /// goes on with what it is doing.
    ///
    /// # Errors
    /// Nobody knows: the event is kept, and this is asked again.
    async fn changed(&self) -> Result<Option<Vec<Outlet>>, BoxError>;
}

/// The destinations of a notifier: those from its start on, or whatever a [`Directory`] has.
#[derive(Clone)]
pub struct Outlets {
    now: Vec<Outlet>,
    directory: Option<Arc<dyn Directory>>,
}

impl Outlets {
    /// Those of the directory, from the first event on.
    pub fn following(directory: Arc<dyn Directory>) -> Self {
        Self { now: Vec::new(), directory: Some(directory) }
    }
}

impl From<Vec<Outlet>> for Outlets {
    /// These, to the end.
    fn from(now: Vec<Outlet>) -> Self {
        Self { now, directory: None }
    }
}

impl std::fmt::Debug for Outlets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlets").field("now", &self.now).finish_non_exhaustive()
    }
}

/// What every sender has.
pub(crate) struct Means {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) jitter: Jitter,
    pub(crate) limits: Limits,
    /// Ends all of them.
    pub(crate) stop: CancellationToken,
}

/// The destinations of the moment.
pub(crate) struct Roster {
    means: Means,
    directory: Option<Arc<dyn Directory>>,
    /// One asks at a time: answers are taken in their order.
    asking: tokio::sync::Mutex<()>,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    destinations: Arc<[Destination]>,
    senders: Vec<Seat>,
    /// Those that were told to end, and may have a try at hand.
    leaving: Vec<Seat>,
}

/// A destination's loop.
struct Seat {
    name: String,
    carrier: Arc<dyn Carrier>,
    task: JoinHandle<()>,
    status: watch::Receiver<SenderStatus>,
    stop: CancellationToken,
}

impl Roster {
    pub(crate) fn new(outlets: Outlets, means: Means) -> Self {
        let Outlets { now, directory } = outlets;
        let roster =
            Self { means, directory, asking: tokio::sync::Mutex::default(), seats: Mutex::default() };
        roster.seat(now);
        roster
    }

    /// The destinations as they are now.
    pub(crate) async fn destinations(&self) -> Result<Arc<[Destination]>, BoxError> {
        if let Some(directory) = &self.directory {
            let _one = self.asking.lock().await;
            if let Some(outlets) = directory.changed().await? {
                self.seat(outlets);
            }
        }
        Ok(Arc::clone(&self.seats().destinations))
    }

    /// How each destination gets on.
    pub(crate) fn status(&self) -> Vec<SenderStatus> {
        self.seats().senders.iter().map(|seat| seat.status.borrow().clone()).collect()
    }

    /// Waits until every sender has seen what was filed up to here; false where one ended by itself.
    pub(crate) async fn has_seen(&self, filed: u64) -> bool {
        let all: Vec<_> =
            self.seats().senders.iter().map(|seat| (seat.status.clone(), seat.stop.clone())).collect();
        for (mut status, stop) in all {
            let seen = status.wait_for(|status| status.has_seen(filed)).await.is_ok();
            if !seen && !stop.is_cancelled() {
                return false;
            }
        }
        true
    }

    /// Waits for the ends of all senders, which were told to end; those that take longer are cut off.
    pub(crate) async fn ended(&self, end: Instant) -> Vec<SenderStatus> {
        let Seats { senders, leaving, .. } = mem::take(&mut *self.seats());
        let mut last = Vec::new();
        let is_here = [true, false];
        for (seats, is_here) in [senders, leaving].into_iter().zip(is_here) {
            for mut seat in seats {
                match time::timeout_at(end, &mut seat.task).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => {
                        let error = &error as &dyn Error;
                        tracing::error!(error, "the task of a sender did not end by itself");
                    }
                    Err(_) => seat.task.abort(),
                }
                last.extend(is_here.then(|| seat.status.borrow().clone()));
            }
        }
        last
    }

    fn seat(&self, outlets: Vec<Outlet>) {
        let mut seats = self.seats();
        let mut before = mem::take(&mut seats.senders);
        seats.leaving.retain(|seat| !seat.task.is_finished());
        seats.destinations = outlets.iter().map(|outlet| outlet.destination.clone()).collect();
        for outlet in outlets {
            let name = &outlet.destination.name;
            let seat = match taken(&mut before, name) {
                Some(seat) if Arc::ptr_eq(&seat.carrier, &outlet.carrier) => seat,
                other => {
                    let other = other.or_else(|| taken(&mut seats.leaving, name));
                    self.open(outlet, other)
                }
            };
            seats.senders.push(seat);
        }
        before.iter().for_each(|seat| seat.stop.cancel());
        seats.leaving.extend(before);
    }

    /// Opens a loop, which begins when the one that it takes the place of has ended: nothing is sent twice.
    fn open(&self, outlet: Outlet, before: Option<Seat>) -> Seat {
        let (status, seen) = watch::channel(SenderStatus::new(&outlet.destination.name));
        let stop = self.means.stop.child_token();
        let sender = Sender {
            destination: outlet.destination.name.clone(),
            carrier: Arc::clone(&outlet.carrier),
            ledger: Arc::clone(&self.means.ledger),
            jitter: Arc::clone(&self.means.jitter),
            limits: self.means.limits,
            status,
            stop: stop.clone(),
        };
        let task = tokio::spawn(async move {
            if let Some(before) = before {
                before.stop.cancel();
                // However it ended, it has.
                let _ = before.task.await;
            }
            sender.run().await;
        });
        Seat { name: outlet.destination.name, carrier: outlet.carrier, task, status: seen, stop }
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn taken(seats: &mut Vec<Seat>, name: &str) -> Option<Seat> {
    let at = seats.iter().position(|seat| seat.name == name)?;
    Some(seats.remove(at))
}

//! The notifier at work: the observer that files, and the senders that send.

use std::{fmt, sync::Arc, time::Duration};

use event_bus::{Backoff, BoxError, Bus, Clock, GiveUp, ObserverStatus, Observing, Position};
use hook_core::RunEvent;
use jiff::Timestamp;
use tokio::time::{self, Instant};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    Carrier, Destination, Job, Outbox, Outlets,
    ledger::{Draft, Ledger},
    observer::NotifierObserver,
    policy,
    roster::{Means, Roster},
    sender::SenderStatus,
};

/// Where the pauses between tries get their jitter from: a number from 0 to 1, another one each time.
pub type Jitter = Arc<dyn Fn() -> f64 + Send + Sync>;

/// The limits of sending.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "two numbers")]
pub struct Limits {
    /// How long one try may take.
    pub deadline: Duration,
    /// How long after it was filed a message that never arrived is given up, at its next failure.
    pub give_up_after: Duration,
}

impl Default for Limits {
    /// 30 seconds, and 14 days.
    fn default() -> Self {
        Self { deadline: Duration::from_secs(30), give_up_after: Duration::from_secs(14 * 24 * 60 * 60) }
    }
}

/// How an event is retried that cannot be filed: for as long as a message is.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(1),
    max: Duration::from_secs(60),
    give_up_after: GiveUp::Elapsed(Duration::from_secs(14 * 24 * 60 * 60)),
};

/// A destination with its way there.
#[derive(Clone)]
#[expect(clippy::exhaustive_structs, reason = "a pair with names")]
pub struct Outlet {
    /// Who is told of what.
    pub destination: Destination,
    /// The way there.
    pub carrier: Arc<dyn Carrier>,
}

/// The notifier at work. Dropping it ends the work; [`Notifier::stop`] waits for that.
#[must_use = "nobody is told of anything once this is dropped"]
pub struct Notifier {
    observing: Observing,
    ledger: Arc<Ledger>,
    roster: Arc<Roster>,
    stop: DropGuard,
}

/// How the notifier gets on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NotifierStatus {
    /// How far it has read.
    pub observer: ObserverStatus,
    /// How each destination gets on.
    pub senders: Vec<SenderStatus>,
}

impl Notifier {
    /// Begins to observe and to send, in tasks of the runtime that this is called on. One process at a time does that
    /// for an outbox: two would each send what is pending.
    ///
    /// A destination that the outbox does not know yet is told of what happened since `newcomers_since`: the start of
    /// the process, so that a first `[[notify]]` does not tell a history of years.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as [`tokio::spawn`] does.
    pub fn start(
        bus: &Bus<RunEvent>,
        outbox: Arc<dyn Outbox>,
        outlets: impl Into<Outlets>,
        newcomers_since: Timestamp,
        clock: Clock,
        jitter: Jitter,
        limits: Limits,
    ) -> Self {
        let ledger = Arc::new(Ledger::new(outbox, clock, newcomers_since));
        let stop = CancellationToken::new();
        let means = Means { ledger: Arc::clone(&ledger), jitter, limits, stop: stop.clone() };
        let roster = Arc::new(Roster::new(outlets.into(), means));
        let observer = NotifierObserver::new(bus.clone(), Arc::clone(&ledger), Arc::clone(&roster));
        let observing = bus.observe(Arc::new(observer), BACKOFF);
        Self { observing, ledger, roster, stop: stop.drop_guard() }
    }

    /// Asks the directory whether destinations have come, changed or gone: what waits for a new one is sent, and nothing
    /// more to one that went. Each event asks it too; call this where none may come for long.
    ///
    /// # Errors
    /// The directory failed; everything is as it was.
    pub async fn look(&self) -> Result<(), BoxError> {
        self.roster.destinations().await.map(drop)
    }

    /// How it gets on now.
    #[must_use]
    pub fn status(&self) -> NotifierStatus {
        NotifierStatus { observer: self.observing.status(), senders: self.roster.status() }
    }

    /// Waits until what follows from the events up to `until` is filed, and then was taken, given up or waits for a
    /// later try; at most `within`. Whether that was in time.
    #[must_use = "the time may have run out"]
    pub async fn caught_up(&self, until: Position, within: Duration) -> bool {
        let end = Instant::now() + within;
        // Where there is no event to ask the directory for, what an earlier notifier filed waits for its sender.
        let has_looked = time::timeout(within, self.look()).await.is_ok_and(|looked| looked.is_ok());
        has_looked
            && self.observing.caught_up(until, end.saturating_duration_since(Instant::now())).await
            && self.idle(end.saturating_duration_since(Instant::now())).await
    }

    /// Waits until everything filed so far was taken, given up or waits for a later try; at most `within`. Whether
    /// that was in time.
    #[must_use = "the time may have run out"]
    pub async fn idle(&self, within: Duration) -> bool {
        let filed = *self.ledger.filings().borrow();
        time::timeout(within, self.roster.has_seen(filed)).await.unwrap_or(false)
    }

    /// Ends the work. The tries at hand have `within` to end by themselves; one that is cut off is made again by the
    /// next notifier.
    pub async fn stop(self, within: Duration) -> NotifierStatus {
        drop(self.stop);
        let end = Instant::now() + within;
        let senders = self.roster.ended(end).await;
        let observer = self.observing.status();
        let left = end.saturating_duration_since(Instant::now());
        let observer = time::timeout(left, self.observing.stop()).await.unwrap_or(observer);
        NotifierStatus { observer, senders }
    }
}

/// What a scheduler tells of that no event shows.
impl Notifier {
    /// A run was due at `due`, was not started in time, and is made up for. May be called again with the same.
    ///
    /// # Errors
    /// The outbox failed; nobody is told: call it again.
    pub async fn missed(&self, job: &Job, due: Timestamp, now: Timestamp) -> Result<(), BoxError> {
        let mut draft = Draft::new(now);
        let wants = |one: &&Destination| !one.pings && one.on.contains(&crate::Occasion::Missed);
        for destination in concerned(&self.roster.destinations().await?, job).filter(wants) {
            let known = self.ledger.missed(&destination.name, &job.schedule_id).await?;
            let (message, standing) = policy::missed(job, known.as_ref(), due, now);
            if let Some(message) = message {
                draft.say(&destination.name, &format!("missed {} {due}", job.schedule_id), message);
            }
            draft.missed(&destination.name, &job.schedule_id, standing);
        }
        self.ledger.file(draft).await
    }

    /// A run was due at `due` and has not started: the next run that ends is the recovery. A service that expects signs
    /// of life finds that out by itself and is not told. May be called again with the same.
    ///
    /// # Errors
    /// As [`Notifier::missed`].
    pub async fn never_started(&self, job: &Job, due: Timestamp, now: Timestamp) -> Result<(), BoxError> {
        let mut draft = Draft::new(now);
        let wants = |one: &&Destination| !one.pings && one.on.contains(&crate::Occasion::NeverStarted);
        for destination in concerned(&self.roster.destinations().await?, job).filter(wants) {
            let known = self.ledger.known(&destination.name, &job.schedule_id).await?;
            let ruling = policy::never_started(job, known.start.as_ref(), due, now);
            let about = format!("never-started {} {due}", job.schedule_id);
            draft.rule(&destination.name, &job.schedule_id, &about, ruling);
        }
        self.ledger.file(draft).await
    }

    /// Tells once a day of problems that last while no run shows them. Call it for every job that is there, for example
    /// once an hour.
    ///
    /// # Errors
    /// As [`Notifier::missed`].
    pub async fn remind(&self, jobs: &[Job], now: Timestamp) -> Result<(), BoxError> {
        let destinations = self.roster.destinations().await?;
        for job in jobs {
            let mut draft = Draft::new(now);
            for destination in concerned(&destinations, job).filter(|destination| !destination.pings) {
                let known = self.ledger.known(&destination.name, &job.schedule_id).await?;
                draft.remind(&destination.name, job, &known, now);
            }
            self.ledger.file(draft).await?;
        }
        Ok(())
    }
}

fn concerned<'a>(destinations: &'a [Destination], job: &'a Job) -> impl Iterator<Item = &'a Destination> {
    destinations.iter().filter(|destination| destination.concerns(job))
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").field("destination", &self.destination).finish_non_exhaustive()
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").field("status", &self.status()).finish_non_exhaustive()
    }
}

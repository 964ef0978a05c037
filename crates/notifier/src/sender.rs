//! One loop for each destination: the oldest that is pending, one try, what became of it. A message that has to wait
//! holds up those behind it, so that a destination hears things in the order in which they happened; destinations
//! never wait for each other.

mod attempt;
mod pause;

use std::{convert::Infallible, error::Error, sync::Arc, time::Duration};

use event_bus::BoxError;
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, time};
use tokio_util::sync::CancellationToken;

use crate::{Carrier, Delivery, DeliveryState, Jitter, Limits, ledger::Ledger};
use attempt::guarded;

pub(crate) use attempt::{became, carry};

/// The longest sleep before a try: a machine that was asleep itself looks at the clock again.
const LONGEST_SLEEP: Duration = Duration::from_secs(5 * 60);

/// The longest sleep without anything to try: what another process filed is found.
const LONGEST_IDLE: Duration = Duration::from_secs(60 * 60);

/// The pauses between tries to reach the outbox.
const OUTBOX_FIRST: Duration = Duration::from_secs(1);
const OUTBOX_MAX: Duration = Duration::from_secs(60);

/// How a destination gets on.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SenderStatus {
    /// The destination.
    pub destination: String,
    /// Messages that it has taken since this start.
    pub delivered: u64,
    /// Messages that were given up since this start: `zb notify log` shows them.
    pub dead: u64,
    /// Why the last try failed, where nothing was taken since.
    pub failing: Option<String>,
    /// Everything filed up to here was looked at: it was taken, is dead, or waits for a later try.
    seen: Option<u64>,
}

impl SenderStatus {
    pub(crate) fn new(destination: &str) -> Self {
        Self { destination: destination.to_owned(), delivered: 0, dead: 0, failing: None, seen: None }
    }

    pub(crate) fn has_seen(&self, filed: u64) -> bool {
        self.seen >= Some(filed)
    }
}

/// Sends what is pending for one destination.
pub(crate) struct Sender {
    pub(crate) destination: String,
    pub(crate) carrier: Arc<dyn Carrier>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) jitter: Jitter,
    pub(crate) limits: Limits,
    pub(crate) status: watch::Sender<SenderStatus>,
    pub(crate) stop: CancellationToken,
}

/// The sender was told to end.
struct Stopped;

impl Sender {
    /// Returns when it is told to stop, after the try at hand.
    pub(crate) async fn run(self) {
        let Err(Stopped) = self.follow().await;
        tracing::debug!(destination = self.destination, "sender stopped");
    }

    async fn follow(&self) -> Result<Infallible, Stopped> {
        let mut filings = self.ledger.filings();
        while !self.stop.is_cancelled() {
            let filed = *filings.borrow_and_update();
            let pause = match self.next().await? {
                Next::Due(delivery) => {
                    self.deliver(*delivery).await?;
                    continue;
                }
                Next::Later(pause) => pause,
                Next::Nothing => LONGEST_IDLE,
            };
            self.rest(filed);
            tokio::select! {
                biased;
                () = self.stop.cancelled() => {}
                // What is filed changes nothing for one that waits, but that it was looked at.
                _ = filings.changed() => {}
                () = time::sleep(pause) => {}
            }
        }
        Err(Stopped)
    }

    fn rest(&self, filed: u64) {
        self.status.send_if_modified(|status| {
            let is_news = status.seen != Some(filed);
            status.seen = Some(filed);
            is_news
        });
    }

    async fn next(&self) -> Result<Next, Stopped> {
        let pending = self.insist("read", || self.ledger.outbox().pending(&self.destination, 1)).await?;
        let Some(delivery) = pending.into_iter().next() else { return Ok(Next::Nothing) };
        let due = delivery.next_attempt_at.unwrap_or(Timestamp::MIN);
        let left = due.duration_since(self.ledger.now());
        // Further off than any pause means that the clock was set back.
        if left <= SignedDuration::ZERO || left > pause::LONGEST {
            return Ok(Next::Due(Box::new(delivery)));
        }
        Ok(Next::Later(left.unsigned_abs().min(LONGEST_SLEEP)))
    }

    async fn deliver(&self, delivery: Delivery) -> Result<(), Stopped> {
        let tried = match pause::out_of_date(&delivery, self.ledger.now()) {
            Some(reason) => attempt::buried(delivery, reason),
            None => self.attempt(delivery).await,
        };
        // It is kept before the next one is begun: else that one would be this one.
        self.insist("keep what became of", || self.ledger.outbox().record(&tried)).await?;
        self.tell(&tried);
        Ok(())
    }

    async fn attempt(&self, delivery: Delivery) -> Delivery {
        let begun = self.ledger.now();
        let result = carry(&*self.carrier, &delivery.message, &delivery.id, self.limits.deadline).await;
        became(delivery, result, begun, self.ledger.now(), &self.limits, (self.jitter)())
    }

    fn tell(&self, tried: &Delivery) {
        let (destination, delivery, attempts) = (&self.destination, &tried.id, tried.attempts);
        match tried.state {
            DeliveryState::Delivered => tracing::debug!(destination, delivery, attempts, "message delivered"),
            DeliveryState::Pending => {
                let error = tried.error.as_deref();
                tracing::warn!(
                    destination,
                    delivery,
                    attempts,
                    error,
                    "message not delivered, tried again later"
                );
            }
            DeliveryState::Dead if tried.attempts == 0 => {
                tracing::info!(
                    destination,
                    delivery,
                    error = tried.error.as_deref(),
                    "message out of date, not sent"
                );
            }
            DeliveryState::Dead => tracing::error!(
                destination,
                delivery,
                attempts,
                error = tried.error.as_deref(),
                "message given up: zb notify log shows it; mend the destination, then try it with zb notify test"
            ),
        }
        self.status.send_modify(|status| {
            match tried.state {
                DeliveryState::Delivered => status.delivered += 1,
                DeliveryState::Dead => status.dead += 1,
                DeliveryState::Pending => {}
            }
            if tried.state == DeliveryState::Delivered || tried.attempts > 0 {
                status.failing.clone_from(&tried.error);
            }
        });
    }

    /// Asks the outbox until it answers; it gets at least one try, also after a stop.
    async fn insist<T, F>(&self, doing: &str, ask: impl Fn() -> F) -> Result<T, Stopped>
    where
        F: Future<Output = Result<T, BoxError>>,
    {
        let mut pause = OUTBOX_FIRST;
        loop {
            match guarded(ask()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    self.warn(doing, &*error, pause);
                    self.sleep(pause).await?;
                    pause = (pause * 2).min(OUTBOX_MAX);
                }
            }
        }
    }

    fn warn(&self, doing: &str, error: &(dyn Error + Send + Sync + 'static), pause: Duration) {
        let error = error as &(dyn Error + 'static);
        let destination = &self.destination;
        tracing::warn!(destination, error, "the outbox did not {doing} a message, next try in {pause:?}");
    }

    async fn sleep(&self, pause: Duration) -> Result<(), Stopped> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Stopped),
            () = time::sleep(pause) => Ok(()),
        }
    }
}

/// What there is to do.
enum Next {
    Due(Box<Delivery>),
    Later(Duration),
    Nothing,
}

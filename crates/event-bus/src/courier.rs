//! The loop that serves one observer: the next event, hand it over, save the cursor. Catching up and following are
//! the same path, and the only way past an event is that it was taken, or skipped aloud.

use std::{
    any::Any,
    convert::Infallible,
    error::Error,
    future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use tokio::{
    sync::watch,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Backoff, Bus, Event, Observer, ObserverStatus, Recorded, Rejected, StorageError, Tail, backoff::Failures,
};

/// Serves one observer.
pub(crate) struct Courier<E: Event> {
    bus: Bus<E>,
    observer: Arc<dyn Observer<E>>,
    name: String,
    backoff: Backoff,
    status: watch::Sender<ObserverStatus>,
    stop: CancellationToken,
}

/// The courier was told to end.
struct Stopped;

impl<E: Event> Courier<E> {
    pub(crate) fn new(
        bus: Bus<E>,
        observer: Arc<dyn Observer<E>>,
        backoff: Backoff,
        status: watch::Sender<ObserverStatus>,
        stop: CancellationToken,
    ) -> Self {
        let name = observer.name().to_owned();
        Self { bus, observer, name, backoff, status, stop }
    }

    /// Returns when it is told to stop.
    pub(crate) async fn run(self) {
        let Err(Stopped) = self.follow().await;
        tracing::debug!(observer = self.name, at = %self.status.borrow().at, "observer stopped");
    }

    async fn follow(&self) -> Result<Infallible, Stopped> {
        let cursor = self.insist(|| self.bus.journal().cursor(&self.name)).await?;
        self.status.send_modify(|status| status.at = cursor);
        self.insist(|| self.bus.head()).await?; // to say how far behind it is
        let mut tail = self.bus.tail(cursor);
        loop {
            let event = self.next(&mut tail).await?;
            self.deliver(&event).await?;
            self.insist(|| self.bus.journal().save_cursor(&self.name, event.position)).await?;
            self.status.send_modify(|status| status.at = event.position);
        }
    }

    async fn next(&self, tail: &mut Tail<E>) -> Result<Recorded<E>, Stopped> {
        let mut failures = Failures::none(self.backoff);
        loop {
            let next = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(Stopped),
                next = tail.next() => next,
            };
            if let Some(event) = self.weigh(&mut failures, next).await? {
                return Ok(event);
            }
        }
    }

    /// Hands the event over until it was taken or is skipped.
    async fn deliver(&self, event: &Recorded<E>) -> Result<(), Stopped> {
        let mut failures = Failures::none(self.backoff);
        while let Err(rejected) = hand_over(&*self.observer, event).await {
            match rejected {
                Rejected::Retry(reason) if !failures.would_be_too_many(Instant::now()) => {
                    self.wait_after(&mut failures, "the observer", &*reason).await?;
                }
                Rejected::Retry(reason) | Rejected::Skip(reason) => {
                    self.skip(event, &*reason);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Asks the journal until it answers; it gets at least one try, also after a stop.
    async fn insist<T, F>(&self, ask: impl Fn() -> F) -> Result<T, Stopped>
    where
        F: Future<Output = Result<T, StorageError>>,
    {
        let mut failures = Failures::none(self.backoff);
        loop {
            if let Some(answer) = self.weigh(&mut failures, ask().await).await? {
                return Ok(answer);
            }
        }
    }

    /// What the journal answered; or, when it failed, nothing after a pause.
    async fn weigh<T>(
        &self,
        failures: &mut Failures,
        answer: Result<T, StorageError>,
    ) -> Result<Option<T>, Stopped> {
        match answer {
            Ok(answer) => {
                self.status.send_if_modified(|status| status.failing_since.take().is_some());
                Ok(Some(answer))
            }
            Err(error) => {
                self.wait_after(failures, "the journal", &error).await?;
                Ok(None)
            }
        }
    }

    async fn wait_after(
        &self,
        failures: &mut Failures,
        who: &str,
        reason: &(dyn Error + Send + Sync + 'static),
    ) -> Result<(), Stopped> {
        let now = Instant::now();
        let pause = failures.add(now);
        self.status.send_modify(|status| _ = status.failing_since.get_or_insert(now));
        tracing::warn!(observer = self.name, error = reason, "{who} failed, next try in {pause:?}");
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Stopped),
            () = time::sleep(pause) => Ok(()),
        }
    }

    fn skip(&self, event: &Recorded<E>, reason: &(dyn Error + Send + Sync + 'static)) {
        tracing::error!(
            observer = self.name,
            position = %event.position,
            stream = %event.stream,
            error = reason,
            "event skipped: the observer will not be told it again"
        );
        self.status.send_modify(|status| status.skipped += 1);
    }
}

/// One delivery. A panic stays in it and counts as [`Rejected::Retry`].
async fn hand_over<E: Event>(observer: &dyn Observer<E>, event: &Recorded<E>) -> Result<(), Rejected> {
    let mut delivery = pin!(async { observer.on_event(event).await });
    // Unwind safe: after a panic the delivery is not polled again, and the observer is asked to expect a repeat.
    future::poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| delivery.as_mut().poll(cx)))
            .unwrap_or_else(|panic| Poll::Ready(Err(Rejected::Retry(panic_text(&*panic).into()))))
    })
    .await
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without words"))
}

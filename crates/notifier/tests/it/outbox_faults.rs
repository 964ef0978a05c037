//! An outbox that fails or panics, and does its work before that or not: nothing is lost, nothing is filed twice, and
//! the order is kept.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use event_bus::BoxError;
use notifier::{
    Delivery, DeliveryState, Destination, Filing, Limits, MemoryOutbox, Occasion, Outbox, Standing, send_now,
    test_message,
};

use crate::{
    runs::{failed, good},
    world::{HOUR, Recorder, World, expected_panic, pass},
};

/// How a call goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    Fails,
    Panics,
    /// It did its work and says that it did not.
    Lies,
}

/// Goes wrong at every nth call.
struct Flaky {
    inner: MemoryOutbox,
    fault: Fault,
    every: u32,
    calls: AtomicU32,
}

impl Flaky {
    async fn call<T>(&self, work: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        match self.fault {
            _ if call % self.every != self.every - 1 => work.await,
            Fault::Fails => Err("the disk is full".into()),
            Fault::Panics => expected_panic(),
            Fault::Lies => {
                work.await?;
                Err("the disk was full, perhaps".into())
            }
        }
    }
}

#[async_trait]
impl Outbox for Flaky {
    async fn file(&self, filing: Filing) -> Result<(), BoxError> {
        self.call(self.inner.file(filing)).await
    }

    async fn standing(&self, destination: &str, schedule: &str) -> Result<Option<Standing>, BoxError> {
        self.call(self.inner.standing(destination, schedule)).await
    }

    async fn pending(&self, destination: &str, at_most: usize) -> Result<Vec<Delivery>, BoxError> {
        self.call(self.inner.pending(destination, at_most)).await
    }

    async fn record(&self, delivery: &Delivery) -> Result<(), BoxError> {
        self.call(self.inner.record(delivery)).await
    }

    /// For the test itself.
    async fn latest(&self, destination: Option<&str>, at_most: usize) -> Result<Vec<Delivery>, BoxError> {
        self.inner.latest(destination, at_most).await
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_and_nothing_is_said_twice() {
    // An event needs five calls at most: it is through at last, and each of its calls breaks at some time.
    for fault in [Fault::Fails, Fault::Panics, Fault::Lies] {
        for every in [5, 7] {
            let outbox = Flaky { inner: MemoryOutbox::new(), fault, every, calls: AtomicU32::new(0) };
            let world = World::over(Arc::new(outbox));
            let recorder = Recorder::willing(&world.clock);
            let mut everything = Destination::people("ana");
            everything.on = Occasion::ALL.into();
            let notifier = world.start(vec![recorder.outlet(everything)]);
            let mut expected = Vec::new();
            for nth in 0..10 {
                world.run("data", if nth % 2 == 0 { failed("data", 1) } else { good("data") }).await;
                expected.push(nth % 2 == 0);
                pass(HOUR).await;
            }
            world.settle(&notifier).await;
            let is_failure: Vec<bool> =
                recorder.titles().iter().map(|title| title.contains("failed: restic")).collect();
            assert_eq!(is_failure, expected, "{fault:?} at every {every}th call");
            let done = world.deliveries("ana").await;
            assert_eq!(done.len(), 10);
            assert!(done.iter().all(|one| one.state == DeliveryState::Delivered));
            assert_eq!(notifier.status().observer.skipped, 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_test_is_sent_though_it_cannot_be_kept() {
    let outbox =
        Flaky { inner: MemoryOutbox::new(), fault: Fault::Fails, every: 1, calls: AtomicU32::new(0) };
    let world = World::over(Arc::new(outbox));
    let recorder = Recorder::willing(&world.clock);
    let message = test_message(world.now(), "nas");
    let limits = Limits::default();
    let sent = send_now(&*world.outbox, "ana", &*recorder, message, &world.clock, limits).await;
    assert!(sent.result.is_ok());
    assert_eq!(sent.kept.unwrap_err().to_string(), "the disk is full");
    assert_eq!(recorder.tries(), 1);
}

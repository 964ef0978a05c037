//! A clock that stands, a journal that can be made to fail, and an observer that does as it is told.

use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use event_bus::{
    AppendError, Backoff, Bus, Clock, GiveUp, Journal, MemoryJournal, Observer, Position, Recorded, Rejected,
    StorageError, StreamId, Version,
};
use tokio::{sync::watch, task};

pub(crate) fn clock() -> Clock {
    Arc::new(|| jiff::Timestamp::UNIX_EPOCH)
}

pub(crate) fn memory() -> Arc<MemoryJournal<String>> {
    Arc::new(MemoryJournal::new(clock()))
}

/// Three tries; pauses of 1 s, then 2 s.
pub(crate) const THREE_TRIES: Backoff = Backoff {
    first: Duration::from_secs(1),
    max: Duration::from_secs(8),
    give_up_after: GiveUp::Attempts(3),
};

/// Longer than anything that a test waits for; no test waits for its end, because its clock jumps.
pub(crate) const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// Publishes `1`, `2`, … to a stream and returns the last position.
pub(crate) async fn publish(bus: &Bus<String>, stream: &str, events: u32) -> Position {
    let texts = (1..=events).map(|n| n.to_string()).collect();
    let kept = bus.publish(&StreamId::from(stream), Version::EMPTY, texts).await.unwrap();
    kept.last().unwrap().position
}

/// A method of a journal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Call {
    Read,
    Head,
    Cursor,
    SaveCursor,
}

/// A memory journal whose methods fail while they are broken. After a read it gives way, so that others can
/// publish before the reader has what it read.
pub(crate) struct Breakable {
    inner: Arc<MemoryJournal<String>>,
    broken: Mutex<BTreeSet<Call>>,
    failed: watch::Sender<u32>,
}

impl Breakable {
    pub(crate) fn over(inner: Arc<MemoryJournal<String>>) -> Arc<Self> {
        Arc::new(Self { inner, broken: Mutex::default(), failed: watch::Sender::new(0) })
    }

    pub(crate) fn break_call(&self, call: Call) {
        self.broken.lock().unwrap().insert(call);
    }

    pub(crate) fn mend(&self) {
        self.broken.lock().unwrap().clear();
    }

    /// Waits until so many calls have failed since the journal was made.
    pub(crate) async fn failures(&self, at_least: u32) {
        self.failed.subscribe().wait_for(|failed| *failed >= at_least).await.unwrap();
    }

    /// How many calls have failed.
    pub(crate) fn failed(&self) -> u32 {
        *self.failed.borrow()
    }

    fn check(&self, call: Call) -> Result<(), StorageError> {
        if !self.broken.lock().unwrap().contains(&call) {
            return Ok(());
        }
        self.failed.send_modify(|failed| *failed += 1);
        Err(StorageError::new(format!("answer {call:?}"), io::Error::other("the disk is full")))
    }
}

#[async_trait]
impl Journal<String> for Breakable {
    async fn append(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<String>,
    ) -> Result<Vec<Recorded<String>>, AppendError> {
        self.inner.append(stream, expected, events).await
    }

    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<String>>, StorageError> {
        self.check(Call::Read)?;
        let page = self.inner.read(after, at_most).await;
        task::yield_now().await;
        page
    }

    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<String>>, StorageError> {
        self.inner.read_stream(stream).await
    }

    async fn head(&self) -> Result<Position, StorageError> {
        self.check(Call::Head)?;
        self.inner.head().await
    }

    async fn cursor(&self, observer: &str) -> Result<Position, StorageError> {
        self.check(Call::Cursor)?;
        self.inner.cursor(observer).await
    }

    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError> {
        self.check(Call::SaveCursor)?;
        self.inner.save_cursor(observer, at).await
    }
}

type Answer = dyn Fn(u32) -> Result<(), Rejected> + Send + Sync;

/// Notes the positions that it is told, and answers the nth call (from 0) as it was made to.
pub(crate) struct Listener {
    name: &'static str,
    told: watch::Sender<Vec<u64>>,
    answer: Box<Answer>,
}

impl Listener {
    pub(crate) fn new(
        name: &'static str,
        answer: impl Fn(u32) -> Result<(), Rejected> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { name, told: watch::Sender::new(Vec::new()), answer: Box::new(answer) })
    }

    /// Takes everything.
    pub(crate) fn willing(name: &'static str) -> Arc<Self> {
        Self::new(name, |_| Ok(()))
    }

    pub(crate) fn told(&self) -> Vec<u64> {
        self.told.borrow().clone()
    }

    /// Waits until it has been called so often.
    pub(crate) async fn calls(&self, at_least: usize) {
        self.told.subscribe().wait_for(|told| told.len() >= at_least).await.unwrap();
    }
}

#[async_trait]
impl Observer<String> for Listener {
    fn name(&self) -> &str {
        self.name
    }

    async fn on_event(&self, event: &Recorded<String>) -> Result<(), Rejected> {
        let call = u32::try_from(self.told.borrow().len()).unwrap();
        self.told.send_modify(|told| told.push(event.position.get()));
        (self.answer)(call)
    }
}

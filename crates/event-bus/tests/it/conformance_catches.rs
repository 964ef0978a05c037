//! The suite finds a journal that breaks a promise: each mutant here breaks one.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use async_trait::async_trait;
use event_bus::{
    AppendError, Journal, MemoryJournal, Position, Recorded, StorageError, StreamId, Version, conformance,
};
use tokio::task;

use crate::fixtures::memory;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    None,
    IgnoresTheVersion,
    KeepsHalfOnConflict,
    CutsABatchInTwo,
    OneVersionForAllStreams,
    LooksThenWrites,
    IncludesAfter,
    IgnoresTheLimit,
    ReadsAllStreams,
    NewestFirst,
    HeadStays,
    TrimsNames,
    OneCursorForAll,
    CursorsOnlyForwards,
    ShowsTheLaterFirst,
}

/// A memory journal with a fault.
struct Faulty {
    fault: Fault,
    inner: Arc<MemoryJournal<String>>,
    /// Whether the event that is late was hidden, once.
    hidden: AtomicBool,
}

impl Faulty {
    fn journal(fault: Fault) -> Arc<dyn Journal<String>> {
        Arc::new(Self { fault, inner: memory(), hidden: AtomicBool::new(false) })
    }

    async fn version(&self, stream: &StreamId) -> Version {
        let last = self.inner.read_stream(stream).await.unwrap().pop();
        last.map_or(Version::EMPTY, |last| last.version)
    }
}

#[async_trait]
impl Journal<String> for Faulty {
    async fn append(
        &self,
        stream: &StreamId,
        expected: Version,
        mut events: Vec<String>,
    ) -> Result<Vec<Recorded<String>>, AppendError> {
        let only = StreamId::from("only");
        let stream = if self.fault == Fault::OneVersionForAllStreams { &only } else { stream };
        match self.fault {
            Fault::IgnoresTheVersion => {
                let actual = self.version(stream).await;
                self.inner.append(stream, actual, events).await
            }
            Fault::KeepsHalfOnConflict => {
                let conflict = self.inner.append(stream, expected, events.clone()).await;
                if conflict.is_err() && events.len() > 1 {
                    events.truncate(1);
                    self.inner.append(stream, self.version(stream).await, events).await?;
                }
                conflict
            }
            Fault::CutsABatchInTwo => {
                let rest = events.split_off(events.len().min(1));
                let mut kept = self.inner.append(stream, expected, events).await?;
                task::yield_now().await;
                let begun = expected.plus(u32::try_from(kept.len()).unwrap());
                kept.extend(self.inner.append(stream, begun, rest).await?);
                Ok(kept)
            }
            Fault::LooksThenWrites => {
                let actual = self.version(stream).await;
                if actual != expected {
                    return Err(AppendError::Conflict { expected, actual });
                }
                task::yield_now().await;
                let now = self.version(stream).await;
                self.inner.append(stream, now, events).await
            }
            _ => self.inner.append(stream, expected, events).await,
        }
    }

    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<String>>, StorageError> {
        match self.fault {
            Fault::IncludesAfter => {
                self.inner.read(Position::new(after.get().saturating_sub(1)), at_most).await
            }
            Fault::IgnoresTheLimit => self.inner.read(after, usize::MAX).await,
            Fault::NewestFirst => {
                let mut page = self.inner.read(after, at_most).await?;
                page.reverse();
                Ok(page)
            }
            // Of two writers' events the later one is seen first, once: by the reader beside them, who reads
            // pages of three of events that are all alike.
            Fault::ShowsTheLaterFirst => {
                let mut page = self.inner.read(after, at_most).await?;
                let meet = at_most == 3 && page.len() > 1 && page[0].event == page[1].event;
                if meet && !self.hidden.swap(true, Ordering::Relaxed) {
                    page.remove(0);
                }
                Ok(page)
            }
            _ => self.inner.read(after, at_most).await,
        }
    }

    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<String>>, StorageError> {
        match self.fault {
            Fault::ReadsAllStreams => self.inner.read(Position::START, usize::MAX).await,
            Fault::TrimsNames => self.inner.read_stream(&StreamId::from(stream.as_str().trim())).await,
            _ => self.inner.read_stream(stream).await,
        }
    }

    async fn head(&self) -> Result<Position, StorageError> {
        if self.fault == Fault::HeadStays { Ok(Position::START) } else { self.inner.head().await }
    }

    async fn cursor(&self, observer: &str) -> Result<Position, StorageError> {
        let observer = if self.fault == Fault::OneCursorForAll { "all" } else { observer };
        self.inner.cursor(observer).await
    }

    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError> {
        match self.fault {
            Fault::OneCursorForAll => self.inner.save_cursor("all", at).await,
            Fault::CursorsOnlyForwards => {
                let before = self.inner.cursor(observer).await?;
                self.inner.save_cursor(observer, at.max(before)).await
            }
            _ => self.inner.save_cursor(observer, at).await,
        }
    }
}

/// What the suite said when it broke off; `None` when it passed.
fn complaint(suite: impl AsyncFnOnce() + Send + 'static) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let panic = thread::spawn(move || runtime.block_on(suite())).join().err()?;
    Some(panic.downcast_ref::<String>().cloned().unwrap_or_default())
}

#[test]
fn each_fault_is_found() {
    for (fault, word) in [
        (Fault::IgnoresTheVersion, "is a conflict"),
        (Fault::KeepsHalfOnConflict, "is a conflict"),
        (Fault::CutsABatchInTwo, "a dropped append keeps all of its events or none"),
        (Fault::OneVersionForAllStreams, "at the right version succeeds"),
        (Fault::LooksThenWrites, "exactly one succeeds"),
        (Fault::IncludesAfter, "events after"),
        (Fault::IgnoresTheLimit, "events after"),
        (Fault::ReadsAllStreams, "the versions of a stream are"),
        (Fault::NewestFirst, "in the order of their appends"),
        (Fault::HeadStays, "the head is the last one"),
        (Fault::TrimsNames, "has its own events"),
        (Fault::OneCursorForAll, "is its own"),
        (Fault::CursorsOnlyForwards, "forwards or backwards"),
        (Fault::ShowsTheLaterFirst, "an event appears only behind"),
    ] {
        let said = complaint(async move || {
            conformance::journal(async || Faulty::journal(fault)).await;
        });
        let said = said.unwrap_or_else(|| panic!("{fault:?} was not found"));
        assert!(said.contains(word), "{fault:?} was found as: {said}");
    }
    let said = complaint(async || conformance::journal(async || Faulty::journal(Fault::None)).await);
    assert_eq!(said, None, "without a fault the suite passes");
}

#[test]
fn a_journal_that_forgets_is_not_durable() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    let said = complaint(async move || {
        conformance::durable(&path, async |_| memory() as Arc<dyn Journal<String>>).await;
    });
    assert!(said.is_some_and(|said| said.contains("still there")));
}

#[test]
fn a_journal_with_two_truths_is_not_shared() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    let said = complaint(async move || {
        // Durable, but each opening sees what was there when the one before it was dropped.
        let kept: Mutex<HashMap<PathBuf, Arc<MemoryJournal<String>>>> = Mutex::default();
        let open = async |dir: &Path| {
            let mut kept = kept.lock().unwrap();
            let one = kept.entry(dir.to_owned()).or_insert_with(memory);
            if Arc::strong_count(one) > 1 {
                *one = memory();
            }
            Arc::clone(one) as Arc<dyn Journal<String>>
        };
        conformance::shared(&path, open).await;
    });
    assert!(said.is_some_and(|said| said.contains("both see the same")));
}

//! One reader of the journal for all viewers. What it read last is kept for a moment, and each viewer has a place of its own
//! in it: the reader waits for nobody, and who is further behind than what is kept reads the journal alone until it has
//! caught up.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use event_bus::{Bus, Position, Recorded, StorageError, Tail};
use hook_core::{JobId, LifecycleEvent, OrganizationId, RunEvent};
use job_store::Store;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::text;

/// So many events are kept, and so much of them.
const MOST: usize = 256;
const MOST_BYTES: usize = 1024 * 1024;

/// So many a viewer takes at once.
const PAGE: usize = 64;

/// Until a journal that failed is read again.
const AGAIN: Duration = Duration::from_secs(1);

/// An event, as it is sent to whoever wants it.
#[derive(Debug)]
pub(crate) struct Sendable {
    pub(super) told: Recorded<RunEvent>,
    /// Whose its run is; absent where nobody looked yet.
    pub(super) of: Option<OrganizationId>,
    brief: OnceLock<Bytes>,
    whole: OnceLock<Bytes>,
}

impl Sendable {
    pub(super) fn new(told: Recorded<RunEvent>, of: Option<OrganizationId>) -> Self {
        Self { told, of, brief: OnceLock::new(), whole: OnceLock::new() }
    }

    /// Its text, which is made once.
    pub(super) fn text(&self, details: bool) -> Bytes {
        let kept = if details { &self.whole } else { &self.brief };
        kept.get_or_init(|| text::recorded(&self.told, details).into()).clone()
    }

    /// About what it takes with both of its texts.
    fn size(&self) -> usize {
        let said = match &self.told.event.event {
            LifecycleEvent::HookFinished(end) => end.response.as_ref().map_or(0, String::len),
            LifecycleEvent::ResticFinished(end) => end.stderr.as_ref().map_or(0, String::len),
            _ => 0,
        };
        2048 + 2 * said
    }
}

/// The events in a row after a position. Without a reader there are none, and nobody knows what came.
#[derive(Default)]
struct Kept {
    is_read: bool,
    before: Position,
    events: VecDeque<Arc<Sendable>>,
    bytes: usize,
}

impl Kept {
    fn begin(&mut self, before: Position) {
        *self = Self { is_read: true, before, ..Self::default() };
    }

    fn push(&mut self, event: Sendable) {
        self.bytes += event.size();
        self.events.push_back(Arc::new(event));
        while self.events.len() > MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.events.pop_front() else { break };
            self.before = oldest.told.position;
            self.bytes -= oldest.size();
        }
    }

    /// The next events after a position; nothing where they may not be here.
    fn after(&self, position: Position) -> Option<VecDeque<Arc<Sendable>>> {
        if !self.is_read || position < self.before {
            return None;
        }
        let seen = self.events.partition_point(|event| event.told.position <= position);
        Some(self.events.iter().skip(seen).take(PAGE).cloned().collect())
    }
}

/// The reader. Clones are the same.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Reader>);

struct Reader {
    bus: Bus<RunEvent>,
    store: Arc<Store>,
    ending: CancellationToken,
    kept: Mutex<Kept>,
    news: watch::Sender<()>,
    has_begun: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    /// It begins to read when the first viewer comes, and ends with `ending`.
    pub(crate) fn new(bus: Bus<RunEvent>, store: Arc<Store>, ending: CancellationToken) -> Self {
        let (kept, news) = (Mutex::default(), watch::Sender::new(()));
        Self(Arc::new(Reader { bus, store, ending, kept, news, has_begun: AtomicBool::new(false) }))
    }

    /// The events after a position, and then those to come: what [`Bus::tail`] gives, event for event.
    pub(crate) fn tail(&self, after: Position) -> SharedTail {
        if !self.0.has_begun.swap(true, Ordering::Relaxed) {
            let reader = Arc::clone(&self.0);
            tokio::spawn(async move {
                tokio::select! {
                    () = reader.ending.cancelled() => {}
                    () = reader.read() => {}
                }
            });
        }
        SharedTail {
            news: self.0.news.subscribe(),
            reader: Arc::clone(&self.0),
            after,
            page: VecDeque::new(),
            alone: None,
        }
    }
}

impl Reader {
    /// Reads for ever. A journal that fails is each viewer's own affair, until it can be read again.
    async fn read(&self) {
        loop {
            if let Err(error) = self.follow().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the viewers' journal cannot be read"
                );
            }
            *self.kept() = Kept::default();
            self.news.send_replace(());
            sleep(AGAIN).await;
        }
    }

    async fn follow(&self) -> Result<(), StorageError> {
        let head = self.bus.head().await?;
        self.kept().begin(head);
        self.news.send_replace(());
        let (mut tail, mut whose) = (self.bus.tail(head), HashMap::new());
        loop {
            let told = tail.next().await?;
            let of = self.whose(&mut whose, &told.event).await?;
            self.kept().push(Sendable::new(told, of));
            self.news.send_replace(());
        }
    }

    async fn whose(
        &self,
        known: &mut HashMap<JobId, Option<OrganizationId>>,
        told: &RunEvent,
    ) -> Result<Option<OrganizationId>, StorageError> {
        let of = match (&told.event, known.get(&told.job)) {
            (LifecycleEvent::RunQueued(queued), _) => Some(queued.organization_id.clone()),
            (_, Some(of)) => of.clone(),
            (_, None) => self.store.organization_of(&told.job).await?,
        };
        if matches!(told.event, LifecycleEvent::RunFinished { .. }) {
            known.remove(&told.job);
        } else {
            known.insert(told.job.clone(), of.clone());
        }
        Ok(of)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // It is whole after every line.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A viewer's place.
pub(crate) struct SharedTail {
    reader: Arc<Reader>,
    news: watch::Receiver<()>,
    /// The last event that was given out.
    after: Position,
    page: VecDeque<Arc<Sendable>>,
    /// Reads for a viewer that is too far behind.
    alone: Option<Tail<RunEvent>>,
}

impl SharedTail {
    /// The next event; waits until there is one. If the future is dropped, no event is lost.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn next(&mut self) -> Result<Arc<Sendable>, StorageError> {
        loop {
            if let Some(event) = self.page.pop_front() {
                self.after = event.told.position;
                return Ok(event);
            }
            // Seen before it is looked: what comes meanwhile wakes us.
            self.news.mark_unchanged();
            let kept = self.reader.kept().after(self.after);
            match kept {
                Some(page) if page.is_empty() => {
                    self.alone = None;
                    // An error would mean that the reader is gone, but this place holds it.
                    let _ = self.news.changed().await;
                }
                Some(page) => {
                    self.alone = None;
                    self.page = page;
                }
                None => {
                    let (bus, after) = (&self.reader.bus, self.after);
                    let alone = self.alone.get_or_insert_with(|| bus.tail(after));
                    tokio::select! {
                        biased;
                        told = alone.next() => {
                            let told = told?;
                            self.after = told.position;
                            return Ok(Arc::new(Sendable::new(told, None)));
                        }
                        _ = self.news.changed() => {}
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;

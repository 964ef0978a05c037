//! Counters that survive one-shot processes: the state is kept with its position, and brought up to date by whoever
//! comes by.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use event_bus::{BoxError, Journal, Position, StorageError};
use hook_core::RunEvent;

use super::{DamagedMetrics, Metrics};

/// How many events are read at once.
const BATCH: usize = 500;

/// After so many batches the state is saved: it says something of each job, and is long where a history is.
const SAVED_AFTER: usize = 64;

/// How often a save is tried that others are faster with. What is not saved is counted again by the next process.
const MOST_TRIES: usize = 8;

/// Where the state is kept between processes.
#[async_trait]
pub trait MetricsMemory: Send + Sync + 'static {
    /// What was saved last, with its position; nothing where nothing was saved yet. Changes nothing.
    ///
    /// # Errors
    /// It cannot be read.
    async fn load(&self) -> Result<Option<(Position, Vec<u8>)>, BoxError>;

    /// Saves the state as of `at`, if what is kept is still that of `expected` (nothing, for `None`); otherwise it
    /// changes nothing and says `false`: another process was faster.
    ///
    /// State and position are kept together or not at all. A power cut may bring back an earlier pair. If the future
    /// is dropped, the pair is the old one or the new one.
    ///
    /// # Errors
    /// It cannot be written; the pair is the old one or the new one.
    async fn save(&self, expected: Option<Position>, at: Position, state: Vec<u8>) -> Result<bool, BoxError>;
}

/// Brings [`Metrics`] up to date and keeps them.
///
/// Every pair that is kept is the fold of all events up to its position. So it does not matter who saved it, which of
/// several processes is faster, or where one is killed: an event is counted once, and at worst read twice.
pub struct MetricsKeeper {
    memory: Arc<dyn MetricsMemory>,
    metrics: Metrics,
    /// The position of what is kept, as far as this process knows.
    kept: Option<Position>,
    /// Whether what is kept is the state of that position, and not damaged.
    is_sound: bool,
    has_loaded: bool,
}

impl MetricsKeeper {
    /// Knows nothing until [`MetricsKeeper::catch_up`] is called.
    #[must_use]
    pub fn new(memory: Arc<dyn MetricsMemory>) -> Self {
        Self { memory, metrics: Metrics::default(), kept: None, is_sound: true, has_loaded: false }
    }

    /// The metrics as far as this process has come.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Counts what the journal has and was not counted yet, 500 events at a time, and saves what it has after every 64 such
    /// batches and at the end.
    ///
    /// Drop the future when your time is up: what was counted stays in [`MetricsKeeper::metrics`], and the next call
    /// goes on from there. A damaged state, one of another version, or one that is ahead of the journal is counted
    /// anew from the beginning of the journal, with a warning.
    ///
    /// # Errors
    /// The journal or the memory failed. [`MetricsKeeper::metrics`] are right as far as they go; after
    /// [`KeepError::Save`] they are whole, after the others they may be of an earlier day, or empty.
    pub async fn catch_up(&mut self, journal: &dyn Journal<RunEvent>) -> Result<&Metrics, KeepError> {
        if !self.has_loaded {
            self.load(journal).await?;
        }
        let mut saved = Ok(());
        for batch in 1_usize.. {
            let page = journal.read(self.metrics.position(), BATCH).await.map_err(KeepError::Journal)?;
            page.iter().for_each(|recorded| self.metrics.observe(recorded));
            // A full disk costs the next process time, and this one nothing.
            let is_last = page.len() < BATCH;
            if saved.is_ok() && self.is_ahead() && (is_last || batch.is_multiple_of(SAVED_AFTER)) {
                saved = self.save().await;
            }
            if is_last {
                break;
            }
        }
        saved.map(|()| &self.metrics)
    }

    async fn load(&mut self, journal: &dyn Journal<RunEvent>) -> Result<(), KeepError> {
        if let Some((at, state)) = self.memory.load().await.map_err(KeepError::Load)? {
            let head = journal.head().await.map_err(KeepError::Journal)?;
            self.kept = Some(at);
            match sound(at, &state) {
                Ok(metrics) if at <= head => self.metrics = metrics,
                Ok(_) => {
                    self.is_sound = false;
                    tracing::warn!(%at, %head, "the metrics that were kept are ahead of the journal: counting anew");
                }
                Err(error) => {
                    self.is_sound = false;
                    tracing::warn!(error = &error as &dyn Error, "counting the metrics anew");
                }
            }
        }
        self.has_loaded = true;
        Ok(())
    }

    /// Whether there is something to save.
    fn is_ahead(&self) -> bool {
        !self.is_sound || self.kept.unwrap_or_default() != self.metrics.position()
    }

    async fn save(&mut self) -> Result<(), KeepError> {
        for _ in 0..MOST_TRIES {
            let at = self.metrics.position();
            if self.memory.save(self.kept, at, self.metrics.to_json()).await.map_err(KeepError::Save)? {
                self.kept = Some(at);
                self.is_sound = true;
                return Ok(());
            }
            let others = self.memory.load().await.map_err(KeepError::Save)?;
            self.kept = others.as_ref().map(|(at, _)| *at);
            let others = others.and_then(|(at, state)| sound(at, &state).ok());
            self.is_sound = others.is_some();
            if let Some(metrics) = others.filter(|metrics| metrics.position() >= at) {
                // Who was faster has counted for us, too.
                self.metrics = metrics;
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The state that was kept for this position.
fn sound(at: Position, state: &[u8]) -> Result<Metrics, DamagedMetrics> {
    let metrics = Metrics::from_json(state)?;
    if metrics.position() == at {
        Ok(metrics)
    } else {
        Err(DamagedMetrics::OtherPosition(metrics.position(), at))
    }
}

impl std::fmt::Debug for MetricsKeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = self.metrics.position();
        f.debug_struct("MetricsKeeper").field("at", &at).field("kept", &self.kept).finish_non_exhaustive()
    }
}

/// Why the metrics could not be brought up to date, or not be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The journal cannot be read.
    #[error("cannot read the events for the metrics")]
    Journal(#[source] StorageError),
    /// What was kept cannot be read.
    #[error("cannot read the metrics that were kept")]
    Load(#[source] BoxError),
    /// They cannot be kept. They are right all the same; the next process counts again what this one counted.
    #[error("cannot keep the metrics")]
    Save(#[source] BoxError),
}

//! The metrics at the end of a run: brought up to date, written for node_exporter, sent to a collector.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use event_bus::{BoxError, Journal, Position};
use job_store::Store;
use telemetry::metrics::{KeepError, MetricsKeeper, MetricsMemory, Scrape, push, write_textfile};

use super::{Otel, Watchers};
use crate::{clock, report::Failure};

/// The name under which the metrics are kept.
const NAME: &str = "telemetry.metrics";

/// Whoever wants figures, and where they are from.
pub(super) struct Figures {
    store: Arc<Store>,
    file: Option<PathBuf>,
    otel: Otel,
    cursors: Vec<&'static str>,
}

/// The store's memory as the metrics'.
#[derive(Debug)]
pub(crate) struct Memory(pub(crate) Arc<Store>);

#[async_trait]
impl MetricsMemory for Memory {
    async fn load(&self) -> Result<Option<(Position, Vec<u8>)>, BoxError> {
        Ok(self.0.memory(NAME).await?)
    }

    async fn save(&self, expected: Option<Position>, at: Position, state: Vec<u8>) -> Result<bool, BoxError> {
        Ok(self.0.remember(NAME, expected, at, state).await?)
    }
}

impl Figures {
    pub(super) fn new(watchers: &Watchers, store: &Arc<Store>) -> Self {
        Self {
            store: Arc::clone(store),
            file: watchers.metrics_file.clone(),
            otel: watchers.otel.clone(),
            cursors: watchers.cursors().collect(),
        }
    }

    /// Writes and sends them, where anybody wants them.
    pub(super) async fn publish(&self) {
        if self.file.is_none() && self.otel.settings.metrics.is_none() {
            return;
        }
        let mut keeper = MetricsKeeper::new(Arc::new(Memory(Arc::clone(&self.store))));
        if let Err(error) = keeper.catch_up(&*self.store).await {
            tracing::warn!("{}", Failure::from_chain(&error).message);
            // What could not be kept is whole all the same. What could not be read is no news to anybody.
            if !matches!(error, KeepError::Save(_)) {
                return;
            }
        }
        let mut scrape = Scrape::new(env!("CARGO_PKG_VERSION"));
        scrape.observers = self.lags().await;
        if let Some(file) = &self.file
            && let Err(error) = write_textfile(file, &keeper.metrics().to_prometheus(&scrape))
        {
            tracing::warn!("{}; {}", Failure::from_chain(&error).message, error.advice());
        }
        if self.otel.settings.metrics.is_some() {
            let resource = &self.otel.settings.resource;
            push(&*self.otel.collector(), keeper.metrics(), &scrape, resource, clock::now()).await;
        }
    }

    /// How far each observer is behind.
    async fn lags(&self) -> Vec<(String, u64)> {
        let head = self.store.head().await.unwrap_or(Position::START);
        let mut lags = Vec::new();
        for name in &self.cursors {
            let at = self.store.cursor(name).await.unwrap_or(head);
            lags.push(((*name).to_owned(), head.get().saturating_sub(at.get())));
        }
        lags
    }
}

//! The metrics that the service shows: brought up to date once a second, shown from memory.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hook_core::OrganizationId;
use job_store::Store;
use scheduler::Status;
use telemetry::metrics::{Metrics, MetricsKeeper, Scrape};
use tokio::{sync::watch, time};

use crate::{observers::Memory, report::Failure};

const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The figures of the moment.
#[derive(Clone, Debug)]
pub(crate) struct Gauges {
    metrics: Arc<Mutex<Metrics>>,
    scheduler: watch::Receiver<Status>,
}

impl Gauges {
    /// Nothing yet, until [`Gauges::follow`] runs.
    #[must_use]
    pub(crate) fn new(scheduler: watch::Receiver<Status>) -> Self {
        Self { metrics: Arc::default(), scheduler }
    }

    /// Follows the journal, for ever.
    pub(crate) async fn follow(&self, store: Arc<Store>) {
        let mut keeper = MetricsKeeper::new(Arc::new(Memory(Arc::clone(&store))));
        loop {
            if let Err(error) = keeper.catch_up(&*store).await {
                tracing::warn!("{}", Failure::from_chain(&error).message);
            }
            {
                let mut shown = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
                // They say as much as their position says: a copy of many jobs is made only where something happened.
                if shown.position() != keeper.metrics().position() {
                    *shown = keeper.metrics().clone();
                }
            }
            time::sleep(LOOK_AGAIN).await;
        }
    }

    /// As Prometheus text, of one organization.
    #[must_use]
    pub(crate) fn text(&self, organization: &OrganizationId) -> String {
        let mut scrape = Scrape::new(env!("CARGO_PKG_VERSION"));
        scrape.organization = Some(organization);
        scrape.scheduler_lag = self.scheduler.borrow().lag.and_then(|lag| Duration::try_from(lag).ok());
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner).to_prometheus(&scrape)
    }
}

//! Everything that only watches (`spec.md` §9): notifications, traces, metrics. They are served on a thread of their
//! own, with a runtime and a database connection of their own, so that whatever becomes of them, a run goes on as if
//! nobody watched. What they have not done when zb ends, the next zb does.

mod figures;
mod news;
mod otel;
mod outlets;
mod serve;
mod stored;

use std::{path::PathBuf, sync::Arc, thread, time::Duration};

use event_bus::Bus;
use hook_core::RunEvent;
use jiff::Timestamp;
use job_store::Store;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub(crate) use figures::Memory;
pub(crate) use news::Tell;
pub(crate) use otel::{OWN_SPANS, Otel, own_spans};
pub(crate) use outlets::{Ways, destination};
pub(crate) use stored::{Kept, KeptSettings, channel, mail_server};

use news::News;
use stored::StoredOutlets;

use crate::{
    config::{Settings, Surroundings},
    wiring::Wiring,
};

/// How long deliveries are waited for after a run. With what zb's own spans get ([`otel::OWN_SPANS`]) it is the 5 seconds
/// of `spec.md` §9.
const PATIENCE: Duration = Duration::from_secs(4);

/// What the thread has more than [`PATIENCE`] to end.
const SLACK: Duration = Duration::from_millis(250);

/// The observers at work. Dropped without [`Observers::finish`], they end at once.
#[must_use = "what they have to say is waited for by finish"]
#[derive(Debug)]
pub(crate) struct Observers {
    over: CancellationToken,
    ended: Option<oneshot::Receiver<()>>,
    tell: Tell,
}

/// Who watches, and what they need.
struct Watchers {
    store: Arc<Store>,
    bus: Bus<RunEvent>,
    /// Who is notified; absent where nobody is, and nobody can become so.
    outlets: Option<Arc<StoredOutlets>>,
    otel: Otel,
    metrics_file: Option<PathBuf>,
    /// Destinations that are new are told of what happened since then.
    since: Timestamp,
    news: mpsc::UnboundedReceiver<News>,
}

impl Watchers {
    fn is_anybody_there(&self) -> bool {
        self.outlets.is_some()
            || self.metrics_file.is_some()
            || self.otel.settings.traces.is_some()
            || self.otel.settings.metrics.is_some()
    }

    /// Who has a cursor.
    fn cursors(&self) -> impl Iterator<Item = &'static str> {
        let notifier = self.outlets.is_some().then_some("notifier");
        let traces = self.otel.settings.traces.is_some().then_some("telemetry.traces");
        notifier.into_iter().chain(traces)
    }
}

impl Observers {
    /// Starts those that are wanted; a destination of the configuration that is new is told of what happened since
    /// `since`. What keeps them from their work is logged, and no more: they must not fail the run beside them.
    pub(crate) async fn start(
        wiring: &Wiring,
        settings: &Settings,
        around: &Surroundings,
        since: Timestamp,
    ) -> Self {
        let outlets = StoredOutlets::new(Arc::clone(&wiring.store), Ways::new(settings, around));
        let outlets = outlets.is_anybody_there().await.then(|| Arc::new(outlets));
        Self::begin(wiring, settings, around, since, outlets).await
    }

    /// The same in a service, where the first destination may come at any time.
    pub(crate) async fn start_to_stay(
        wiring: &Wiring,
        settings: &Settings,
        around: &Surroundings,
        since: Timestamp,
    ) -> Self {
        let outlets = StoredOutlets::new(Arc::clone(&wiring.store), Ways::new(settings, around));
        Self::begin(wiring, settings, around, since, Some(Arc::new(outlets))).await
    }

    async fn begin(
        wiring: &Wiring,
        settings: &Settings,
        around: &Surroundings,
        since: Timestamp,
        outlets: Option<Arc<StoredOutlets>>,
    ) -> Self {
        let (tell, news) = Tell::channel();
        let watchers = Watchers {
            store: Arc::clone(&wiring.store),
            bus: (*wiring.engine.bus).clone(),
            outlets,
            otel: Otel::read(around),
            metrics_file: settings.metrics_file.value.clone(),
            since,
            news,
        };
        let over = CancellationToken::new();
        if !watchers.is_anybody_there() {
            return Self { over, ended: None, tell };
        }
        begin_now(&watchers).await;
        let (end, ended) = oneshot::channel();
        let for_thread = over.clone();
        let started = thread::Builder::new()
            .name("zb-observers".to_owned())
            .spawn(move || serve::on_this_thread(watchers, &for_thread, end));
        match started {
            Ok(_) => Self { over, ended: Some(ended), tell },
            Err(error) => {
                tracing::warn!(%error, "nobody is notified by this zb: it can start no more threads");
                Self { over, ended: None, tell }
            }
        }
    }

    /// What tells them things that no event shows.
    pub(crate) fn teller(&self) -> Tell {
        self.tell.clone()
    }

    /// Waits until what happened so far is told, at most for the patience of `spec.md` §9, and ends them.
    pub(crate) async fn finish(mut self) {
        self.over.cancel();
        if let Some(ended) = self.ended.take() {
            // A thread that is stuck is left to the end of the process.
            let _ = tokio::time::timeout(PATIENCE + SLACK, ended).await;
        }
    }
}

impl Drop for Observers {
    fn drop(&mut self) {
        self.over.cancel();
    }
}

/// Who never watched before begins now, and is not told a history of years. It is done before the run that is about to
/// begin, so that this one is told also if zb dies in it.
async fn begin_now(watchers: &Watchers) {
    for name in watchers.cursors() {
        if let Err(error) = watchers.store.begin_at_head(name).await {
            tracing::warn!(%error, observer = name, "an observer may be told old events");
        }
    }
}

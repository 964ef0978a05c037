//! The thread of the observers.

use std::{sync::Arc, time::Duration};

use event_bus::{Backoff, Bus, GiveUp, Observing};
use hook_core::RunEvent;
use job_store::{Serving, Store};
use notifier::{Limits, Notifier, Outlets};
use telemetry::TraceObserver;
use tokio::{sync::oneshot, time};
use tokio_util::sync::CancellationToken;

use super::{News, PATIENCE, Watchers, figures::Figures};
use crate::{clock, report::Failure};

/// How often it is looked whether the right to serve is free.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// How often the journal is looked at for what other processes append.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often the metrics are published while something goes on.
const COUNT_AGAIN: Duration = Duration::from_secs(60);

/// A collector that is down is asked again for as long as there is a zb: no trace is given up.
const FOR_EVER: Backoff =
    Backoff { first: Duration::from_secs(1), max: Duration::from_secs(60), give_up_after: GiveUp::Never };

/// Serves until `over`, and then until all is told or the patience is at its end. `end` is dropped when it has ended.
pub(super) fn on_this_thread(watchers: Watchers, over: &CancellationToken, end: oneshot::Sender<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::warn!(%error, "nobody is notified by this zb");
            return;
        }
    };
    let limit = async {
        over.cancelled().await;
        time::sleep(PATIENCE).await;
    };
    runtime.block_on(async {
        tokio::select! {
            () = serve(watchers, over) => {}
            () = limit => tracing::info!("not everything was told yet; the next zb goes on"),
        }
    });
    runtime.shutdown_background();
    drop(end);
}

async fn serve(mut watchers: Watchers, over: &CancellationToken) {
    // A run's own connection is for the run.
    let store = match watchers.store.beside() {
        Ok(store) => Arc::new(store),
        Err(error) => {
            tracing::warn!("nobody is notified by this zb: {}", Failure::from_chain(&error).message);
            return;
        }
    };
    let bus = watchers.bus.through(Arc::clone(&store) as _);
    let figures = Figures::new(&watchers, &store);
    let told = async {
        let serving = right_to_serve(&watchers.store).await;
        tell(&mut watchers, &store, &bus, over).await;
        drop(serving);
    };
    let counted = async {
        while time::timeout(COUNT_AGAIN, over.cancelled()).await.is_err() {
            figures.publish().await;
        }
        figures.publish().await;
    };
    tokio::join!(told, counted);
}

/// Waits until no other process serves. That one is alive, and tells of this one's runs meanwhile.
async fn right_to_serve(store: &Store) -> Option<Serving> {
    loop {
        match store.serve_observers() {
            Ok(Some(serving)) => return Some(serving),
            Ok(None) => time::sleep(ASK_AGAIN).await,
            Err(error) => {
                tracing::warn!(%error, "cannot lock the file of the observers; a message may be sent twice");
                return None;
            }
        }
    }
}

/// Tells what happens until `over`, and then what is left.
async fn tell(watchers: &mut Watchers, store: &Arc<Store>, bus: &Bus<RunEvent>, over: &CancellationToken) {
    let traces = traces(watchers, bus);
    let notifier = notifier(watchers, store, bus);
    loop {
        tokio::select! {
            biased;
            () = over.cancelled() => break,
            Some(news) = watchers.news.recv() => pass_on(notifier.as_ref(), news).await,
            () = time::sleep(LOOK_AGAIN) => {
                bus.nudge();
                look(notifier.as_ref()).await;
            }
        }
    }
    let head = match bus.head().await {
        Ok(head) => head,
        Err(error) => {
            tracing::warn!(%error, "the journal cannot be read for those who watch");
            return;
        }
    };
    bus.nudge();
    let traced = async {
        if let Some(traces) = &traces {
            let _ = traces.caught_up(head, PATIENCE).await;
        }
    };
    let notified = async {
        if let Some(notifier) = &notifier {
            let _ = notifier.caught_up(head, PATIENCE).await;
        }
    };
    tokio::join!(traced, notified);
    if let Some(traces) = traces {
        traces.stop().await;
    }
    if let Some(notifier) = notifier {
        notifier.stop(PATIENCE).await;
    }
}

async fn pass_on(notifier: Option<&Notifier>, news: News) {
    let Some(notifier) = notifier else { return };
    if let Err(error) = news.pass_on(notifier, clock::now()).await {
        tracing::warn!("somebody may not be notified: {}", Failure::from_chain(&*error).message);
    }
}

/// Whether destinations have come, changed or gone.
async fn look(notifier: Option<&Notifier>) {
    let Some(notifier) = notifier else { return };
    if let Err(error) = notifier.look().await {
        tracing::warn!("the destinations cannot be read: {}", Failure::from_chain(&*error).message);
    }
}

fn traces(watchers: &Watchers, bus: &Bus<RunEvent>) -> Option<Observing> {
    let otel = &watchers.otel;
    otel.settings.traces.as_ref()?;
    let (resource, sampler) = (otel.settings.resource.clone(), otel.settings.sampler);
    let observer = TraceObserver::new(bus.clone(), otel.collector(), resource, sampler);
    Some(bus.observe(Arc::new(observer), FOR_EVER))
}

fn notifier(watchers: &Watchers, store: &Arc<Store>, bus: &Bus<RunEvent>) -> Option<Notifier> {
    let outlets = Arc::clone(watchers.outlets.as_ref()?);
    Some(Notifier::start(
        bus,
        Arc::clone(store) as _,
        Outlets::following(outlets),
        watchers.since,
        Arc::new(clock::now),
        Arc::new(clock::jitter),
        Limits::default(),
    ))
}

//! zb's own spans: with a collector, with a silent one, and below a run.

use std::{sync::Arc, time::Duration};

use hook_core::{span_id, trace_id};
use telemetry::{OwnSpans, Resource, Sampler, hang_below_run};
use tokio::task::spawn_blocking;
use tracing::subscriber::with_default;
use tracing_subscriber::{Registry, layer::SubscriberExt};

use crate::{
    collector::{Answer, Server},
    histories::job,
    tree::find,
};

fn own_spans(server: &Server, sampler: Sampler) -> OwnSpans {
    OwnSpans::start(Arc::new(server.collector()), Resource::zb("1.2.3", None), sampler)
}

/// A little work with spans of zb and of others.
fn work(own: &OwnSpans) {
    with_default(Registry::default().with(own.layer()), || {
        let run = tracing::info_span!(target: "lifecycle_engine", "engine.run");
        hang_below_run(&run, &job());
        run.in_scope(|| {
            tracing::debug_span!(target: "job_store::journal", "journal.append", events = 2).in_scope(|| {
                tracing::info!(target: "job_store", "written");
                tracing::info_span!(target: "hyper::client", "others").in_scope(|| {});
                tracing::info_span!(target: "telemetry::collector", "its own telling").in_scope(|| {});
            });
        });
    });
}

async fn shut_down(own: OwnSpans, within: Duration) -> bool {
    spawn_blocking(move || own.shutdown(within)).await.unwrap()
}

#[tokio::test]
async fn own_spans_hang_below_the_run_they_are_of() {
    let mut server = Server::start(vec![Answer::ok()]).await;
    let own = own_spans(&server, Sampler::ALL);
    work(&own);
    assert!(shut_down(own, Duration::from_secs(60)).await);

    let request = server.next().await;
    let spans = request.spans();
    let mut names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["engine.run", "journal.append"]);
    let (run, append) = (find(&spans, "engine.run", 1), find(&spans, "journal.append", 1));
    assert!(spans.iter().all(|span| span.trace_id == trace_id(&job())));
    assert_eq!(run.parent_span_id, span_id(&job(), "backup.run", 1));
    assert_eq!(append.parent_span_id, run.span_id);
    assert_eq!(append.events[0].name, "written");
    assert!(request.resource().contains(&("service.name".to_owned(), "zb".to_owned())));
}

/// It returns: were the collector waited for, this would run into the limit of its request, an hour.
#[tokio::test]
async fn a_silent_collector_does_not_hold_the_end() {
    let mut server = Server::start(vec![Answer::Silence]).await;
    let mut export = server.export();
    export.timeout = Duration::from_secs(60 * 60);
    let collector = Arc::new(crate::collector::client(export));
    let own = OwnSpans::start(collector, Resource::zb("1.2.3", None), Sampler::ALL);
    work(&own);
    assert!(!shut_down(own, Duration::from_millis(100)).await);
    assert_eq!(server.next().await.spans().len(), 2);
}

#[tokio::test]
async fn nothing_is_sent_of_what_the_sampler_leaves_out() {
    let server = Server::start(vec![Answer::ok()]).await;
    let own = own_spans(&server, Sampler::NONE);
    work(&own);
    assert!(shut_down(own, Duration::from_secs(60)).await);
    assert!(server.is_empty());
}

#[test]
fn without_the_layer_hanging_a_span_does_nothing() {
    with_default(Registry::default(), || hang_below_run(&tracing::info_span!("engine.run"), &job()));
    hang_below_run(&tracing::Span::none(), &job());
}

//! zb's own spans (`tracing`), sent in the background, best effort.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hook_core::{JobId, span_id, trace_id};
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider},
};
use opentelemetry_sdk::{
    Resource as SdkResource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter, SpanLimits},
};
use tokio::runtime::{self, Runtime};
use tracing::{Level, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

use crate::{Resource, Sampler, Sent, Signal, Transport, request::trace_request, run_trace::ROOT};

/// Whose spans are sent: our crates', but not this one's, which would tell of its own telling.
const TARGETS: [&str; 8] = [
    "zb",
    "event_bus",
    "hook_core",
    "hook_http",
    "job_store",
    "lifecycle_engine",
    "notifier",
    "restic_driver",
];

/// How many spans wait for the collector at most; more are dropped, as is everything that it does not take.
const QUEUE: usize = 2048;

/// Sends spans of `tracing` from a thread of its own. Nothing here is retried or kept on a disk: these spans are for
/// looking into a slow run, the run's trace itself comes from its events ([`TraceObserver`](crate::TraceObserver)).
#[must_use = "the last spans are sent by shutdown"]
#[derive(Debug)]
pub struct OwnSpans {
    provider: SdkTracerProvider,
}

impl OwnSpans {
    /// Starts the thread. `transport` is used on it alone, inside a tokio runtime of one thread.
    pub fn start(transport: Arc<dyn Transport>, resource: Resource, sampler: Sampler) -> Self {
        let exporter = Exporter { transport, resource, runtime: Mutex::new(None) };
        // Everything that the SDK would else take from the environment.
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_max_export_batch_size(QUEUE / 4)
            .with_scheduled_delay(Duration::from_secs(5))
            .build();
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(sampler)
            .with_span_limits(SpanLimits::default())
            .with_resource(SdkResource::builder_empty().build())
            .build();
        Self { provider }
    }

    /// What makes spans of `tracing` such spans: add it to the subscriber. It looks at the spans and events of zb's
    /// crates, up to `debug`, and at nobody else's.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let layer = tracing_opentelemetry::layer().with_tracer(self.provider.tracer("zb"));
        let layer = layer.with_location(false).with_threads(false).with_context_activation(false);
        layer.with_filter(Targets::new().with_targets(TARGETS.map(|target| (target, Level::DEBUG))))
    }

    /// Sends what is left and ends, `within` at the most; whether all was sent by then. A collector that does not answer
    /// is left to itself, and what it was to get is lost.
    ///
    /// Blocks: not to be called on a thread that serves a runtime's tasks.
    pub fn shutdown(self, within: Duration) -> bool {
        self.provider.shutdown_with_timeout(within).is_ok()
    }
}

/// Hangs a span below the root of a run's trace, with all that is below it. Call it before the span is entered. Without
/// the layer it does nothing.
pub fn hang_below_run(span: &tracing::Span, job: &JobId) {
    let root = SpanContext::new(
        TraceId::from_bytes(trace_id(job)),
        SpanId::from_bytes(span_id(job, ROOT, 1)),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    );
    // It fails where there is no layer, which is how own spans are off.
    let _ = span.set_parent(Context::new().with_remote_span_context(root));
}

/// Called on the SDK's thread, which has no runtime: it brings one.
struct Exporter {
    transport: Arc<dyn Transport>,
    resource: Resource,
    runtime: Mutex<Option<Runtime>>,
}

impl Exporter {
    fn send(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let request = trace_request(&self.resource, batch.into_iter().map(Into::into).collect());
        let mut kept = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = match kept.take() {
            Some(runtime) => runtime,
            None => runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| OTelSdkError::InternalFailure(error.to_string()))?,
        };
        let sent = runtime.block_on(self.transport.send(Signal::Traces, request));
        *kept = Some(runtime);
        match sent {
            Sent::Taken => Ok(()),
            Sent::Refused(why) | Sent::Later { why, .. } => {
                tracing::debug!(reason = why, "own spans were not taken");
                Err(OTelSdkError::InternalFailure(why))
            }
        }
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.send(batch)
    }
}

impl Drop for Exporter {
    /// A name lookup that hangs is not waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").finish_non_exhaustive()
    }
}

//! The subscriber that sends a run's trace when the run is over.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use event_bus::{Bus, Observer, Recorded, Rejected};
use hook_core::{LifecycleEvent, Phase, RunEvent, trace_id};
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::time::Instant;

use crate::{Resource, Sampler, Sent, Signal, Transport, request::trace_request, run_spans};

/// Sends the trace of each run, with the event that completes it. Its cursor, `telemetry.traces`, moves past that event
/// when the collector has taken the trace, or has refused it for good.
///
/// A collector that is down is asked again by whoever serves the observer: give it a
/// [`Backoff`](event_bus::Backoff) with [`GiveUp::Never`](event_bus::GiveUp::Never), and no trace is lost however long that
/// takes. It asks nothing before the time that a `Retry-After` named.
pub struct TraceObserver {
    bus: Bus<RunEvent>,
    transport: Arc<dyn Transport>,
    resource: Resource,
    sampler: Sampler,
    not_before: Mutex<Option<Instant>>,
}

impl TraceObserver {
    /// `bus` is read for the history of each run that has ended.
    #[must_use]
    pub fn new(
        bus: Bus<RunEvent>,
        transport: Arc<dyn Transport>,
        resource: Resource,
        sampler: Sampler,
    ) -> Self {
        Self { bus, transport, resource, sampler, not_before: Mutex::default() }
    }

    /// The spans that are due with this event.
    async fn due(&self, event: &Recorded<RunEvent>) -> Result<Vec<Span>, Rejected> {
        if !may_complete(&event.event.event) || !self.sampler.takes(trace_id(&event.event.job)) {
            return Ok(Vec::new());
        }
        let history = self.bus.history(&event.stream).await.map_err(|error| Rejected::Retry(error.into()))?;
        let due = run_spans(&history).into_iter().filter(|span| span.due == event.version);
        Ok(due.map(|due| due.span).collect())
    }

    fn check_wait(&self) -> Result<(), Rejected> {
        let until = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(left) if !left.is_zero() => {
                let why =
                    format!("the collector asked to be left alone for {} s more", left.as_secs().max(1));
                Err(Rejected::Retry(why.into()))
            }
            _ => Ok(()),
        }
    }
}

/// Whether spans can be due with such an event.
fn may_complete(event: &LifecycleEvent) -> bool {
    match event {
        LifecycleEvent::RunFinished { .. } | LifecycleEvent::HookCleared { .. } => true,
        LifecycleEvent::HookStarted { phase, .. } => *phase == Phase::Post,
        LifecycleEvent::HookFinished(ended) => ended.phase == Phase::Post,
        _ => false,
    }
}

#[async_trait]
impl Observer<RunEvent> for TraceObserver {
    fn name(&self) -> &str {
        "telemetry.traces"
    }

    async fn on_event(&self, event: &Recorded<RunEvent>) -> Result<(), Rejected> {
        let spans = self.due(event).await?;
        if spans.is_empty() {
            return Ok(());
        }
        self.check_wait()?;
        match self.transport.send(Signal::Traces, trace_request(&self.resource, spans)).await {
            Sent::Taken => Ok(()),
            Sent::Refused(why) => Err(Rejected::Skip(format!("a trace was refused: {why}").into())),
            Sent::Later { after, why } => {
                let until = after.map(|after| Instant::now() + after);
                *self.not_before.lock().unwrap_or_else(PoisonError::into_inner) = until;
                Err(Rejected::Retry(why.into()))
            }
        }
    }
}

impl fmt::Debug for TraceObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceObserver").field("sampler", &self.sampler).finish_non_exhaustive()
    }
}

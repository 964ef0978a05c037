//! The metrics on their way to a collector.

use jiff::Timestamp;
use prost::Message;

use super::{Metrics, Scrape};
use crate::{Resource, Sent, Signal, Transport};

/// Sends the metrics as of `now` to the collector, once. What became of it is also a line in the log: a newer state
/// follows, so that nothing is sent again.
pub async fn push(
    transport: &dyn Transport,
    metrics: &Metrics,
    scrape: &Scrape<'_>,
    resource: &Resource,
    now: Timestamp,
) -> Sent {
    let request = metrics.to_otlp(scrape, resource, now).encode_to_vec();
    let sent = transport.send(Signal::Metrics, request).await;
    match &sent {
        Sent::Taken => tracing::debug!("the collector has the metrics"),
        Sent::Refused(why) => tracing::warn!("the collector did not take the metrics: {why}"),
        Sent::Later { why, .. } => tracing::warn!("the metrics did not get to the collector: {why}"),
    }
    sent
}

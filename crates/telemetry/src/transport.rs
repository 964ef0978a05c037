//! The port to a collector, and what becomes of a request.

use std::time::Duration;

use async_trait::async_trait;

use crate::Signal;

/// Hands one OTLP request to a collector. The real one is [`Collector`](crate::Collector).
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends one encoded request (protobuf) once, within a limit of its own. It is harmless to send one again: spans
    /// and points that came twice are the same.
    async fn send(&self, signal: Signal, request: Vec<u8>) -> Sent;
}

/// What became of a request. The words name the collector's origin and the reason; no address, no header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sent {
    /// The collector has it. It may have thrown a part away, which is logged: that must not be sent again (OTLP,
    /// "Partial Success").
    Taken,
    /// The collector will never take it: do not send it again (OTLP, "Failures").
    Refused(String),
    /// Not now: it is down, busy or slow. Send it again.
    Later {
        /// What its `Retry-After` asks to wait first.
        after: Option<Duration>,
        /// Why.
        why: String,
    },
}

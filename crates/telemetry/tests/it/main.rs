//! The crate from outside: traces, from events to a collector's socket and back to a tree; metrics, from events to
//! whoever reads them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod collector;
mod histories;
mod observing;
mod own_spans;
mod run_trace;
mod settings;
mod tls;
mod trace_laws;
mod transport;
mod tree;

mod metrics_history;
mod metrics_keeper;
mod metrics_laws;
mod metrics_otlp;
mod metrics_pages;
mod metrics_text;
mod metrics_textfile;
mod prometheus_text;

//! Traces, from events to a collector's socket, and back to a tree.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod collector;
mod histories;
mod observing;
mod own_spans;
mod run_trace;
mod settings;
mod transport;
mod tree;

//! The bus from outside, a subject a file.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod conformance_catches;
mod conformance_holds;
mod fixtures;
mod gate_and_live;
mod observer_law;
mod observer_limits;
mod observer_status;
mod tails;
mod words;

#[path = "../../examples/file_journal/journal.rs"]
mod file_journal;

//! The engine from outside: its table, its laws, its recoveries.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail tests")]

mod engine_crash;
mod every_crash;
mod explorer;
mod extended_body;
mod journal_fails;
mod recovery;
mod resend;
mod scenario;
mod simulation;
mod spec_table;

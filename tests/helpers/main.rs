//! The helpers, tried by themselves.
#![expect(clippy::unwrap_used, reason = "this is a test, its helper functions too")]

mod browser;
mod job_files;
mod otlp;
mod processes;
mod receiver;
mod restic;
mod webhook;

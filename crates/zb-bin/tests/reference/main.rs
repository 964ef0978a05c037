//! The pages of `docs/reference/` against the code, so that they cannot rot. A packaged crate has no such pages: then
//! there is nothing to compare.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod command_line;
mod configuration;
mod environment;
mod events;
mod exit_status;
mod job_file;
mod notify;
mod page;
mod restic;
mod storage;

//! What a person writes for `zb`, and what `zb` says to it.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod accounts;
mod any_calls;
mod command_line;
mod definition;
mod definition_laws;
mod desk;
mod face;
mod job_bad;
mod job_good;
mod job_json;
mod notify;
mod report;
mod secrets;
mod settings;

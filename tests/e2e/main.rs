//! zb from outside: each file holds one behaviour of `spec.md`, seen through the binary only.
#![expect(clippy::unwrap_used, reason = "this is a test, its helper functions too")]

mod already_running;
mod any_calls;
mod bad_restic;
mod cancel;
mod check;
mod clear;
mod config;
mod destinations;
mod every_append;
mod extended_payload;
mod guardian;
mod headers_from;
mod health;
mod hook_send;
mod hooks;
mod init;
mod isolation;
mod job_files;
mod locks;

mod metrics_file;
mod misbehaving_servers;
mod notifications;
mod output;
mod pairing;
mod physical_twin;
mod preflight;
mod priority;
mod process_one;
mod real_webhook;
mod recovery;
mod restic_commands;
mod retention;
mod secrets;
mod service;
mod service_beside_run;
mod service_hooks;
mod service_roots;
mod storage;
mod stored_jobs;
mod surroundings;
mod terminal;
mod tracing;
mod watched_deaths;

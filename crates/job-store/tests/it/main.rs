//! The store through its public face.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests are tests, and a process that a test starts talks to it"
)]

mod accounts;
mod child;
mod claims;
mod conformance;
mod corpus;
mod damage;
mod destinations;
mod fold_law;
mod full_disk;
mod glances;
mod hook_tests;
mod killed;
mod newer;
mod observers;
mod opening;
mod plans;
mod progress_files;
mod reading;
mod repositories;
mod run_json;
mod run_lists;
mod run_stages;
mod stored_jobs;
mod stored_jobs_law;
mod stored_jobs_shared;
mod unwritable;
mod world;

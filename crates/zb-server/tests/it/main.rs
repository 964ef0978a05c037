//! The service through its public face.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod at_rest;
mod audit;
mod callers;
mod contract;
mod cross_site;
mod destinations;
mod events;
mod fake_jobs;
mod fake_messenger;
mod fields;
mod frame;
mod guessing;
mod isolation;
mod jobs;
mod pages;
mod permissions;
mod repositories;
mod runs;
mod sample;
mod serving;
mod sessions;
mod set_up;
mod still_known;
mod tokens;
mod told;
mod watching;
mod world;

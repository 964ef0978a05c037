//! The pages in a real browser, with a real restic and a real `webhook`: what a person does there, by the names that
//! they see (`api.md` §9).
#![expect(clippy::unwrap_used, reason = "this is a test, its helper functions too")]

mod accessibility;
mod eight_steps;
mod first_time;
mod live;
mod person;
mod sample;

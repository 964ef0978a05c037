//! The public API of restic-driver, with a real restic, recorded ones, and stand-ins that do as they are told.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy.toml allows it in tests, but sees only the functions marked as such"
)]

mod cancel;
mod corpus;
mod environment;
mod fixtures;
mod flags;
mod lines;
mod lines_laws;
mod locate;
mod locks;
mod orphans;
mod pipes;
mod priority;
mod real_restic;
mod secrets;
mod stage;
mod verdict;

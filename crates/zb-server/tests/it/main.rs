//! The service through its public face.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]
#![expect(dead_code, reason = "the tests of accounts follow")]

mod callers;
mod world;

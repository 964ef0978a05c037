//! What became of one try to send a message.

use std::time::Duration;

use thiserror::Error;

/// The destination has taken the message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Answer {
    /// Where HTTP was spoken.
    pub http_status: Option<u16>,
    /// What it said, for `zb notify test`: at most 1 KiB, control characters made visible, no secret.
    pub said: Option<String>,
}

/// The destination has not taken the message, or nobody knows.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct Failed {
    /// What a person reads: what failed and what to do; no secret, no URL with one.
    pub reason: String,
    /// Where a whole answer came by HTTP.
    pub http_status: Option<u16>,
    /// Whether another try can mend it.
    pub retry: Retry,
}

/// Whether and when another try is worth it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Retry {
    /// Yes, after the usual pause.
    Later,
    /// Yes, but not sooner than this: the destination said so (`Retry-After`).
    After(Duration),
    /// No: the same message will be refused again.
    Never,
}

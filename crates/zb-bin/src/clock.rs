//! The wall clock and the random numbers: read here, handed on as arguments (architecture, law 12).

use hook_core::JobId;
use jiff::Timestamp;
use rustix::{
    io::Errno,
    rand::{GetRandomFlags, getrandom},
};

use crate::report::Failure;

/// The time of day, UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where zb asks for the time")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// Seconds since 1970 UTC.
#[must_use]
pub(crate) fn unix_seconds() -> u64 {
    u64::try_from(now().as_second()).unwrap_or_default()
}

/// A number from 0 to 1, another one each time; the middle where the kernel gives no random numbers.
#[must_use]
pub(crate) fn jitter() -> f64 {
    let mut random = [0; 4];
    match getrandom(&mut random, GetRandomFlags::empty()) {
        Ok(_) => f64::from(u32::from_ne_bytes(random)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

/// Fills a buffer with random bytes of the kernel. Where it gives none, which no kernel that runs zb does once it has
/// begun to, zb ends: better than secrets that can be guessed.
pub(crate) fn fill_random(bytes: &mut [u8]) {
    let mut filled = 0;
    while filled < bytes.len() {
        match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Ok(more) => filled += more,
            Err(Errno::INTR) => {}
            Err(_) => std::process::abort(),
        }
    }
}

/// A fresh id of a run.
///
/// # Errors
/// The kernel gives no random numbers.
pub(crate) fn fresh_job_id() -> Result<JobId, Failure> {
    let mut random = [0; 10];
    getrandom(&mut random, GetRandomFlags::empty())
        .map_err(|error| Failure::error(format!("the kernel gives no random numbers: {error}")))?;
    Ok(JobId::from_parts(u64::try_from(now().as_millisecond()).unwrap_or_default(), random))
}

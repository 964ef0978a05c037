//! Spans of time as people write them: whole seconds, or `90s`, `5m`, `1h`, `1d` (`spec.md` §5).

use std::time::Duration;

use hook_core::limits::TIMEOUT_SECONDS;
use thiserror::Error;

/// A text that is no span of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub(super) enum InvalidDuration {
    /// Not a whole number and one of the units.
    #[error("it must be a whole number and s, m, h or d, as in \"90s\" or \"5m\"")]
    Form,
    /// More seconds than fit into 64 bits.
    #[error("it is too long")]
    TooLong,
}

/// Reads a whole number followed by `s`, `m`, `h` or `d`.
///
/// # Errors
/// Another form (a sign, a fraction, a space, no unit), or a span beyond 64 bits of seconds.
pub(super) fn parse_duration(text: &str) -> Result<Duration, InvalidDuration> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit: u64 = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(InvalidDuration::Form),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidDuration::Form);
    }
    let number: u64 = digits.parse().map_err(|_| InvalidDuration::TooLong)?;
    number.checked_mul(unit).map(Duration::from_secs).ok_or(InvalidDuration::TooLong)
}

/// Whether a hook may take so long; else the reason, to follow a key's name.
pub(super) fn check_deadline(deadline: Duration) -> Result<Duration, String> {
    if TIMEOUT_SECONDS.contains(&deadline.as_secs()) {
        return Ok(deadline);
    }
    let (least, most) = TIMEOUT_SECONDS.into_inner();
    Err(format!("must be from {least} to {most} seconds"))
}

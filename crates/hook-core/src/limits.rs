//! The numbers of `spec.md` §2, each in one place.

/// A hook's own body, in bytes.
pub const BODY_BYTES: usize = 64 * 1024;
/// Header lines of a hook.
pub const HEADERS: usize = 32;
/// All header names and values together, in bytes.
pub const HEADER_BYTES: usize = 8 * 1024;
/// A hook's URL as the user wrote it, in bytes.
pub const URL_BYTES: usize = 8 * 1024;
/// `error` in a post body: its JSON form, escapes counted and quotes not, in bytes.
pub const ERROR_BYTES: usize = 16 * 1024;
/// At most so much of an answer's body is read, in bytes.
pub const RESPONSE_READ_BYTES: usize = 64 * 1024;
/// So much of an answer's body is kept, in bytes.
pub const RESPONSE_KEPT_BYTES: usize = 4 * 1024;
/// `WEBHOOK_TIMEOUT` and a hook's own `timeout`, in seconds.
pub const TIMEOUT_SECONDS: std::ops::RangeInclusive<u64> = 1..=86_400;
/// `WEBHOOK_TIMEOUT` where nobody set one, in seconds.
pub const DEFAULT_TIMEOUT_SECONDS: u64 = 60;
/// `attempts` of a hook.
pub const ATTEMPTS: std::ops::RangeInclusive<u32> = 1..=10;

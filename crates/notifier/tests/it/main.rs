//! The notifier from outside, a subject a file.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "helpers of tests are tests")]

#[cfg(feature = "channels")]
mod channel_answers;
#[cfg(feature = "channels")]
mod channel_faults;
#[cfg(feature = "channels")]
mod channel_mail;
#[cfg(feature = "channels")]
mod channel_mail_faults;
#[cfg(feature = "channels")]
mod channel_secrets;
#[cfg(feature = "channels")]
mod channel_server;
#[cfg(feature = "channels")]
mod channel_settings;
#[cfg(feature = "channels")]
mod channel_shapes;
#[cfg(feature = "channels")]
mod channel_tls;
mod conformance_catches;
mod conformance_holds;
mod laws;
mod outbox_faults;
mod policy;
mod roster;
mod runs;
mod sender;
mod story;
mod world;

//! The `zb` command as a library, so that its own tests can reach it. It is no interface: that is the command line,
//! its exit statuses, `--json` and the configuration keys.

#![doc(hidden)]

pub mod app;
pub mod cli;
pub mod commands;
pub mod config;
pub mod exit;
pub mod init;
pub mod report;

mod checks;
mod clock;
mod guardian;
mod hook_values;
mod host;
mod logs;
mod observers;
mod restic;
mod service;
mod settle;
mod show;
mod signals;
mod stderr;
mod stored_jobs;
mod turn;
mod wiring;

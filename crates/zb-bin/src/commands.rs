//! The commands, a file each: they get what they need as arguments and say how the process ends.

mod accounts;
pub mod check;
pub mod clear;
pub mod completions;
pub mod config;
pub mod forget;
pub mod health;
pub mod hook;
pub mod init;
pub mod job;
pub mod notify_log;
pub mod notify_test;
pub mod recover;
pub mod restic;
pub mod restore;
pub mod run;
pub mod runs;
pub mod serve;
pub mod show;
pub mod snapshots;
pub mod token;
pub mod unlock;
pub mod user;

use std::io;

use crate::{exit::Exit, report::Failure};

/// A reader that has gone, as `head` does, has seen enough.
pub(crate) fn end_of_output(written: io::Result<()>) -> Result<Exit, Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::error(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(Exit::Success),
    }
}

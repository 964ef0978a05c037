//! The repository's own commands: create it, look into it.

use std::ffi::OsString;

use serde::Deserialize;

use crate::{Invocation, Output, Repository, Restic, SafeFlags};

/// A snapshot in a repository. Fields that no caller needed yet are not read.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// 64 hexadecimal digits.
    pub id: String,
    /// When it was made: RFC 3339, with an offset.
    pub time: String,
    /// The host that made it.
    #[serde(default)]
    pub hostname: String,
    /// What was read.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

impl Restic {
    /// Creates the repository. Where there is one already, the report says so in `repository_exists`.
    pub fn init(&self, repository: &Repository, flags: &SafeFlags) -> Invocation<()> {
        self.command(&["init"], repository, flags)
    }

    /// Lists the repository's snapshots, the oldest first.
    pub fn snapshots(&self, repository: &Repository, flags: &SafeFlags) -> Invocation<Vec<Snapshot>> {
        self.command(&["snapshots"], repository, flags)
    }

    /// Opens the repository as a backup does, under a lock, and does nothing there: it answers, and the password fits.
    pub fn open(&self, repository: &Repository, flags: &SafeFlags) -> Invocation<()> {
        self.command(&["cat", "config"], repository, flags)
    }

    /// Reads what the next backup with this tag will want to know of the repository, so that restic's cache has it. It
    /// fails where there is no such snapshot yet.
    pub fn warm(&self, repository: &Repository, flags: &SafeFlags, tag: &str) -> Invocation<()> {
        self.command(&["ls", "--no-lock", &format!("--tag={tag}"), "latest", "/"], repository, flags)
    }

    pub(crate) fn command<T: Output>(
        &self,
        words: &[&str],
        repository: &Repository,
        flags: &SafeFlags,
    ) -> Invocation<T> {
        let words = words.iter().copied().chain(["--json"]).map(OsString::from);
        let arguments = words.chain(flags.for_every_command());
        self.invocation(repository, arguments.collect())
    }
}

//! The `zb` command with an environment of its own.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::Command,
};

use crate::{Finished, Running, Scratch, binary::zb_binary, command, scratch::install};

/// Debian's and every other Linux's user without rights.
pub const NOBODY: u32 = 65_534;

/// An invocation of zb to be. Its environment is empty but for `PATH`, and `HOME`, `TMPDIR` and `ZB_DATA_DIR` in the
/// test's directory.
#[derive(Clone, Debug)]
pub struct Zb<'a> {
    scratch: &'a Scratch,
    environment: Vec<(OsString, OsString)>,
    wrapper: Vec<OsString>,
    user: Option<u32>,
}

impl<'a> Zb<'a> {
    pub(crate) fn new(scratch: &'a Scratch) -> Self {
        let zb = Self { scratch, environment: Vec::new(), wrapper: Vec::new(), user: None };
        zb.env("HOME", scratch.path("home"))
            .env("TMPDIR", scratch.path("tmp"))
            .env("ZB_DATA_DIR", scratch.path("data"))
    }

    /// Sets a variable; the last setting counts.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Takes a variable away.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.environment.retain(|(set, _)| set != name);
        self
    }

    /// Sets `WEBHOOK_ALLOWED_ORIGINS`.
    #[must_use]
    pub fn allow(self, origins: &str) -> Self {
        self.env("WEBHOOK_ALLOWED_ORIGINS", origins)
    }

    /// Sets `RESTIC_COMMAND`.
    #[must_use]
    pub fn restic(self, command: impl AsRef<Path>) -> Self {
        self.env("RESTIC_COMMAND", command.as_ref())
    }

    /// Starts zb under another command, as `strace`.
    #[must_use]
    pub fn under<S: AsRef<OsStr>>(mut self, wrapper: impl IntoIterator<Item = S>) -> Self {
        self.wrapper = wrapper.into_iter().map(|word| word.as_ref().to_owned()).collect();
        self
    }

    /// As a user without rights, where the tests run as root: for root no file is unreadable. The test's directory is
    /// handed over, and the binary is copied into it, because the target directory may be out of that user's reach.
    #[must_use]
    pub fn unprivileged(mut self) -> Self {
        if rustix::process::getuid().is_root() {
            install(zb_binary(), &self.scratch.path("zb"));
            hand_over(self.scratch.root());
            self.user = Some(NOBODY);
        }
        self
    }

    /// Runs it to its end.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.spawn(arguments).wait()
    }

    /// Starts it.
    #[must_use]
    pub fn spawn(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    /// The command itself, for a test that needs its own pipes.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let binary = match self.user {
            Some(_) => self.scratch.path("zb"),
            None => zb_binary().clone(),
        };
        let mut words = self.wrapper.iter().cloned().chain([binary.into_os_string()]);
        let mut zb = command(words.next().expect("the binary at least"));
        zb.args(words)
            .args(arguments)
            .envs(self.environment.iter().cloned())
            .current_dir(self.scratch.root());
        if let Some(user) = self.user {
            zb.uid(user).gid(user);
        }
        zb
    }
}

fn hand_over(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).unwrap() {
            hand_over(&entry.unwrap().path());
        }
    }
}

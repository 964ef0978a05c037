//! Processes found by a mark that they carry, never by name or by a remembered pid.

use std::{ffi::OsStr, fs, path::PathBuf, process::Command};

use rustix::process::{Pid, Signal, kill_process};

/// A living process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// Its pid.
    pub pid: i32,
    /// Its arguments, joined with spaces.
    pub command: String,
    /// The file that it runs.
    pub program: PathBuf,
}

impl Process {
    /// Sends it a signal; it may be gone already.
    pub fn signal(&self, signal: Signal) {
        send(self.pid, signal);
    }
}

/// The living processes that carry `mark` in their environment or their arguments. A zombie has neither.
#[must_use]
pub fn marked(mark: &str) -> Vec<Process> {
    let all = fs::read_dir("/proc").expect("/proc is there");
    all.filter_map(|entry| {
        let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let read = |name| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let (environment, arguments) = (read("environ"), read("cmdline"));
        let carries = |bytes: &[u8]| bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
        (carries(&environment) || carries(&arguments)).then(|| Process {
            pid,
            command: String::from_utf8_lossy(&arguments).trim_end_matches('\0').replace('\0', " "),
            program: fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default(),
        })
    })
    .collect()
}

pub(crate) fn send(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = kill_process(pid, signal);
    }
}

/// A command that inherits nothing but `PATH`.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "these are the test's own processes, not children of zb")]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()));
    command
}

//! Processes that a dead owner left behind: found by the run's marker in their environment, never by a number that
//! was written down.

use std::{collections::BTreeSet, fs, io, time::Duration};

use rustix::process::{Pid, Signal, getpid};
use tokio::time::{Instant, timeout_at};

use crate::linux::ProcessHandle;

/// The variable that marks a run; restic hands it on to ssh and rclone.
pub const MARKER: &str = "ZB_RUN";

/// Ends every process that carries the marker of `run`, and returns when none is alive: how many had to be told.
///
/// restic gets SIGINT, so that it can remove its lock, and SIGKILL after `grace`. Its helpers, which it needs for
/// that, are told only if they outlive it. The calling process is spared. Processes whose environment this user
/// may not read are not found.
///
/// # Errors
/// `/proc` cannot be read, or there are no file descriptors left.
///
/// # Panics
/// Outside a Tokio runtime with its I/O and time drivers enabled.
pub async fn end(run: &str, grace: Duration) -> io::Result<u32> {
    let marker = format!("{MARKER}={run}");
    let mut ended = 0;
    loop {
        let leaders = leaders(marked(&marker)?);
        if leaders.is_empty() {
            return Ok(ended);
        }
        for leader in &leaders {
            leader.handle.signal(Signal::INT);
            leader.handle.signal(Signal::CONT);
        }
        let kill_at = Instant::now() + grace;
        for leader in leaders {
            leader.end(kill_at).await;
            ended += 1;
        }
    }
}

/// A process, by a handle that no other process can take over.
#[derive(Debug)]
struct Orphan {
    pid: Pid,
    parent: Option<Pid>,
    handle: ProcessHandle,
}

impl Orphan {
    /// Looks at the marker again when the handle is held: whatever the number stands for later, the handle stands
    /// for what was looked at, or for nothing.
    fn find(pid: Pid, marker: &str) -> io::Result<Option<Self>> {
        if !is_marked(pid, marker) {
            return Ok(None);
        }
        let Some(handle) = ProcessHandle::open(pid)? else { return Ok(None) };
        Ok(is_marked(pid, marker).then(|| Self { pid, parent: parent(pid), handle }))
    }

    /// Waits for the end, and brings it about at `kill_at`.
    async fn end(self, kill_at: Instant) {
        if timeout_at(kill_at, self.handle.ended()).await.is_err() {
            self.handle.signal(Signal::KILL);
            self.handle.ended().await;
        }
    }
}

fn marked(marker: &str) -> io::Result<Vec<Orphan>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let number = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(pid) = number.and_then(Pid::from_raw).filter(|pid| *pid != getpid()) else { continue };
        found.extend(Orphan::find(pid, marker)?);
    }
    Ok(found)
}

/// Those whose parent is none of them.
fn leaders(mut orphans: Vec<Orphan>) -> Vec<Orphan> {
    let all: BTreeSet<_> = orphans.iter().map(|orphan| orphan.pid.as_raw_nonzero()).collect();
    orphans.retain(|orphan| orphan.parent.is_none_or(|parent| !all.contains(&parent.as_raw_nonzero())));
    orphans
}

/// A process that is gone, a zombie and another user's process have no environment to show.
fn is_marked(pid: Pid, marker: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|variable| variable == marker.as_bytes())
}

/// The fourth field of proc_pid_stat(5); the second, the name, may hold blanks and parentheses.
fn parent(pid: Pid) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    Pid::from_raw(after_name.split_whitespace().nth(1)?.parse().ok()?)
}

//! Claims: whose turn it is to act for a schedule's runs, as locks that the kernel drops with their process.
//!
//! A schedule has two files, made once and never deleted, since somebody may be waiting for their lock. Who locks
//! `<schedule>.lock` has the claim. He then locks `<schedule>.alive` too, for those who only want to know whether
//! somebody has the claim: asking takes a lock for a moment, and on the first file that would turn a start away.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process,
};

use hook_core::{JobId, ScheduleId};
use lifecycle_engine::{Claim, ClaimAttempt, ClaimGuard, Holding};

use rustix::{
    io::Errno,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};

use crate::files::open_if_there;

/// Longer than any announcement, in bytes.
const LONGEST: usize = 96;

/// Takes the claim, if nobody has it. `claims` is the directory of the files.
pub(crate) fn take(claims: &Path, schedule: &ScheduleId) -> io::Result<ClaimAttempt> {
    Ok(match lock(claims, schedule)? {
        Ok(guard) => ClaimAttempt::Claimed(Claim::new(schedule.clone(), guard)),
        Err(holding) => ClaimAttempt::Held(holding),
    })
}

fn lock(claims: &Path, schedule: &ScheduleId) -> io::Result<Result<FileClaim, Holding>> {
    let claim = open(&file(claims, schedule, "lock"))?;
    match claim.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return read(&claim).map(Err),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // What the last holder said is not of this one.
    claim.set_len(0)?;
    let alive = open(&file(claims, schedule, "alive"))?;
    // Only those who ask have it, and only for a moment.
    alive.lock()?;
    Ok(Ok(FileClaim { alive, claim }))
}

/// What a living process holds the claim for; nothing where none has it. Disturbs nobody who wants the claim.
pub(crate) fn holding(claims: &Path, schedule: &ScheduleId) -> io::Result<Option<Holding>> {
    let Some(alive) = open_if_there(&file(claims, schedule, "alive"))? else { return Ok(None) };
    match alive.try_lock_shared() {
        Ok(()) => alive.unlock().map(|()| None),
        Err(TryLockError::WouldBlock) => match open_if_there(&file(claims, schedule, "lock"))? {
            Some(claim) => read(&claim).map(Some),
            None => Ok(Some(Holding::Unknown)),
        },
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Sends SIGTERM to the process that holds the claim for this run; whether there is one. By a handle of the process that
/// was taken before the look, so that no other one that has its number now is hit.
pub(crate) fn terminate(claims: &Path, schedule: &ScheduleId, job: &JobId) -> io::Result<bool> {
    let path = file(claims, schedule, "lock");
    let Some(claim) = open_if_there(&path)? else { return Ok(false) };
    let Some(pid) = holder(&claim, job)? else { return Ok(false) };
    let process = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => process,
        Err(Errno::SRCH) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    // Still the same holder, and alive: then the handle is its.
    if holder(&claim, job)? != Some(pid) || holding(claims, schedule)?.is_none() {
        return Ok(false);
    }
    match pidfd_send_signal(process, Signal::TERM) {
        Ok(()) => Ok(true),
        Err(Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The process that says it runs this run.
fn holder(claim: &File, job: &JobId) -> io::Result<Option<Pid>> {
    let mut said = [0; LONGEST];
    let length = claim.read_at(&mut said, 0)?;
    let line = std::str::from_utf8(&said[..length]).ok().and_then(|said| said.split_once('\n'));
    let words: Vec<_> = line.map(|(line, _)| line.split(' ').collect()).unwrap_or_default();
    Ok(match words.as_slice() {
        ["running", run, pid] if *run == job.as_str() => pid.parse().ok().and_then(Pid::from_raw),
        _ => None,
    })
}

/// The store's side of a claim.
struct FileClaim {
    alive: File,
    claim: File,
}

impl ClaimGuard for FileClaim {
    fn announce(&self, holding: &Holding) {
        let said = match holding {
            Holding::Running(job) => format!("running {job} {}\n", process::id()),
            Holding::Settling(job) => format!("settling {job} {}\n", process::id()),
            Holding::Unknown => String::from("\n"),
        };
        // One write, and the line end last: a reader sees the line whole, or takes it for none.
        if let Err(error) = self.claim.write_all_at(said.as_bytes(), 0) {
            tracing::warn!(%error, "cannot write into the file of the claim; the claim holds");
        }
    }
}

impl Drop for FileClaim {
    /// Closing is not enough: a child that was forked this moment has the files until it executes its program.
    fn drop(&mut self) {
        for lock in [&self.alive, &self.claim] {
            if let Err(error) = lock.unlock() {
                tracing::warn!(%error, "cannot unlock the file of a claim; it goes with the process");
            }
        }
    }
}

fn read(claim: &File) -> io::Result<Holding> {
    let mut said = [0; LONGEST];
    let length = claim.read_at(&mut said, 0)?;
    Ok(parse(&said[..length]).unwrap_or(Holding::Unknown))
}

fn parse(said: &[u8]) -> Option<Holding> {
    let (line, _) = std::str::from_utf8(said).ok()?.split_once('\n')?;
    let mut words = line.split(' ');
    let (doing, job) = (words.next()?, words.next()?.parse().ok()?);
    match doing {
        "running" => Some(Holding::Running(job)),
        "settling" => Some(Holding::Settling(job)),
        _ => None,
    }
}

fn file(claims: &Path, schedule: &ScheduleId, suffix: &str) -> PathBuf {
    // An id of a schedule is letters, digits, `_` and `-`: no path.
    claims.join(format!("{schedule}.{suffix}"))
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(number: u8) -> JobId {
        JobId::from_parts(1, [number; 10])
    }

    #[test]
    fn what_a_claim_is_held_for_can_be_read_until_the_next_one_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let schedule = "sched_a".parse().unwrap();
        let asked = || holding(dir.path(), &schedule).unwrap();
        assert_eq!(asked(), None);
        let held = lock(dir.path(), &schedule).unwrap().unwrap_or_else(|holding| panic!("{holding:?}"));
        assert_eq!(asked(), Some(Holding::Unknown));
        for said in [Holding::Settling(job(1)), Holding::Running(job(2)), Holding::Unknown] {
            held.announce(&said);
            assert_eq!(asked(), Some(said.clone()));
            assert!(matches!(take(dir.path(), &schedule).unwrap(), ClaimAttempt::Held(held) if held == said));
        }
        held.announce(&Holding::Running(job(3)));
        drop(held);
        assert_eq!(asked(), None);
        let _next = take(dir.path(), &schedule).unwrap();
        assert_eq!(asked(), Some(Holding::Unknown));
    }

    #[test]
    fn only_a_whole_line_is_believed() {
        let line = format!("running {} 4711\n", job(1));
        assert_eq!(parse(line.as_bytes()), Some(Holding::Running(job(1))));
        assert!(line.len() < LONGEST);
        for cut in 0..line.len() {
            assert_eq!(parse(&line.as_bytes()[..cut]), None, "{cut}");
        }
        let longer_before = format!("{line}01234567 12345678\n");
        assert_eq!(parse(longer_before.as_bytes()), Some(Holding::Running(job(1))));
        for other in ["walking job_x 1\n", "running\n", "\n", "running sched_a 1\n", "\u{0}\n"] {
            assert_eq!(parse(other.as_bytes()), None, "{other:?}");
        }
    }
}

//! Claims: whose turn it is to act for a job's runs, as locks that the kernel drops with their process.
//!
//! A job has two files, made once and never deleted, since somebody may be waiting for their lock. Who locks
//! `<job>.lock` has the claim. He then locks `<job>.alive` too, for those who only want to know whether somebody has the
//! claim: asking takes a lock for a moment, and on the first file that would turn a start away. `<job>` is the
//! `scheduleId`, behind the organization and a full stop where that is not `org_default`.
//!
//! An older zb has no organization in these names: what it holds is looked at too ([`as_before`]).

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process,
};

use hook_core::{JobId, JobKey, OrganizationId};
use lifecycle_engine::{Claim, ClaimAttempt, ClaimGuard, Holding};

use rustix::{
    io::Errno,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};

use crate::files::open_if_there;

/// Longer than any announcement, in bytes.
const LONGEST: usize = 96;

/// Whether a run is one of the organization whose claim is looked at.
pub(crate) type IsOurs<'a> = &'a dyn Fn(&JobId) -> bool;

/// Takes the claim, if nobody has it. `claims` is the directory of the files.
pub(crate) fn take(claims: &Path, of: &JobKey, is_ours: IsOurs<'_>) -> io::Result<ClaimAttempt> {
    let guard = match lock(claims, of)? {
        Ok(guard) => guard,
        Err(holding) => return Ok(ClaimAttempt::Held(holding)),
    };
    Ok(match as_before(claims, of, is_ours)? {
        Some((_, holding)) => ClaimAttempt::Held(holding),
        None => ClaimAttempt::Claimed(Claim::new(of.clone(), guard)),
    })
}

/// What an older zb holds for the job, under the name that the files had before organizations were in it; nothing where
/// what it holds is another organization's. It says whose run it is as soon as that is on disk.
fn as_before(claims: &Path, of: &JobKey, is_ours: IsOurs<'_>) -> io::Result<Option<(JobKey, Holding)>> {
    if of.organization == OrganizationId::default() {
        return Ok(None);
    }
    let before = JobKey::new(OrganizationId::default(), of.schedule.clone());
    let Some(holding) = held(claims, &before)? else { return Ok(None) };
    let is_held_for_us = match &holding {
        Holding::Running(job) | Holding::Settling(job) => is_ours(job),
        Holding::Unknown => false,
    };
    Ok(is_held_for_us.then_some((before, holding)))
}

fn lock(claims: &Path, of: &JobKey) -> io::Result<Result<FileClaim, Holding>> {
    let claim = open(&file(claims, of, "lock"))?;
    match claim.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return read(&claim).map(Err),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // What the last holder said is not of this one.
    claim.set_len(0)?;
    let alive = open(&file(claims, of, "alive"))?;
    // Only those who ask have it, and only for a moment.
    alive.lock()?;
    Ok(Ok(FileClaim { alive, claim }))
}

/// What a living process holds the claim for; nothing where none has it. Disturbs nobody who wants the claim.
pub(crate) fn holding(claims: &Path, of: &JobKey, is_ours: IsOurs<'_>) -> io::Result<Option<Holding>> {
    match held(claims, of)? {
        Some(holding) => Ok(Some(holding)),
        None => Ok(as_before(claims, of, is_ours)?.map(|(_, holding)| holding)),
    }
}

fn held(claims: &Path, of: &JobKey) -> io::Result<Option<Holding>> {
    let Some(alive) = open_if_there(&file(claims, of, "alive"))? else { return Ok(None) };
    match alive.try_lock_shared() {
        Ok(()) => alive.unlock().map(|()| None),
        Err(TryLockError::WouldBlock) => match open_if_there(&file(claims, of, "lock"))? {
            Some(claim) => read(&claim).map(Some),
            None => Ok(Some(Holding::Unknown)),
        },
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Sends SIGTERM to the process that holds the claim for this run; whether there is one. By a handle of the process that
/// was taken before the look, so that no other one that has its number now is hit.
pub(crate) fn terminate(claims: &Path, of: &JobKey, job: &JobId) -> io::Result<bool> {
    if terminate_holder(claims, of, job)? {
        return Ok(true);
    }
    // The run is named, so that nobody else's is hit.
    match as_before(claims, of, &|held| held == job)? {
        Some((before, _)) => terminate_holder(claims, &before, job),
        None => Ok(false),
    }
}

fn terminate_holder(claims: &Path, of: &JobKey, job: &JobId) -> io::Result<bool> {
    let path = file(claims, of, "lock");
    let Some(claim) = open_if_there(&path)? else { return Ok(false) };
    let Some(pid) = holder(&claim, job)? else { return Ok(false) };
    let process = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => process,
        Err(Errno::SRCH) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    // Still the same holder, and alive: then the handle is its.
    if holder(&claim, job)? != Some(pid) || held(claims, of)?.is_none() {
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

fn file(claims: &Path, of: &JobKey, suffix: &str) -> PathBuf {
    // An id is letters, digits, `_` and `-`: no path, and no full stop.
    let JobKey { organization, schedule } = of;
    claims.join(match *organization == OrganizationId::default() {
        true => format!("{schedule}.{suffix}"),
        false => format!("{organization}.{schedule}.{suffix}"),
    })
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
        let of = "sched_a".parse().unwrap();
        let nobodys = |_: &JobId| false;
        let asked = || holding(dir.path(), &of, &nobodys).unwrap();
        assert_eq!(asked(), None);
        let held = lock(dir.path(), &of).unwrap().unwrap_or_else(|holding| panic!("{holding:?}"));
        assert_eq!(asked(), Some(Holding::Unknown));
        for said in [Holding::Settling(job(1)), Holding::Running(job(2)), Holding::Unknown] {
            held.announce(&said);
            assert_eq!(asked(), Some(said.clone()));
            let refused = take(dir.path(), &of, &nobodys).unwrap();
            assert!(matches!(refused, ClaimAttempt::Held(held) if held == said));
        }
        held.announce(&Holding::Running(job(3)));
        drop(held);
        assert_eq!(asked(), None);
        let _next = take(dir.path(), &of, &nobodys).unwrap();
        assert_eq!(asked(), Some(Holding::Unknown));
    }

    /// A zb of before organizations were in the names holds the files without one.
    #[test]
    fn a_claim_of_an_older_zb_holds_for_the_organization_of_its_run() {
        let dir = tempfile::tempdir().unwrap();
        let (older, ours) = ("sched_a".parse().unwrap(), "org_b/sched_a".parse().unwrap());
        let held = lock(dir.path(), &older).unwrap().unwrap_or_else(|holding| panic!("{holding:?}"));
        let is_ours = |run: &JobId| *run == job(1);
        let table = [
            (Holding::Unknown, false),
            (Holding::Running(job(2)), false),
            (Holding::Running(job(1)), true),
            (Holding::Settling(job(1)), true),
        ];
        for (said, counts) in table {
            held.announce(&said);
            let expected = counts.then_some(&said);
            assert_eq!(holding(dir.path(), &ours, &is_ours).unwrap().as_ref(), expected);
            let taken = take(dir.path(), &ours, &is_ours).unwrap();
            assert_eq!(matches!(&taken, ClaimAttempt::Held(held) if *held == said), counts, "{taken:?}");
            assert_eq!(matches!(taken, ClaimAttempt::Claimed(_)), !counts);
        }
        drop(held);
        assert!(matches!(take(dir.path(), &ours, &is_ours).unwrap(), ClaimAttempt::Claimed(_)));
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

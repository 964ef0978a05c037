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

use hook_core::ScheduleId;
use lifecycle_engine::{Claim, ClaimAttempt, ClaimGuard, Holding};

use crate::files::open_if_there;

/// Longer than any announcement, in bytes.
const LONGEST: usize = 96;

/// Takes the claim, if nobody has it. `claims` is the directory of the files.
pub(crate) fn take(claims: &Path, schedule: &ScheduleId) -> io::Result<ClaimAttempt> {
    let claim = open(&file(claims, schedule, "lock"))?;
    match claim.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(ClaimAttempt::Held(read(&claim)?)),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    claim.set_len(0)?;
    let alive = open(&file(claims, schedule, "alive"))?;
    alive.lock()?;
    Ok(ClaimAttempt::Claimed(Claim::new(schedule.clone(), FileClaim { _alive: alive, claim })))
}

/// What a living process holds the claim for; nothing where none has it. Disturbs nobody who wants the claim.
pub(crate) fn holding(claims: &Path, schedule: &ScheduleId) -> io::Result<Option<Holding>> {
    let Some(alive) = open_if_there(&file(claims, schedule, "alive"))? else { return Ok(None) };
    match alive.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => match open_if_there(&file(claims, schedule, "lock"))? {
            Some(claim) => read(&claim).map(Some),
            None => Ok(Some(Holding::Unknown)),
        },
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The store's side of a claim. The locks go when the files are closed, which children do not inherit.
struct FileClaim {
    _alive: File,
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

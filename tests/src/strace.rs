//! Faults at a chosen system call, made by the kernel through `strace`: zb itself is the real one.

use std::{fs, path::PathBuf};

use crate::{Scratch, Zb};

/// What SQLite does to a file when it appends.
const WRITES: &str = "pwrite64,write,fdatasync,fsync,ftruncate";

/// What happens at a write to the database. Counts from 1.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// SIGKILL at that write.
    Killed(usize),
    /// The disk is full at that write and at all that follow.
    DiskFull(usize),
}

impl Fault {
    /// zb with this fault. The database's files have to be there already.
    ///
    /// # Panics
    /// Where there is no database.
    #[must_use]
    pub fn strikes<'a>(self, scratch: &Scratch, zb: Zb<'a>) -> Zb<'a> {
        let strike = match self {
            Self::Killed(n) => Strike::at(WRITES, format!("signal=SIGKILL:when={n}")),
            Self::DiskFull(n) => Strike::at(WRITES, format!("error=ENOSPC:when={n}+")),
        };
        strike.on(database(scratch)).falls_on(scratch, zb)
    }
}

/// A system call that kills or fails. Each thread of zb, of its guardian and of restic counts its own calls.
#[derive(Clone, Debug)]
pub struct Strike {
    calls: String,
    effect: String,
    files: Vec<PathBuf>,
    lonely: bool,
}

impl Strike {
    /// At these calls, comma-separated, with this effect in the words of strace(1)'s `inject`.
    #[must_use]
    pub fn at(calls: &str, effect: impl Into<String>) -> Self {
        Self { calls: calls.to_owned(), effect: effect.into(), files: Vec::new(), lonely: false }
    }

    /// Only where the call is about one of these files.
    #[must_use]
    pub fn on(mut self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        self.files.extend(files);
        self
    }

    /// And zb's guardian dies before its first instruction. Only for a strike on files.
    ///
    /// # Panics
    /// Where there are none: then restic would die with it.
    #[must_use]
    pub fn without_guardian(mut self) -> Self {
        assert!(!self.files.is_empty(), "the files come first");
        self.lonely = true;
        self.files.push("/proc/self/exe".into());
        self
    }

    /// zb under this strike.
    #[must_use]
    pub fn falls_on<'a>(&self, scratch: &Scratch, zb: Zb<'a>) -> Zb<'a> {
        let mut strace: Vec<String> = ["strace", "-f", "-q", "-o"].map(str::to_owned).into();
        strace.push(scratch.text("strace.log"));
        for file in &self.files {
            strace.extend(["-P".to_owned(), file.to_str().expect("a temporary path is UTF-8").to_owned()]);
        }
        strace.extend(["-e".to_owned(), format!("trace={},execve", self.calls)]);
        strace.extend(["-e".to_owned(), format!("inject={}:{}", self.calls, self.effect)]);
        if self.lonely {
            strace.extend(["-e".to_owned(), "inject=execve:signal=SIGKILL".to_owned()]);
        }
        zb.under(strace)
    }

    /// Whether it hit zb, its guardian or restic the last time.
    #[must_use]
    pub fn fell(&self, scratch: &Scratch) -> bool {
        let log = fs::read_to_string(scratch.path("strace.log")).unwrap_or_default();
        let deaths = log.matches("+++ killed by SIGKILL +++").count();
        log.contains("(INJECTED)") || deaths > usize::from(self.lonely)
    }
}

/// The database with the files that SQLite lays beside it.
///
/// # Panics
/// Where there is none.
#[must_use]
pub fn database(scratch: &Scratch) -> Vec<PathBuf> {
    assert!(scratch.path("data/zb.db").is_file(), "there is no database yet");
    ["", "-wal", "-shm", "-journal"].map(|side| scratch.path(&format!("data/zb.db{side}"))).into()
}

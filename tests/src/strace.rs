//! Faults at a chosen write to zb's database, made by the kernel through `strace`: zb itself is the real one.

use crate::{Scratch, Zb};

/// What SQLite does to a file when it appends.
const WRITES: &str = "pwrite64,write,fdatasync,fsync,ftruncate";

/// What happens at a write. Counts from 1.
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
        assert!(scratch.path("data/zb.db").is_file(), "there is no database yet");
        let what = match self {
            Self::Killed(n) => format!("signal=SIGKILL:when={n}"),
            Self::DiskFull(n) => format!("error=ENOSPC:when={n}+"),
        };
        let mut strace: Vec<String> = ["strace", "-f", "-qq", "-o", "/dev/null"].map(str::to_owned).into();
        for file in ["zb.db", "zb.db-wal", "zb.db-shm", "zb.db-journal"] {
            strace.extend(["-P".to_owned(), scratch.text(&format!("data/{file}"))]);
        }
        strace.extend(["-e".to_owned(), format!("trace={WRITES}")]);
        strace.extend(["-e".to_owned(), format!("inject={WRITES}:{what}")]);
        zb.under(strace)
    }
}

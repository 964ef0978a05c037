//! How restic ended, and what to do about it.

use std::{fmt, os::unix::process::ExitStatusExt, process::ExitStatus};

/// How restic ended: its exit codes (restic manual, "Exit codes"; `spec.md` §4), or the signal that killed it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Exit {
    /// 0.
    Ok,
    /// 1: no snapshot was made.
    Fatal,
    /// 2: restic itself crashed (Go runtime error).
    GoRuntime,
    /// 3: a snapshot was made, but something could not be read.
    Incomplete,
    /// 10, or 1 and the words of an older restic: there is no repository.
    NoRepository,
    /// 11, or 1 and the words of an older restic: the repository is locked.
    Locked,
    /// 12, or 1 and the words of an older restic: the password does not open the repository.
    WrongPassword,
    /// 130: restic got SIGINT and cleaned up.
    Interrupted,
    /// A signal killed it, by number.
    Signal(i32),
    /// A code that this crate does not know.
    Other(i32),
    /// The system kept restic's end to itself (the caller ignores SIGCHLD).
    Unknown,
}

impl Exit {
    /// Reads what the system says of an ended process.
    #[must_use]
    pub fn from_status(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::from_code(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Unknown,
        }
    }

    fn from_code(code: i32) -> Self {
        match code {
            0 => Self::Ok,
            1 => Self::Fatal,
            2 => Self::GoRuntime,
            3 => Self::Incomplete,
            10 => Self::NoRepository,
            11 => Self::Locked,
            12 => Self::WrongPassword,
            130 => Self::Interrupted,
            code => Self::Other(code),
        }
    }

    /// The name of the signal that killed restic, as `SIGSEGV`.
    #[must_use]
    pub fn signal_name(self) -> Option<String> {
        match self {
            Self::Signal(number) => Some(signal_name(number)),
            _ => None,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn advice(self) -> Option<&'static str> {
        match self {
            Self::Ok | Self::Unknown | Self::Other(_) => None,
            Self::Fatal => Some("read restic's own words; nothing was saved"),
            Self::GoRuntime => Some("restic crashed: look for memory that ran out, then for a newer restic"),
            Self::Incomplete => Some("give the backup the right to read these files, or exclude them"),
            Self::NoRepository => Some("check the repository's location, or create it with `init`"),
            Self::Locked => Some(
                "another restic is at work there: wait for it; if none is, remove the lock with `restic unlock`",
            ),
            Self::WrongPassword => Some("check the repository's password; a file's is its first line"),
            Self::Interrupted => Some("something outside interrupted restic: start the backup again"),
            Self::Signal(9) => Some("look whether the system ran out of memory, then start the backup again"),
            Self::Signal(_) => Some("look into the system's log for who sent the signal, then start again"),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("restic ended well"),
            Self::Fatal => f.write_str("restic failed"),
            Self::GoRuntime => f.write_str("restic crashed"),
            Self::Incomplete => f.write_str("restic could not read everything"),
            Self::NoRepository => f.write_str("there is no repository"),
            Self::Locked => f.write_str("the repository is locked"),
            Self::WrongPassword => f.write_str("wrong password or no key found"),
            Self::Interrupted => f.write_str("restic was interrupted"),
            Self::Signal(number) => write!(f, "restic was killed by {}", signal_name(*number)),
            Self::Other(_) => f.write_str("restic ended in an unknown way"),
            Self::Unknown => f.write_str("restic ended, and the system did not say how"),
        }
    }
}

/// Linux' names of signals 1 to 31 (signal(7), but for Alpha, SPARC and MIPS).
const SIGNALS: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

fn signal_name(number: i32) -> String {
    let name = usize::try_from(number - 1).ok().and_then(|at| SIGNALS.get(at));
    name.map_or_else(|| format!("signal {number}"), |name| format!("SIG{name}"))
}

#[cfg(test)]
mod tests {
    use super::signal_name;

    #[test]
    fn signals_have_their_names() {
        let cases =
            [(1, "SIGHUP"), (2, "SIGINT"), (9, "SIGKILL"), (11, "SIGSEGV"), (15, "SIGTERM"), (31, "SIGSYS")];
        for (number, name) in cases {
            assert_eq!(signal_name(number), name);
        }
        assert_eq!(signal_name(34), "signal 34");
        assert_eq!(signal_name(0), "signal 0");
    }
}

//! The exit statuses of `zb`: part of its interface (`spec.md` §7).

use std::process::ExitCode;

use hook_core::RunStatus;

/// How the process ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// 0: done, and a run without a problem.
    Success,
    /// 1: the work failed: a failed check, an origin that is not allowed, an unusable data directory included.
    Error,
    /// 2: what the user wrote is wrong: usage, a setting, a file, an unknown or ambiguous JOB or RUN. Nothing was done.
    Invalid,
    /// 3: a run with a snapshot and something to look at.
    Warning,
    /// 4: the job is running already. Nothing was done.
    AlreadyRunning,
    /// 130: cancelled, as a shell reports Ctrl-C.
    Cancelled,
    /// Whatever restic ended with: `zb restic` hands it on.
    Restic(u8),
}

impl Exit {
    /// The number that the parent process sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Error => 1,
            Self::Invalid => 2,
            Self::Warning => 3,
            Self::AlreadyRunning => 4,
            Self::Cancelled => 130,
            Self::Restic(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<RunStatus> for Exit {
    fn from(status: RunStatus) -> Self {
        match status {
            RunStatus::Success => Self::Success,
            RunStatus::Warning => Self::Warning,
            RunStatus::Error => Self::Error,
            RunStatus::Cancelled => Self::Cancelled,
        }
    }
}

//! Who has the process number that a lock names, now. Looked at, never signalled.

use std::{fs, io, path::Path};

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};

/// Whose a process number is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Occupant {
    /// No process has it, or one that has ended already.
    Nobody,
    /// A restic of a user whose processes may be looked into.
    Restic,
    /// A process with a name like restic's that may not be looked into, or whose program is called otherwise.
    PerhapsRestic,
    /// A process that is no restic: the number was given away anew.
    SomebodyElse,
}

impl Occupant {
    /// Looks at process `pid` of this host, as far as `/proc` tells; `program` is a restic, whatever it is called.
    #[must_use]
    pub fn of(pid: u32, program: &Path) -> Self {
        if !exists(pid) || has_ended(pid) {
            return Self::Nobody;
        }
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        match fs::read_link(format!("/proc/{pid}/exe")) {
            Ok(file) if is_restic(&file, program) => Self::Restic,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && name.is_empty() => {
                Self::PerhapsRestic
            }
            _ if name.contains("restic") => Self::PerhapsRestic,
            _ => Self::SomebodyElse,
        }
    }
}

/// The null signal is none: nothing is delivered (kill(2)). `/proc` alone may hide other users' processes.
fn exists(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// The third field of proc_pid_stat(5); the second, the name, may hold blanks and parentheses.
fn has_ended(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().next());
    matches!(state, Some("Z" | "X"))
}

/// A program that was replaced while it runs is called `restic (deleted)`.
fn is_restic(file: &Path, program: &Path) -> bool {
    let shown = file.to_string_lossy();
    let file = Path::new(shown.strip_suffix(" (deleted)").unwrap_or(&shown));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let is_release = ["restic_", "restic-"].iter().any(|start| name.starts_with(start));
    name == "restic" || is_release || fs::canonicalize(program).is_ok_and(|program| program == file)
}

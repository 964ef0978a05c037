//! What Linux alone can do, and the only unsafe code of the workspace but for a socket that systemd hands over
//! (`zb-server`): the parent-death signal, a lower priority for processor and disk, and a process handle that an async
//! task can wait for.

use std::{io, os::fd::OwnedFd, os::unix::process::CommandExt, process::Command};

use rustix::{
    io::Errno,
    process::{
        Pid, PidfdFlags, Signal, getpid, getppid, getpriority_process, pidfd_open, pidfd_send_signal,
        set_parent_process_death_signal, setpriority_process,
    },
};
use tokio::io::{Interest, unix::AsyncFd};

/// The kernel sends the child SIGINT when the thread that started it ends, for whatever reason: restic then cleans
/// up and leaves no lock (prctl(2), `PR_SET_PDEATHSIG`).
///
/// A program with file capabilities or a set-user-id bit loses this at its start; the run's marker finds it still.
#[expect(
    unsafe_code,
    reason = "nothing but `pre_exec` runs between fork and exec, where prctl has to be called"
)]
pub(crate) fn interrupt_when_parent_dies(command: &mut Command) {
    let parent = getpid();
    let prepare = move || {
        set_parent_process_death_signal(Some(Signal::INT))?;
        // The parent may have died before the kernel was told.
        if getppid() == Some(parent) { Ok(()) } else { Err(Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed (signal-safety(7)). The closure makes
    // two system calls, prctl and getppid, and makes an error of a number: no allocation, no lock, no panic.
    unsafe { command.pre_exec(prepare) };
}

/// What `nice` gives a program that is to disturb nobody (nice(1)).
const BACKGROUND_NICE: i32 = 10;

/// The class "best effort" and the lowest of its eight levels, as ioprio_set(2) packs them.
const BACKGROUND_IO: libc::c_int = (2 << IOPRIO_CLASS_SHIFT) | 7;
const IOPRIO_CLASS_SHIFT: libc::c_int = 13;
const IOPRIO_CLASS_IDLE: libc::c_int = 3;
const IOPRIO_WHO_PROCESS: libc::c_int = 1;

/// The child gives way to others, for the processor (nice 10) and for the disk (best effort, 7). Whoever is lower
/// already stays there. That the kernel refuses is no reason not to run.
#[expect(
    unsafe_code,
    reason = "nothing but `pre_exec` runs in the child alone, and no crate wraps ioprio_set"
)]
pub(crate) fn give_way(command: &mut Command) {
    let prepare = || {
        if getpriority_process(None).is_ok_and(|nice| nice < BACKGROUND_NICE) {
            let _ = setpriority_process(None, BACKGROUND_NICE);
        }
        // SAFETY: both calls take three integers (who, which, what), and touch no memory of ours.
        unsafe {
            let now = libc::syscall(libc::SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
            if now >> IOPRIO_CLASS_SHIFT != libc::c_long::from(IOPRIO_CLASS_IDLE) {
                libc::syscall(libc::SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, BACKGROUND_IO);
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed (signal-safety(7)). The closure makes
    // system calls and compares numbers: no allocation, no lock, no panic.
    unsafe { command.pre_exec(prepare) };
}

/// A handle of one process (pidfd_open(2)): whatever process has its number later, this stands for the first.
#[derive(Debug)]
pub(crate) struct ProcessHandle(AsyncFd<OwnedFd>);

impl ProcessHandle {
    /// `None` where there is no such process.
    pub(crate) fn open(pid: Pid) -> io::Result<Option<Self>> {
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => watch(handle).map(|handle| Some(Self(handle))),
            Err(Errno::SRCH) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until the process has ended, but does not take its exit status.
    pub(crate) async fn ended(&self) {
        // An error means that the runtime is shutting down, and then nobody waits.
        drop(self.0.readable().await);
    }

    /// Sends a signal; nothing happens where the process has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        let _ = pidfd_send_signal(&self.0, signal);
    }
}

#[expect(
    unsafe_code,
    reason = "Tokio has no safe way to wait for a file descriptor of a kind that it does not know"
)]
fn watch(handle: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is a valid, open descriptor, the same for as long as it lives, and it lives in the `AsyncFd`.
    unsafe { AsyncFd::register_with_interest(handle, Interest::READABLE) }.map_err(io::Error::from)
}

//! Process 1 of a container: it starts zb once more, and is the init beside it.
//!
//! The kernel makes process 1 the parent of every process whose own parent has died, and gives it no signal that it does
//! not ask for; when it ends, everything ends. So process 1 must reap what nobody else reaps, and must not be a zb that
//! can be killed: its guardians would go with it, and what is owed would wait for the next start. An init that does
//! nothing else reaps whatever ends, without taking the end of a child from somebody who waits for it.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, getppid, kill_process, wait};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

use crate::{config::Variables, report::Failure};

/// Whether this process is the first of its container.
#[must_use]
pub fn is_wanted() -> bool {
    std::process::id() == 1
}

/// Starts zb with these arguments, its name first; hands signals on to it, reaps what ends, and ends as it has ended: with
/// its status, or 128 and the signal. Where it was killed, its guardians do their duty first.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match watched(arguments.skip(1)) {
        Ok(status) => status.into(),
        Err(error) => {
            let failure = Failure::error(format!("cannot be the first process of a container: {error}"))
                .hint("start it under an init, as docker run --init does");
            let _ = failure.print(Default::default(), &mut io::stderr());
            failure.exit.into()
        }
    }
}

/// What a service manager meant for the first process is meant for the one that it has started: the variables name a pid
/// (sd_listen_fds(3), sd_watchdog_enabled(3)).
pub fn hand_on(variables: &mut Variables) {
    if getppid() != Some(Pid::INIT) {
        return;
    }
    for name in ["LISTEN_PID", "WATCHDOG_PID"] {
        if let Some(pid) = variables.get_mut(&OsString::from(name)).filter(|pid| *pid == "1") {
            *pid = std::process::id().to_string().into();
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn watched(arguments: impl Iterator<Item = OsString>) -> io::Result<u8> {
    let mut ended = signal(SignalKind::child())?;
    let mut told = Told::listen()?;
    let zb = start(arguments)?;
    let status = loop {
        if let Some(status) = reap(zb) {
            break status;
        }
        tokio::select! {
            _ = ended.recv() => {}
            // Where it is gone, its end is seen at the next turn.
            signal = told.next() => drop(kill_process(zb, signal)),
        }
    };
    // Who was told to end has dismissed them: they are there only where zb was killed.
    while guardian_is_left() {
        ended.recv().await;
        let _ = reap(zb);
    }
    Ok(in_one_number(status))
}

#[expect(clippy::disallowed_methods, reason = "it is zb itself, not a child of zb")]
fn start(arguments: impl Iterator<Item = OsString>) -> io::Result<Pid> {
    let mut zb = Command::new("/proc/self/exe");
    zb.arg0("zb").args(arguments);
    // A group of its own: what a terminal sends comes once, by way of this process.
    zb.process_group(0);
    Ok(Pid::from_child(&zb.spawn()?))
}

/// Reaps all that has ended: the status of `zb`, where it is among them.
fn reap(zb: Pid) -> Option<WaitStatus> {
    let mut status = None;
    // Fails where there is no child at all.
    while let Ok(Some((pid, ended))) = wait(WaitOptions::NOHANG) {
        if pid == zb {
            status = Some(ended);
        }
    }
    status
}

/// The guardians are the children of zb; when it is dead, they are this process's. Found by their parent: `/proc` may be
/// another namespace's, with the guardians of others.
fn guardian_is_left() -> bool {
    let Ok(this) = fs::read_link("/proc/self") else { return false };
    let parent = format!("\nPPid:\t{}\n", this.display());
    let is_ours = |process: &fs::DirEntry| {
        let status = fs::read_to_string(process.path().join("status"));
        status.is_ok_and(|status| status.contains(&parent))
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten().filter(is_ours);
    let mut arguments = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    arguments.any(|arguments| arguments.starts_with(b"zb\0guardian\0"))
}

/// As a shell does it.
fn in_one_number(status: WaitStatus) -> u8 {
    let code = status.exit_status().or_else(|| Some(128 + status.terminating_signal()?));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// The signals that zb knows.
struct Told {
    terminate: Signals,
    interrupt: Signals,
    hangup: Signals,
}

impl Told {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.hangup.recv() => Signal::HUP,
        }
    }
}

//! The guardian's side: it waits, for hours as a rule, and has nothing to do in the end.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    thread,
    time::Duration,
};

use hook_core::{JobId, JobKey};
use jiff::Timestamp;
use lifecycle_engine::{Control, EngineError, RunStore};
use rustix::fs::{OFlags, fcntl_setfl};
use tokio::{io::Interest, signal::unix::SignalKind};

use super::link::{self, Word};
use crate::{
    clock,
    config::{Settings, Surroundings},
    exit::Exit,
    observers::Observers,
    report::Failure,
    settle,
    turn::{self, Turn},
    wiring::Wiring,
};

/// A claim that is held for longer is a living run's, which has settled what was before it. Longer than others wait:
/// nobody comes after the guardian.
const DYING: Duration = Duration::from_secs(2);

/// Waits for zb's word or death. `socket` is the guardian's standard input.
///
/// # Errors
/// Whatever keeps a recoverer from its work; there is nobody to read it but a test.
pub(crate) async fn watch(
    of: &JobKey,
    socket: OwnedFd,
    settings: &Settings,
    around: &Surroundings,
) -> Result<Exit, Failure> {
    // For whoever looks at the list of processes; without it the name would be that of the path it was started by.
    let _ = rustix::thread::set_name(c"zb-guardian");
    let since = clock::now();
    let _deaf = deafness().map_err(|error| Failure::from_chain(&error))?;
    let held = match until_alone(socket).await.map_err(|error| Failure::from_chain(&error))? {
        Some(held) => held,
        None => return Ok(Exit::Success),
    };
    let drains = !held.is_empty();
    for pipe in held {
        // Nobody waits for its end: a helper of restic's that hides may hold a pipe for ever. They end with this process,
        // when nothing of the run is alive any more. Without a thread the pipe is closed: restic ends less cleanly.
        let _ = thread::Builder::new().spawn(move || drain(pipe));
    }
    take_over(of, since, drains, settings, around).await
}

/// Ctrl-C, a closed terminal and a polite kill are for zb.
fn deafness() -> io::Result<[tokio::signal::unix::Signal; 3]> {
    let deaf_to = tokio::signal::unix::signal;
    Ok([deaf_to(SignalKind::interrupt())?, deaf_to(SignalKind::hangup())?, deaf_to(SignalKind::terminate())?])
}

/// The pipes to drain, when zb is dead; nothing, when it needs no guardian any more.
async fn until_alone(socket: OwnedFd) -> io::Result<Option<Vec<OwnedFd>>> {
    let socket = UnixStream::from(socket);
    socket.set_nonblocking(true)?;
    let socket = tokio::net::UnixStream::from_std(socket)?;
    let mut held = Vec::new();
    loop {
        socket.readable().await?;
        match socket.try_io(Interest::READABLE, || link::hear(socket.as_fd())) {
            Ok(Word::Hold(pipes)) => held.extend(pipes),
            Ok(Word::Dismissed) => return Ok(None),
            Ok(Word::Died) => return Ok(Some(held)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads to the end: restic's last words have nobody to hear them any more, but must not stop it.
fn drain(pipe: OwnedFd) {
    // zb read without blocking, and that is the pipe's own state, shared with whoever holds it.
    let _ = fcntl_setfl(&pipe, OFlags::empty());
    let _ = io::copy(&mut File::from(pipe), &mut io::sink());
}

/// Settles the job's runs. Where another process does, this one stays only for the pipes that it drains: until nothing
/// of the run is alive.
async fn take_over(
    of: &JobKey,
    since: Timestamp,
    drains: bool,
    settings: &Settings,
    around: &Surroundings,
) -> Result<Exit, Failure> {
    let Some(wiring) = Wiring::open_existing(settings, around)? else { return Ok(Exit::Success) };
    let control = Control::default();
    let settling = |_: &JobId| {
        if !drains {
            control.hurry();
        }
    };
    let claim = match turn::take(&*wiring.store, of, DYING, &control, &settling).await {
        Ok(Turn::Ours(claim)) => claim,
        Ok(Turn::Alive(_)) | Err(EngineError::Stopped) => return Ok(Exit::Success),
        Err(error) => return Err(Failure::from_chain(&error)),
    };
    let unfinished = wiring.store.unfinished(Some(of)).await?;
    let settled = settle::with_claim(&wiring.engine, &claim, unfinished, "guardian", &control).await;
    drop(claim);
    // Now, and not before: a post hook waits for nobody who only watches.
    Observers::start(&wiring, settings, around, since).await.finish().await;
    let failed = settled.iter().any(|(_, settled)| settled.is_err());
    Ok(if failed { Exit::Error } else { Exit::Success })
}

//! zb's side: start the guardian, give it restic's pipes, notice its death, let it go.

use std::{
    io,
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    process::{Child, Command, Stdio},
    sync::Arc,
};

use hook_core::JobKey;
use restic_driver::PipeKeeper;
use tokio::task::JoinHandle;

use super::link;
use crate::{config::Settings, report::Failure};

/// A guardian that watches over this process.
#[derive(Debug)]
pub(crate) struct Guardian {
    link: Arc<Link>,
    process: Child,
    watching: JoinHandle<()>,
}

/// zb's end of the socket. The kernel closes it when zb dies, however it dies.
#[derive(Debug)]
struct Link(UnixStream);

impl PipeKeeper for Link {
    fn keep(&self, pipes: [BorrowedFd<'_>; 2]) {
        if let Err(error) = link::hold(&self.0, pipes) {
            tracing::warn!(%error, "the guardian cannot be given restic's output");
        }
    }
}

impl Guardian {
    /// Starts it for the runs of one job, out of the terminal's reach: a process group of its own, nothing of the
    /// terminal open.
    ///
    /// # Errors
    /// The system starts no more processes.
    pub(crate) fn start(of: &JobKey, settings: &Settings) -> Result<Self, Failure> {
        Self::spawn(of, settings)
            .map_err(|error| Failure::error(format!("cannot start the guardian of the run: {error}")))
    }

    fn spawn(of: &JobKey, settings: &Settings) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let process = command(of, settings).stdin(Stdio::from(OwnedFd::from(theirs))).spawn()?;
        let watched = ours.try_clone()?;
        watched.set_nonblocking(true)?;
        let watched = tokio::net::UnixStream::from_std(watched)?;
        let watching = tokio::spawn(async move {
            // It never says a word: the socket becomes readable when it is gone.
            let _ = watched.readable().await;
            tracing::warn!(
                "the guardian of this run is gone; should zb be killed, zb recover delivers what is owed"
            );
        });
        Ok(Self { link: Arc::new(Link(ours)), process, watching })
    }

    /// What keeps restic's pipes open beyond zb's death.
    pub(crate) fn keeper(&self) -> Arc<dyn PipeKeeper> {
        Arc::clone(&self.link) as _
    }

    /// Lets it go, and waits until it is gone.
    pub(crate) fn dismiss(mut self) {
        self.watching.abort();
        if link::dismiss(&self.link.0).is_err() {
            // It is gone already, or the word is lost: nothing is owed any more, and nobody waits for its end twice.
            let _ = self.process.kill();
        }
        // It has nothing left to do but to exit; there must be no zombie, and no guardian of nothing.
        let _ = self.process.wait();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the guardian is no child of restic-driver: it has to outlive zb"
)]
fn command(of: &JobKey, settings: &Settings) -> Command {
    // The same program, also where the file was replaced meanwhile.
    let mut command = Command::new("/proc/self/exe");
    let origins: Vec<_> = settings.allowed_origins.value.iter().map(ToString::to_string).collect();
    command.arg0("zb").arg("guardian").arg(of.to_string());
    command.arg("--data-dir").arg(&settings.data_dir.value);
    command.arg("--webhook-allowed-origins").arg(origins.join(","));
    if let Some(file) = &settings.file {
        command.arg("--config").arg(file);
    }
    if let Some(file) = &settings.metrics_file.value {
        command.arg("--metrics-file").arg(file);
    }
    command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

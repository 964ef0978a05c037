//! Signals, as words: the first SIGINT or SIGTERM cancels, a second one says what is still owed.

use lifecycle_engine::Control;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::report::Failure;

/// The signals that zb listens to. While this lives, SIGHUP changes nothing: restic itself sends it to whatever
/// process has the pid in a lock (`spec.md` §3).
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    _hangup: Signal,
}

impl Signals {
    /// Takes the signals over from now on.
    ///
    /// # Errors
    /// The kernel refuses.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let take =
            |kind| signal(kind).map_err(|error| Failure::error(format!("cannot listen to signals: {error}")));
        Ok(Self {
            interrupt: take(SignalKind::interrupt())?,
            terminate: take(SignalKind::terminate())?,
            _hangup: take(SignalKind::hangup())?,
        })
    }

    /// The next SIGINT or SIGTERM, by its name.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }

    /// Hands every signal on, for ever: the first one cancels.
    pub(crate) async fn cancel(&mut self, control: &Control, again: &dyn Fn()) -> std::convert::Infallible {
        control.cancel(self.next().await);
        loop {
            self.next().await;
            again();
        }
    }
}

//! The one place where a cancel enters a run, and where its live values can be watched.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use event_bus::Live;
use hook_core::Progress;
use tokio_util::sync::CancellationToken;

/// The handle of a run in progress.
#[derive(Debug)]
pub struct Control {
    asked: CancellationToken,
    by: OnceLock<String>,
    owes_post: AtomicBool,
    hurry: CancellationToken,
    progress: Live<Progress>,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            asked: CancellationToken::new(),
            by: OnceLock::new(),
            owes_post: AtomicBool::new(false),
            hurry: CancellationToken::new(),
            progress: Live::new(Progress::default()),
        }
    }
}

impl Control {
    /// Asks for the end of the run; the first one who asks is remembered. `by` is `SIGINT`, `SIGTERM`, `api`, `ui`
    /// or `shutdown`.
    pub fn cancel(&self, by: &str) {
        self.by.get_or_init(|| by.to_owned());
        self.asked.cancel();
    }

    /// Ends the wait of a recovery between two tries of a post hook; a request that is under way is not cut.
    pub fn hurry(&self) {
        self.hurry.cancel();
    }

    /// Returns once somebody is in a hurry: see [`Control::hurry`].
    pub async fn out_of_patience(&self) {
        self.hurry.cancelled().await;
    }

    /// The latest progress of the work.
    #[must_use]
    pub fn progress(&self) -> &Live<Progress> {
        &self.progress
    }

    /// Whether the post hook is owed at this moment, and not answered yet.
    #[must_use]
    pub fn owes_post(&self) -> bool {
        self.owes_post.load(Ordering::Relaxed)
    }

    pub(crate) fn set_owes_post(&self, owes: bool) {
        self.owes_post.store(owes, Ordering::Relaxed);
    }

    /// Returns once somebody has asked for the end.
    pub async fn cancelled(&self) {
        self.asked.cancelled().await;
    }

    /// Whether somebody has asked for the end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.asked.is_cancelled()
    }

    /// Who asked.
    pub(crate) fn by(&self) -> String {
        self.by.get().cloned().unwrap_or_default()
    }
}

//! A thread of its own for everything that is shown: a terminal that stops reading may block it, and nothing else.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use event_bus::{Bus, Position, Recorded};
use hook_core::{JobId, Progress, RunEvent};
use tokio::sync::watch;

use super::Reporter;

/// How long a terminal that does not read is waited for at the end.
const PATIENCE: Duration = Duration::from_secs(5);

enum Shown {
    Event(Box<Recorded<RunEvent>>),
    /// There is progress to be fetched.
    Progress,
}

/// The newest progress that was not shown yet: of what waits, only the last is worth anything, however long a
/// terminal does not read.
#[derive(Clone, Debug, Default)]
struct Newest(Arc<Mutex<Option<Progress>>>);

impl Newest {
    fn get(&self) -> MutexGuard<'_, Option<Progress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands what is to be shown to the thread that shows it.
#[derive(Debug)]
pub(crate) struct Screen {
    to: Sender<Shown>,
    newest: Newest,
    done: Receiver<()>,
}

impl Screen {
    /// Starts the thread. Where that cannot be, the run goes on unseen.
    #[must_use]
    pub(crate) fn new(mut reporter: Box<dyn Reporter>) -> Self {
        let (to, from) = mpsc::channel();
        let (finished, done) = mpsc::channel::<()>();
        let newest = Newest::default();
        let fetched = newest.clone();
        let started = thread::Builder::new().name("zb-screen".to_owned()).spawn(move || {
            for shown in from {
                match shown {
                    Shown::Event(recorded) => reporter.event(&recorded),
                    Shown::Progress => {
                        let progress = fetched.get().take();
                        progress.iter().for_each(|progress| reporter.progress(progress));
                    }
                }
            }
            reporter.end();
            drop(finished);
        });
        if let Err(error) = started {
            tracing::warn!(%error, "cannot start what shows the run; it goes on unseen");
        }
        Self { to, newest, done }
    }

    /// Waits until everything is shown, or the terminal has not read for a while.
    pub(crate) fn close(self) {
        drop(self.to);
        if self.done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("standard output does not read; the end of the run was not shown");
        }
    }

    fn event(&self, recorded: Recorded<RunEvent>) {
        self.send(Shown::Event(Box::new(recorded)));
    }

    fn progress(&self, progress: Progress) {
        if self.newest.get().replace(progress).is_none() {
            self.send(Shown::Progress);
        }
    }

    fn send(&self, shown: Shown) {
        // The thread ends only with this sender, or was never there.
        let _ = self.to.send(shown);
    }
}

/// Shows a run from `after` on until it is over. To be dropped with the run, if that ends otherwise.
pub(crate) async fn follow(
    bus: &Bus<RunEvent>,
    after: Position,
    job: &JobId,
    mut progress: watch::Receiver<Progress>,
    screen: &Screen,
) {
    let mut tail = bus.tail(after);
    loop {
        tokio::select! {
            biased;
            next = tail.next() => match next {
                Ok(recorded) if recorded.event.job == *job => {
                    let is_end = matches!(recorded.event.event, hook_core::LifecycleEvent::RunFinished { .. });
                    screen.event(recorded);
                    if is_end {
                        return;
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot read the run's events; it goes on unseen");
                    return;
                }
            },
            Ok(()) = progress.changed() => {
                let latest = progress.borrow_and_update().clone();
                screen.progress(latest);
            }
        }
    }
}

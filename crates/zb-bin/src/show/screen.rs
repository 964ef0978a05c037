//! A thread of its own for everything that is shown: a terminal that stops reading may block it, and nothing else.

use std::{
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
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
    Progress(Progress),
}

/// Hands what is to be shown to the thread that shows it.
#[derive(Debug)]
pub(crate) struct Screen {
    to: Sender<Shown>,
    done: Receiver<()>,
}

impl Screen {
    /// Starts the thread.
    #[must_use]
    pub(crate) fn new(mut reporter: Box<dyn Reporter>) -> Self {
        let (to, from) = mpsc::channel();
        let (finished, done) = mpsc::channel();
        thread::spawn(move || {
            while let Some(shown) = latest(&from) {
                match shown {
                    Shown::Event(recorded) => reporter.event(&recorded),
                    Shown::Progress(progress) => reporter.progress(&progress),
                }
            }
            reporter.end();
            drop(finished);
        });
        Self { to, done }
    }

    /// Waits until everything is shown, or the terminal has not read for a while.
    pub(crate) fn close(self) {
        drop(self.to);
        if self.done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("standard output does not read; the end of the run was not shown");
        }
    }

    fn show(&self, shown: Shown) {
        // The thread ends only with this sender.
        let _ = self.to.send(shown);
    }
}

/// The next thing to show. Of progress that waits, only the last is worth anything.
fn latest(from: &Receiver<Shown>) -> Option<Shown> {
    let mut next = from.recv().ok()?;
    while let Shown::Progress(_) = next {
        match from.try_recv() {
            Ok(later) => next = later,
            Err(_) => break,
        }
    }
    Some(next)
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
                    screen.show(Shown::Event(Box::new(recorded)));
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
                screen.show(Shown::Progress(latest));
            }
        }
    }
}

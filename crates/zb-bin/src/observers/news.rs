//! What a scheduler knows and no event shows: starts that were missed or never came, and the time of day.

use event_bus::BoxError;
use jiff::Timestamp;
use notifier::Notifier;
use tokio::sync::mpsc;

/// What is to be told.
pub(super) enum News {
    Missed(notifier::Job, Timestamp),
    NeverStarted(notifier::Job, Timestamp),
    Remind(Vec<notifier::Job>),
}

impl News {
    pub(super) async fn pass_on(self, notifier: &Notifier, now: Timestamp) -> Result<(), BoxError> {
        match self {
            Self::Missed(job, due) => notifier.missed(&job, due, now).await,
            Self::NeverStarted(job, due) => notifier.never_started(&job, due, now).await,
            Self::Remind(jobs) => notifier.remind(&jobs, now).await,
        }
    }
}

/// Tells the observers; clones tell the same ones. Where nobody is notified, nothing is told.
#[derive(Clone, Debug)]
pub(crate) struct Tell(mpsc::UnboundedSender<News>);

impl Tell {
    pub(super) fn channel() -> (Self, mpsc::UnboundedReceiver<News>) {
        let (send, receive) = mpsc::unbounded_channel();
        (Self(send), receive)
    }

    /// A run was due then, was not started in time, and is made up for.
    pub(crate) fn missed(&self, job: notifier::Job, due: Timestamp) {
        let _ = self.0.send(News::Missed(job, due));
    }

    /// A run was due then and has not started.
    pub(crate) fn never_started(&self, job: notifier::Job, due: Timestamp) {
        let _ = self.0.send(News::NeverStarted(job, due));
    }

    /// It is time to remind of what still is a problem.
    pub(crate) fn remind(&self, jobs: impl Iterator<Item = notifier::Job>) {
        let _ = self.0.send(News::Remind(jobs.collect()));
    }
}

//! How far runs of other processes are, looked at while somebody asks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hook_core::{JobId, Progress};
use job_store::{ProgressFiles, Watching};
use tokio::{
    sync::watch,
    task,
    time::{self, Instant},
};

const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Whoever asks may ask again: it is looked for so long, and what is seen then is there.
const PATIENCE: Duration = Duration::from_secs(10);

/// The runs of other processes that somebody looks at. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Elsewhere {
    files: ProgressFiles,
    seen: Arc<Mutex<BTreeMap<JobId, Seen>>>,
}

/// A run that somebody asked for.
#[derive(Debug)]
struct Seen {
    asked: Instant,
    /// Absent until its process has said something.
    progress: Option<watch::Sender<Progress>>,
}

impl Seen {
    fn is_wanted(&self) -> bool {
        let held = self.progress.as_ref().is_some_and(|progress| progress.receiver_count() > 0);
        held || self.asked.elapsed() < PATIENCE
    }

    fn see(&mut self, latest: Option<Progress>) {
        match (&self.progress, latest) {
            (Some(progress), Some(latest)) => {
                progress.send_if_modified(|before| {
                    let is_news = *before != latest;
                    *before = latest;
                    is_news
                });
            }
            (_, latest) => self.progress = latest.map(watch::Sender::new),
        }
    }
}

impl Elsewhere {
    /// Nothing is looked at yet.
    #[must_use]
    pub(crate) fn new(files: ProgressFiles) -> Self {
        Self { files, seen: Arc::default() }
    }

    /// How far a run is, as far as that is known: to be asked again where it is not. On the runtime of the service.
    pub(crate) fn progress(&self, job: &JobId) -> Option<watch::Receiver<Progress>> {
        let mut seen = self.seen();
        if seen.is_empty() {
            task::spawn(self.clone().look());
        }
        let run = seen.entry(job.clone()).or_insert(Seen { asked: Instant::now(), progress: None });
        run.asked = Instant::now();
        run.progress.as_ref().map(watch::Sender::subscribe)
    }

    /// Looks until nobody wants to see anything.
    async fn look(self) {
        let mut watching = None;
        loop {
            let looked = {
                let elsewhere = self.clone();
                task::spawn_blocking(move || elsewhere.look_once(watching)).await
            };
            match looked {
                Ok(Some(still)) => watching = still,
                Ok(None) | Err(_) => return,
            }
            time::sleep(LOOK_AGAIN).await;
        }
    }

    /// One look, and the mark that says that somebody looks; nothing where nobody does any more.
    fn look_once(&self, watching: Option<Watching>) -> Option<Option<Watching>> {
        let jobs: Vec<JobId> = {
            let mut seen = self.seen();
            seen.retain(|_, run| run.is_wanted());
            seen.keys().cloned().collect()
        };
        if jobs.is_empty() {
            return None;
        }
        let watching = watching.or_else(|| self.files.watch().map_err(|error| log(&error)).ok());
        for job in jobs {
            let latest = self.files.read(&job).unwrap_or_else(|error| {
                log(&error);
                None
            });
            if let Some(run) = self.seen().get_mut(&job) {
                run.see(latest);
            }
        }
        Some(watching)
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<JobId, Seen>> {
        // It is whole after every operation.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log(error: &std::io::Error) {
    tracing::debug!(%error, "how far runs of other processes are cannot be seen");
}

//! The one thread that has the database: SQLite waits for disks and locks, and the runtime must not.

use std::{io, sync::mpsc, thread::JoinHandle};

use event_bus::Clock;
use rusqlite::Connection;
use thiserror::Error;
use tokio::sync::oneshot;

use crate::{
    plans::Queued,
    seal::{Seal, Sealless, Unsealable},
};
use lifecycle_engine::UnreadablePlan;

/// What the thread owns.
pub(crate) struct Db {
    pub(crate) connection: Connection,
    pub(crate) clock: Clock,
    /// Absent in a store that was opened to read.
    pub(crate) seal: Option<Seal>,
    /// Plans that go to disk with the next append.
    pub(crate) queued: Vec<Queued>,
}

/// Why the store could not do something.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("an event is none that this zb can read")]
    Event(#[from] serde_json::Error),
    #[error("its database holds the impossible number {0}")]
    Number(i64),
    #[error(transparent)]
    Id(#[from] hook_core::InvalidId),
    #[error(transparent)]
    Claim(#[from] io::Error),
    #[error("the store was opened to read its history, without its key")]
    NoKey,
    #[error("there is none: a plan goes when the job's next run has finished")]
    NoPlan,
    #[error(transparent)]
    Sealless(#[from] Sealless),
    #[error(transparent)]
    Unsealable(#[from] Unsealable),
    #[error(transparent)]
    Plan(#[from] UnreadablePlan),
    #[error("its thread has ended")]
    Ended,
}

type Act = Box<dyn FnOnce(&mut Db) + Send>;

/// Runs what it is given, in order. Dropping it waits for what was given, and closes the database.
pub(crate) struct StoreThread {
    acts: Option<mpsc::Sender<Act>>,
    handle: Option<JoinHandle<()>>,
}

impl StoreThread {
    pub(crate) fn start(mut db: Db) -> io::Result<Self> {
        let (acts, inbox) = mpsc::channel::<Act>();
        let handle = std::thread::Builder::new().name("zb-store".to_owned()).spawn(move || {
            for act in inbox {
                act(&mut db);
            }
        })?;
        Ok(Self { acts: Some(acts), handle: Some(handle) })
    }

    /// Does it on the thread. It is done also if the future is dropped.
    pub(crate) async fn call<T, F>(&self, act: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T, Failure> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let act = Box::new(move |db: &mut Db| {
            // Nobody listens any more where the future was dropped.
            let _ = answer.send(act(db));
        });
        let acts = self.acts.as_ref().ok_or(Failure::Ended)?;
        acts.send(act).map_err(|_| Failure::Ended)?;
        answered.await.map_err(|_| Failure::Ended)?
    }
}

impl Drop for StoreThread {
    fn drop(&mut self) {
        self.acts = None;
        if let Some(handle) = self.handle.take() {
            // It panicked only if the clock did; the database is closed all the same.
            let _ = handle.join();
        }
    }
}

//! The same store for observers: by a connection of its own, so that they never keep a run waiting, and served by one
//! process at a time.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use event_bus::StorageError;

use crate::{Store, database, error::OpenError, events};

impl Store {
    /// Opens the store once more, with a connection and a thread of its own. Like one that was opened to read, it has
    /// no key and can open no plan; it can keep cursors, deliveries and memories.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn beside(&self) -> Result<Self, OpenError> {
        let turn = self.dir.lock()?;
        let connection = database::open_beside(&self.dir)?;
        drop(turn);
        Self::start(self.dir.clone(), connection, self.clock.clone(), None)
    }

    /// Lets an observer that never was here begin behind the newest event; one that was here stays where it is. What is
    /// appended from now on it is told, whichever process serves it, and whenever.
    ///
    /// # Errors
    /// The journal failed; the observer is where it was.
    pub async fn begin_at_head(&self, observer: &str) -> Result<(), StorageError> {
        let new = observer.to_owned();
        let begun = self.thread.call(move |db| {
            // Whatever is appended later, and waited for, takes this to the disk too.
            database::without_waiting(&mut db.connection, |connection| {
                events::begin_at_head(connection, &new)
            })
        });
        begun.await.map_err(|failure| StorageError::new(format!("begin the cursor of {observer}"), failure))
    }

    /// The right to serve the observers of this data directory, until it is dropped; nothing while another process
    /// has it. The kernel drops it with its process.
    ///
    /// # Errors
    /// The file of the lock cannot be made or locked.
    pub fn serve_observers(&self) -> io::Result<Option<Serving>> {
        let path: PathBuf = self.dir.path().join("observers.lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Serving(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The right to serve observers: [`Store::serve_observers`].
#[derive(Debug)]
#[must_use = "it ends when this is dropped"]
pub struct Serving(File);

impl Drop for Serving {
    /// Closing is not enough: a child that was forked this moment has the file until it executes its program.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "cannot unlock the file of the observers; the lock goes with the process");
        }
    }
}

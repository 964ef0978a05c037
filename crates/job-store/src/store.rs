//! The store of one data directory.

use std::{fmt, path::Path, sync::Arc};

use event_bus::Clock;
use jiff::Timestamp;
use rusqlite::Connection;

use crate::{
    database::{self, Found},
    directory::DataDir,
    error::OpenError,
    key,
    seal::Seal,
    thread::{Db, StoreThread},
};

/// The journal, the runs, their sealed plans and the claims of one data directory (`spec.md` §10).
///
/// Any number of processes may have it open. Its work is done on a thread of its own, so that it may be used from
/// any runtime, also one of a single thread; what is begun is done even if its future is dropped. Dropping the
/// store waits for that, and closes the database.
pub struct Store {
    pub(crate) dir: DataDir,
    pub(crate) clock: Clock,
    pub(crate) thread: StoreThread,
}

impl Store {
    /// Opens the store for runs, and makes what is missing: the directory (0700), the key file (0600, 32 random
    /// bytes), the database. The times of its events are `clock`'s.
    ///
    /// When it returns `Ok`, the database can be written to. It blocks while another process opens the store, and for
    /// 5 seconds at most while one writes.
    ///
    /// # Errors
    /// Each says what to do: [`OpenError::hint`]. What was there is as it was.
    pub fn open(dir: &Path, clock: Clock) -> Result<Self, OpenError> {
        let dir = DataDir::new(dir);
        dir.create()?;
        let turn = dir.lock()?;
        let found = database::inspect(&dir)?;
        let key = match key::read(&dir)? {
            Some(key) => key,
            None if found == Found::Nothing => key::create(&dir)?,
            None => return Err(OpenError::KeyMissing { path: dir.key() }),
        };
        dir.create_claims()?;
        let connection = database::open(&dir, found)?;
        drop(turn);
        Self::start(dir, connection, clock, Some(Seal::new(&key)))
    }

    /// Whether [`Store::open`] would refuse. Looks where that looks, and leaves everything as it was.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn examine(dir: &Path) -> Result<(), OpenError> {
        let dir = DataDir::new(dir);
        if !dir.exists()? {
            return dir.try_to_make();
        }
        dir.try_to_write()?;
        let turn = dir.lock()?;
        let found = database::inspect(&dir)?;
        let key = key::read(&dir)?;
        drop(turn);
        match key {
            None if found != Found::Nothing => Err(OpenError::KeyMissing { path: dir.key() }),
            _ => Ok(()),
        }
    }

    /// Opens the store that is there, to read its history: nothing where there is no directory or no database. It
    /// makes nothing, and can neither append nor open a plan: it does without the key.
    ///
    /// # Errors
    /// As [`Store::open`], but for the writing.
    pub fn open_existing(dir: &Path) -> Result<Option<Self>, OpenError> {
        Self::read_by(dir, |_| Ok(None))
    }

    /// The same with the key: for what is sealed, such as a job.
    ///
    /// # Errors
    /// As [`Store::open`], but for the writing.
    pub fn open_existing_with_key(dir: &Path) -> Result<Option<Self>, OpenError> {
        Self::read_by(dir, |dir| match key::read(dir)? {
            Some(key) => Ok(Some(Seal::new(&key))),
            None => Err(OpenError::KeyMissing { path: dir.key() }),
        })
    }

    fn read_by(
        dir: &Path,
        seal: impl FnOnce(&DataDir) -> Result<Option<Seal>, OpenError>,
    ) -> Result<Option<Self>, OpenError> {
        let dir = DataDir::new(dir);
        if !dir.exists()? {
            return Ok(None);
        }
        let turn = dir.lock()?;
        let Some(connection) = database::open_to_read(&dir)? else { return Ok(None) };
        let seal = seal(&dir)?;
        drop(turn);
        // A reader stamps nothing.
        let clock: Clock = Arc::new(|| Timestamp::UNIX_EPOCH);
        Self::start(dir, connection, clock, seal).map(Some)
    }

    pub(crate) fn start(
        dir: DataDir,
        connection: Connection,
        clock: Clock,
        seal: Option<Seal>,
    ) -> Result<Self, OpenError> {
        let db = Db { connection, clock: Arc::clone(&clock), seal, queued: Vec::new() };
        let thread = StoreThread::start(db).map_err(|source| OpenError::Thread { source })?;
        Ok(Self { dir, clock, thread })
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("dir", &self.dir.path()).finish_non_exhaustive()
    }
}

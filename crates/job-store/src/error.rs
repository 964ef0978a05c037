//! Why a store cannot be opened, and what to do about it.

use std::{error::Error, io, path::PathBuf};

use thiserror::Error;

/// The store was not opened. What was there is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The data directory is not there and cannot be made, or cannot be entered.
    #[error("cannot use the data directory {}", dir.display())]
    Directory {
        /// The data directory.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What a run needs to write cannot be written: read-only, not permitted, or no space left.
    #[error("cannot write to {}", path.display())]
    NotWritable {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The key file cannot be read or made.
    #[error("cannot read or make the key file {}", path.display())]
    Key {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key file is none.
    #[error("the key file {} has {bytes} bytes, and a key has 32", path.display())]
    KeyDamaged {
        /// The key file.
        path: PathBuf,
        /// Its length.
        bytes: usize,
    },
    /// Others may read the key.
    #[error("the key file {} is open to others (mode {mode:04o})", path.display())]
    KeyExposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// There is a database, and no key for what is sealed in it. A new key would make every plan unreadable.
    #[error("the key file {} is missing, and the database beside it is sealed with it", path.display())]
    KeyMissing {
        /// The key file.
        path: PathBuf,
    },
    /// The database was written by a newer zb.
    #[error("the database {} is of a newer zb (version {found}; this one knows {known})", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that this zb knows.
        known: u32,
    },
    /// The database is damaged, or no database of zb.
    #[error("the database {} is damaged: {reason}", path.display())]
    Damaged {
        /// The file at fault.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// SQLite cannot open the database for another reason.
    #[error("cannot open the database {}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The system gives no thread.
    #[error("cannot start the thread of the database")]
    Thread {
        /// Why.
        source: io::Error,
    },
}

impl OpenError {
    /// What to do about it: a sentence without a full stop.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Directory { .. } => "use a data directory that can be made and written to".to_owned(),
            Self::NotWritable { .. } => {
                "make it writable for this user and see that there is space left, or use another data directory"
                    .to_owned()
            }
            Self::Key { .. } => "make it readable for this user".to_owned(),
            Self::KeyDamaged { .. } | Self::KeyMissing { .. } => {
                "put the key back from a copy; without it, move the whole data directory away to begin anew"
                    .to_owned()
            }
            Self::KeyExposed { path, .. } => format!("chmod 600 {}", path.display()),
            Self::Newer { .. } => "use the zb that wrote it, or a newer one".to_owned(),
            Self::Damaged { .. } => {
                "put it back from a copy, or move it away, with its -wal and -shm, to begin anew".to_owned()
            }
            Self::Database { .. } => "see that no other program has the database open".to_owned(),
            Self::Thread { .. } => "see that this user may start more threads".to_owned(),
        }
    }
}

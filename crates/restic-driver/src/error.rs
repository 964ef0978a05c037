//! Why there is no restic, or why one could not be started.

use std::{io, path::PathBuf, time::Duration};

use thiserror::Error;

use crate::Version;

/// There is no restic that this crate can drive.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LocateError {
    /// No such file.
    #[error("{} does not exist", .program.display())]
    NotFound {
        /// As it was given.
        program: PathBuf,
    },
    /// In no directory of `PATH`.
    #[error("{} is not on PATH", .program.display())]
    NotOnPath {
        /// As it was given, or `restic`.
        program: PathBuf,
    },
    /// A directory, or a file that this user may not execute.
    #[error("{} is not an executable file", .path.display())]
    NotExecutable {
        /// Where it is.
        path: PathBuf,
    },
    /// The system does not start it.
    #[error("{} cannot be started", .path.display())]
    Start {
        /// Where it is.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It runs, but answers as no restic does.
    #[error("{} is not a restic: it answered {said:?}", .path.display())]
    NotARestic {
        /// Where it is.
        path: PathBuf,
        /// The beginning of its answer.
        said: String,
    },
    /// It did not answer in time.
    #[error("{} did not say its version within {} s", .path.display(), .waited.as_secs())]
    NoAnswer {
        /// Where it is.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// It is older than [`Version::OLDEST`].
    #[error("{} is restic {version}, and at least {} is needed", .path.display(), Version::OLDEST)]
    TooOld {
        /// Where it is.
        path: PathBuf,
        /// Its version.
        version: Version,
    },
}

/// restic was not started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// The system does not start it.
    #[error("{} cannot be started", .program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The caller cancelled before it was started.
    #[error("cancelled before restic was started")]
    Cancelled,
}

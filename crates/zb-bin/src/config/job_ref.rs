//! What JOB means on the command line: a file, or a job by id or name (`spec.md` §7).

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use thiserror::Error;

/// A job as the user names it: with a `/`, or ending in `.toml`, it is a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobRef {
    /// A job file.
    File(PathBuf),
    /// An id or a name.
    Named(String),
}

/// No job is stored under that name.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("no stored job is called {0}; for a file write ./{0} or {0}.toml")]
pub struct NoStoredJob(String);

/// Nothing was named.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("it is empty")]
pub struct EmptyJobRef;

impl JobRef {
    /// The job file.
    ///
    /// # Errors
    /// It is an id or a name.
    pub fn file(&self) -> Result<&Path, NoStoredJob> {
        match self {
            Self::File(path) => Ok(path),
            Self::Named(name) => Err(NoStoredJob(name.clone())),
        }
    }
}

impl FromStr for JobRef {
    type Err = EmptyJobRef;

    fn from_str(text: &str) -> Result<Self, EmptyJobRef> {
        match text {
            "" => Err(EmptyJobRef),
            file if file.contains('/') || file.ends_with(".toml") => Ok(Self::File(file.into())),
            name => Ok(Self::Named(name.to_owned())),
        }
    }
}

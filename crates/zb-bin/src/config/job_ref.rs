//! What JOB means on the command line: a file, or a job by id or name (`spec.md` §7).

use std::{path::PathBuf, str::FromStr};

use thiserror::Error;

/// A job as the user names it: with a `/`, or ending in `.toml`, it is a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobRef {
    /// A job file.
    File(PathBuf),
    /// An id or a name.
    Named(String),
}

/// Nothing was named.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("it is empty")]
pub struct EmptyJobRef;

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

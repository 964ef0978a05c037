//! The layers of the configuration, as a person names them.

use std::{fmt, path::PathBuf};

/// Where a value was written. Later layers win: default, file, environment, flag (`spec.md` §5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// Nowhere: built in.
    Default,
    /// A file, under the name by which the user knows it.
    File {
        /// As the user wrote it.
        path: PathBuf,
        /// Counts from 1; absent where the whole file is meant.
        line: Option<usize>,
    },
    /// The environment variable of that name.
    Variable(&'static str),
    /// The flag of that name, with its dashes.
    Flag(&'static str),
}

impl Place {
    /// The layer in one word, for machines: `default`, `file`, `environment` or `flag`.
    #[must_use]
    pub fn layer(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File { .. } => "file",
            Self::Variable(_) => "environment",
            Self::Flag(_) => "flag",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File { path, line: None } => write!(f, "{}", path.display()),
            Self::File { path, line: Some(line) } => write!(f, "{}, line {line}", path.display()),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::Flag(name) => write!(f, "the flag {name}"),
        }
    }
}

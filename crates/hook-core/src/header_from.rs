//! Headers whose values are elsewhere, and are read when they are needed (`spec.md` §5, `headers_from`).

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::Secret;

/// Where a value is. Display says so to a person, as `$HOOK_SECRET` or `/run/secrets/hook`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "whoever reads values must know every place where one can be")]
pub enum ValueFrom {
    /// In this environment variable.
    Env(String),
    /// In this file: all of it, but for one line end at its end. Absolute.
    File(PathBuf),
}

impl fmt::Display for ValueFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(variable) => write!(f, "${variable}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A header of which a job has the name, and another place the value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[expect(
    clippy::exhaustive_structs,
    reason = "as the hook's settings, it is filled in by whoever reads a job"
)]
pub struct HeaderFrom {
    /// In the user's spelling.
    pub name: String,
    /// Where its value is.
    pub from: ValueFrom,
    /// The value as it was when the run was queued, for a process that does not find it any more:
    /// [`HookSpec::sealed`](crate::HookSpec::sealed).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Secret>,
}

//! What a destination can ask to be told of: `on` of `[[notify]]` (`spec.md` §9).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An occasion to tell somebody. The order is that of their weight: of several, the last is the gravest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Occasion {
    /// A run ended well.
    Success,
    /// A run ended because somebody cancelled it.
    Cancelled,
    /// A run was not started in time, and was made up for.
    Missed,
    /// There is a snapshot, and something to look at.
    Warning,
    /// A run was due and did not start.
    NeverStarted,
    /// There is no snapshot.
    Error,
    /// zb died in the run, and another zb ended it.
    Interrupted,
    /// The service may still be paused: its post hook is owed, and nothing will try again by itself.
    PostHookOwed,
}

impl Occasion {
    /// All, from the lightest to the gravest.
    pub const ALL: [Self; 8] = [
        Self::Success,
        Self::Cancelled,
        Self::Missed,
        Self::Warning,
        Self::NeverStarted,
        Self::Error,
        Self::Interrupted,
        Self::PostHookOwed,
    ];

    /// Its name in `on`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Cancelled => "cancelled",
            Self::Missed => "missed",
            Self::Warning => "warning",
            Self::NeverStarted => "never-started",
            Self::Error => "error",
            Self::Interrupted => "interrupted",
            Self::PostHookOwed => "post-hook-owed",
        }
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no occasion.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{0:?} is no occasion")]
pub struct InvalidOccasion(String);

impl FromStr for Occasion {
    type Err = InvalidOccasion;

    fn from_str(text: &str) -> Result<Self, InvalidOccasion> {
        let found = Self::ALL.into_iter().find(|occasion| occasion.as_str() == text);
        found.ok_or_else(|| InvalidOccasion(text.to_owned()))
    }
}

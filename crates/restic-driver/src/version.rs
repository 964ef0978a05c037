//! A restic's version, as `restic version` and the snapshots it makes have it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A version such as `0.14.0`. What follows the three numbers (`-dev`) is not kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    /// The oldest restic that this crate drives: the first with exit code 3 and compression (`spec.md` §4).
    pub const OLDEST: Self = Self::new(0, 14, 0);

    /// The version `major.minor.patch`.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Reads the first line of `restic version`: `restic 0.14.0 compiled with go1.19.8 on linux/amd64`.
    pub(crate) fn from_answer(answer: &str) -> Option<Self> {
        let words = answer.lines().next()?.strip_prefix("restic ")?;
        words.split_whitespace().next()?.parse().ok()
    }
}

/// The text is no version.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{text:?} is not a version of three numbers")]
#[non_exhaustive]
pub struct InvalidVersion {
    /// The text.
    pub text: String,
}

impl FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let numbers = text.split(['-', '+']).next().unwrap_or(text);
        let mut parts = numbers.split('.').map(|part| part.parse::<u32>().ok());
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) => {
                Ok(Self::new(major, minor, patch))
            }
            _ => Err(InvalidVersion { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl TryFrom<String> for Version {
    type Error = InvalidVersion;

    fn try_from(text: String) -> Result<Self, InvalidVersion> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn the_answer_of_a_restic_is_read_and_nothing_else() {
        let cases = [
            ("restic 0.14.0 compiled with go1.19.8 on linux/amd64\n", Some(Version::new(0, 14, 0))),
            (
                "restic 0.18.0-dev (compiled manually) compiled with go1.24 on linux/arm64",
                Some(Version::new(0, 18, 0)),
            ),
            ("rustic 0.14.0", None),
            ("restic", None),
            ("restic 0.14", None),
            ("restic 0.14.0.1", None),
            ("", None),
        ];
        for (answer, expect) in cases {
            assert_eq!(Version::from_answer(answer), expect, "{answer:?}");
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert!(Version::new(0, 9, 6) < Version::OLDEST);
        assert!(Version::new(0, 18, 0) > Version::OLDEST);
        assert!(Version::new(1, 0, 0) > Version::OLDEST);
    }
}

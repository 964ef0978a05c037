//! The one error of everything that a person writes: settings and job files.

use thiserror::Error;

use super::Place;

/// Something that a person wrote cannot be used. Always exit status 2, and nothing was done.
///
/// The reason names the key and never quotes a secret: values of a job file are quoted only where they cannot
/// be one.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{place}: {reason}")]
pub struct BadInput {
    /// File and line, variable or flag.
    pub place: Place,
    /// Which key, and why not.
    pub reason: String,
    /// What to write instead, where the reason does not say it already.
    pub hint: Option<String>,
    /// The key from the top of the file, table by table; empty where none is meant.
    pub key: Vec<String>,
    /// The line of a headers text, counted from its own beginning, from 1.
    pub header_line: Option<u32>,
}

impl BadInput {
    /// An error whose reason says all.
    #[must_use]
    pub fn new(place: Place, reason: impl Into<String>) -> Self {
        Self { place, reason: reason.into(), hint: None, key: Vec::new(), header_line: None }
    }

    /// Adds the way out.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Says which key is meant.
    pub(super) fn at(self, key: Vec<String>) -> Self {
        Self { key, ..self }
    }

    /// Says which line of a headers text is meant.
    pub(super) fn in_line(self, line: usize) -> Self {
        Self { header_line: u32::try_from(line).ok(), ..self }
    }
}

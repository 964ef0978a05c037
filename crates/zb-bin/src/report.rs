//! Errors for people: the one place where an error becomes a message, hints and an exit status.
//!
//! The message says what is wrong and where, the hints say what to do. Both may quote what a file holds, so
//! control characters are made visible on their way to the terminal.

use std::io::{self, Write};

use event_bus::StorageError;
use lifecycle_engine::PortError;
use restic_driver::LocateError;
use serde_json::json;

use crate::{
    config::{BadInput, LogFormat, ResolveError},
    exit::Exit,
};

/// The end of a command that could not do its work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// A lower-case fragment that names the thing and the reason.
    pub message: String,
    /// What to do, one thing each.
    pub hints: Vec<String>,
    /// How the process ends.
    pub exit: Exit,
}

impl Failure {
    /// A failure without hints.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), exit }
    }

    /// The work failed: exit status 1.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Exit::Error, message)
    }

    /// What the user wrote is wrong: exit status 2.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Exit::Invalid, message)
    }

    /// Adds a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// An error and its chain of causes, joined with `: `. Exit status 1.
    #[must_use]
    pub fn from_chain(error: &dyn std::error::Error) -> Self {
        let causes = std::iter::successors(Some(error), |error| error.source());
        Self::error(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
    }

    /// Writes `error: …` and a `hint: …` line for each hint, or one JSON object on a line.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn print(&self, format: LogFormat, to: &mut dyn Write) -> io::Result<()> {
        match format {
            LogFormat::Text => {
                writeln!(to, "error: {}", visible(&self.message))?;
                self.hints.iter().try_for_each(|hint| writeln!(to, "hint: {}", visible(hint)))
            }
            LogFormat::Json => {
                let line = json!({
                    "level": "ERROR", "message": self.message, "hints": self.hints, "exit": self.exit.code(),
                });
                writeln!(to, "{line}")
            }
        }
    }
}

impl From<BadInput> for Failure {
    fn from(bad: BadInput) -> Self {
        let failure = Self::invalid(bad.to_string());
        match bad.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// Errors of which the chain says all: exit status 1.
macro_rules! from_chain {
    ($($error:ty),+) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::from_chain(&error)
            }
        }
    )+};
}

from_chain!(ResolveError, PortError, StorageError, LocateError);

/// Escapes control characters: a file's text may not move the cursor of a terminal.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

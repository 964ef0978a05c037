//! How logs and errors are written to stderr.

use clap::ValueEnum;

use super::{Surroundings, env_vars};
use crate::cli::GlobalFlags;

/// `log_format`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// The word in flags, variables and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Text, Self::Json].into_iter().find(|format| format.as_str() == name)
    }

    /// The format of an error that says why the settings cannot be read: what the flag or the variable says.
    #[must_use]
    pub fn without_settings(flags: &GlobalFlags, around: &Surroundings) -> Self {
        let variable = || Self::named(around.variable(env_vars::ZB_LOG_FORMAT)?.to_str()?);
        flags.log_format.or_else(variable).unwrap_or_default()
    }
}

//! A value that may be a secret: written down, or named by where it is (`spec.md` §4, §5).

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use hook_core::ValueFrom;
use restic_driver::MASK;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::Variables;

/// A secret text. Debug hides it; serialising writes it, because that is how a run's plan is sealed.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// The text itself: for restic's environment and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Secret> for SecretString {
    fn from(secret: Secret) -> Self {
        secret.0
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// Where a value comes from when a run begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretSource {
    /// It stands in the job file.
    Text(Secret),
    /// An environment variable of zb has it.
    Env(String),
    /// A file has it: all of it, but for one line end at its end. Absolute.
    File(PathBuf),
}

/// What a job takes from elsewhere is not there: a failed check, exit status 1.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The variable is not set.
    #[error("the environment variable {variable} is not set, and `{key}` takes its value from it")]
    NoVariable {
        /// The job's key.
        key: String,
        /// The variable.
        variable: String,
    },
    /// The file cannot be read.
    #[error("{} cannot be read, and `{key}` takes its value from it", .file.display())]
    NoFile {
        /// The job's key.
        key: String,
        /// The file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A password of no characters.
    #[error("the password that `{key}` names is empty")]
    Empty {
        /// The job's key.
        key: String,
    },
    /// The value is no text that an environment can hold.
    #[error("the value of `{key}` is not UTF-8 text, or holds a NUL character")]
    NoText {
        /// The job's key.
        key: String,
    },
}

/// Reads a whole file: `std::fs::read`, but in tests.
pub type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

impl From<ValueFrom> for SecretSource {
    fn from(elsewhere: ValueFrom) -> Self {
        match elsewhere {
            ValueFrom::Env(variable) => Self::Env(variable),
            ValueFrom::File(path) => Self::File(path),
        }
    }
}

impl SecretSource {
    /// The value. `key` is what the job calls it.
    ///
    /// # Errors
    /// The variable or file is not there, or holds no text.
    pub fn resolve(
        &self,
        key: &str,
        variables: &Variables,
        read: ReadFile<'_>,
    ) -> Result<Secret, ResolveError> {
        let key = || key.to_owned();
        let text = match self {
            Self::Text(secret) => return Ok(secret.clone()),
            Self::Env(variable) => variables
                .get(std::ffi::OsStr::new(variable))
                .ok_or_else(|| ResolveError::NoVariable { key: key(), variable: variable.clone() })?
                .to_str()
                .map(ToOwned::to_owned),
            Self::File(file) => {
                let bytes = read(file).map_err(|source| ResolveError::NoFile {
                    key: key(),
                    file: file.clone(),
                    source,
                })?;
                String::from_utf8(bytes).ok().map(without_line_end)
            }
        };
        let text = text.filter(|text| !text.contains('\0'));
        text.map(Secret::from).ok_or_else(|| ResolveError::NoText { key: key() })
    }
}

impl fmt::Display for SecretSource {
    /// What may be shown: where it comes from, never what it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str(MASK),
            Self::Env(variable) => write!(f, "from ${variable}"),
            Self::File(path) => write!(f, "from {}", path.display()),
        }
    }
}

/// A line end at the end of a file belongs to the editor, not to the secret.
pub(crate) fn without_line_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

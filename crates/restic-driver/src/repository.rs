//! Where snapshots are kept, and the secrets that open it: they travel by environment or file, never by argument.

use std::{collections::BTreeMap, ffi::OsString, fmt, path::PathBuf};

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::secrets::{Secrets, without_credentials};

/// Variables of restic's own that a repository may set; every other `RESTIC_…` is refused (`spec.md` §4).
const ALLOWED: [&str; 4] =
    ["RESTIC_CACHE_DIR", "RESTIC_PROGRESS_FPS", "RESTIC_REST_USERNAME", "RESTIC_REST_PASSWORD"];

/// A restic repository: any string that restic's `--repo` takes, and what opens it.
///
/// `Debug` and [`Repository::shown`] show no secret.
#[derive(Clone)]
pub struct Repository {
    url: String,
    password: Password,
    env: BTreeMap<String, SecretString>,
    hidden: Vec<SecretString>,
}

/// Where restic finds the repository's password.
#[derive(Clone)]
#[non_exhaustive]
pub enum Password {
    /// A file that restic reads (`RESTIC_PASSWORD_FILE`).
    File(PathBuf),
    /// A command that restic runs and whose output it takes (`RESTIC_PASSWORD_COMMAND`).
    Command(String),
    /// The password itself (`RESTIC_PASSWORD`).
    Value(SecretString),
}

/// A variable that a repository may not set.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{name:?} cannot be set for restic: {reason}")]
#[non_exhaustive]
pub struct RefusedVariable {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: &'static str,
}

impl Repository {
    /// A repository that needs no more than its password.
    #[must_use]
    pub fn new(url: impl Into<String>, password: Password) -> Self {
        Self { url: url.into(), password, env: BTreeMap::new(), hidden: Vec::new() }
    }

    /// Sets a variable for restic, such as `AWS_SECRET_ACCESS_KEY`. Its value is taken for a secret.
    ///
    /// # Errors
    /// A name that would redirect restic, the loader or this crate: `RESTIC_…` but for the cache directory, the
    /// progress rate and the REST server's credentials, `LD_…`, `PATH`, `ZB_…` (`spec.md` §4); and what no
    /// environment can hold.
    pub fn set_env(&mut self, name: &str, value: SecretString) -> Result<(), RefusedVariable> {
        match refusal(name, value.expose_secret()) {
            Some(reason) => Err(RefusedVariable { name: name.to_owned(), reason }),
            None => {
                self.env.insert(name.to_owned(), value);
                Ok(())
            }
        }
    }

    /// Masks another text in what restic prints: the content of a password file, which only the caller has read.
    pub fn hide(&mut self, secret: SecretString) {
        self.hidden.push(secret);
    }

    /// The location for a person to read: credentials in it are masked.
    #[must_use]
    pub fn shown(&self) -> String {
        without_credentials(&self.url)
    }

    /// The variables that tell restic of this repository.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (OsString, OsString)> {
        let password = match &self.password {
            Password::File(path) => ("RESTIC_PASSWORD_FILE", path.clone().into_os_string()),
            Password::Command(command) => ("RESTIC_PASSWORD_COMMAND", command.into()),
            Password::Value(value) => ("RESTIC_PASSWORD", value.expose_secret().into()),
        };
        let own = self.env.iter().map(|(name, value)| (name.into(), value.expose_secret().into()));
        own.chain([("RESTIC_REPOSITORY".into(), (&self.url).into()), (password.0.into(), password.1)])
    }

    /// What of this repository must not be seen in restic's output.
    pub(crate) fn hide_secrets(&self, secrets: &mut Secrets) {
        if let Password::Value(value) = &self.password {
            secrets.hide(value.expose_secret());
        }
        self.hidden.iter().for_each(|secret| secrets.hide(secret.expose_secret()));
        self.env.values().for_each(|value| secrets.hide_value(value.expose_secret()));
        secrets.hide_credentials(&self.url);
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("url", &self.shown())
            .field("password", &self.password)
            .field("env", &self.env.keys())
            .finish()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(_) => "File(..)",
            Self::Command(_) => "Command(..)",
            Self::Value(_) => "Value(..)",
        })
    }
}

fn refusal(name: &str, value: &str) -> Option<&'static str> {
    if name.is_empty() || name.contains(['=', '\0']) {
        Some("that is no name of a variable")
    } else if value.contains('\0') {
        Some("its value holds a NUL byte")
    } else if name.starts_with("RESTIC_") && !ALLOWED.contains(&name) {
        Some("it would redirect restic; what it says has its own key")
    } else if name.starts_with("LD_") || name == "PATH" {
        Some("it would change which program runs")
    } else if name.starts_with("ZB_") {
        Some("names that begin with ZB_ are the runner's own")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Password, Repository};

    #[test]
    fn what_would_redirect_restic_is_refused_by_name() {
        let mut repository = Repository::new("/backups", Password::File("/run/secret".into()));
        for name in ["RESTIC_REPOSITORY", "RESTIC_PASSWORD", "LD_PRELOAD", "PATH", "ZB_RUN", "", "A=B", "A\0"]
        {
            let refused = repository.set_env(name, "value".into()).unwrap_err();
            assert_eq!(refused.name, name);
        }
        assert!(repository.set_env("AWS_KEY", "a\0b".into()).is_err());
        for name in ["AWS_SECRET_ACCESS_KEY", "RESTIC_CACHE_DIR", "RESTIC_REST_PASSWORD", "B2_ACCOUNT_ID"] {
            repository.set_env(name, "value".into()).unwrap();
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let passwords = [Password::Value("canary".into()), Password::Command("echo canary".into())];
        for password in passwords {
            let mut repository = Repository::new("rest:https://zoe:canary@host/", password);
            repository.set_env("AWS_SECRET_ACCESS_KEY", "canary".into()).unwrap();
            let shown = format!("{repository:?} {}", repository.shown());
            assert!(!shown.contains("canary") && shown.contains("zoe") && shown.contains("AWS"), "{shown}");
        }
    }
}

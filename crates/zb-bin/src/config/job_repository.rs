//! `[repository]` of a job file: which repository, and how restic gets into it.

use std::{collections::BTreeMap, fmt, path::Path, path::PathBuf};

use restic_driver::{Password, RefusedVariable, Repository};
use serde::{Deserialize, Serialize};

use super::{
    BadInput, ReadFile, ResolveError, Secret, SecretSource, Section, Variables, value_from::value_from,
};

/// The keys of `[repository]`.
pub const REPOSITORY_KEYS: [&str; 5] = ["url", "password_file", "password_env", "password_command", "env"];

/// A repository as a job names it: secrets that are elsewhere are still there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RepositorySpec {
    /// restic's repository string.
    pub url: RepositoryUrl,
    /// How restic learns the password.
    pub password: PasswordSpec,
    /// restic's own variables, by name.
    pub env: BTreeMap<String, SecretSource>,
}

/// restic's repository string; a path is absolute. Display and Debug mask a password in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepositoryUrl(String);

/// How restic learns the password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordSpec {
    /// restic reads this file: absolute.
    File(PathBuf),
    /// An environment variable of zb has it.
    Env(String),
    /// restic runs this command.
    Command(String),
    /// It stands in the definition of a stored job: a file may not hold it.
    Value(Secret),
}

/// A repository with all that restic needs for it: complete, whatever becomes of variables and files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResolvedRepository {
    /// restic's repository string.
    pub url: RepositoryUrl,
    /// How restic learns the password.
    pub password: ResolvedPassword,
    /// restic's own variables, by name.
    pub env: BTreeMap<String, Secret>,
}

/// How restic learns the password, as it can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResolvedPassword {
    /// restic reads this file: absolute. What it held when it was looked at is kept out of what restic prints.
    File(PathBuf, Secret),
    /// restic runs this command.
    Command(String),
    /// The password.
    Value(Secret),
}

impl TryFrom<ResolvedRepository> for Repository {
    type Error = RefusedVariable;

    /// Fails only for what another zb sealed: a job file with such a variable is refused.
    fn try_from(resolved: ResolvedRepository) -> Result<Self, RefusedVariable> {
        let (password, hidden) = match resolved.password {
            ResolvedPassword::File(path, content) => (Password::File(path), Some(content)),
            ResolvedPassword::Command(command) => (Password::Command(command), None),
            ResolvedPassword::Value(secret) => (Password::Value(secret.into()), None),
        };
        let mut repository = Self::new(resolved.url.0, password);
        hidden.into_iter().for_each(|content| repository.hide(content.into()));
        resolved.env.into_iter().try_for_each(|(name, value)| repository.set_env(&name, value.into()))?;
        Ok(repository)
    }
}

impl RepositorySpec {
    /// Takes what is elsewhere: variables of `password_env` and `env`, files of `env`. A `password_file` is only
    /// looked at, because restic reads it.
    ///
    /// # Errors
    /// The first variable or file that is not there: a failed check, not an invalid file.
    pub fn resolve(
        &self,
        variables: &Variables,
        read: ReadFile<'_>,
    ) -> Result<ResolvedRepository, ResolveError> {
        let password = self.password.resolve(variables, read)?;
        let resolve = |(name, source): (&String, &SecretSource)| {
            let value = source.resolve(&format!("repository.env.{name}"), variables, read)?;
            Ok((name.clone(), value))
        };
        let env = self.env.iter().map(resolve).collect::<Result<_, ResolveError>>()?;
        Ok(ResolvedRepository { url: self.url.clone(), password, env })
    }

    pub(super) fn read(top: &Section<'_>) -> Result<Self, BadInput> {
        let Some(section) = top.section("repository")? else {
            return Err(top.fault("repository", "is missing").hint(
                "add a table [repository] with url, and with password_file, password_env or password_command",
            ));
        };
        let mut known = REPOSITORY_KEYS.to_vec();
        if top.file().is_import() {
            known.push("password");
        } else if section.has("password") {
            return Err(section.unknown("password").hint(
                "a password does not belong in a job file: put it into a file of its own \
                 and write password_file = \"/path/to/it\", or use password_env or password_command",
            ));
        }
        section.only(&known)?;
        Ok(Self {
            url: RepositoryUrl::located(section.required_text("url")?, section.file().folder()),
            password: password(&section)?,
            env: match section.section("env")? {
                Some(env) => variables(&env)?,
                None => BTreeMap::new(),
            },
        })
    }
}

impl PasswordSpec {
    /// restic takes no empty password, and says so only once the service is paused.
    fn resolve(&self, variables: &Variables, read: ReadFile<'_>) -> Result<ResolvedPassword, ResolveError> {
        let empty = |key: &str| ResolveError::Empty { key: key.to_owned() };
        match self {
            Self::File(file) => {
                let key = "repository.password_file";
                let no_file =
                    |source| ResolveError::NoFile { key: key.to_owned(), file: file.clone(), source };
                let content = read(file).map_err(no_file)?;
                let password = String::from_utf8_lossy(content.trim_ascii()).into_owned();
                if password.is_empty() {
                    Err(empty(key))
                } else {
                    Ok(ResolvedPassword::File(file.clone(), password.into()))
                }
            }
            Self::Env(variable) => {
                let key = "repository.password_env";
                let password = SecretSource::Env(variable.clone()).resolve(key, variables, read)?;
                if password.expose().is_empty() {
                    Err(empty(key))
                } else {
                    Ok(ResolvedPassword::Value(password))
                }
            }
            Self::Command(command) => Ok(ResolvedPassword::Command(command.clone())),
            Self::Value(password) => Ok(ResolvedPassword::Value(password.clone())),
        }
    }
}

impl RepositoryUrl {
    /// The string for restic: it may hold a password.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The path of a repository on this machine.
    pub(super) fn local(&self) -> Option<&Path> {
        let path = self.0.strip_prefix("local:").unwrap_or(&self.0);
        path.starts_with('/').then(|| Path::new(path))
    }

    /// As restic tells them apart: what begins with `.` or `/`, or has no colon, is a path, as is the rest of
    /// `local:`. A relative path is relative to `folder`.
    pub(super) fn located(text: &str, folder: &Path) -> Self {
        let absolute = |path: &str| folder.join(path).to_string_lossy().into_owned();
        if let Some(path) = text.strip_prefix("local:") {
            return Self(format!("local:{}", absolute(path)));
        }
        if text.starts_with(['.', '/']) || !text.contains(':') {
            return Self(absolute(text));
        }
        Self(text.to_owned())
    }
}

impl fmt::Display for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&probe(&self.0).shown())
    }
}

impl fmt::Debug for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RepositoryUrl({self})")
    }
}

fn password(section: &Section<'_>) -> Result<PasswordSpec, BadInput> {
    let text = |key| -> Result<_, BadInput> { Ok(section.filled_text(key)?.map(ToOwned::to_owned)) };
    let given = [
        ("password_file", section.path("password_file")?.map(PasswordSpec::File)),
        ("password_env", text("password_env")?.map(PasswordSpec::Env)),
        ("password_command", text("password_command")?.map(PasswordSpec::Command)),
        ("password", text("password")?.map(|password| PasswordSpec::Value(password.into()))),
    ];
    let mut given = given.into_iter().filter_map(|(key, password)| Some((key, password?)));
    match (given.next(), given.next()) {
        (Some((_, one)), None) => Ok(one),
        (Some((key, _)), Some(_)) => Err(one_too_many(section, key)),
        (None, _) => Err(BadInput::new(section.start(), "[repository] names no password")
            .at(section.path_to("password"))
            .hint(format!("write one of {PASSWORDS}"))),
    }
}

const PASSWORDS: &str = "password_file, password_env and password_command";

fn one_too_many(section: &Section<'_>, key: &str) -> BadInput {
    section.fault(key, "is one password too many").hint(format!("keep one of {PASSWORDS}"))
}

/// `[repository.env]`.
pub(super) fn variables(env: &Section<'_>) -> Result<BTreeMap<String, SecretSource>, BadInput> {
    let read = |name: &str| match probe("").set_env(name, String::new().into()) {
        Ok(()) => Ok((name.to_owned(), source(env, name)?)),
        Err(refused) => Err(env.fault(name, format!("cannot be set for restic: {}", refused.reason))),
    };
    env.keys().map(read).collect()
}

/// A repository to ask restic-driver what it would say: its rules stand there and nowhere else.
fn probe(url: &str) -> Repository {
    Repository::new(url, Password::File(PathBuf::new()))
}

/// A text, `{ env = "NAME" }` or `{ file = "PATH" }`.
fn source(env: &Section<'_>, name: &str) -> Result<SecretSource, BadInput> {
    const FORMS: &str = "must be a text, { env = \"NAME\" } or { file = \"PATH\" }";
    if env.is_text(name) {
        return Ok(SecretSource::Text(env.text(name)?.unwrap_or_default().to_owned().into()));
    }
    value_from(env, name, FORMS).map(SecretSource::from)
}

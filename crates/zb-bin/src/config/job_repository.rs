//! `[repository]` of a job file: which repository, and how restic gets into it.

use std::{collections::BTreeMap, fmt, path::Path, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{BadInput, MASK, ReadFile, ResolveError, Secret, SecretSource, Section, Variables};

const KEYS: [&str; 5] = ["url", "password_file", "password_env", "password_command", "env"];

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
    /// restic reads this file: absolute.
    File(PathBuf),
    /// restic runs this command.
    Command(String),
    /// The password.
    Value(Secret),
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
        let password = match &self.password {
            PasswordSpec::File(path) => {
                let key = "repository.password_file".to_owned();
                read(path).map_err(|source| ResolveError::NoFile { key, file: path.clone(), source })?;
                ResolvedPassword::File(path.clone())
            }
            PasswordSpec::Env(variable) => {
                let source = SecretSource::Env(variable.clone());
                ResolvedPassword::Value(source.resolve("repository.password_env", variables, read)?)
            }
            PasswordSpec::Command(command) => ResolvedPassword::Command(command.clone()),
        };
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
        if section.has("password") {
            return Err(section
                .fault("password", "is no key: a password does not belong in a job file")
                .hint(
                    "put it into a file of its own, and write password_file = \"/path/to/it\"; \
                 or use password_env or password_command",
                ));
        }
        section.only(&KEYS)?;
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

impl RepositoryUrl {
    /// The string for restic: it may hold a password.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// As restic tells them apart: what begins with `.` or `/`, or has no colon, is a path, as is the rest of
    /// `local:`. A relative path is relative to `folder`.
    fn located(text: &str, folder: &Path) -> Self {
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
        let masked = self.0.split_once("//").and_then(|(scheme, rest)| {
            let authority = rest.split('/').next().unwrap_or(rest);
            let (userinfo, _) = authority.rsplit_once('@')?;
            let (user, _) = userinfo.split_once(':')?;
            Some(format!("{scheme}//{user}:{MASK}{}", &rest[userinfo.len()..]))
        });
        f.write_str(masked.as_deref().unwrap_or(&self.0))
    }
}

impl fmt::Debug for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RepositoryUrl({self})")
    }
}

fn password(section: &Section<'_>) -> Result<PasswordSpec, BadInput> {
    let file = section.path("password_file")?.map(PasswordSpec::File);
    let variable = section.filled_text("password_env")?.map(|name| PasswordSpec::Env(name.to_owned()));
    let command =
        section.filled_text("password_command")?.map(|command| PasswordSpec::Command(command.to_owned()));
    match (file, variable, command) {
        (Some(one), None, None) | (None, Some(one), None) | (None, None, Some(one)) => Ok(one),
        (None, None, None) => Err(section
            .fault("password_file", "is missing")
            .hint("restic needs a password: name one of password_file, password_env and password_command")),
        (Some(_), _, _) => Err(one_too_many(section, "password_file")),
        (None, _, _) => Err(one_too_many(section, "password_env")),
    }
}

fn one_too_many(section: &Section<'_>, key: &str) -> BadInput {
    section
        .fault(key, "is not the only password here")
        .hint("keep one of password_file, password_env and password_command")
}

/// `[repository.env]`.
fn variables(env: &Section<'_>) -> Result<BTreeMap<String, SecretSource>, BadInput> {
    let read = |name: &str| {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(env.fault(name, "is no name of an environment variable"));
        }
        if let Some(reason) = refused(name) {
            return Err(env.fault(name, reason));
        }
        Ok((name.to_owned(), source(env, name)?))
    };
    env.keys().map(read).collect()
}

/// What would redirect restic, or zb's own hold on it (`spec.md` §4).
fn refused(name: &str) -> Option<&'static str> {
    const RESTIC: [&str; 4] =
        ["RESTIC_CACHE_DIR", "RESTIC_PROGRESS_FPS", "RESTIC_REST_USERNAME", "RESTIC_REST_PASSWORD"];
    if name.starts_with("RESTIC_") && !RESTIC.contains(&name) {
        return Some("is not allowed here: zb itself tells restic its repository, password and options");
    }
    if name.starts_with("LD_") || name == "PATH" {
        return Some("is not allowed here: it decides which programs run");
    }
    name.starts_with("ZB_").then_some("is not allowed here: zb finds its own processes by such names")
}

/// A text, `{ env = "NAME" }` or `{ file = "PATH" }`.
fn source(env: &Section<'_>, name: &str) -> Result<SecretSource, BadInput> {
    const FORMS: &str = "must be a text, { env = \"NAME\" } or { file = \"PATH\" }";
    if env.is_text(name) {
        return Ok(SecretSource::Text(env.text(name)?.unwrap_or_default().to_owned().into()));
    }
    let elsewhere =
        env.section(name).map_err(|_| env.fault(name, FORMS))?.ok_or_else(|| env.fault(name, FORMS))?;
    elsewhere.only(&["env", "file"])?;
    let variable = elsewhere.filled_text("env")?.map(|variable| SecretSource::Env(variable.to_owned()));
    let file = elsewhere.path("file")?.map(SecretSource::File);
    match (variable, file) {
        (Some(one), None) | (None, Some(one)) => Ok(one),
        _ => Err(env.fault(name, FORMS)),
    }
}

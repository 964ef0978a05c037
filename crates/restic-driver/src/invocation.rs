//! A run of restic that has not begun: open to inspection, with no secret in its arguments.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    marker::PhantomData,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::{
    BaseEnv, Message, PipeKeeper, Priority, Report, Repository, SpawnError, orphans::MARKER, output::Output,
    run, secrets::Secrets, spawn, streams::Streams,
};

/// What restic has from SIGINT to SIGKILL, unless the caller says otherwise (`spec.md` §3).
const GRACE: Duration = Duration::from_secs(10);

/// A restic to be run; `T` is what it is run for.
///
/// `Display` is a line for a person to read or to paste; like `Debug` it shows no value of the environment.
#[must_use = "an invocation does nothing until it is run"]
pub struct Invocation<T> {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: BTreeMap<OsString, OsString>,
    secrets: Secrets,
    grace: Duration,
    priority: Priority,
    keeper: Option<Arc<dyn PipeKeeper>>,
    output: PhantomData<fn() -> T>,
}

impl<T: Output> Invocation<T> {
    pub(crate) fn new(program: &Path, base: &BaseEnv, arguments: Vec<OsString>) -> Self {
        let mut secrets = Secrets::default();
        base.proxies().for_each(|url| secrets.hide_credentials(url));
        Self {
            program: program.to_owned(),
            arguments,
            environment: base.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            secrets,
            grace: GRACE,
            priority: Priority::Normal,
            keeper: None,
            output: PhantomData,
        }
    }

    /// Tells restic of its repository, and keeps the repository's secrets out of the report.
    pub(crate) fn at(mut self, repository: &Repository) -> Self {
        self.environment.extend(repository.variables());
        repository.hide_secrets(&mut self.secrets);
        self
    }

    /// Lets somebody else hold restic's pipes, too.
    pub(crate) fn kept_by(mut self, keeper: Option<Arc<dyn PipeKeeper>>) -> Self {
        self.keeper = keeper;
        self
    }

    pub(crate) fn at_priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// What is to be started, what must not be seen, and the grace.
    pub(crate) fn into_command(self) -> (Command, Secrets, Duration) {
        let command = spawn::command(&self.program, &self.arguments, &self.environment, self.priority);
        (command, self.secrets, self.grace)
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Its arguments, without the program's name.
    pub fn arguments(&self) -> impl Iterator<Item = &OsStr> {
        self.arguments.iter().map(OsString::as_os_str)
    }

    /// The names of the variables in its environment: these, and no others.
    pub fn variables(&self) -> impl Iterator<Item = &OsStr> {
        self.environment.keys().map(OsString::as_os_str)
    }

    /// Marks restic and all that it starts as part of `run`, so that [`crate::orphans::end`] finds them.
    pub fn marker(mut self, run: &str) -> Self {
        self.environment.insert(MARKER.into(), run.into());
        self
    }

    pub(crate) fn marked(self, run: Option<&str>) -> Self {
        match run {
            Some(run) => self.marker(run),
            None => self,
        }
    }

    /// The time from SIGINT to SIGKILL when the run is cancelled: 10 seconds unless it is set here.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Runs restic to its end, and hands each message to `on` as it comes; `on` must not block. Of status messages
    /// that come at once only the last is handed over.
    ///
    /// When `cancel` is cancelled, restic's process group is sent SIGINT, and SIGKILL after the grace; the report
    /// comes when restic has really ended. A process that restic left behind and that holds a pipe open delays the
    /// report by 2 seconds at most. **Do not cancel by dropping the future**: restic is then sent SIGINT, but
    /// nobody sees to its end.
    ///
    /// # Errors
    /// restic could not be started, or `cancel` was cancelled before it was. Once it runs there is a report.
    ///
    /// # Panics
    /// Outside a Tokio runtime with its I/O and time drivers enabled.
    pub async fn run(
        self,
        mut on: impl FnMut(Message) + Send,
        cancel: &CancellationToken,
    ) -> Result<Report<T>, SpawnError> {
        let keeper = self.keeper.clone();
        let (command, secrets, grace) = self.into_command();
        let child = spawn::start(command, keeper.as_deref(), cancel).await?;
        let mut streams = Streams::new(T::IS_DOCUMENT, secrets, &mut on);
        let ended = run::to_the_end(child, &mut streams, grace, cancel).await;
        Ok(Report::new(ended, streams.finish()))
    }
}

impl<T> fmt::Debug for Invocation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("program", &self.program)
            .field("arguments", &self.arguments)
            .field("variables", &self.environment.keys())
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Invocation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted(self.program.as_os_str()))?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {}", quoted(argument)))
    }
}

/// As a shell takes it for one word.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_=./:,+@%".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

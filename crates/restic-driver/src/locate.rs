//! Finding restic, and what is remembered of it so that it need not be asked twice.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustix::fs::{Access, access};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::{
    BaseEnv, Invocation, LocateError, Output, PipeKeeper, Priority, Report, Repository, SafeFlags,
    SpawnError, Version,
};

/// How long a restic may take to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// A restic that was found, with the environment that it is to be run in.
#[derive(Clone, Debug)]
pub struct Restic {
    file: Fingerprint,
    version: Version,
    /// What `backup --help` lists: asked for only where a flag is to be looked up.
    listed: OnceCell<BTreeSet<String>>,
    base: BaseEnv,
    priority: Priority,
    keeper: Option<Arc<dyn PipeKeeper>>,
}

/// What a restic said of itself, good as long as the file's path, size and time are the same. To be kept by the
/// caller: asking costs a short run of restic or two. (Of a wrapper script the file is the script.)
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Remembered {
    file: Fingerprint,
    version: Version,
    flags: Option<BTreeSet<String>>,
}

/// Tells one file from another without reading it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Fingerprint {
    path: PathBuf,
    size: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Restic {
    /// Finds `program`, or `restic`: a name is looked for on the `PATH` of `base`, a path is taken as it is. It is
    /// asked for its version, unless `remembered` is of the same file.
    ///
    /// # Errors
    /// There is none, it does not run, it is no restic, or it is older than [`Version::OLDEST`].
    pub async fn locate(
        program: Option<&Path>,
        base: BaseEnv,
        remembered: Option<&Remembered>,
    ) -> Result<Self, LocateError> {
        let path = find(program.unwrap_or(Path::new("restic")), base.get("PATH"))?;
        let file =
            Fingerprint::of(&path).map_err(|source| LocateError::Start { path: path.clone(), source })?;
        let known = remembered.filter(|known| known.file == file);
        let version = match known {
            Some(known) => known.version,
            None => ask_version(&path, &base).await?,
        };
        if version < Version::OLDEST {
            return Err(LocateError::TooOld { path, version });
        }
        let listed = OnceCell::new_with(known.and_then(|known| known.flags.clone()));
        Ok(Self { file, version, listed, base, priority: Priority::Normal, keeper: None })
    }

    /// Gives the reading ends of every restic's pipes to `keeper`, before that restic is started.
    #[must_use]
    pub fn kept_by(self, keeper: Arc<dyn PipeKeeper>) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// Runs every command at `priority`.
    #[must_use]
    pub fn at_priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.file.path
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// What to hand to [`Restic::locate`] the next time.
    #[must_use]
    pub fn remembered(&self) -> Remembered {
        Remembered { file: self.file.clone(), version: self.version, flags: self.listed.get().cloned() }
    }

    /// The first of `flags` that this restic does not list in its `--help`, because it is too old for it.
    ///
    /// # Errors
    /// It does not run, or gives no answer.
    pub async fn unsupported(&self, flags: &SafeFlags) -> Result<Option<&'static str>, LocateError> {
        if flags.is_empty() {
            return Ok(None);
        }
        let ask =
            || async { Ok(listed_flags(&answer(self.program(), &self.base, &["backup", "--help"]).await?)) };
        let listed = self.listed.get_or_try_init(ask).await?;
        Ok(flags.names().find(|name| !listed.contains(*name)))
    }

    pub(crate) fn invocation<T: Output>(
        &self,
        repository: &Repository,
        arguments: Vec<OsString>,
    ) -> Invocation<T> {
        Invocation::new(self.program(), &self.base, arguments)
            .at(repository)
            .at_priority(self.priority)
            .kept_by(self.keeper.clone())
    }
}

impl Fingerprint {
    fn of(path: &Path) -> io::Result<Self> {
        let file = fs::metadata(path)?;
        Ok(Self {
            path: path.to_owned(),
            size: file.size(),
            seconds: file.mtime(),
            nanoseconds: file.mtime_nsec(),
        })
    }
}

fn find(program: &Path, path_var: Option<&OsStr>) -> Result<PathBuf, LocateError> {
    let is_bare_name =
        program.components().count() == 1 && !program.as_os_str().as_encoded_bytes().contains(&b'/');
    if !is_bare_name {
        return match fs::metadata(program) {
            Ok(_) if is_executable(program) => Ok(program.to_owned()),
            Ok(_) => Err(LocateError::NotExecutable { path: program.to_owned() }),
            Err(_) => Err(LocateError::NotFound { program: program.to_owned() }),
        };
    }
    // An empty entry would mean the current directory: nobody wants his restic from there.
    let entries = path_var.into_iter().flat_map(std::env::split_paths);
    let candidates: Vec<_> =
        entries.filter(|entry| !entry.as_os_str().is_empty()).map(|entry| entry.join(program)).collect();
    if let Some(path) = candidates.iter().find(|path| is_executable(path)) {
        return Ok(path.clone());
    }
    match candidates.into_iter().find(|path| path.is_file()) {
        Some(path) => Err(LocateError::NotExecutable { path }),
        None => Err(LocateError::NotOnPath { program: program.to_owned() }),
    }
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

async fn ask_version(path: &Path, base: &BaseEnv) -> Result<Version, LocateError> {
    let said = answer(path, base, &["version"]).await?;
    Version::from_answer(&said).ok_or_else(|| {
        let said = said.lines().next().unwrap_or_default().chars().take(100).collect();
        LocateError::NotARestic { path: path.to_owned(), said }
    })
}

/// What `restic words…` prints, if it prints it in time.
async fn answer(path: &Path, base: &BaseEnv, words: &[&str]) -> Result<String, LocateError> {
    let cancel = CancellationToken::new();
    let arguments = words.iter().map(OsString::from).collect();
    let invocation = Invocation::<String>::new(path, base, arguments).grace(Duration::ZERO);
    let mut running = std::pin::pin!(invocation.run(|_| {}, &cancel));
    let report = tokio::select! {
        report = &mut running => report,
        () = tokio::time::sleep(PATIENCE) => {
            cancel.cancel();
            running.await
        }
    };
    match report {
        Ok(Report { interrupted: true, .. }) | Err(SpawnError::Cancelled) => {
            Err(LocateError::NoAnswer { path: path.to_owned(), waited: PATIENCE })
        }
        Ok(report) => Ok(report.output.unwrap_or_default()),
        Err(SpawnError::Start { program: path, source }) => Err(LocateError::Start { path, source }),
    }
}

/// The names at the beginning of the lines of a `--help`: `-v, --verbose n   be verbose …`.
fn listed_flags(help: &str) -> BTreeSet<String> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let names = lines.flat_map(|line| line.split([' ', '=']).take_while(|word| word.starts_with('-')));
    names.map(|name| name.trim_end_matches(',').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::listed_flags;

    #[test]
    fn flags_are_read_from_the_help() {
        let help = "Usage:\n  restic backup [flags] [FILE/DIR] ...\n\nFlags:\n  -n, --dry-run    do not upload\n      \
                    --exclude-file file   read exclude\n  -v, --verbose n       be verbose (--verbose=n)\n";
        let expect = ["--dry-run", "--exclude-file", "--verbose", "-n", "-v"];
        assert_eq!(listed_flags(help).iter().map(String::as_str).collect::<Vec<_>>(), expect);
    }
}

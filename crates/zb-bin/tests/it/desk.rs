//! A folder of its own for a test, with the files that it needs.

use std::{ffi::OsString, fs, path::PathBuf, time::Duration};

use tempfile::TempDir;
use zb_bin::{
    config::{BadInput, Job, Surroundings},
    report::Failure,
};

/// The deadline of a hook that names none.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// A folder, and the surroundings in which it is the current one.
pub(crate) struct Desk {
    folder: TempDir,
    pub(crate) around: Surroundings,
}

impl Desk {
    /// An empty folder that is also `HOME`; no other variable is set.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().to_owned();
        let variables = [("HOME".into(), path.clone().into_os_string())].into();
        Self { folder, around: Surroundings { variables, folder: path, root: false } }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) -> &mut Self {
        self.around.variables.insert(name.into(), value.into());
        self
    }

    pub(crate) fn read_job(&self, name: &str) -> Result<Job, BadInput> {
        Job::read(name.as_ref(), &self.around.folder, TIMEOUT)
    }
}

/// The job of this text, in a file `job.toml`.
pub(crate) fn job(text: &str) -> Result<Job, BadInput> {
    Desk::new().write("job.toml", text).read_job("job.toml")
}

/// An error as a person sees it: the message, and each hint on a line of its own.
pub(crate) fn shown(error: impl Into<Failure>) -> String {
    let failure = error.into();
    let hints = failure.hints.iter().map(|hint| format!("\nhint: {hint}"));
    failure.message.clone() + &hints.collect::<String>()
}

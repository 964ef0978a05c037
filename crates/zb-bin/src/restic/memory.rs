//! What restic said of itself, kept in the data directory: asking it costs tens of milliseconds at each run.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use restic_driver::Remembered;

/// A small file beside the database. It is a cache: whatever is wrong with it, restic is asked again.
#[derive(Debug)]
pub(crate) struct ResticMemory {
    file: PathBuf,
}

impl ResticMemory {
    /// In this data directory.
    #[must_use]
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self { file: data_dir.join("restic.json") }
    }

    /// What was kept, if it can be read.
    #[must_use]
    pub(crate) fn recall(&self) -> Option<Remembered> {
        serde_json::from_slice(&fs::read(&self.file).ok()?).ok()
    }

    /// Keeps it, whole or not at all.
    pub(crate) fn keep(&self, known: &Remembered) {
        let new = self.file.with_extension(format!("json.{}", std::process::id()));
        let kept = serde_json::to_vec(known)
            .map_err(std::io::Error::other)
            .and_then(|bytes| {
                OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .mode(0o600)
                    .open(&new)?
                    .write_all(&bytes)
            })
            .and_then(|()| fs::rename(&new, &self.file));
        if let Err(error) = kept {
            tracing::debug!(%error, file = %self.file.display(), "cannot remember restic's version");
            let _ = fs::remove_file(&new);
        }
    }
}

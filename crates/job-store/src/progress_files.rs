//! How far a run is, told from its process to those that show it: one small file a run, written only while somebody looks.
//!
//! Whoever looks holds a shared lock on `progress/watched`; a process that runs restic tries that lock, and so knows. It
//! keeps its own file locked, so that one of a dead process is known from one that is alive. The kernel drops both locks
//! with their processes. Nothing rests on these files: they are not waited for, not synced, and may be deleted.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::PathBuf,
};

use hook_core::{JobId, Progress};

use crate::{
    Store,
    files::{open_if_there, remove_if_there},
};

/// A file that is longer was not written by zb. In bytes.
const LONGEST: u64 = 1 << 20;

/// The progress files of a data directory.
#[derive(Clone, Debug)]
pub struct ProgressFiles {
    folder: PathBuf,
}

impl Store {
    /// Where the progress of runs is told from process to process.
    #[must_use]
    pub fn progress_files(&self) -> ProgressFiles {
        ProgressFiles { folder: self.dir.progress() }
    }
}

impl ProgressFiles {
    /// Lets all who run restic know that somebody looks, until it is dropped. What dead runs left is removed.
    ///
    /// # Errors
    /// The folder or its lock cannot be made.
    pub fn watch(&self) -> io::Result<Watching> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let path = self.folder.join("watched");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        // Others have it only for the moment of a look.
        file.lock_shared()?;
        self.sweep()?;
        Ok(Watching(file))
    }

    /// How far a run is; nothing where its process does not say, or is dead.
    ///
    /// # Errors
    /// The file cannot be read, or is none of zb's.
    pub fn read(&self, job: &JobId) -> io::Result<Option<Progress>> {
        let Some(file) = open_if_there(&self.of(job, "json"))? else { return Ok(None) };
        if !is_held(&file)? {
            return Ok(None);
        }
        let mut text = Vec::new();
        file.take(LONGEST).read_to_end(&mut text)?;
        Ok(Some(serde_json::from_slice(&text)?))
    }

    /// What a run's own process tells by.
    #[must_use]
    pub fn teller(&self, job: &JobId) -> ProgressTeller {
        ProgressTeller { files: self.clone(), job: job.clone(), told: None }
    }

    fn is_watched(&self) -> io::Result<bool> {
        let Some(file) = open_if_there(&self.folder.join("watched"))? else { return Ok(false) };
        match file.try_lock() {
            Ok(()) => file.unlock().map(|()| false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Removes the files of dead processes.
    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name == "watched") {
                continue;
            }
            let Some(file) = open_if_there(&path)? else { continue };
            // A living process puts the next file in the place of the last one before it lets go of that.
            let is_same = |now: &fs::Metadata, then: &fs::Metadata| now.ino() == then.ino();
            if !is_held(&file)? && is_same(&fs::metadata(&path)?, &file.metadata()?) {
                remove_if_there(&path)?;
            }
        }
        Ok(())
    }

    fn of(&self, job: &JobId, suffix: &str) -> PathBuf {
        self.folder.join(format!("{job}.{suffix}"))
    }
}

/// Whether the process that wrote it is alive.
fn is_held(file: &File) -> io::Result<bool> {
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// As long as it is kept, somebody looks: [`ProgressFiles::watch`].
#[derive(Debug)]
#[must_use = "it ends when this is dropped"]
pub struct Watching(File);

impl Drop for Watching {
    /// Closing is not enough: a child that was forked this moment has the file until it executes its program.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "cannot unlock the mark of those who watch; it goes with the process");
        }
    }
}

/// Tells of one run. Dropped, it removes what it wrote.
#[derive(Debug)]
pub struct ProgressTeller {
    files: ProgressFiles,
    job: JobId,
    /// The file that is in place, locked, and what stands in it.
    told: Option<(File, Progress)>,
}

impl ProgressTeller {
    /// Writes it down, if somebody looks and it is news; what was written before is replaced as a whole. To be called once
    /// a second at most. It may wait for a disk.
    ///
    /// # Errors
    /// It cannot be written: which a run does not care about.
    pub fn tell(&mut self, progress: &Progress) -> io::Result<()> {
        if !self.files.is_watched()? {
            return self.retract();
        }
        if self.told.as_ref().is_some_and(|(_, told)| told == progress) {
            return Ok(());
        }
        let draft = self.files.of(&self.job, "draft");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.try_lock().map_err(io::Error::from)?;
        file.write_all(&serde_json::to_vec(progress)?)?;
        fs::rename(&draft, self.files.of(&self.job, "json"))?;
        self.told = Some((file, progress.clone()));
        Ok(())
    }

    fn retract(&mut self) -> io::Result<()> {
        match self.told.take() {
            Some(_) => remove_if_there(&self.files.of(&self.job, "json")),
            None => Ok(()),
        }
    }
}

impl Drop for ProgressTeller {
    fn drop(&mut self) {
        if let Err(error) = self.retract() {
            tracing::debug!(%error, job = %self.job, "a progress file stays: whoever watches next removes it");
        }
    }
}

//! The data directory: what lies where in it, and whose turn it is to set it up.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::error::OpenError;

/// Where everything of a store lies.
#[derive(Clone)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    pub(crate) fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("zb.db")
    }

    /// SQLite's write-ahead log: there while somebody has the database open, or died with it open.
    pub(crate) fn wal(&self) -> PathBuf {
        self.0.join("zb.db-wal")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.0.join("key")
    }

    pub(crate) fn claims(&self) -> PathBuf {
        self.0.join("claims")
    }

    pub(crate) fn progress(&self) -> PathBuf {
        self.0.join("progress")
    }

    /// Makes the directory where it is missing, its parents too, and sees that it is its owner's alone: mode 0700
    /// (`spec.md` §10).
    pub(crate) fn create(&self) -> Result<(), OpenError> {
        make(&self.0).map_err(|source| self.unusable(source))?;
        // Where that may not be, there is nothing to see but names: every file in it is 0600.
        let _ = close(&self.0);
        Ok(())
    }

    /// Whether the directory could be made: a directory beside it is, and is gone again.
    pub(crate) fn try_to_make(&self) -> Result<(), OpenError> {
        let there = self.0.ancestors().find(|path| path.symlink_metadata().is_ok()).unwrap_or(&self.0);
        let trial = there.join(format!(".zb-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&trial).map_err(|source| self.unusable(source))?;
        fs::remove_dir(&trial).map_err(|source| self.unusable(source))
    }

    /// Whether files can be made in the directory: one is, and is gone again.
    pub(crate) fn try_to_write(&self) -> Result<(), OpenError> {
        let trial = self.0.join(format!(".zb-{}", std::process::id()));
        let refused =
            |source: io::Error| OpenError::NotWritable { path: self.0.clone(), source: source.into() };
        File::create_new(&trial).map_err(refused)?;
        fs::remove_file(&trial).map_err(refused)
    }

    /// Makes the directory for claims where it is missing.
    pub(crate) fn create_claims(&self) -> Result<(), OpenError> {
        make(&self.claims())
            .map_err(|source| OpenError::NotWritable { path: self.claims(), source: source.into() })
    }

    /// Waits until nobody else opens a store here.
    pub(crate) fn lock(&self) -> Result<Turn, OpenError> {
        let lock = || -> io::Result<Turn> {
            let dir = File::open(&self.0)?;
            dir.lock()?;
            Ok(Turn(dir))
        };
        lock().map_err(|source| self.unusable(source))
    }

    pub(crate) fn exists(&self) -> Result<bool, OpenError> {
        self.0.try_exists().map_err(|source| self.unusable(source))
    }

    /// Puts a whole file in its place: from then on it is there, also after a power cut.
    pub(crate) fn put_in_place(&self, made: &Path, place: &Path) -> io::Result<()> {
        fs::rename(made, place)?;
        File::open(&self.0)?.sync_all()
    }

    fn unusable(&self, source: io::Error) -> OpenError {
        OpenError::Directory { dir: self.0.clone(), source }
    }
}

/// Takes the directory from everybody but its owner.
fn close(dir: &Path) -> io::Result<()> {
    let mode = fs::metadata(dir)?.permissions().mode() & 0o7777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => fs::set_permissions(dir, Permissions::from_mode(mode & 0o7700)),
    }
}

/// The right to set the directory up, until it is dropped; the kernel drops it with its process.
pub(crate) struct Turn(File);

impl Drop for Turn {
    /// Closing is not enough: a child that was forked this moment has the file until it executes its program.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "cannot unlock the data directory; the lock goes with the process");
        }
    }
}

fn make(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

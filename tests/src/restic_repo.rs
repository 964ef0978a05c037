//! A real restic repository in the test's directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{Finished, Running, Scratch, binary::target_directory, command};

/// The repository that [`JobFile::new`](crate::JobFile::new) names.
#[derive(Debug)]
pub struct ResticRepo<'a> {
    scratch: &'a Scratch,
}

impl<'a> ResticRepo<'a> {
    /// An empty repository. `restic init` tunes its key derivation for seconds, so that it is done once, beside the
    /// build's own files, and copied for each test.
    ///
    /// # Panics
    /// Where restic cannot do it.
    #[must_use]
    pub fn create(scratch: &'a Scratch) -> Self {
        let repo = Self { scratch };
        scratch.write("password", "correct horse battery staple\n");
        let template = target_directory().join("tmp/empty-restic-repository");
        if !template.exists() {
            repo.restic(&["init"]);
            // Whoever is first wins; the rename of a directory onto one that has files fails, and that is fine.
            let draft = template.with_extension(std::process::id().to_string());
            copy(&scratch.path("repo"), &draft);
            if fs::rename(&draft, &template).is_err() {
                fs::remove_dir_all(&draft).unwrap();
            }
        } else {
            copy(&template, &scratch.path("repo"));
        }
        repo
    }

    /// The snapshots, oldest first.
    ///
    /// # Panics
    /// Where restic cannot list them.
    #[must_use]
    pub fn snapshots(&self) -> Vec<Value> {
        self.restic(&["snapshots", "--json", "--no-lock"]).json().as_array().cloned().unwrap_or_default()
    }

    /// The files of the newest snapshot, with their paths.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn newest_files(&self) -> Vec<String> {
        self.restic(&["ls", "latest", "--no-lock"]).stdout.lines().map(str::to_owned).collect()
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        self.scratch.path("repo")
    }

    /// The locks in it.
    #[must_use]
    pub fn locks(&self) -> usize {
        fs::read_dir(self.scratch.path("repo/locks")).map_or(0, Iterator::count)
    }

    /// restic itself.
    ///
    /// # Panics
    /// Where it does not exit with 0.
    pub fn restic(&self, arguments: &[&str]) -> Finished {
        let mut restic = command("restic");
        restic
            .args(arguments)
            .env("HOME", self.scratch.path("home"))
            .env("TMPDIR", self.scratch.path("tmp"))
            .env("RESTIC_REPOSITORY", self.scratch.path("repo"))
            .env("RESTIC_PASSWORD_FILE", self.scratch.path("password"));
        let finished = Running::start(restic).wait();
        finished.exits(0);
        finished
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

//! A directory that is all the world to one test: home, temporary files, data directory, source, repository.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{Process, Zb, binary::zb_binary, command, eventually, marked};

/// The directory of one test. Every process that the test starts carries its path in environment or arguments; those
/// that are left when it is dropped are killed by pid, so that a failed test leaves nothing behind either.
#[derive(Debug)]
pub struct Scratch {
    root: TempDir,
}

impl Scratch {
    /// Makes the directory, with a source of two files in it.
    #[expect(clippy::new_without_default, reason = "it makes a directory: nothing that a default should do")]
    #[must_use]
    pub fn new() -> Self {
        let scratch = Self { root: tempfile::Builder::new().prefix("zb-e2e-").tempdir().unwrap() };
        for directory in ["home", "tmp", "source"] {
            fs::create_dir(scratch.path(directory)).unwrap();
        }
        scratch.write("source/rows.txt", "one\ntwo\n");
        scratch.write("source/notes.txt", "nothing to note\n");
        scratch
    }

    /// zb, with this directory as its world.
    #[must_use]
    pub fn zb(&self) -> Zb<'_> {
        Zb::new(self)
    }

    /// A path in here; it need not exist.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The same as text, for a job file.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("a temporary path is UTF-8").to_owned()
    }

    /// Writes a file, and the directories above it.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is below the root")).unwrap();
        fs::write(&path, contents).unwrap();
        path
    }

    /// Writes an executable file.
    pub fn write_script(&self, name: &str, contents: &str) -> PathBuf {
        let draft = self.write(&format!("{name}.draft"), contents);
        let path = self.path(name);
        install(&draft, &path);
        path
    }

    /// The directory itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Processes of this test that are alive.
    #[must_use]
    pub fn processes(&self) -> Vec<Process> {
        marked(self.root().to_str().expect("a temporary path is UTF-8"))
    }

    /// `kill -9` of every zb of this test, the guardian too, as a power loss or an end of the whole container would
    /// do it. All are stopped first, so that none acts on another's death.
    pub fn kill_every_zb(&self) {
        let is_zb = |process: &Process| process.program.file_name() == zb_binary().file_name();
        let zbs: Vec<_> = self.processes().into_iter().filter(is_zb).collect();
        for signal in [Signal::STOP, Signal::KILL] {
            zbs.iter().for_each(|zb| zb.signal(signal));
        }
    }

    /// Waits until no process of this test is alive.
    ///
    /// # Panics
    /// After a minute.
    pub fn nothing_left_running(&self) {
        eventually("the end of every process of this test", || self.processes().is_empty().then_some(()));
    }

    /// Every file below `name` with its bytes, sorted: to compare before and after, or to look for a secret.
    #[must_use]
    pub fn files(&self, name: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        collect(&self.path(name), &mut found);
        found.sort();
        found
    }
}

fn collect(path: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), found);
        }
    } else if path.is_file() {
        found.push((path.to_owned(), fs::read(path).unwrap()));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for process in self.processes() {
            process.signal(Signal::KILL);
        }
    }
}

/// Copies an executable file. Another process writes it: what this one has open for writing, a child that another test
/// starts at that moment has open too, and then the kernel runs the file for nobody ("text file busy").
pub(crate) fn install(from: &Path, to: &Path) {
    let status = command("install").args(["-m", "755"]).args([from, to]).status().unwrap();
    assert!(status.success(), "{} cannot be written: {status}", to.display());
}

//! A backup to be made, as arguments for restic.

use std::{ffi::OsString, path::PathBuf};

use crate::{BackupSummary, Invocation, Repository, Restic, SafeFlags};

/// What to back up, and how.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct BackupArgs {
    /// What restic reads: absolute paths.
    pub sources: Vec<PathBuf>,
    /// Tags of the snapshot. restic takes a comma for the end of a tag.
    pub tags: Vec<String>,
    /// Patterns of what is left out (restic manual, "Excluding files").
    pub excludes: Vec<String>,
    /// Directories that hold a file of this name (`name` or `name:header`) are left out.
    pub exclude_if_present: Vec<String>,
    /// Other file systems below the sources are left out.
    pub one_file_system: bool,
    /// How hard to compress; restic's own default where absent.
    pub compression: Option<Compression>,
    /// Custom flags.
    pub flags: SafeFlags,
}

/// How hard restic compresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compression {
    /// Where it pays.
    Auto,
    /// Not at all.
    Off,
    /// As much as can be.
    Max,
}

impl BackupArgs {
    /// A backup of one directory or file.
    #[must_use]
    pub fn new(source: impl Into<PathBuf>) -> Self {
        Self { sources: vec![source.into()], ..Self::default() }
    }

    /// Each value is joined to its flag, and the sources come after `--`: nothing can be taken for a flag.
    fn arguments(&self) -> Vec<OsString> {
        let mut arguments = vec!["backup".into(), "--json".into()];
        for (flag, values) in [
            ("--tag=", &self.tags),
            ("--exclude=", &self.excludes),
            ("--exclude-if-present=", &self.exclude_if_present),
        ] {
            arguments.extend(values.iter().map(|value| OsString::from(format!("{flag}{value}"))));
        }
        if self.one_file_system {
            arguments.push("--one-file-system".into());
        }
        arguments.extend(self.compression.map(|compression| compression.argument().into()));
        arguments.extend(self.flags.for_backup());
        arguments.push("--".into());
        arguments.extend(self.sources.iter().map(|source| source.into()));
        arguments
    }
}

impl Compression {
    fn argument(self) -> &'static str {
        match self {
            Self::Auto => "--compression=auto",
            Self::Off => "--compression=off",
            Self::Max => "--compression=max",
        }
    }
}

impl Restic {
    /// A backup, not yet started.
    pub fn backup(&self, repository: &Repository, args: &BackupArgs) -> Invocation<BackupSummary> {
        self.invocation(repository, args.arguments())
    }
}

//! The worker's part of a plan: what restic needs, frozen with the run.

use std::{fs, path::Path, time::Duration};

use restic_driver::{BackupArgs, Repository};
use serde::{Deserialize, Serialize};

use crate::config::{BackupOptions, Depth, Job, ResolvedRepository, Retention, Variables};

/// Which repository, opened how, and what restic is told. Sealed before it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ResticWork {
    /// What was elsewhere is here; or why it is not, which is a failed check.
    repository: Result<ResolvedRepository, String>,
    options: BackupOptions,
    #[serde(default)]
    preflight: Depth,
    #[serde(default)]
    retention: Option<Retention>,
}

/// What restic is run with.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The repository, with its secrets.
    pub(crate) repository: Repository,
    /// The backup to be made.
    pub(crate) backup: BackupArgs,
    /// The job's own tag.
    pub(crate) tag: String,
    /// How much is looked at before the pre hook.
    pub(crate) preflight: Depth,
    /// What is kept of the job's snapshots; absent is everything.
    pub(crate) retention: Option<Retention>,
    /// How much restic may be in the way of other programs.
    pub(crate) priority: restic_driver::Priority,
    /// How long a living lock is waited for.
    pub(crate) lock_wait: Duration,
}

impl ResticWork {
    /// Takes what the job names elsewhere, now.
    #[must_use]
    pub(crate) fn freeze(job: &Job, variables: &Variables) -> Self {
        let read = |path: &Path| fs::read(path);
        let resolved = job.repository.resolve(variables, &read);
        let in_words = |error| crate::report::Failure::from_chain(&error).message;
        Self {
            repository: resolved.map_err(in_words),
            options: job.backup.clone(),
            preflight: job.preflight,
            retention: job.retention,
        }
    }

    /// For the plan. Secrets are in clear.
    #[must_use]
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads [`ResticWork::to_bytes`] and makes it ready for one run; `tag` is the backup job's.
    ///
    /// # Errors
    /// What was missing when the plan was frozen, or bytes of another zb.
    pub(crate) fn ready(bytes: &[u8], source: &Path, tag: &str) -> Result<Ready, String> {
        let work: Self =
            serde_json::from_slice(bytes).map_err(|error| format!("the plan's restic part: {error}"))?;
        let repository = Repository::try_from(work.repository?).map_err(|error| error.to_string())?;
        let options = work.options;
        let mut backup = BackupArgs::new(source);
        backup.tags = options.tags;
        backup.tags.push(tag.to_owned());
        backup.excludes = options.exclude;
        backup.exclude_if_present = options.exclude_if_present;
        backup.one_file_system = options.one_file_system;
        backup.compression = options.compression.map(Into::into);
        backup.flags = options.flags.safe().map_err(|error| error.to_string())?;
        Ok(Ready {
            repository,
            backup,
            tag: tag.to_owned(),
            preflight: work.preflight,
            retention: work.retention,
            priority: options.priority.into(),
            lock_wait: options.lock_wait,
        })
    }
}

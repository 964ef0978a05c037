//! A job file: what is backed up, whereto, when and with which hooks (`spec.md` §5).
//!
//! A [`Job`] that exists is valid as far as its own words go: both hooks within the limits, a schedule that happens,
//! flags that restic may be given. Whether the source is there, the repository answers or an origin is allowed is
//! asked when a run begins.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use hook_core::{HookSpec, JobKey, OrganizationId, PostWhen, ScheduleId};
use jiff::tz::TimeZone;
use scheduler::{Missed, Schedule};
use serde::{Deserialize, Serialize};

use super::{
    BadInput, JobIdentity, RepositorySpec, ResticFlags, Retention, Section, TomlText, job_hook::JobHooks,
    mask::refuse_masks,
};

/// The keys at the top of a job file.
pub const JOB_KEYS: [&str; 22] = [
    "id",
    "organization",
    "name",
    "source",
    "enabled",
    "schedule",
    "timezone",
    "missed",
    "tags",
    "exclude",
    "exclude_if_present",
    "one_file_system",
    "compression",
    "restic_flags",
    "priority",
    "preflight",
    "lock_wait",
    "retries",
    "retry_delay",
    "retention",
    "repository",
    "webhooks",
];

/// `retries` at most.
const MAX_RETRIES: u32 = 100;

/// `retry_delay` where the job names none.
pub(super) const RETRY_DELAY: Duration = Duration::from_secs(15 * 60);

/// A backup job, as its file describes it.
#[derive(Clone, Debug)]
pub struct Job {
    /// The file, as the user named it.
    pub file: PathBuf,
    /// `id`, else derived from name and source, and so the same at every run.
    pub schedule_id: ScheduleId,
    /// `organization`, else `org_default`.
    pub organization: OrganizationId,
    /// From 1 to [`MAX_NAME_CHARS`](super::MAX_NAME_CHARS) characters, none of them a control character.
    pub name: String,
    /// What restic reads: absolute, UTF-8, without `.` and `..`; symbolic links are left as they are.
    pub source: PathBuf,
    /// Where restic saves it.
    pub repository: RepositorySpec,
    /// The pre-backup webhook.
    pub pre: Option<HookSpec>,
    /// The post-backup webhook.
    pub post: Option<HookSpec>,
    /// When the post hook is owed.
    pub when: PostWhen,
    /// Whether a service starts it by itself.
    pub enabled: bool,
    /// When a service starts it.
    pub schedule: Option<Schedule>,
    /// The zone of the schedule; absent is the machine's own.
    pub timezone: Option<TimeZone>,
    /// What a service does with a start that it missed.
    pub missed: Missed,
    /// What restic is told about the backup.
    pub backup: BackupOptions,
    /// How much is looked at before the pre hook.
    pub preflight: Depth,
    /// What is kept of the job's snapshots; absent is everything.
    pub retention: Option<Retention>,
    /// How often a run that ended as an error is tried again.
    pub retries: u32,
    /// The pause before each retry: the service is back meanwhile.
    pub retry_delay: Duration,
}

/// `preflight`: how much is looked at before the pre hook.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// What no hook can change.
    #[default]
    Basic,
    /// The source and the repository, too: for hooks that only pause.
    Full,
}

/// What restic is told about a backup, beside source and repository.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BackupOptions {
    /// The user's tags; none has a comma.
    pub tags: Vec<String>,
    /// Patterns of what to leave out.
    pub exclude: Vec<String>,
    /// Leave out folders that hold such a file.
    pub exclude_if_present: Vec<String>,
    /// Stay on the source's file system.
    pub one_file_system: bool,
    /// How hard restic compresses; absent is restic's own default.
    pub compression: Option<Compression>,
    /// The user's own flags.
    pub flags: ResticFlags,
    /// How much restic may be in the way of other programs.
    #[serde(default)]
    pub priority: Priority,
    /// How long a living lock in the repository is waited for.
    #[serde(default)]
    pub lock_wait: Duration,
}

/// `compression`, as it is sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// restic's default.
    Auto,
    /// None.
    Off,
    /// Slow and small.
    Max,
}

/// `priority`, as it is sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// As zb itself, so that the pause is short.
    #[default]
    Normal,
    /// Behind everything else, for the processor and the disk.
    Background,
}

impl From<Priority> for restic_driver::Priority {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Normal => Self::Normal,
            Priority::Background => Self::Background,
        }
    }
}

impl From<Compression> for restic_driver::Compression {
    fn from(compression: Compression) -> Self {
        match compression {
            Compression::Auto => Self::Auto,
            Compression::Off => Self::Off,
            Compression::Max => Self::Max,
        }
    }
}

impl Job {
    /// Which job of all organizations it is.
    #[must_use]
    pub fn key(&self) -> JobKey {
        JobKey::new(self.organization.clone(), self.schedule_id.clone())
    }

    /// Reads a job file. A relative `path` is relative to `cwd`, which is absolute; `timeout` is the deadline of a
    /// hook that names none.
    ///
    /// # Errors
    /// The first fault, with file, line and key.
    pub fn read(path: &Path, cwd: &Path, timeout: Duration) -> Result<Self, BadInput> {
        Self::from_text(&TomlText::read(path, cwd)?, timeout)
    }

    /// Reads the text of a job file.
    ///
    /// # Errors
    /// The first fault, with file, line and key.
    pub fn from_text(text: &TomlText, timeout: Duration) -> Result<Self, BadInput> {
        let document = text.parse()?;
        let top = document.top(&JOB_KEYS)?;
        refuse_masks(&top)?;
        let JobIdentity { schedule_id, organization, name, source } = JobIdentity::read(&top)?;
        let hooks = JobHooks::read(&top, timeout)?;
        Ok(Self {
            file: text.path().to_owned(),
            schedule_id,
            organization,
            name,
            source,
            repository: RepositorySpec::read(&top)?,
            pre: hooks.pre,
            post: hooks.post,
            when: hooks.when,
            enabled: top.boolean("enabled")?.unwrap_or(true),
            schedule: schedule(&top)?,
            timezone: timezone(&top)?,
            missed: top.choice("missed", &MISSED)?.unwrap_or_default(),
            backup: BackupOptions::read(&top)?,
            retention: Retention::read(&top)?,
            preflight: top.choice("preflight", &DEPTH)?.unwrap_or_default(),
            retries: retries(&top)?,
            retry_delay: top.duration("retry_delay")?.unwrap_or(RETRY_DELAY),
        })
    }
}

const MISSED: [(&str, Missed); 2] = [("run-once", Missed::RunOnce), ("skip", Missed::Skip)];

const PRIORITY: [(&str, Priority); 2] = [("normal", Priority::Normal), ("background", Priority::Background)];

const DEPTH: [(&str, Depth); 2] = [("basic", Depth::Basic), ("full", Depth::Full)];

const COMPRESSION: [(&str, Compression); 3] =
    [("auto", Compression::Auto), ("off", Compression::Off), ("max", Compression::Max)];

impl BackupOptions {
    fn read(top: &Section<'_>) -> Result<Self, BadInput> {
        let list = |key: &str| -> Result<Vec<String>, BadInput> {
            Ok(top.texts(key)?.unwrap_or_default().into_iter().map(ToOwned::to_owned).collect())
        };
        let tags = list("tags")?;
        if let Some(tag) = tags.iter().find(|tag| tag.contains(',')) {
            return Err(top.fault("tags", format!("holds {tag:?}: restic would split it at the comma")));
        }
        Ok(Self {
            tags,
            exclude: list("exclude")?,
            exclude_if_present: list("exclude_if_present")?,
            one_file_system: top.boolean("one_file_system")?.unwrap_or_default(),
            compression: top.choice("compression", &COMPRESSION)?,
            flags: ResticFlags::new(list("restic_flags")?, top.file().folder())
                .map_err(|error| top.fault("restic_flags", format!("cannot be used: {error}")))?,
            priority: top.choice("priority", &PRIORITY)?.unwrap_or_default(),
            lock_wait: top.duration("lock_wait")?.unwrap_or_default(),
        })
    }
}

fn retries(top: &Section<'_>) -> Result<u32, BadInput> {
    let Some(count) = top.integer("retries")? else { return Ok(0) };
    let retries = u32::try_from(count).ok().filter(|count| *count <= MAX_RETRIES);
    retries.ok_or_else(|| top.fault("retries", format!("is {count}, and must be from 0 to {MAX_RETRIES}")))
}

fn schedule(top: &Section<'_>) -> Result<Option<Schedule>, BadInput> {
    let Some(text) = top.text("schedule")? else { return Ok(None) };
    Schedule::parse(text).map(Some).map_err(|error| {
        top.fault("schedule", error.to_string()).hint(
            "the fields are minute, hour, day, month and day of the week: \"30 2 * * *\" is 02:30 every day",
        )
    })
}

fn timezone(top: &Section<'_>) -> Result<Option<TimeZone>, BadInput> {
    let Some(name) = top.text("timezone")? else { return Ok(None) };
    scheduler::zone(name).map(Some).map_err(|unknown| {
        let meant = unknown.nearest.as_ref().map(|name| format!("; did you mean {name:?}?"));
        let reason = format!("`timezone`: {unknown}{}", meant.unwrap_or_default());
        top.at_key("timezone", reason).hint("write an IANA name, such as \"Europe/Berlin\" or \"UTC\"")
    })
}

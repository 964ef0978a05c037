//! What a stored job is, and what may come of an attempt to change one.

use hook_core::{JobKey, OrganizationId, ScheduleId, Secret};
use jiff::Timestamp;
use lifecycle_engine::Holding;

/// A configured backup job, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct StoredJob {
    /// The tenant that owns it.
    pub organization: OrganizationId,
    /// Unique within the organization.
    pub schedule: ScheduleId,
    /// Unique within the organization.
    pub name: String,
    /// Its text, which the store does not read.
    pub definition: Secret,
    /// Counts up at each change, also across a deletion: no two definitions of a job ever have the same.
    pub revision: u32,
    /// When it was first kept.
    pub created_at: Timestamp,
    /// Who kept it first; absent where it was the command line.
    pub created_by: Option<String>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who changed it last; absent where it was the command line.
    pub updated_by: Option<String>,
}

/// Which definition a job has at the moment.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct JobRevision {
    /// The job.
    pub key: JobKey,
    /// Of its definition.
    pub revision: u32,
}

/// A job by its name alone.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct JobName {
    /// Unique within the organization.
    pub schedule: ScheduleId,
    /// Unique within the organization.
    pub name: String,
}

/// A job to be kept, under the key of its organization and schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever keeps a job says all of it")]
pub struct NewJob {
    /// The tenant that owns it.
    pub organization: OrganizationId,
    /// What it is known by.
    pub schedule: ScheduleId,
    /// What people call it.
    pub name: String,
    /// Its text: sealed, and not read.
    pub definition: Secret,
    /// Who keeps it; absent is the command line.
    pub by: Option<String>,
}

/// What must be there for a change to be made: so two people cannot overwrite each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "there is no fourth")]
pub enum Expected {
    /// No such job.
    Absent,
    /// The job at this revision.
    Revision(u32),
    /// Anything.
    Any,
}

impl Expected {
    /// Whether what is there is what was expected; nothing where there is nothing.
    pub(crate) fn allows(self, there: Option<u32>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => there.is_none(),
            Self::Revision(revision) => there == Some(revision),
        }
    }
}

/// What became of [`Store::put_job`](crate::Store::put_job).
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "it may not have been kept"]
#[non_exhaustive]
pub enum PutJob {
    /// It is on disk.
    Kept {
        /// Its revision from now on.
        revision: u32,
        /// Whether it was not there before.
        created: bool,
    },
    /// What was expected is not there. Nothing was changed.
    Changed {
        /// The job's revision; nothing where there is no such job.
        revision: Option<u32>,
    },
    /// Another job of the organization has the name. Nothing was changed.
    NameTaken {
        /// That job.
        by: ScheduleId,
    },
}

/// What became of [`Store::delete_job`](crate::Store::delete_job).
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "it may not have been deleted"]
#[non_exhaustive]
pub enum DeleteJob {
    /// It is gone from the disk.
    Deleted,
    /// What was expected is not there. Nothing was changed.
    Changed {
        /// The job's revision; nothing where there is no such job.
        revision: Option<u32>,
    },
    /// A living process acts for the job. Nothing was changed.
    InUse(Holding),
}

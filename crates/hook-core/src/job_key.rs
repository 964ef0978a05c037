//! Which configured backup job of all organizations.

use std::{fmt, str::FromStr};

use crate::{InvalidId, OrganizationId, ScheduleId};

/// A configured backup job. A `scheduleId` alone does not name one: two organizations may choose the same (`api.md` §1).
///
/// As a text it is the `scheduleId`, with the organization and a slash before it where that is not `org_default`:
///
/// ```
/// # use hook_core::JobKey;
/// let alone: JobKey = "sched_pg".parse()?;
/// assert_eq!(alone, JobKey::new(Default::default(), "sched_pg".parse()?));
/// let studio: JobKey = "org_studio/sched_pg".parse()?;
/// assert_ne!(studio, alone);
/// assert_eq!(studio.to_string(), "org_studio/sched_pg");
/// # Ok::<(), hook_core::InvalidId>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(clippy::exhaustive_structs, reason = "these two name a job, and nothing else does")]
pub struct JobKey {
    /// Whose it is.
    pub organization: OrganizationId,
    /// Its id within the organization.
    pub schedule: ScheduleId,
}

impl JobKey {
    /// The job of this id in this organization.
    #[must_use]
    pub fn new(organization: OrganizationId, schedule: ScheduleId) -> Self {
        Self { organization, schedule }
    }
}

impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.organization != OrganizationId::default() {
            write!(f, "{}/", self.organization)?;
        }
        self.schedule.fmt(f)
    }
}

impl FromStr for JobKey {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once('/') {
            Some((organization, schedule)) => Ok(Self::new(organization.parse()?, schedule.parse()?)),
            None => Ok(Self::new(OrganizationId::default(), text.parse()?)),
        }
    }
}

//! Who is told of what: one `[[notify]]` (`spec.md` §9), without the way there.

use std::collections::BTreeSet;

use hook_core::{OrganizationId, ScheduleId};
use jiff::Timestamp;

use crate::{Occasion, RunFacts};

/// A backup job, for what is told without a run.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever names a job says all of it")]
pub struct Job {
    /// The job.
    pub schedule_id: ScheduleId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What people call it.
    pub name: String,
}

/// Who is told of what.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Destination {
    /// Its name: deliveries, and what it knows of jobs, are kept under it. A renamed destination is a new one.
    pub name: String,
    /// What it is told of.
    pub on: BTreeSet<Occasion>,
    /// Of which jobs, by name or `scheduleId`; absent for all.
    pub jobs: Option<Vec<String>>,
    /// Of whose jobs; absent for all.
    pub organization: Option<OrganizationId>,
    /// What happened earlier is not for it; absent: what happened before it was seen first.
    pub since: Option<Timestamp>,
    /// Whether it wants signs of life instead of news (Healthchecks): a start, then a success or a failure, of every
    /// run.
    pub pings: bool,
}

impl Destination {
    /// For people: what went wrong, of all jobs, and that it is well again.
    #[must_use]
    pub fn people(name: impl Into<String>) -> Self {
        let quiet = [Occasion::Success, Occasion::Cancelled];
        let on = Occasion::ALL.into_iter().filter(|occasion| !quiet.contains(occasion)).collect();
        Self { name: name.into(), on, jobs: None, organization: None, since: None, pings: false }
    }

    /// For a service that expects signs of life: everything, of all jobs.
    #[must_use]
    pub fn pings(name: impl Into<String>) -> Self {
        Self { on: Occasion::ALL.into(), pings: true, ..Self::people(name) }
    }

    /// Whether it is told of every run's end, however it ends.
    pub(crate) fn hears_every_end(&self) -> bool {
        use Occasion::{Cancelled, Error, Success, Warning};
        [Success, Warning, Error, Cancelled].iter().all(|end| self.on.contains(end))
    }

    /// Whether it is told of this job.
    #[must_use]
    pub fn concerns(&self, job: &Job) -> bool {
        let ours = self.organization.as_ref().is_none_or(|ours| *ours == job.organization_id);
        let named = |jobs: &Vec<String>| {
            jobs.iter().any(|named| *named == job.name || named == job.schedule_id.as_str())
        };
        ours && self.jobs.as_ref().is_none_or(named)
    }
}

impl From<&RunFacts> for Job {
    fn from(facts: &RunFacts) -> Self {
        Self {
            schedule_id: facts.schedule_id.clone(),
            organization_id: facts.organization_id.clone(),
            name: facts.job_name.clone(),
        }
    }
}

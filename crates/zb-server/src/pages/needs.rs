//! *Needs you*: a service that may be down first, then failures, then what is late, then files that are no jobs
//! (`api.md` §5).

use hook_core::OrganizationId;
use job_store::{Run, StoredJob};

use super::{
    icon, status,
    words::{Times, capital},
};
use crate::{Problem, Service};

/// Something that needs somebody.
pub(super) struct Need {
    pub(super) is_owed: bool,
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) when: String,
    /// The page that says more, below the base path.
    pub(super) more: Option<String>,
    pub(super) action: Option<Doing>,
}

/// A form of one button.
pub(super) struct Doing {
    /// Below the base path.
    pub(super) path: String,
    pub(super) button: &'static str,
}

impl Service {
    /// What needs somebody, the gravest first.
    ///
    /// # Errors
    /// The store fails.
    pub(super) async fn needs_you(&self, organization: &OrganizationId) -> Result<Vec<Need>, Problem> {
        let (waiting, jobs) =
            tokio::join!(self.store.waiting_for_you(organization), self.store.jobs(Some(organization)));
        let waiting = waiting.map_err(|error| self.failed(&error))?;
        let jobs = jobs.map_err(|error| self.failed(&error))?;
        let times = self.times();
        let mut needs: Vec<Need> = waiting.owed.iter().map(|run| owed(run, &times)).collect();
        let only_failed = |run: &&Run| !waiting.owed.iter().any(|owed| owed.job_id == run.job_id);
        needs.extend(waiting.failed.iter().filter(only_failed).map(|run| failed(run, &times)));
        needs.extend(jobs.iter().filter_map(|job| self.late(job, &times)));
        if *organization == OrganizationId::default() {
            needs.extend(self.broken_files());
        }
        Ok(needs)
    }

    fn late(&self, job: &StoredJob, times: &Times) -> Option<Need> {
        let since = self.runner.timing(&job.organization, &job.schedule).overdue_since?;
        Some(Need {
            is_owed: false,
            tone: "soft-warn",
            icon: icon::CLOCK,
            title: format!("{}: overdue by {}", job.name, times.since(since)),
            text: "It should have started, and has not.".to_owned(),
            when: format!("Due {}", times.day(since)),
            more: None,
            action: Some(again(job.schedule.as_str())),
        })
    }

    fn broken_files(&self) -> Vec<Need> {
        let problems = self.runner.file_problems().into_iter();
        let needs = problems.map(|problem| Need {
            is_owed: false,
            tone: "soft-err",
            icon: icon::CROSS,
            title: format!("{} is no job", problem.file),
            text: match problem.line {
                Some(line) => format!("Line {line}: {}", problem.error),
                None => capital(&problem.error),
            },
            when: "The other files of the jobs directory run.".to_owned(),
            more: None,
            action: None,
        });
        needs.collect()
    }
}

fn owed(run: &Run, times: &Times) -> Need {
    let since = run.finished_at.unwrap_or(run.queued_at);
    let what = capital(&status::detail(run).unwrap_or_default());
    Need {
        is_owed: true,
        tone: "err",
        icon: icon::PAUSE,
        title: format!("{}: the service may still be stopped", run.job_name),
        text: format!("{what}. Nothing has confirmed that the service runs again."),
        when: format!("For {}, since {}", times.since(since), times.day(since)),
        more: Some(format!("/runs/{}", run.job_id)),
        action: Some(Doing {
            path: format!("/runs/{}/hooks/post/send", run.job_id),
            button: "Send the post hook again",
        }),
    }
}

fn failed(run: &Run, times: &Times) -> Need {
    Need {
        is_owed: false,
        tone: "soft-err",
        icon: icon::CROSS,
        title: format!("{}: the last run failed", run.job_name),
        text: capital(&run.error.clone().unwrap_or_default()),
        when: times.day(run.queued_at),
        more: Some(format!("/runs/{}", run.job_id)),
        action: Some(again(run.schedule_id.as_str())),
    }
}

fn again(schedule: &str) -> Doing {
    Doing { path: format!("/backups/{schedule}/runs"), button: "Backup now" }
}

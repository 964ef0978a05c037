//! *Needs you*: a service that may be down first, then failures, then what is late, then files that are no jobs.

use hook_core::{OrganizationId, RunStatus};
use job_store::PostHook;

use super::{icon, jobs::Job, status, words::Times};
use crate::Service;

/// Something that needs somebody.
pub(super) struct Need {
    /// The lower, the sooner.
    rank: u8,
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
    pub(super) is_first: bool,
}

impl Need {
    pub(super) fn is_owed(&self) -> bool {
        self.rank == 0
    }
}

/// Of backups with their last runs.
pub(super) fn of(service: &Service, organization: &OrganizationId, jobs: &[Job], times: &Times) -> Vec<Need> {
    let mut needs: Vec<Need> = jobs.iter().filter_map(|job| of_job(job, times)).collect();
    if *organization == OrganizationId::default() {
        needs.extend(service.runner.file_problems().into_iter().map(|problem| Need {
            rank: 3,
            tone: "soft-err",
            icon: icon::CROSS,
            title: format!("{} is no job", problem.file),
            text:
                problem.line.map_or(problem.error.clone(), |line| format!("Line {line}: {}", problem.error)),
            when: "The other files of the jobs directory run.".to_owned(),
            more: None,
            action: None,
        }));
    }
    needs.sort_by_key(|need| need.rank);
    needs
}

fn of_job(job: &Job, times: &Times) -> Option<Need> {
    let name = job.name();
    let last = job.runs.iter().find(|run| run.status.is_some());
    if let Some(run) = last.filter(|run| run.post_hook == PostHook::Failed) {
        let since = run.finished_at.unwrap_or(run.queued_at);
        return Some(Need {
            rank: 0,
            tone: "err",
            icon: icon::PAUSE,
            title: format!("{name}: the service may still be stopped"),
            text: format!(
                "{}. Nothing has confirmed that the service runs again.",
                super::words::capital(&status::detail(run).unwrap_or_default())
            ),
            when: format!("For {}, since {}", times.since(since), times.clock(since)),
            more: Some(format!("/runs/{}", run.job_id)),
            action: Some(Doing {
                path: format!("/runs/{}/hooks/post/send", run.job_id),
                button: "Send the post hook again",
                is_first: true,
            }),
        });
    }
    if let Some(run) = last.filter(|run| run.status == Some(RunStatus::Error)) {
        return Some(Need {
            rank: 1,
            tone: "soft-err",
            icon: icon::CROSS,
            title: format!("{name}: the last run failed"),
            text: run.error.clone().unwrap_or_default(),
            when: times.day(run.queued_at),
            more: Some(format!("/runs/{}", run.job_id)),
            action: again(job),
        });
    }
    let late = job.timing.overdue_since.filter(|_| job.current().is_none())?;
    Some(Need {
        rank: 2,
        tone: "soft-warn",
        icon: icon::CLOCK,
        title: format!("{name}: overdue by {}", times.since(late)),
        text: format!("It was due {} and has not started.", times.day(late)),
        when: last
            .map_or("It has not run yet".to_owned(), |run| format!("Last run {}", times.day(run.queued_at))),
        more: None,
        action: again(job),
    })
}

fn again(job: &Job) -> Option<Doing> {
    let path = format!("/backups/{}/runs", job.id());
    job.current().is_none().then_some(Doing { path, button: "Backup now", is_first: false })
}

//! *Needs you*: a service that may be down first, then failures, then what is late, then files that are no jobs
//! (`api.md` §5).

use hook_core::OrganizationId;
use job_store::Run;

use super::{
    icon, status,
    words::{Times, capital},
};
use crate::{NeedKind, Problem, Service};

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

impl Doing {
    /// Whether it sends something.
    pub(super) fn is_send(&self) -> bool {
        self.path.ends_with("/send")
    }
}

impl Service {
    /// What needs somebody, the gravest first: the needs of the API, told for a page, at most so many.
    ///
    /// # Errors
    /// The store fails.
    pub(super) async fn needs_you(
        &self,
        organization: &OrganizationId,
        at_most: usize,
    ) -> Result<Vec<Need>, Problem> {
        let times = self.times();
        let all = self.all_needs(organization, at_most).await?;
        // What is owed says more than that the run failed.
        let owed: Vec<_> = all
            .iter()
            .filter(|(need, _)| need.kind == NeedKind::PostHookOwed)
            .map(|(need, _)| need.job.clone())
            .collect();
        let is_new =
            |(need, _): &(crate::Need, _)| need.kind != NeedKind::Failed || !owed.contains(&need.job);
        let mut needs = Vec::new();
        for (need, run) in all.into_iter().filter(is_new).take(at_most) {
            needs.push(match run {
                Some(run) if need.kind == NeedKind::Failed => {
                    let job = self.store.job(organization, &run.schedule_id).await;
                    let is_stored = job.map_err(|error| self.failed(&error))?.is_some();
                    failed(&run, is_stored, &times)
                }
                Some(run) => self::owed(&run, &times),
                None => self.need(organization, need, &times).await?,
            });
        }
        Ok(needs)
    }

    async fn need(
        &self,
        organization: &OrganizationId,
        need: crate::Need,
        times: &Times,
    ) -> Result<Need, Problem> {
        let mut name = need.file.clone().unwrap_or_default();
        if let Some(schedule) = &need.schedule {
            let job = self.store.job(organization, schedule).await.map_err(|error| self.failed(&error))?;
            name = job.map_or_else(|| schedule.to_string(), |job| job.name);
        }
        Ok(other(&name, &need, times))
    }
}

fn other(name: &str, need: &crate::Need, times: &Times) -> Need {
    let since = need.since.map(|since| times.since(since)).unwrap_or_default();
    let path = need.schedule.as_ref().map(|schedule| format!("/backups/{schedule}"));
    let (title, tone, icon) = match need.kind {
        NeedKind::PausedByTest => (format!("{name}: paused by a test"), "err", icon::PAUSE),
        NeedKind::Overdue => (format!("{name}: overdue by {since}"), "soft-warn", icon::CLOCK),
        NeedKind::JobFile => (format!("{name} is no job"), "soft-err", icon::CROSS),
        _ => (format!("{name} needs you"), "soft-err", icon::CROSS),
    };
    let action = match (need.kind, &path) {
        (NeedKind::PausedByTest, Some(path)) => {
            Some(Doing { path: format!("{path}/hooks/post/clear"), button: "It runs again, clear this" })
        }
        (NeedKind::Overdue, Some(path)) => Some(Doing { path: format!("{path}/runs"), button: "Backup now" }),
        _ => None,
    };
    Need {
        is_owed: need.kind == NeedKind::PausedByTest,
        tone,
        icon,
        title,
        text: need.text.clone(),
        when: need.since.map(|since| times.day(since)).unwrap_or_default(),
        more: path
            .filter(|_| need.kind == NeedKind::PausedByTest)
            .map(|path| format!("{path}/hooks/post/test")),
        action,
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
        when: format!("For {}, since {}", times.since(since), times.day_within(since)),
        more: Some(format!("/runs/{}", run.job_id)),
        action: Some(Doing {
            path: format!("/runs/{}/hooks/post/send", run.job_id),
            button: "Send the post hook again",
        }),
    }
}

/// A job that is not stored is run by whoever has its file.
fn failed(run: &Run, is_stored: bool, times: &Times) -> Need {
    Need {
        is_owed: false,
        tone: "soft-err",
        icon: icon::CROSS,
        title: format!("{}: the last run failed", run.job_name),
        text: capital(&run.error.clone().unwrap_or_default()),
        when: times.day(run.queued_at),
        more: Some(format!("/runs/{}", run.job_id)),
        action: is_stored.then(|| again(run.schedule_id.as_str())),
    }
}

fn again(schedule: &str) -> Doing {
    Doing { path: format!("/backups/{schedule}/runs"), button: "Backup now" }
}

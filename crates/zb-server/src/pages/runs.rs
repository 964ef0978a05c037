//! The list of runs, newest first, with filters that are links and a form.

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use form_urlencoded::Serializer;
use hook_core::{OrganizationId, RunStatus, ScheduleId};
use jiff::Timestamp;
use job_store::{Run, RunList, RunPlace};

use super::{
    icon,
    run_page::trigger,
    shell::{Place, Shell},
    status::{self, Shown},
    visitor::Visitor,
    words::{Times, duration},
};
use crate::{Problem, Service, query::Query};

/// So many a page.
const ROWS: u32 = 50;

/// Of more backups nobody chooses in a list: the page of a backup leads to its runs.
const CHOICES: u32 = 200;

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/runs", get(show))
}

#[derive(Template)]
#[template(path = "runs.html")]
struct RunsPage {
    shell: Shell,
    rows: Vec<Row>,
    chips: Vec<Chip>,
    /// The value of the filter by result.
    result: String,
    /// The backups to choose from, and the one that is chosen.
    jobs: Vec<(String, String)>,
    schedule: String,
    zone: String,
    older: Option<String>,
    is_filtered: bool,
}

struct Row {
    id: String,
    schedule: String,
    name: String,
    queued_at: Timestamp,
    when: String,
    status: Shown,
    detail: Option<String>,
    trigger: String,
    pause: Option<String>,
    took: Option<String>,
}

/// A filter by result, as a link.
struct Chip {
    name: &'static str,
    to: String,
    is_here: bool,
}

/// The filters by result: the value of `result`, and its name.
const RESULTS: [(&str, &str); 7] = [
    ("", "All"),
    ("running", "Running"),
    ("success", "Success"),
    ("warning", "Warning"),
    ("error", "Error"),
    ("cancelled", "Cancelled"),
    ("interrupted", "Interrupted"),
];

async fn show(
    State(service): State<Service>,
    visitor: Visitor,
    mut query: Query,
) -> Result<Response, Problem> {
    let result = query.text("result").unwrap_or_default();
    let schedule = query.text("backup").unwrap_or_default();
    let before = query.text("before").and_then(|text| place(&text));
    let list = RunList {
        organization: visitor.caller.organization.clone(),
        schedules: schedule.parse::<ScheduleId>().into_iter().collect(),
        statuses: statuses(&result),
        interrupted: (result == "interrupted").then_some(true),
        before,
        ..RunList::default()
    };
    // Before the list is read: what comes in between is told again, and not missed.
    let head = service.bus.head().await.map_err(|error| service.failed(&error))?;
    let found = service.store.list_runs(&list, ROWS).await.map_err(|error| service.failed(&error))?;
    let jobs = service.choices(&visitor.caller.organization, &list.schedules).await?;
    let times = service.times();
    let mut shell = service.shell(&visitor, Place::Runs, "Runs").await?;
    let shown = &found[..found.len().min(ROWS as usize)];
    shell.refreshes = shown.iter().any(|(_, run)| run.status.is_none());
    shell.after = Some(head.get());
    let more = (found.len() > shown.len()).then(|| shown.last()).flatten();
    let older = more.map(|(place, _)| to(&result, &schedule, Some(*place)));
    let page = RunsPage {
        shell,
        rows: shown.iter().map(|(_, run)| row(run, &times)).collect(),
        chips: chips(&result, &schedule),
        is_filtered: !result.is_empty() || !schedule.is_empty(),
        jobs,
        zone: times.zone_name(),
        result,
        schedule,
        older,
    };
    visitor.page(&service, &page)
}

impl Service {
    /// The backups to choose from: all, or of too many the chosen one alone.
    async fn choices(
        &self,
        of: &OrganizationId,
        chosen: &[ScheduleId],
    ) -> Result<Vec<(String, String)>, Problem> {
        let names = self.store.job_names(of, CHOICES + 1).await.map_err(|error| self.failed(&error))?;
        if names.len() <= CHOICES as usize {
            return Ok(names.into_iter().map(|job| (job.schedule.to_string(), job.name)).collect());
        }
        let mut choices = Vec::new();
        for schedule in chosen {
            let job = self.store.job(of, schedule).await.map_err(|error| self.failed(&error))?;
            choices.extend(job.map(|job| (job.schedule.to_string(), job.name)));
        }
        Ok(choices)
    }
}

fn statuses(result: &str) -> Vec<Option<RunStatus>> {
    match result {
        "running" => vec![None],
        "success" => vec![Some(RunStatus::Success)],
        "warning" => vec![Some(RunStatus::Warning)],
        "error" => vec![Some(RunStatus::Error)],
        "cancelled" => vec![Some(RunStatus::Cancelled)],
        _ => Vec::new(),
    }
}

fn chips(result: &str, schedule: &str) -> Vec<Chip> {
    let chip = |(value, name)| Chip { name, to: to(value, schedule, None), is_here: value == result };
    RESULTS.into_iter().map(chip).collect()
}

/// A query with these filters.
fn to(result: &str, schedule: &str, before: Option<RunPlace>) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in [("result", result), ("backup", schedule)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    if let Some((at, number)) = before {
        query.append_pair("before", &format!("{}-{number}", at.as_microsecond()));
    }
    format!("?{}", query.finish())
}

/// Where a page begins, as [`to`] writes it; what is no place is the beginning.
fn place(text: &str) -> Option<RunPlace> {
    let (at, number) = text.rsplit_once('-')?;
    Some((Timestamp::from_microsecond(at.parse().ok()?).ok()?, number.parse().ok()?))
}

fn row(run: &Run, times: &Times) -> Row {
    let trigger = trigger(run);
    Row {
        id: run.job_id.to_string(),
        schedule: run.schedule_id.to_string(),
        name: run.job_name.clone(),
        queued_at: run.queued_at,
        when: times.day(run.queued_at),
        status: status::of(run),
        detail: status::detail(run),
        trigger: run.by.clone().unwrap_or_else(|| trigger.to_owned()),
        pause: run.pause_ms.map(duration),
        took: run.duration_ms.map(duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_where_the_one_before_ended() {
        let there = (Timestamp::from_microsecond(1_795_482_000_000_001).unwrap(), 42);
        let query = to("error", "sched_a", Some(there));
        assert_eq!(query, "?result=error&backup=sched_a&before=1795482000000001-42");
        assert_eq!(place("1795482000000001-42"), Some(there));
        for nonsense in ["", "-", "x-1", "1-x", "99999999999999999999-1"] {
            assert_eq!(place(nonsense), None, "{nonsense}");
        }
    }
}

//! The lists of runs, in SQL. Each is read in the order of an index, whatever is asked: of several values each has a part
//! of its own, and the parts are merged.

use hook_core::{JobId, JobKey, OrganizationId, RunStatus, ScheduleId};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter, types::Value};

use crate::{RunGlance, RunList, RunPlace, events::time, thread::Failure};

/// Newest first; the journal's order among those of one moment.
const ORDER: &str = "ORDER BY queued_at DESC, queued DESC LIMIT ?";

const FAILED: &str = "SELECT job FROM runs INDEXED BY runs_failed
    WHERE latest AND organization = ?1 AND status = 'error'
    AND NOT EXISTS (SELECT 1 FROM deleted_jobs AS deleted WHERE deleted.organization = runs.organization
                    AND deleted.schedule = runs.schedule)
    ORDER BY queued_at DESC, queued DESC";

const LAST_ENDED: &str = "SELECT job FROM runs INDEXED BY runs_latest
    WHERE latest AND organization = ?1 AND schedule = ?2 ORDER BY queued_at DESC, queued DESC LIMIT 1";

const LAST_SUCCESS: &str = "SELECT job FROM runs INDEXED BY runs_by_schedule
    WHERE organization = ?1 AND schedule = ?2 AND status = 'success'
    ORDER BY queued_at DESC, queued DESC LIMIT 1";

const CURRENT: &str = "SELECT job FROM runs INDEXED BY runs_unfinished
    WHERE status IS NULL AND organization = ?1 AND schedule = ?2 ORDER BY queued_at DESC, queued DESC LIMIT 1";

const NEWEST: &str = "SELECT job, status, queued_at, queued, pause_ms FROM runs INDEXED BY runs_of_schedule
    WHERE organization = ?1 AND schedule = ?2 ORDER BY queued DESC LIMIT 1";

const AFTER: &str = "SELECT job, status, queued_at, queued, pause_ms, organization, schedule FROM runs
    WHERE queued > ?1 ORDER BY queued";

const GLANCES: &str = "SELECT job, status, queued_at, queued, pause_ms FROM runs INDEXED BY runs_by_schedule
    WHERE organization = ?1 AND schedule = ?2 ORDER BY queued_at DESC, queued DESC LIMIT ?3";

/// How a run may have ended.
const ENDS: [RunStatus; 4] = [RunStatus::Success, RunStatus::Warning, RunStatus::Error, RunStatus::Cancelled];

/// The runs of a list, at most so many.
pub(crate) fn listed(
    connection: &Connection,
    list: &RunList,
    at_most: i64,
) -> Result<Vec<(RunPlace, JobId)>, Failure> {
    let (sql, params) = listing(list, at_most);
    let mut select = connection.prepare_cached(&sql)?;
    let found = select.query_and_then(params_from_iter(params), |row| {
        Ok(((time(row.get(0)?)?, row.get(1)?), id(row.get(2)?)?))
    })?;
    found.collect()
}

/// The runs that may owe a post hook, newest first.
pub(crate) fn owing(connection: &Connection, of: &OrganizationId) -> Result<Vec<JobId>, Failure> {
    let sql = "SELECT job FROM runs INDEXED BY runs_owing
               WHERE owing AND organization = ?1 ORDER BY queued_at DESC, queued DESC";
    jobs(connection, sql, of)
}

/// The last runs of jobs that ended as `error`, newest first.
pub(crate) fn failed(connection: &Connection, of: &OrganizationId) -> Result<Vec<JobId>, Failure> {
    jobs(connection, FAILED, of)
}

/// The last run of a job that ended.
pub(crate) fn last_ended(
    connection: &Connection,
    of: &OrganizationId,
    schedule: &ScheduleId,
) -> Result<Option<JobId>, Failure> {
    one(connection, LAST_ENDED, of, schedule)
}

/// The last run of a job that ended as `success`.
pub(crate) fn last_success(
    connection: &Connection,
    of: &OrganizationId,
    schedule: &ScheduleId,
) -> Result<Option<JobId>, Failure> {
    one(connection, LAST_SUCCESS, of, schedule)
}

/// The newest run of a job that is not over.
pub(crate) fn current(
    connection: &Connection,
    of: &OrganizationId,
    schedule: &ScheduleId,
) -> Result<Option<JobId>, Failure> {
    one(connection, CURRENT, of, schedule)
}

fn one(
    connection: &Connection,
    sql: &str,
    of: &OrganizationId,
    schedule: &ScheduleId,
) -> Result<Option<JobId>, Failure> {
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row((of.as_str(), schedule.as_str()), |row| row.get(0)).optional()?;
    found.map(id).transpose()
}

/// The run of a job that was recorded last.
pub(crate) fn newest(connection: &Connection, of: &JobKey) -> Result<Option<RunGlance>, Failure> {
    let mut select = connection.prepare_cached(NEWEST)?;
    select.query_and_then((of.organization.as_str(), of.schedule.as_str()), glance)?.next().transpose()
}

/// The newest runs of a job, at most so many.
pub(crate) fn glances(
    connection: &Connection,
    of: &OrganizationId,
    schedule: &ScheduleId,
    at_most: u32,
) -> Result<Vec<RunGlance>, Failure> {
    let mut select = connection.prepare_cached(GLANCES)?;
    select.query_and_then((of.as_str(), schedule.as_str(), at_most), glance)?.collect()
}

fn glance(row: &Row<'_>) -> Result<RunGlance, Failure> {
    let status: Option<String> = row.get(1)?;
    let status = status.and_then(|word| ENDS.into_iter().find(|status| status.as_str() == word));
    let pause_ms: Option<i64> = row.get(4)?;
    Ok(RunGlance {
        job: id(row.get(0)?)?,
        status,
        queued_at: time(row.get(2)?)?,
        place: row.get(3)?,
        pause_ms: pause_ms.and_then(|ms| u64::try_from(ms).ok()),
    })
}

/// All runs that were recorded after a place, oldest first.
pub(crate) fn after(connection: &Connection, place: i64) -> Result<Vec<(JobKey, RunGlance)>, Failure> {
    let mut select = connection.prepare_cached(AFTER)?;
    let found = select
        .query_and_then([place], |row| Ok((JobKey::new(id(row.get(5)?)?, id(row.get(6)?)?), glance(row)?)))?;
    found.collect()
}

/// The runs that are not over, oldest first.
pub(crate) fn running(
    connection: &Connection,
    of: &OrganizationId,
) -> Result<Vec<(JobId, ScheduleId)>, Failure> {
    let sql = "SELECT job, schedule FROM runs INDEXED BY runs_by_status
               WHERE organization = ?1 AND status IS NULL ORDER BY queued_at, queued";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_and_then([of.as_str()], |row| Ok((id(row.get(0)?)?, id(row.get(1)?)?)))?;
    found.collect()
}

/// Whether a run is an organization's; one that cannot be found is nobody's.
pub(crate) fn is_of<'a>(
    connection: &'a Connection,
    organization: &'a OrganizationId,
) -> impl Fn(&JobId) -> bool + 'a {
    move |job| organization_of(connection, job).is_ok_and(|of| of.as_ref() == Some(organization))
}

/// Whose a run is.
pub(crate) fn organization_of(
    connection: &Connection,
    job: &JobId,
) -> Result<Option<OrganizationId>, Failure> {
    let mut select = connection.prepare_cached("SELECT organization FROM runs WHERE job = ?1")?;
    let found = select.query_row([job.as_str()], |row| row.get::<_, String>(0)).optional()?;
    found.map(id).transpose()
}

fn jobs(connection: &Connection, sql: &str, of: &OrganizationId) -> Result<Vec<JobId>, Failure> {
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_and_then([of.as_str()], |row: &Row<'_>| id(row.get(0)?))?;
    found.collect()
}

fn id<T: TryFrom<String, Error = hook_core::InvalidId>>(text: String) -> Result<T, Failure> {
    Ok(T::try_from(text)?)
}

/// What one part of a list has: a column with one value, by an index that begins with it.
struct Part {
    index: &'static str,
    condition: &'static str,
    value: Option<Value>,
}

fn listing(list: &RunList, at_most: i64) -> (String, Vec<Value>) {
    let (mut texts, mut params) = (Vec::new(), Vec::new());
    for Part { index, condition, value } in parts(list) {
        let mut text = format!(
            "SELECT queued_at, queued, job FROM runs INDEXED BY {index} WHERE organization = ? AND {condition}"
        );
        params.push(list.organization.to_string().into());
        params.extend(value);
        for (clause, values) in conditions(list) {
            text.push_str(&clause);
            params.extend(values);
        }
        params.push(at_most.into());
        texts.push(format!("SELECT * FROM ({text} {ORDER})"));
    }
    params.push(at_most.into());
    (format!("SELECT * FROM ({}) {ORDER}", texts.join(" UNION ALL ")), params)
}

/// By the column that most often leaves the fewest.
fn parts(list: &RunList) -> Vec<Part> {
    let part = |index, condition, value: Option<&str>| Part {
        index,
        condition,
        value: value.map(|text| text.to_owned().into()),
    };
    if !list.schedules.is_empty() {
        let each = list.schedules.iter();
        return each.map(|id| part("runs_by_schedule", "schedule = ?", Some(id.as_str()))).collect();
    }
    if list.interrupted == Some(true) {
        return vec![part("runs_interrupted", "interrupted", None)];
    }
    if !list.statuses.is_empty() {
        let each = list.statuses.iter().map(|status| match status {
            Some(status) => part("runs_by_status", "status = ?", Some(status.as_str())),
            None => part("runs_by_status", "status IS NULL", None),
        });
        return each.collect();
    }
    if !list.triggers.is_empty() {
        let each = list.triggers.iter();
        return each.map(|trigger| part("runs_by_cause", "cause = ?", Some(trigger.as_str()))).collect();
    }
    vec![part("runs_by_time", "true", None)]
}

/// All that is asked; what the index has already costs nothing.
fn conditions(list: &RunList) -> Vec<(String, Vec<Value>)> {
    let text = |text: &str| Value::from(text.to_owned());
    let marks = |count: usize| vec!["?"; count].join(", ");
    let mut conditions = Vec::new();
    if !list.statuses.is_empty() {
        let over: Vec<Value> = list.statuses.iter().flatten().map(|status| text(status.as_str())).collect();
        let running = if list.statuses.contains(&None) { " OR status IS NULL" } else { "" };
        conditions.push((format!(" AND (status IN ({}){running})", marks(over.len())), over));
    }
    if !list.triggers.is_empty() {
        let causes = list.triggers.iter().map(|trigger| text(trigger.as_str())).collect();
        conditions.push((format!(" AND cause IN ({})", marks(list.triggers.len())), causes));
    }
    if let Some(interrupted) = list.interrupted {
        conditions.push((" AND interrupted = ?".to_owned(), vec![interrupted.into()]));
    }
    let times = [(" AND queued_at >= ?", list.since), (" AND queued_at < ?", list.until)];
    for (clause, at) in times {
        conditions.extend(at.map(|at| (clause.to_owned(), vec![at.as_microsecond().into()])));
    }
    if let Some((at, position)) = list.before {
        let values = vec![at.as_microsecond().into(), position.into()];
        conditions.push((" AND (queued_at, queued) < (?, ?)".to_owned(), values));
    }
    conditions
}

#[cfg(test)]
mod tests {
    use hook_core::{RunStatus, event::Trigger};
    use jiff::Timestamp;
    use rusqlite::Params;

    use super::*;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        for sql in [
            include_str!("../migrations/0001_first.sql"),
            include_str!("../migrations/0003_jobs.sql"),
            include_str!("../migrations/0006_run_lists.sql"),
            include_str!("../migrations/0011_glances.sql"),
        ] {
            connection.execute_batch(sql).unwrap();
        }
        connection
    }

    /// How SQLite goes about each part.
    fn plan(connection: &Connection, list: &RunList) -> Vec<String> {
        let (sql, params) = listing(list, 51);
        steps(connection, &sql, params_from_iter(params))
    }

    fn steps(connection: &Connection, sql: &str, params: impl Params) -> Vec<String> {
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = explain.query_map(params, |row| row.get::<_, String>(3)).unwrap();
        steps.map(Result::unwrap).collect()
    }

    #[test]
    fn what_is_asked_of_each_job_is_found_by_an_index() {
        let connection = database();
        let key = ("org_default", "sched_a");
        for (sql, expected) in [
            (LAST_ENDED, "runs_latest (organization=? AND schedule=?)"),
            (LAST_SUCCESS, "runs_by_schedule (organization=? AND schedule=?)"),
            (CURRENT, "runs_unfinished (schedule=?)"),
        ] {
            let steps = steps(&connection, sql, key);
            assert!(steps[0].contains(expected), "{steps:?}");
        }
        assert_eq!(steps(&connection, AFTER, [7]), ["SEARCH runs USING INTEGER PRIMARY KEY (rowid>?)"]);
        let glances = steps(&connection, GLANCES, (key.0, key.1, 30));
        assert!(
            glances.len() == 1 && glances[0].contains("runs_by_schedule (organization=? AND schedule=?)")
        );
        let failed = steps(&connection, FAILED, ["org_default"]);
        assert!(failed[0].contains("runs_failed (organization=?)"), "{failed:?}");
        let newest = steps(&connection, NEWEST, key);
        assert!(newest.len() == 1 && newest[0].contains("runs_of_schedule (schedule=?)"), "{newest:?}");
    }

    #[test]
    fn every_list_is_read_in_the_order_of_an_index() {
        let connection = database();
        let all = RunList::default;
        let at = Timestamp::UNIX_EPOCH;
        let schedules = vec!["sched_a".parse().unwrap(), "sched_b".parse().unwrap()];
        let table = [
            (all(), 1, "runs_by_time (organization=?)"),
            (RunList { since: Some(at), ..all() }, 1, "runs_by_time (organization=? AND queued_at>?)"),
            (
                RunList { since: Some(at), until: Some(at), before: Some((at, 1)), ..all() },
                1,
                "runs_by_time (organization=? AND queued_at>? AND",
            ),
            (
                RunList { statuses: vec![None, Some(RunStatus::Error)], before: Some((at, 1)), ..all() },
                2,
                "runs_by_status (organization=? AND status=? AND",
            ),
            (
                RunList { triggers: vec![Trigger::Missed], until: Some(at), ..all() },
                1,
                "runs_by_cause (organization=? AND cause=? AND queued_at<?)",
            ),
            (RunList { interrupted: Some(true), ..all() }, 1, "runs_interrupted (organization=?)"),
            (RunList { interrupted: Some(false), ..all() }, 1, "runs_by_time (organization=?)"),
            (
                RunList { schedules, statuses: vec![None], before: Some((at, 1)), ..all() },
                2,
                "runs_by_schedule (organization=? AND schedule=? AND",
            ),
        ];
        for (list, parts, expected) in table {
            let plan = plan(&connection, &list);
            assert_eq!(
                plan.iter().filter(|step| step.contains(expected)).count(),
                parts,
                "{list:?}: {plan:?}"
            );
            // Only what a part gave is sorted, at most a page: never what an index is searched for.
            let mut sorted = plan.windows(2).filter(|steps| steps[1].contains("TEMP B-TREE"));
            assert!(sorted.all(|steps| steps[0].starts_with("SCAN (subquery")), "{list:?}: {plan:?}");
        }
    }
}

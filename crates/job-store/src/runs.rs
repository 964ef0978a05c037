//! Finding runs, in SQL.

use hook_core::{InvalidId, JobId, JobKey};
use lifecycle_engine::Unfinished;
use rusqlite::{Connection, OptionalExtension, Params, params_from_iter, types::Value};

use crate::{RunFilter, thread::Failure};

/// However long the history, only the runs without an end are looked at: they have an index of their own, which
/// SQLite would not take by itself, since the table has the order that is asked for.
const UNFINISHED: &str = "SELECT job, organization, schedule FROM runs INDEXED BY runs_unfinished
    WHERE status IS NULL AND (?1 IS NULL OR organization = ?1 AND schedule = ?2) ORDER BY queued";

const DELIVERED_LATER: &str = "SELECT later.job FROM runs AS run JOIN runs AS later
    ON later.schedule = run.schedule AND later.organization = run.organization AND later.queued > run.queued
    WHERE run.job = ?1 AND later.delivered ORDER BY later.queued LIMIT 1";

/// Runs without an end, oldest first.
pub(crate) fn unfinished(connection: &Connection, of: Option<&JobKey>) -> Result<Vec<Unfinished>, Failure> {
    let mut select = connection.prepare_cached(UNFINISHED)?;
    let mut rows =
        select.query((of.map(|of| of.organization.as_str()), of.map(|of| of.schedule.as_str())))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let of = JobKey::new(id(row.get(1)?)?, id(row.get(2)?)?);
        found.push(Unfinished { job: id(row.get(0)?)?, of });
    }
    Ok(found)
}

/// The runs of a list, newest first.
pub(crate) fn newest(connection: &Connection, filter: &RunFilter) -> Result<Vec<JobId>, Failure> {
    let (sql, params) = listing(filter);
    jobs(connection, &sql, params_from_iter(params))
}

/// Only the conditions that are wanted are in the text: so each list has its index.
fn listing(filter: &RunFilter) -> (String, Vec<Value>) {
    let schedule = filter.schedule.as_ref().map(|schedule| ("schedule = ?", schedule.to_string().into()));
    // Not by the index of the API's lists, which has another order.
    let whose = filter.organization.as_ref().map(|whose| ("+organization = ?", whose.to_string().into()));
    let name = filter.job_name.as_ref().map(|name| ("job_name = ?", name.clone().into()));
    let earlier = "queued < (SELECT queued FROM runs WHERE job = ?)";
    let before = filter.before.as_ref().map(|before| (earlier, before.to_string().into()));
    let (conditions, mut params): (Vec<&str>, Vec<Value>) =
        [schedule, whose, name, before].into_iter().flatten().unzip();
    let wanted = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    let sql = format!("SELECT job FROM runs WHERE {wanted} ORDER BY queued DESC LIMIT ?");
    params.push(filter.limit.map_or(-1, i64::from).into());
    (sql, params)
}

/// The runs whose id ends so, newest first.
pub(crate) fn ending_in(connection: &Connection, end: &str) -> Result<Vec<JobId>, Failure> {
    let sql = "SELECT job FROM runs WHERE substr(job, -length(?1)) = ?1 ORDER BY queued DESC";
    jobs(connection, sql, [end])
}

/// The first run of the job after this one whose post hook got a 2xx.
pub(crate) fn delivered_after(connection: &Connection, job: &JobId) -> Result<Option<JobId>, Failure> {
    let mut select = connection.prepare_cached(DELIVERED_LATER)?;
    let found = select.query_row([job.as_str()], |row| row.get(0)).optional()?;
    found.map(id).transpose()
}

fn jobs(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<JobId>, Failure> {
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(id(row.get(0)?)?);
    }
    Ok(found)
}

fn id<T: TryFrom<String, Error = InvalidId>>(text: String) -> Result<T, Failure> {
    Ok(T::try_from(text)?)
}

#[cfg(test)]
mod tests {
    use hook_core::OrganizationId;
    use rusqlite::params_from_iter;

    use super::*;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../migrations/0001_first.sql")).unwrap();
        connection.execute_batch(include_str!("../migrations/0006_run_lists.sql")).unwrap();
        connection
    }

    /// How SQLite goes about it.
    fn plan(connection: &Connection, sql: &str, params: impl Params) -> String {
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = explain.query_map(params, |row| row.get::<_, String>(3)).unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    /// A history of 100,000 runs is not looked through at the start of each run.
    #[test]
    fn runs_without_an_end_have_an_index_of_their_own() {
        let connection = database();
        for of in [None, Some(("org_default", "sched_a"))] {
            let plan = plan(&connection, UNFINISHED, of.unzip());
            assert!(plan.contains("USING INDEX runs_unfinished"), "{plan}");
        }
    }

    #[test]
    fn a_later_delivery_has_an_index_of_its_own() {
        let plan = plan(&database(), DELIVERED_LATER, ["job_x"]);
        assert!(plan.contains("later USING INDEX runs_delivered (schedule=? AND rowid>?)"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }

    #[test]
    fn every_list_is_read_in_its_order() {
        let connection = database();
        let job = JobId::from_parts(1, [1; 10]);
        let all = RunFilter::default;
        let table = [
            (all(), "SCAN runs"),
            (
                RunFilter { before: Some(job.clone()), ..all() },
                "SEARCH runs USING INTEGER PRIMARY KEY (rowid<?)",
            ),
            (
                RunFilter { schedule: "sched_a".parse().ok(), ..all() },
                "USING INDEX runs_of_schedule (schedule=?)",
            ),
            (
                RunFilter {
                    schedule: "sched_a".parse().ok(),
                    organization: Some(OrganizationId::default()),
                    ..all()
                },
                "USING INDEX runs_of_schedule (schedule=?)",
            ),
            (
                RunFilter { schedule: "sched_a".parse().ok(), before: Some(job), ..all() },
                "USING INDEX runs_of_schedule (schedule=? AND rowid<?)",
            ),
            (
                RunFilter { job_name: Some("data".to_owned()), ..all() },
                "USING INDEX runs_of_name (job_name=?)",
            ),
        ];
        for (filter, expected) in table {
            let (sql, params) = listing(&filter);
            let plan = plan(&connection, &sql, params_from_iter(params));
            assert!(plan.contains(expected), "{filter:?}: {plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{filter:?}: {plan}");
        }
    }
}

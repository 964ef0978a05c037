//! A data directory of a service after years: many jobs, and a long history of each. To see how `zb serve` does then.
//!
//! `cargo run --release -p job-store --example long_service DIR JOBS RUNS SOURCE ORIGIN`; without words, ten jobs with a
//! hundred runs in a directory that is gone afterwards. `SOURCE` is the folder in which the jobs' sources are, `ORIGIN` where
//! their hooks go.
//!
//! Jobs are kept by the store. Of each kind of run one is appended by the store; the rows that came of it are written again
//! and again, with other ids, names and times. So what is in the tables is what the store writes, without its waits for the
//! disk. Every run has its whole history. The runs of a job are a day apart; the newest ones were an hour to 21 hours ago,
//! so that nothing is due in the next three hours and nothing is late. One job in four has both hooks. One run in a hundred
//! ended as a warning, one in two hundred as an error; the last one did so of one job in five hundred, and two jobs are owed
//! a post hook.

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::{error::Error, path::Path, sync::Arc};

use event_bus::{Clock, Journal, StreamId, Version};
use hook_core::{JobId, RunEvent, ScheduleId};
use jiff::{SignedDuration, Timestamp};
use job_store::{Expected, NewJob, PutJob, Store};
use rusqlite::{Connection, params};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The whole of a service.
struct Wanted {
    jobs: u64,
    runs: u64,
    source: String,
    origin: String,
}

/// What stands in a template for what is each run's own.
const JOB: &str = "job_00000000000000000000000000";
const SCHEDULE: &str = "sched_template";
const NAME: &str = "NAME OF THE JOB";
const SOURCE: &str = "/source/of/the/job";

const QUEUED: &str = r#""type":"run.queued","organizationId":"org_default","jobName":"NAME OF THE JOB",
    "sourcePath":"/source/of/the/job","trigger":"schedule","attempt":1,HOOKS"retention":false,"machine":1"#;
const HOOKS: &str = r#""hooks":{"pre":{"attempts":1},"post":{"attempts":1,"when":"paired"}},"#;
const NO_HOOKS: &str = r#""hooks":{},"#;
const CHECKED: &str = r#""type":"checks.finished","durationMs":4,"resticVersion":"0.18.0""#;
const STARTED: &str = r#""type":"restic.started","resticVersion":"0.18.0""#;
const PRE: [&str; 2] = [
    r#""type":"hook.started","phase":"pre","attempt":1,"webhookId":"msg_00000000000000000000000000_pre",
       "origin":"http://host.docker.internal:9000""#,
    r#""type":"hook.finished","phase":"pre","attempt":1,"outcome":"ok","httpStatus":200,"durationMs":3400,
       "response":"postgres\n""#,
];
const POST: &str = r#""type":"hook.started","phase":"post","attempt":1,"webhookId":"msg_00000000000000000000000000_post",
    "origin":"http://host.docker.internal:9000","status":"success""#;
const POST_ANSWERED: &str = r#""type":"hook.finished","phase":"post","attempt":1,"outcome":"ok","httpStatus":200,
    "durationMs":1100,"response":"postgres\n""#;
const POST_FAILED: &str = r#""type":"hook.finished","phase":"post","attempt":1,"outcome":"rejected","httpStatus":500,
    "durationMs":1100,"error":"post webhook returned HTTP 500","response":"Internal Server Error\n""#;
const SAVED: &str = r#""type":"restic.finished","outcome":"complete","exitCode":0,"snapshotId":"9f3c21ab",
    "summary":{"filesNew":118,"filesChanged":2304,"filesUnmodified":38786,"bytesProcessed":14602888806,
               "bytesAdded":327155712}"#;
const INCOMPLETE: &str = r#""type":"restic.finished","outcome":"incomplete","exitCode":3,"snapshotId":"9f3c21ab",
    "stderr":"error: open /source/of/the/job/locked: permission denied\n""#;
const FAILED: &str =
    r#""type":"restic.finished","outcome":"failed","exitCode":1,"stderr":"Fatal: no space left on device\n""#;
const SUCCESS: &str = r#""type":"run.finished","status":"success","snapshotId":"9f3c21ab","durationMs":268000,"pauseMs":252000"#;
const WARNING: &str = r#""type":"run.finished","status":"warning","error":"restic could not read all files",
    "snapshotId":"9f3c21ab","durationMs":268000"#;
const ERROR: &str = r#""type":"run.finished","status":"error","error":"restic failed: no space left on device","durationMs":9000"#;
const UNPAID: &str = r#""type":"run.finished","status":"warning","error":"post webhook returned HTTP 500",
    "snapshotId":"9f3c21ab","durationMs":268000,"pauseMs":252000"#;

/// What becomes of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Hooked,
    Warned,
    Failed,
    Owed,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Plain, Self::Hooked, Self::Warned, Self::Failed, Self::Owed];

    /// Of a job's run; `left` is how many come after it.
    fn of(job: u64, run: u64, left: u64) -> Self {
        let is_last = left == 0;
        match job {
            3 | 7 if is_last => Self::Owed,
            _ if is_last && job % 500 == 10 => Self::Failed,
            _ if !is_last && (job + run) % 200 == 20 => Self::Failed,
            _ if (job + run) % 100 == 30 => Self::Warned,
            _ if has_hooks(job) => Self::Hooked,
            _ => Self::Plain,
        }
    }

    fn told(self) -> Vec<String> {
        let hooks = matches!(self, Self::Hooked | Self::Owed);
        let queued = QUEUED.replace("HOOKS", if hooks { HOOKS } else { NO_HOOKS });
        let middle: Vec<&str> = match self {
            Self::Plain => vec![CHECKED, STARTED, SAVED, SUCCESS],
            Self::Hooked => vec![CHECKED, PRE[0], PRE[1], STARTED, SAVED, POST, POST_ANSWERED, SUCCESS],
            Self::Warned => vec![CHECKED, STARTED, INCOMPLETE, WARNING],
            Self::Failed => vec![CHECKED, STARTED, FAILED, ERROR],
            Self::Owed => vec![CHECKED, PRE[0], PRE[1], STARTED, SAVED, POST, POST_FAILED, UNPAID],
        };
        std::iter::once(queued).chain(middle.into_iter().map(ToOwned::to_owned)).collect()
    }
}

fn has_hooks(job: u64) -> bool {
    job % 4 == 3
}

/// The rows of one run, as the store wrote them.
struct Template {
    events: Vec<String>,
    cause: String,
    delivered: bool,
    status: String,
    owing: bool,
    pause_ms: Option<i64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let trial = tempfile::tempdir()?;
    let wanted = |jobs, runs, source: &str, origin: &str| Wanted {
        jobs,
        runs,
        source: source.to_owned(),
        origin: origin.to_owned(),
    };
    let (dir, wanted) = match words[..] {
        [] => (trial.path(), wanted(10, 100, "/srv", "http://127.0.0.1:9000")),
        [dir, jobs, runs, source, origin] => {
            (Path::new(dir), wanted(jobs.parse()?, runs.parse()?, source, origin))
        }
        _ => return Err("give DIR JOBS RUNS SOURCE ORIGIN, or nothing".into()),
    };
    #[expect(clippy::disallowed_methods, reason = "an example is an edge: the clock is chosen here")]
    let now = Timestamp::now();
    let mut templates = Vec::new();
    for kind in Kind::ALL {
        templates.push(template(kind).await?);
    }
    keep_jobs(dir, &wanted, now).await?;
    let events = write(dir, &wanted, now, &templates)?;
    println!("{} jobs, {} runs and {events} events are in {}", wanted.jobs, wanted.runs, dir.display());
    Ok(())
}

fn clock(now: Timestamp) -> Clock {
    Arc::new(move || now)
}

async fn template(kind: Kind) -> Result<Template> {
    let scratch = tempfile::tempdir()?;
    let store = Store::open(scratch.path(), clock(Timestamp::UNIX_EPOCH))?;
    let told = kind.told();
    let told = told.iter().map(|told| {
        serde_json::from_str(&format!(r#"{{"jobId":"{JOB}","scheduleId":"{SCHEDULE}",{told}}}"#))
    });
    let events = told.collect::<std::result::Result<Vec<RunEvent>, _>>()?;
    store.append(&StreamId::from(JOB), Version::EMPTY, events).await?;
    drop(store);
    let database = Connection::open(scratch.path().join("zb.db"))?;
    let mut select = database.prepare("SELECT event FROM events ORDER BY version")?;
    let events = select.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let columns = "cause, delivered, status, owing, pause_ms";
    Ok(database.query_row(&format!("SELECT {columns} FROM runs"), [], |row| {
        let (cause, delivered, status) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Template { events, cause, delivered, status, owing: row.get(3)?, pause_ms: row.get(4)? })
    })?)
}

/// The runs of a job begin so long after those of the first.
fn later(wanted: &Wanted, job: u64) -> Result<SignedDuration> {
    let spread = 20 * 3600;
    Ok(SignedDuration::from_secs(i64::try_from(job * spread / wanted.jobs)?))
}

fn first_of_day(now: Timestamp) -> Timestamp {
    let minute = now.as_second() / 60 * 60;
    Timestamp::from_second(minute - 21 * 3600).unwrap_or(now)
}

fn schedule_of(job: u64) -> String {
    format!("sched_{job:05}")
}

fn name_of(job: u64) -> String {
    format!("{} {job:05}", ["postgres", "mail", "photos", "wiki"][(job % 4) as usize])
}

async fn keep_jobs(dir: &Path, wanted: &Wanted, now: Timestamp) -> Result {
    let store = Store::open(dir, clock(now))?;
    for job in 0..wanted.jobs {
        let new = NewJob {
            organization: Default::default(),
            schedule: schedule_of(job).parse::<ScheduleId>()?,
            name: name_of(job),
            definition: definition(wanted, job, now)?.into(),
            by: Some("ana".to_owned()),
        };
        match store.put_job(new, Expected::Absent).await? {
            PutJob::Kept { .. } => {}
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(())
}

fn definition(wanted: &Wanted, job: u64, now: Timestamp) -> Result<String> {
    let (id, name, source, origin) = (schedule_of(job), name_of(job), &wanted.source, &wanted.origin);
    let due = first_of_day(now).checked_add(later(wanted, job)?)?.as_second() / 60;
    let hook = |phase: &str| {
        format!(
            "\n[webhooks.{phase}]\nurl = \"{origin}/{phase}\"\nheaders = \"\"\"\nX-Zerobyte-Hook-Secret: secret-of-{job}\n\"\"\"\n"
        )
    };
    let hooks = if has_hooks(job) { hook("pre") + &hook("post") } else { String::new() };
    Ok(format!(
        "id = \"{id}\"\nname = \"{name}\"\nsource = \"{source}/{job:05}\"\nschedule = \"{} {} * * *\"\ntimezone = \"UTC\"\n\
         tags = [\"nightly\"]\n\n[repository]\nurl = \"rest:https://backup.example.org/{:02}\"\n\
         password = \"correct horse battery staple\"\n\n[retention]\nkeep_daily = 14\n{hooks}",
        due % 60,
        due / 60 % 24,
        job % 100,
    ))
}

/// How many events there are.
fn write(dir: &Path, wanted: &Wanted, now: Timestamp, templates: &[Template]) -> Result<i64> {
    let mut database = Connection::open(dir.join("zb.db"))?;
    database
        .execute_batch("PRAGMA synchronous = off; PRAGMA journal_mode = off; PRAGMA cache_size = -200000;")?;
    let each = wanted.runs / wanted.jobs;
    let mut position = 0;
    for run in 0..each {
        let transaction = database.transaction()?;
        for job in 0..wanted.jobs {
            let left = each - run - 1;
            let ago = SignedDuration::from_hours(24) * i32::try_from(left)?;
            let at = first_of_day(now).checked_add(later(wanted, job)?)?.checked_sub(ago)?;
            let kind = Kind::of(job, run, left);
            let template = templates.iter().zip(Kind::ALL).find(|(_, of)| *of == kind);
            let template = template.ok_or("no such kind")?.0;
            write_run(&transaction, template, wanted, (job, at, left == 0), &mut position)?;
        }
        transaction.commit()?;
    }
    database.pragma_update(None, "journal_mode", "wal")?;
    Ok(position)
}

fn write_run(
    database: &Connection,
    template: &Template,
    wanted: &Wanted,
    (job, at, is_last): (u64, Timestamp, bool),
    position: &mut i64,
) -> Result {
    let number = u64::try_from(*position)?.to_be_bytes();
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number);
    let id = JobId::from_parts(u64::try_from(at.as_millisecond())?, random).to_string();
    let (schedule, name) = (schedule_of(job), name_of(job));
    let source = format!("{}/{job:05}", wanted.source);
    let queued = *position + 1;
    let micros = at.as_microsecond();
    let sql = "INSERT INTO events (position, stream, version, at, event) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = database.prepare_cached(sql)?;
    for (version, event) in (1..).zip(&template.events) {
        *position += 1;
        let event = event.replace(JOB, &id).replace(SCHEDULE, &schedule).replace(NAME, &name);
        let event = event.replace(SOURCE, &source).replace("00000000000000000000000000", &id[4..]);
        insert.execute(params![*position, id, version, micros + i64::from(version) * 1000, event])?;
    }
    let sql = "INSERT INTO runs (queued, job, schedule, job_name, delivered, status, cause, queued_at, owing, latest,
                                 pause_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    database.prepare_cached(sql)?.execute(params![
        queued,
        id,
        schedule,
        name,
        template.delivered,
        template.status,
        template.cause,
        micros,
        template.owing,
        is_last,
        template.pause_ms,
    ])?;
    Ok(())
}

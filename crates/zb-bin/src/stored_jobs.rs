//! Jobs by id or name: what JOB means where it is no file (`spec.md` §7).

use job_store::StoredJob;
use zb_server::nearest;

use crate::{
    config::{Definition, Job, JobRef, Settings},
    report::Failure,
    wiring,
};

/// The job, read.
///
/// # Errors
/// As [`find`]; and this zb does not read what another wrote.
pub(crate) async fn job(text: &str, settings: &Settings) -> Result<Job, Failure> {
    let stored = find(text, settings).await?;
    let definition = Definition::stored(stored.definition);
    Ok(definition.job(&stored.schedule, settings.webhook_timeout.value)?)
}

/// The one job of this id or name.
///
/// # Errors
/// There is none, or more than one; the data directory, its key or its database cannot be used.
pub(crate) async fn find(text: &str, settings: &Settings) -> Result<StoredJob, Failure> {
    let Some(store) = wiring::existing_jobs(settings)? else { return Err(unknown(text, &[])) };
    let mut found = store.find_jobs(text).await?;
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(last), false) => Err(ambiguous(text, &found, &last)),
        (None, _) => Err(unknown(text, &store.jobs(None).await?)),
    }
}

/// What a command that works with stored jobs alone was told.
///
/// # Errors
/// It is a file.
pub(crate) fn name(job: &JobRef) -> Result<&str, Failure> {
    match job {
        JobRef::Named(name) => Ok(name),
        JobRef::File(file) => {
            Err(Failure::invalid(format!("{} is a file, not a stored job", file.display()))
                .hint("name the job by its id or name: zb job list"))
        }
    }
}

fn ambiguous(text: &str, others: &[StoredJob], last: &StoredJob) -> Failure {
    let ids = others.iter().chain([last]).map(|job| format!("{} of {}", job.schedule, job.organization));
    let ids = ids.collect::<Vec<_>>().join(", ");
    Failure::invalid(format!("more than one stored job is called {text}: {ids}")).hint("write the id")
}

fn unknown(text: &str, jobs: &[StoredJob]) -> Failure {
    let failure = Failure::invalid(format!("no stored job is called {text}"));
    let failure = match nearest(text, jobs.iter().flat_map(|job| [job.name.as_str(), job.schedule.as_str()]))
    {
        Some(near) => failure.hint(format!("did you mean {near}?")),
        None => failure,
    };
    let failure = if jobs.is_empty() { failure } else { failure.hint("zb job list lists them") };
    failure.hint(format!("for a file write ./{text} or {text}.toml"))
}

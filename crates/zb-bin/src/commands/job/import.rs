//! `zb job import`: a job file becomes a stored job.

use std::{io::Write, path::Path};

use hook_core::Phase;
use job_store::{Expected, NewJob, PutJob, StoredJob};

use crate::{
    config::{Definition, Job, JobIdentity, Settings, Surroundings, TomlText},
    exit::Exit,
    report::Failure,
    wiring,
};

/// Keeps the job of a file; with `replace` also over the one of the same id.
///
/// # Errors
/// The file is bad, an origin is not allowed, the id or the name is taken, or the data directory cannot be used.
/// Nothing was changed.
pub async fn import(
    file: &Path,
    replace: bool,
    settings: &Settings,
    around: &Surroundings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let text = TomlText::read(file, &around.folder)?;
    let identity = JobIdentity::of(&text)?;
    let there = there(&identity, settings).await?;
    let timeout = settings.webhook_timeout.value;
    let stored = there.as_ref().map(|there| Definition::stored(there.definition.clone()));
    let stored = stored.as_ref().map(|definition| (&identity.schedule_id, definition));
    let definition = Definition::import(text, stored, timeout)?;
    let job = definition.job(&identity.schedule_id, timeout)?;
    allowed(&job, settings)?;
    if let Some(there) = there.as_ref().filter(|_| !replace) {
        return Err(exists(there));
    }
    let new = NewJob {
        organization: job.organization,
        schedule: job.schedule_id,
        name: job.name,
        definition: definition.text().clone(),
        by: None,
    };
    let expected = there.map_or(Expected::Absent, |there| Expected::Revision(there.revision));
    keep(new, expected, settings, out).await
}

/// The stored job that the file is about.
async fn there(identity: &JobIdentity, settings: &Settings) -> Result<Option<StoredJob>, Failure> {
    match wiring::existing_jobs(settings)? {
        Some(store) => Ok(store.job(&identity.organization, &identity.schedule_id).await?),
        None => Ok(None),
    }
}

/// As at each send (`spec.md` §2), so that it is said while the person is here.
fn allowed(job: &Job, settings: &Settings) -> Result<(), Failure> {
    let hooks = [(Phase::Pre, &job.pre), (Phase::Post, &job.post)];
    let hooks = hooks.into_iter().filter_map(|(phase, hook)| Some((phase, hook.as_ref()?)));
    for (phase, hook) in hooks {
        settings
            .allowed_origins
            .value
            .permit_address(phase, hook)
            .map_err(|error| Failure::from_chain(&error))?;
    }
    Ok(())
}

fn exists(there: &StoredJob) -> Failure {
    Failure::invalid(format!("there is a stored job {} already, {:?}", there.schedule, there.name))
        .hint("zb job import --replace takes its place")
}

async fn keep(
    new: NewJob,
    expected: Expected,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let store = wiring::store(settings)?;
    let (schedule, name) = (new.schedule.clone(), new.name.clone());
    match store.put_job(new, expected).await? {
        PutJob::Kept { revision, created } => {
            let done = if created { "Imported" } else { "Replaced" };
            crate::commands::end_of_output(writeln!(
                out,
                "{done} {name:?} as {schedule}, revision {revision}"
            ))
        }
        PutJob::NameTaken { by } => {
            Err(Failure::invalid(format!("a stored job is called {name:?} already: {by}"))
                .hint(format!("give this one another name, or write id = \"{by}\" to replace that one")))
        }
        _ => Err(Failure::error(format!("the stored job {schedule} was changed by somebody else meanwhile"))
            .hint("look at what is there now: zb job export, then import again")),
    }
}

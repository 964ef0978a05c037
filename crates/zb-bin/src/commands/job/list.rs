//! `zb job list`: the stored jobs by name.

use std::io::{self, Write};

use job_store::StoredJob;
use serde_json::json;

use crate::{
    config::{BadInput, Definition, Job, Settings},
    exit::Exit,
    report::Failure,
    wiring,
};

/// Lists the stored jobs, each on a line.
///
/// # Errors
/// The data directory, its key or its database cannot be used.
pub async fn list(json: bool, settings: &Settings, out: &mut dyn Write) -> Result<Exit, Failure> {
    let jobs = match wiring::existing_jobs(settings)? {
        Some(store) => store.jobs(None).await?,
        None => Vec::new(),
    };
    let read = |stored: StoredJob| {
        let definition = Definition::stored(stored.definition.clone());
        let job = definition.job(&stored.schedule, settings.webhook_timeout.value);
        (stored, job)
    };
    let jobs: Vec<_> = jobs.into_iter().map(read).collect();
    crate::commands::end_of_output(match json {
        true => jobs.iter().try_for_each(|(stored, job)| writeln!(out, "{}", line(stored, job))),
        false => table(&jobs, out),
    })
}

/// By the names of `api.md` §3.
fn line(stored: &StoredJob, job: &Result<Job, BadInput>) -> serde_json::Value {
    let job_ok = job.as_ref().ok();
    json!({
        "scheduleId": stored.schedule,
        "organizationId": stored.organization,
        "name": stored.name,
        "sourcePath": job_ok.map(|job| &job.source),
        "enabled": job_ok.map(|job| job.enabled),
        "schedule": job_ok.and_then(|job| job.schedule.as_ref()).map(|schedule| schedule.as_str()),
        "timezone": job_ok.and_then(|job| job.timezone.as_ref()).and_then(|zone| zone.iana_name()),
        "revision": stored.revision,
        "createdAt": stored.created_at,
        "createdBy": stored.created_by,
        "updatedAt": stored.updated_at,
        "updatedBy": stored.updated_by,
        "error": job.as_ref().err().map(ToString::to_string),
    })
}

fn table(jobs: &[(StoredJob, Result<Job, BadInput>)], out: &mut dyn Write) -> io::Result<()> {
    if jobs.is_empty() {
        return writeln!(out, "No stored jobs yet.");
    }
    let width = |text: &dyn Fn(&StoredJob) -> &str| {
        jobs.iter().map(|(stored, _)| text(stored).chars().count()).max().unwrap_or_default()
    };
    let (id_width, name_width) = (width(&|stored| stored.schedule.as_str()), width(&|stored| &stored.name));
    for (stored, job) in jobs {
        let about = match job {
            Ok(job) => format!("{}  {}", job.source.display(), when(job)),
            Err(error) => format!("cannot be read: {error}"),
        };
        let whose = match stored.organization.as_str() {
            "org_default" => String::new(),
            organization => format!("  ({organization})"),
        };
        writeln!(out, "{:id_width$}  {:name_width$}  {about}{whose}", stored.schedule.as_str(), stored.name)?;
    }
    Ok(())
}

fn when(job: &Job) -> String {
    match &job.schedule {
        Some(schedule) if job.enabled => schedule.as_str().to_owned(),
        Some(schedule) => format!("{} (disabled)", schedule.as_str()),
        None => "by hand".to_owned(),
    }
}

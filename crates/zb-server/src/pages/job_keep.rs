//! Keeping what somebody wrote: a backup, new or in the place of another.

use job_store::{Expected, NewJob, PutJob, StoredJob};

use super::visitor::Visitor;
use crate::{FieldError, JobDocument, NotRead, Problem, Reading, Service, auth::Action};

/// What came of an attempt to keep a job.
pub(super) enum Kept {
    There(String),
    Not(Vec<FieldError>),
    /// Somebody was faster: the revision of now.
    Changed(u32, FieldError),
}

pub(super) async fn keep(
    service: &Service,
    visitor: &Visitor,
    job: Option<&StoredJob>,
    expected: Option<u32>,
    document: &JobDocument,
    repository: Option<&str>,
) -> Result<Kept, Problem> {
    let caller = &visitor.caller;
    let organization = service.store.organization(&caller.organization).await;
    let roots = organization.map_err(|error| service.failed(&error))?.and_then(|found| found.roots);
    let reading = Reading {
        organization: &caller.organization,
        roots: roots.as_deref(),
        schedule: job.map(|job| &job.schedule),
        stored: job.map(|job| job.definition.expose()),
        repository,
    };
    let checked = match service.forms.read(document, reading) {
        Ok(checked) => checked,
        Err(NotRead::Invalid(faults)) => return Ok(Kept::Not(faults)),
        Err(NotRead::Malformed(reason)) => return Ok(Kept::Not(vec![FieldError::new("", reason)])),
    };
    let id = checked.schedule_id.clone();
    let new = NewJob {
        organization: caller.organization.clone(),
        schedule: checked.schedule_id,
        name: checked.name,
        definition: checked.definition,
        by: Some(caller.by()),
    };
    let expected = match job {
        None => Expected::Absent,
        Some(job) => Expected::Revision(expected.unwrap_or(job.revision)),
    };
    match service.store.put_job(new, expected).await.map_err(|error| service.failed(&error))? {
        PutJob::Kept { created, .. } => {
            let action = if created { Action::JobCreated } else { Action::JobReplaced };
            service.note(caller, action, id.as_str()).await?;
            service.runner.jobs_changed();
            Ok(Kept::There(id.to_string()))
        }
        PutJob::NameTaken { .. } => {
            Ok(Kept::Not(vec![FieldError::new("/name", "another backup has this name")]))
        }
        PutJob::Changed { revision: Some(now) } if job.is_some() => {
            let reason = "somebody else changed it meanwhile: save again to put this in its place";
            Ok(Kept::Changed(now, FieldError::new("", reason)))
        }
        _ => Ok(Kept::Not(vec![FieldError::new("/name", "another backup has the id of this name")])),
    }
}

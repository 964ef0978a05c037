//! Keeping what somebody wrote: a backup, new or in the place of another. What is wrong with it is no end, but for the form.

use job_store::ListedJob;

use super::visitor::Visitor;
use crate::{
    FieldError, JobDocument, Kind, Problem, Service,
    etag::{self, IfMatch},
};

/// What came of an attempt to keep a job.
pub(super) enum Kept {
    There(String),
    Not(Vec<FieldError>),
    /// Somebody was faster.
    Changed,
}

/// Keeps a document; in the place of a job only at the revision that the form was made of.
pub(super) async fn keep(
    service: &Service,
    visitor: &Visitor,
    there: Option<(ListedJob, u32)>,
    document: &JobDocument,
) -> Result<Kept, Problem> {
    let caller = &visitor.caller;
    let kept = match there {
        None => service.create_job(caller, document).await,
        Some((listed, revision)) => {
            let wanted = IfMatch::Tags(etag::of(revision));
            service.replace_job(caller, listed.job, document, &wanted).await
        }
    };
    match kept {
        Ok(saved) => Ok(Kept::There(saved.schedule.to_string())),
        Err(problem) => match problem.kind {
            Kind::Invalid => Ok(Kept::Not(problem.more.errors)),
            Kind::Malformed => Ok(Kept::Not(vec![FieldError::new("", problem.detail)])),
            Kind::Changed => Ok(Kept::Changed),
            _ => Err(problem),
        },
    }
}

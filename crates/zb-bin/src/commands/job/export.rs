//! `zb job export`: a stored job becomes a job file.

use std::io::Write;

use crate::{
    config::{Definition, JobRef, Secrets, Settings},
    exit::Exit,
    report::Failure,
    stored_jobs,
};

/// Prints the job as TOML.
///
/// # Errors
/// There is no such job, or the data directory, its key or its database cannot be used.
pub async fn export(
    job: &JobRef,
    secrets: Secrets,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let stored = stored_jobs::find(stored_jobs::name(job)?, settings).await?;
    let file = Definition::stored(stored.definition).export(&stored.schedule, secrets)?;
    crate::commands::end_of_output(out.write_all(file.as_bytes()))
}

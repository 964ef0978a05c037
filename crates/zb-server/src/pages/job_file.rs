//! A backup as a job file: taken out, and read in.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};

use super::{
    form::Form,
    icon,
    job_keep::{Kept, keep},
    shell::{Place, Shell},
    visitor::Visitor,
};
use crate::{FieldError, JobDocument, Problem, Scope, Service, api::disposition, body::Unread, named::Named};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/backups/import", get(show).post(import))
        .route("/backups/{scheduleId}/export", get(export))
}

#[derive(Template)]
#[template(path = "job_import.html")]
struct ImportPage {
    shell: Shell,
    file: String,
    wrong: Vec<String>,
}

async fn show(State(service): State<Service>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let shell = service.shell(&visitor, Place::Backups, "Import a job file").await?;
    visitor.page(&service, &ImportPage { shell, file: String::new(), wrong: Vec::new() })
}

async fn import(State(service): State<Service>, visitor: Visitor, body: Unread) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let form = Form::read(body, &visitor.csrf).await?;
    let file = form.text("file").replace("\r\n", "\n");
    let document = JobDocument::Toml(file.clone());
    let faults = match keep(&service, &visitor, None, &document).await? {
        Kept::There(id) => {
            return Ok(service.done(&visitor.client, &format!("/backups/{id}"), "The backup was saved."));
        }
        Kept::Not(faults) => faults,
        Kept::Changed => Vec::new(),
    };
    let shell = service.shell(&visitor, Place::Backups, "Import a job file").await?;
    let wrong = faults.into_iter().map(wrong).collect();
    service.page(StatusCode::UNPROCESSABLE_ENTITY, &ImportPage { shell, file, wrong })
}

fn wrong(fault: FieldError) -> String {
    let line = fault.line.map(|line| format!("line {line}, ")).unwrap_or_default();
    match fault.field.is_empty() {
        true => format!("{line}{}", fault.reason),
        false => format!("{line}{}: {}", fault.field, fault.reason),
    }
}

async fn export(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
) -> Result<Response, Problem> {
    let job = service.stored_job(&visitor, &id).await?;
    let text = service.forms.export(job.definition.expose()).map_err(|reason| service.internal(&reason))?;
    let headers = [
        (header::CONTENT_TYPE, "application/toml".to_owned()),
        (header::CONTENT_DISPOSITION, disposition(&job.name)),
    ];
    Ok((headers, text).into_response())
}

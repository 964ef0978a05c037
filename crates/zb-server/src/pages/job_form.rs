//! The form of a backup: new, and changed.

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use http::StatusCode;
use job_store::ListedJob;
use serde_json::{Value, json};

use super::{
    fields::{Fields, Wrong},
    form::Form,
    icon,
    job_document::{FIELDS, empty, field_of, is_advanced, typed, value_of},
    job_keep::{Kept, keep},
    shell::{Place, Shell},
    visitor::Visitor,
    words::{Times, duration},
};
use crate::{FieldError, JobDocument, Problem, Scope, Service, body::Unread, named::Named};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/backups/new", get(show_new).post(create))
        .route("/backups/{scheduleId}/edit", get(show_edit).post(replace))
}

#[derive(Template)]
#[template(path = "job_form.html")]
struct JobFormPage {
    shell: Shell,
    title: String,
    /// Where the form goes, and where *Cancel* leads.
    action: String,
    back: String,
    fields: Fields,
    /// The repositories to choose from: value and address.
    repositories: Vec<(String, String)>,
    /// In words, or what is wrong with it.
    schedule: String,
    next: Vec<(jiff::Timestamp, String)>,
    is_new: bool,
}

impl JobFormPage {
    fn is_advanced_open(&self) -> bool {
        self.fields.wrong.iter().any(|wrong| is_advanced(wrong.field))
    }

    /// The waits to choose from: milliseconds, and the same in words.
    fn waits(&self) -> Vec<(String, String)> {
        let mut waits = vec![0_u64, 60_000, 300_000, 900_000, 1_800_000, 3_600_000];
        waits.extend(self.fields.value("retry-delay").parse::<u64>().ok());
        waits.sort_unstable();
        waits.dedup();
        let word = |ms| match ms {
            0 => "none".to_owned(),
            3_600_000 => "1 h".to_owned(),
            ms if ms < 3_600_000 && ms % 60_000 == 0 => format!("{} min", ms / 60_000),
            _ => duration(ms),
        };
        waits.into_iter().map(|ms| (ms.to_string(), word(ms))).collect()
    }
}

async fn show_new(State(service): State<Service>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let document = empty();
    let page = page(&service, &visitor, None, values(&document), Vec::new()).await?;
    visitor.page(&service, &page)
}

async fn show_edit(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let job = service.editable(&visitor, &id).await?;
    let mut values = values(&service.document(&job)?);
    values.push(("revision", job.job.revision.to_string()));
    values.push(("repository", job.repository.clone().unwrap_or_default()));
    let page = page(&service, &visitor, Some(&job), values, Vec::new()).await?;
    visitor.page(&service, &page)
}

async fn create(State(service): State<Service>, visitor: Visitor, body: Unread) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let form = Form::read(body, &visitor.csrf).await?;
    save(&service, &visitor, None, &form).await
}

async fn replace(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let job = service.editable(&visitor, &id).await?;
    let form = Form::read(body, &visitor.csrf).await?;
    save(&service, &visitor, Some(job), &form).await
}

async fn save(
    service: &Service,
    visitor: &Visitor,
    job: Option<ListedJob>,
    form: &Form,
) -> Result<Response, Problem> {
    let before = job.as_ref().map_or_else(|| Ok(empty()), |job| service.document(job))?;
    let (mut document, mut faults) = typed(form, &before);
    document["repository"] = repository(form, &before);
    if form.text("do") == "preview" {
        let page = page(service, visitor, job.as_ref(), echo(form), Vec::new()).await?;
        return service.page(StatusCode::OK, &page);
    }
    let mut revision = form.text("revision").to_owned();
    let document = JobDocument::Json(document);
    if faults.is_empty() {
        let there = job.clone().map(|listed| {
            let expected = revision.parse().unwrap_or(listed.job.revision);
            (listed, expected)
        });
        match keep(service, visitor, there, &document).await? {
            Kept::There(id) => {
                return Ok(service.done(&visitor.client, &format!("/backups/{id}"), "The backup was saved."));
            }
            Kept::Not(found) => faults = found,
            Kept::Changed => {
                let reason = "somebody else changed it meanwhile: save again to put this in its place";
                faults = vec![FieldError::new("", reason)];
                revision = job.as_ref().map_or(revision, |listed| listed.job.revision.to_string());
            }
        }
    } else {
        // What is no number is told beside all the rest.
        let stored = job.as_ref().map(|listed| &listed.job);
        faults.extend(service.job_faults(&visitor.caller, &document, stored).await?);
    }
    let mut values = echo(form);
    if let Some((_, value)) = values.iter_mut().find(|(name, _)| *name == "revision") {
        *value = revision;
    }
    let page = page(service, visitor, job.as_ref(), values, faults).await?;
    service.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The chosen repository: a new one, the backup's own, or another one by its id.
fn repository(form: &Form, before: &Value) -> Value {
    match form.text("repository") {
        "new" => {
            let (url, password) = (form.text("repository-url").trim(), form.text("repository-password"));
            json!({"url": url, "password": password})
        }
        id if id.is_empty() || before["repository"]["repositoryId"] == id => before["repository"].clone(),
        id => json!({"repositoryId": id}),
    }
}

/// What each field shows of a document.
fn values(document: &Value) -> Vec<(&'static str, String)> {
    let shown = FIELDS.iter().filter(|(name, ..)| !name.starts_with("repository") && *name != "revision");
    shown.map(|(name, ..)| (*name, value_of(document, name))).collect()
}

/// What each field shows of what was typed just now.
fn echo(form: &Form) -> Vec<(&'static str, String)> {
    FIELDS.iter().map(|(name, ..)| (*name, form.text(name).replace("\r\n", "\n"))).collect()
}

async fn page(
    service: &Service,
    visitor: &Visitor,
    job: Option<&ListedJob>,
    values: Vec<(&'static str, String)>,
    faults: Vec<FieldError>,
) -> Result<JobFormPage, Problem> {
    let times = service.times();
    let title = job.map_or_else(|| "New backup".to_owned(), |listed| format!("Edit {}", listed.job.name));
    let shell = service.shell(visitor, Place::Backups, title.clone()).await?;
    let (action, back) = match job {
        Some(ListedJob { job, .. }) => {
            (format!("/backups/{}/edit", job.schedule), format!("/backups/{}", job.schedule))
        }
        None => ("/backups/new".to_owned(), "/backups".to_owned()),
    };
    let fields = Fields { values, wrong: faults.into_iter().map(wrong).collect() };
    let (schedule, next) = preview(service, &times, fields.value("schedule"), fields.value("timezone"));
    let repositories = repositories(service, visitor).await?;
    let is_new = job.is_none();
    Ok(JobFormPage { shell, title, action, back, fields, repositories, schedule, next, is_new })
}

fn wrong(fault: FieldError) -> Wrong {
    let (field, title) = field_of(&fault.field).unwrap_or(("", "This backup"));
    let is_other = field.is_empty() && !fault.field.is_empty();
    let title = if is_other { fault.field.clone() } else { title.to_owned() };
    Wrong { field, title, reason: fault.reason, line: fault.line }
}

fn preview(
    service: &Service,
    times: &Times,
    schedule: &str,
    timezone: &str,
) -> (String, Vec<(jiff::Timestamp, String)>) {
    if schedule.is_empty() {
        return ("By hand only.".to_owned(), Vec::new());
    }
    let times = times.in_zone(timezone);
    let timezone = (!timezone.is_empty()).then_some(timezone);
    match service.forms.preview(schedule, timezone, times.now) {
        Ok(preview) => {
            let next = preview.times.iter().map(|at| (*at, times.day(*at))).collect();
            (format!("{}, {}.", preview.text, preview.timezone), next)
        }
        Err(faults) => {
            (faults.into_iter().map(|fault| fault.reason).collect::<Vec<_>>().join(" "), Vec::new())
        }
    }
}

/// The organization's repositories: id and address.
async fn repositories(service: &Service, visitor: &Visitor) -> Result<Vec<(String, String)>, Problem> {
    const ALL: u32 = 1000;
    let organization = &visitor.caller.organization;
    service.take_facts(organization).await?;
    let stored = service.store.repositories(organization, None, ALL).await;
    let stored = stored.map_err(|error| service.failed(&error))?;
    let shown = stored.into_iter().filter_map(|repository| {
        let facts = service.forms.facts(repository.definition.expose()).ok()?;
        Some((repository.id, facts.shown_url))
    });
    Ok(shown.collect())
}

impl Service {
    /// A backup of a visitor's organization that no file has.
    ///
    /// # Errors
    /// 404, 409.
    pub(super) async fn editable(&self, visitor: &Visitor, id: &str) -> Result<ListedJob, Problem> {
        let listed = self.job_of(&visitor.caller, id).await?;
        self.not_managed(&listed.job.organization, &listed.job.schedule)?;
        Ok(listed)
    }

    /// The JSON of a backup, masked.
    ///
    /// # Errors
    /// It cannot be read any more.
    pub(super) fn document(&self, listed: &ListedJob) -> Result<Value, Problem> {
        self.show_job(listed).map_err(|reason| self.internal(&reason))
    }
}

//! A destination: new, changed, tried, deleted.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use job_store::{Expected, StoredDestination};
use serde_json::Value;

use super::{
    deliveries::Deliveries,
    destination_document::{SETTINGS, classes, empty, field_of, kind_title, occasions, typed, value_of},
    fields::{Fields, Wrong},
    form::Form,
    icon,
    shell::{Place, Shell},
    visitor::Visitor,
};
use crate::{
    FieldError, Kind, Problem, Scope, Service,
    body::{Unread, fields_of},
    destinations::KINDS,
    etag::{self, IfMatch},
    named::Named,
    query::Query,
};

/// So many backups to choose from; those that are chosen are there in any case.
const MOST_JOBS: u32 = 100;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/notifications/new", get(show_new).post(create))
        .route("/notifications/{destinationId}", get(show).post(replace))
        .route("/notifications/{destinationId}/test", post(test))
        .route("/notifications/{destinationId}/delete", get(ask).post(remove))
}

#[derive(Template)]
#[template(path = "destination.html")]
struct DestinationPage {
    shell: Shell,
    title: String,
    /// Absent: it is new.
    there: Option<There>,
    fields: Fields,
    kinds: Vec<(&'static str, &'static str)>,
    /// What it may be told of: value, name, and whether it is.
    occasions: Vec<(&'static str, &'static str, bool)>,
    /// The backups to choose from: id, name, and whether it is chosen.
    jobs: Vec<(String, String, bool)>,
    are_more_jobs: bool,
    can_run: bool,
    can_manage: bool,
}

/// One that is stored.
struct There {
    id: String,
    deliveries: Deliveries,
}

impl DestinationPage {
    fn classes(&self, field: &str) -> String {
        classes(field)
    }

    fn action(&self) -> String {
        self.there.as_ref().map_or_else(|| "new".to_owned(), |there| there.id.clone())
    }
}

/// What a form shows: a document, and what is wrong with it.
struct Shown {
    document: Value,
    revision: String,
    wrong: Vec<FieldError>,
}

async fn show_new(State(service): State<Service>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let shown = Shown { document: empty(), revision: String::new(), wrong: Vec::new() };
    let page = page(&service, &visitor, None, shown, None).await?;
    visitor.page(&service, &page)
}

async fn show(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    mut query: Query,
) -> Result<Response, Problem> {
    let there = service.destination_of(&visitor.caller, &id).await?;
    let shown = Shown {
        document: service.show_destination(&visitor.caller, &there).await?,
        revision: there.revision.to_string(),
        wrong: Vec::new(),
    };
    let before = query.text("before").and_then(|place| place.parse().ok());
    let page = page(&service, &visitor, Some(&there), shown, before).await?;
    visitor.page(&service, &page)
}

async fn create(State(service): State<Service>, visitor: Visitor, body: Unread) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let form = Form::read(body, &visitor.csrf).await?;
    let document = typed(&form);
    let made =
        service.create_destination(&visitor.caller, Query::default(), fields_of(document.clone())?).await;
    saved(&service, &visitor, None, made, Shown { document, revision: String::new(), wrong: Vec::new() })
        .await
}

async fn replace(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let there = service.destination_of(&visitor.caller, &id).await?;
    let form = Form::read(body, &visitor.csrf).await?;
    let document = typed(&form);
    let revision = form.text("revision").parse().unwrap_or(there.revision);
    let wanted = IfMatch::Tags(etag::of(revision));
    let fields = fields_of(document.clone())?;
    let kept =
        service.replace_destination(&visitor.caller, there.clone(), Query::default(), fields, &wanted).await;
    let shown = Shown { document, revision: revision.to_string(), wrong: Vec::new() };
    saved(&service, &visitor, Some(&there), kept, shown).await
}

/// To the destination, or to the form with what is wrong with it.
async fn saved(
    service: &Service,
    visitor: &Visitor,
    there: Option<&StoredDestination>,
    kept: Result<StoredDestination, Problem>,
    shown: Shown,
) -> Result<Response, Problem> {
    let shown = match kept {
        Ok(kept) => {
            let path = format!("/notifications/{}", kept.id);
            return Ok(service.done(&visitor.client, &path, "The destination was saved."));
        }
        Err(problem) if problem.kind == Kind::Invalid => Shown { wrong: problem.more.errors, ..shown },
        Err(problem) if problem.kind == Kind::Changed => {
            let reason = "somebody else changed it meanwhile: save again to put this in its place";
            let revision = there.map(|there| there.revision.to_string()).unwrap_or_default();
            Shown { wrong: vec![FieldError::new("", reason)], revision, ..shown }
        }
        Err(problem) => return Err(problem),
    };
    let page = page(service, visitor, there, shown, None).await?;
    service.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn test(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Run)?;
    let there = service.destination_of(&visitor.caller, &id).await?;
    Form::read(body, &visitor.csrf).await?;
    service.count_destination(&id)?;
    let sent = service.test_destination(&visitor.caller, &there).await?;
    let text = match (&sent.error, sent.http_status) {
        (Some(error), _) => format!("The test was not delivered.\n{error}"),
        (None, Some(status)) => format!("The test was delivered: HTTP {status}."),
        (None, None) => "The test was delivered.".to_owned(),
    };
    Ok(service.done(&visitor.client, &format!("/notifications/{id}"), &text))
}

#[derive(Template)]
#[template(path = "destination_delete.html")]
struct DeletePage {
    shell: Shell,
    id: String,
    name: String,
}

async fn ask(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    let there = service.destination_of(&visitor.caller, &id).await?;
    let title = format!("Delete {}", there.name);
    let shell = service.shell(&visitor, Place::Notifications, title).await?;
    visitor.page(&service, &DeletePage { shell, id, name: there.name })
}

async fn remove(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Manage)?;
    service.destination_of(&visitor.caller, &id).await?;
    Form::read(body, &visitor.csrf).await?;
    service.delete_destination(&visitor.caller, &id, Expected::Any).await?;
    Ok(service.done(&visitor.client, "/notifications", "The destination was deleted."))
}

async fn page(
    service: &Service,
    visitor: &Visitor,
    there: Option<&StoredDestination>,
    shown: Shown,
    before: Option<i64>,
) -> Result<DestinationPage, Problem> {
    let Shown { document, revision, wrong } = shown;
    let title = there.map_or_else(|| "Add a destination".to_owned(), |there| there.name.clone());
    let (jobs, are_more_jobs) = jobs(service, visitor, &document).await?;
    let is_told =
        |occasion: &str| document["on"].as_array().is_some_and(|on| on.iter().any(|told| told == occasion));
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let mut values = vec![("name", text("name")), ("kind", text("kind")), ("revision", revision)];
    if document["enabled"] == true {
        values.push(("enabled", "on".to_owned()));
    }
    values.extend(SETTINGS.iter().map(|(id, name, _)| (*id, value_of(&document, name))));
    let there = match there {
        Some(there) => {
            let names = [(there.id.clone(), there.name.clone())];
            let deliveries = service.delivery_rows(visitor, &names, before).await?;
            Some(There { id: there.id.clone(), deliveries })
        }
        None => None,
    };
    Ok(DestinationPage {
        shell: service.shell(visitor, Place::Notifications, title.clone()).await?,
        title,
        there,
        fields: Fields { values, wrong: wrong.into_iter().map(self::wrong).collect() },
        kinds: KINDS.iter().map(|kind| (kind.name, kind_title(kind.name))).collect(),
        occasions: occasions().map(|(value, name)| (value, name, is_told(value))).into(),
        jobs,
        are_more_jobs,
        can_run: visitor.caller.scope >= Scope::Run,
        can_manage: visitor.caller.scope >= Scope::Manage,
    })
}

fn wrong(fault: FieldError) -> Wrong {
    let (field, title) = field_of(&fault.field);
    Wrong { field, title: title.to_owned(), reason: fault.reason, line: fault.line }
}

/// The backups to choose from, with all that are chosen, and whether there are more.
async fn jobs(
    service: &Service,
    visitor: &Visitor,
    document: &Value,
) -> Result<(Vec<(String, String, bool)>, bool), Problem> {
    let chosen: Vec<&str> =
        document["jobs"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let of = &visitor.caller.organization;
    let names = service.store.job_names(of, MOST_JOBS + 1).await.map_err(|error| service.failed(&error))?;
    let are_more = names.len() > MOST_JOBS as usize;
    let mut jobs: Vec<_> = names
        .into_iter()
        .take(MOST_JOBS as usize)
        .map(|job| {
            let id = job.schedule.to_string();
            let is_chosen = chosen.contains(&id.as_str());
            (id, job.name, is_chosen)
        })
        .collect();
    // One that is gone may stay.
    let others: Vec<_> = chosen.iter().filter(|id| jobs.iter().all(|(known, ..)| known != *id)).collect();
    let named = service.names_of(of, others.iter().map(|id| **id)).await?;
    jobs.extend(named.into_iter().map(|(id, name)| (id, name, true)));
    Ok((jobs, are_more))
}

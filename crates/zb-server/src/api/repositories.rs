//! Repositories (`api.md` §4).

use axum::{Json, extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use job_store::{DeleteRepository, Expected, NewJob, NewRepository, PutRepository, StoredRepository};
use serde_json::{Value, json};

use super::{job_shape::repository, run_now::NOTHING};
use crate::{
    Caller, CheckedRepository, FieldError, Kind, Problem, Reading, RepositoryCheck, Scope, Service,
    auth::{Action, Limit},
    body::Unread,
    etag::{self, IfMatch},
    named::{Named, not_found},
    query::Query,
    route::{Asks, Route, Who},
    schema::{Shape, array, boolean, integer, nullable, object, text, time},
};

const PATH: &str = "/api/v1/repositories";
const ONE: &str = "/api/v1/repositories/{repositoryId}";

/// So often it is tried again where jobs change meanwhile.
const TRIES: usize = 5;

pub(crate) fn routes() -> Vec<Route> {
    let (read, manage) = (Who::Scope(Scope::Read), Who::Scope(Scope::Manage));
    vec![
        Route::get(PATH, "listRepositories", read, list).list(&REPOSITORY),
        Route::post(PATH, "addRepository", manage, add).asks(Asks::Json(&NEW)).json(201, &REPOSITORY),
        Route::get(ONE, "showRepository", read, show).json(200, &REPOSITORY),
        Route::put(ONE, "replaceRepository", manage, replace).asks(Asks::Json(&NEW)).json(200, &REPOSITORY),
        Route::delete(ONE, "deleteRepository", manage, remove).empty(204),
        Route::post(
            "/api/v1/repositories/{repositoryId}/check",
            "checkRepository",
            Who::Scope(Scope::Run),
            check,
        )
        .asks(Asks::Json(&NOTHING))
        .json(200, &CHECK),
        Route::post("/api/v1/repositories/{repositoryId}/init", "initRepository", manage, init)
            .asks(Asks::Json(&NOTHING))
            .json(201, &CHECK),
    ]
}

const REPOSITORY: Shape = Shape::new("Repository", || {
    let mut shape = repository();
    let look = object([("time", time()), ("ok", boolean()), ("problem", nullable(text()))]);
    shape["properties"]["state"] =
        object([("revision", integer()), ("jobs", array(text())), ("lastCheck", nullable(look))]);
    if let Some(required) = shape["required"].as_array_mut() {
        required.push(json!("state"));
    }
    shape
});

const NEW: Shape = Shape::new("NewRepository", || {
    let mut shape = repository();
    shape["required"] = json!(["url"]);
    shape["properties"]["state"] = json!({"description": "ignored"});
    shape
});

const CHECK: Shape = Shape::new("RepositoryCheck", || {
    object([
        ("ok", boolean()),
        ("problem", nullable(text())),
        ("detail", text()),
        ("exitCode", nullable(integer())),
    ])
});

async fn list(
    State(service): State<Service>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Read)?;
    let page = query.page(&format!("repositories {}", caller.organization), |id| Some(id.to_owned()));
    query.finish()?;
    service.take_facts(&caller.organization).await?;
    let found = service.store.repositories(&caller.organization, page.after.as_deref(), page.at_most).await;
    let found = found.map_err(|error| service.failed(&error))?;
    let mut answer = page.answer(
        found,
        |repository| repository.id.clone(),
        |repository| {
            service.show_repository(repository).unwrap_or_else(|reason| {
                tracing::warn!(repository.id, "a repository cannot be read: {reason}");
                Value::Null
            })
        },
    );
    if let Some(items) = answer["items"].as_array_mut() {
        items.retain(|item| !item.is_null());
    }
    Ok(Json(answer))
}

async fn add(
    State(service): State<Service>,
    caller: Caller,
    query: Query,
    body: Unread,
) -> Result<Response, Problem> {
    caller.needs(Scope::Manage)?;
    let document = body.json().await?;
    let checked = service.read_repository(&caller, query, &document, None).await?;
    service.take_facts(&caller.organization).await?;
    let id = service.accounts().id("repo_");
    let new = of(&caller, &id, checked);
    let put = service.store.put_repository(new, Expected::Absent, Vec::new()).await;
    match put.map_err(|error| service.failed(&error))? {
        PutRepository::Kept => {}
        PutRepository::UrlTaken => return Err(url_taken()),
        _ => return Err(service.internal("a fresh id is another repository's")),
    }
    service.note(&caller, Action::RepositoryCreated, id.as_str()).await?;
    let made = answer(&service, &service.repository_of(&caller, &id).await?)?;
    Ok(service.at(&format!("{PATH}/{id}"), StatusCode::CREATED, made))
}

async fn show(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
) -> Result<Response, Problem> {
    caller.needs(Scope::Read)?;
    let found = service.repository_of(&caller, &id).await?;
    query.finish()?;
    answer(&service, &found)
}

async fn replace(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Problem> {
    caller.needs(Scope::Manage)?;
    let mut there = service.repository_of(&caller, &id).await?;
    let document = body.json().await?;
    let wanted = IfMatch::required(&headers)?;
    for _ in 0..TRIES {
        wanted.allows(there.revision)?;
        let checked = service.read_repository(&caller, query.clone(), &document, Some(&there)).await?;
        let jobs = service.jobs_with(&caller, &there, &checked).await?;
        let expected = Expected::Revision(there.revision);
        let put = service.store.put_repository(of(&caller, &id, checked), expected, jobs).await;
        match put.map_err(|error| service.failed(&error))? {
            PutRepository::Kept => {
                service.runner.jobs_changed();
                service.note(&caller, Action::RepositoryReplaced, id.as_str()).await?;
                return answer(&service, &service.repository_of(&caller, &id).await?);
            }
            PutRepository::UrlTaken => return Err(url_taken()),
            _ => there = service.repository_of(&caller, &id).await?,
        }
    }
    Err(etag::changed(there.revision))
}

async fn remove(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    caller.needs(Scope::Manage)?;
    let there = service.repository_of(&caller, &id).await?;
    let expected = IfMatch::expected(&headers, there.revision)?;
    query.finish()?;
    let deleted = service.store.delete_repository(&caller.organization, &id, expected).await;
    match deleted.map_err(|error| service.failed(&error))? {
        DeleteRepository::Deleted => {}
        DeleteRepository::InUse(jobs) => {
            return Err(Problem::new(Kind::InUse, "jobs use this repository").with("jobs", json!(jobs)));
        }
        DeleteRepository::Changed { revision: Some(revision) } => return Err(etag::changed(revision)),
        _ => return Err(not_found()),
    }
    service.note(&caller, Action::RepositoryDeleted, id.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn check(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    body: Unread,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Run)?;
    service.look(&caller, &id, query, body, false).await.map(Json)
}

async fn init(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    body: Unread,
) -> Result<(StatusCode, Json<Value>), Problem> {
    caller.needs(Scope::Manage)?;
    Ok((StatusCode::CREATED, Json(service.look(&caller, &id, query, body, true).await?)))
}

impl Service {
    /// A repository of the caller's organization.
    ///
    /// # Errors
    /// 404; the store fails.
    pub(crate) async fn repository_of(&self, caller: &Caller, id: &str) -> Result<StoredRepository, Problem> {
        self.take_facts(&caller.organization).await?;
        let found = self.store.repository(&caller.organization, id).await;
        found.map_err(|error| self.failed(&error))?.ok_or_else(not_found)
    }

    fn show_repository(&self, there: &StoredRepository) -> Result<Value, String> {
        let mut shown = self.forms.show(there.definition.expose())?["repository"].take();
        shown["repositoryId"] = json!(there.id);
        let look = there.last_check.as_ref();
        let look =
            look.map(|(time, problem)| json!({"time": time, "ok": problem.is_none(), "problem": problem}));
        shown["state"] = json!({"revision": there.revision, "jobs": there.jobs, "lastCheck": look});
        Ok(shown)
    }

    async fn read_repository(
        &self,
        caller: &Caller,
        query: Query,
        document: &Value,
        there: Option<&StoredRepository>,
    ) -> Result<CheckedRepository, Problem> {
        let roots = self.roots(&caller.organization).await?;
        let reading = Reading {
            organization: &caller.organization,
            roots: roots.as_deref(),
            schedule: None,
            stored: there.map(|there| there.definition.expose()),
            repository: None,
        };
        let mut faults = query.faults();
        let id = document.get("repositoryId").filter(|id| !id.is_null());
        if id.is_some_and(|id| there.is_none_or(|there| *id != json!(there.id))) {
            faults.push(FieldError::new("/repositoryId", "is another repository's"));
        }
        match self.forms.read_repository(document, reading) {
            Ok(checked) if faults.is_empty() => Ok(checked),
            read => {
                faults.extend(read.err().unwrap_or_default());
                Err(Problem::invalid(faults))
            }
        }
    }

    /// The jobs of a repository as they are with another one in its place, each with the revision that it is now.
    async fn jobs_with(
        &self,
        caller: &Caller,
        there: &StoredRepository,
        new: &CheckedRepository,
    ) -> Result<Vec<(NewJob, u32)>, Problem> {
        let mut jobs = Vec::new();
        for schedule in &there.jobs {
            self.not_managed(&caller.organization, schedule)?;
            let found = self.store.job(&caller.organization, schedule).await;
            let Some(job) = found.map_err(|error| self.failed(&error))? else { continue };
            let definition = self.forms.with_repository(job.definition.expose(), new.definition.expose());
            let new = NewJob {
                organization: job.organization,
                schedule: job.schedule,
                name: job.name,
                definition: definition.map_err(|reason| self.internal(&reason))?,
                by: Some(caller.by()),
            };
            jobs.push((new, job.revision));
        }
        Ok(jobs)
    }

    /// Looks at a repository, or makes it.
    async fn look(
        &self,
        caller: &Caller,
        id: &str,
        query: Query,
        body: Unread,
        init: bool,
    ) -> Result<Value, Problem> {
        let there = self.repository_of(caller, id).await?;
        self.count(&format!("repository {id}"), Limit::DEAR)?;
        body.fields_or_none().await?.finish(query, Some(()))?;
        let found = self.look_at(&there, init).await?;
        Ok(json!({"ok": found.problem.is_none(), "problem": found.problem, "detail": found.detail,
                  "exitCode": found.exit_code}))
    }

    /// The same for whoever asks, and notes what was found.
    ///
    /// # Errors
    /// 409 where it is to be made and is there.
    pub(crate) async fn look_at(
        &self,
        there: &StoredRepository,
        init: bool,
    ) -> Result<RepositoryCheck, Problem> {
        let found = self.runner.look_at_repository(there.definition.expose(), init).await;
        if found.problem == Some("exists") {
            return Err(Problem::new(Kind::Exists, "there is a repository already"));
        }
        let noted = self.store.repository_checked(&there.id, (self.around.clock)(), found.problem).await;
        noted.map_err(|error| self.failed(&error))?;
        Ok(found)
    }
}

fn of(caller: &Caller, id: &str, checked: CheckedRepository) -> NewRepository {
    NewRepository {
        id: id.to_owned(),
        organization: caller.organization.clone(),
        url: checked.url,
        definition: checked.definition,
    }
}

fn answer(service: &Service, there: &StoredRepository) -> Result<Response, Problem> {
    let shown = service.show_repository(there).map_err(|reason| service.internal(&reason))?;
    Ok(etag::tagged(there.revision, shown))
}

fn url_taken() -> Problem {
    Problem::invalid(vec![FieldError::new("/url", "another repository has this address")])
}

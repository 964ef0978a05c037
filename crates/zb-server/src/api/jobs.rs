//! Jobs (`api.md` §3).

use axum::{Json, extract::State, response::IntoResponse, response::Response};
use http::{HeaderMap, StatusCode, header};
use job_store::{JobList, ListedJob, StoredJob};
use serde_json::{Value, json};

use super::job_shape::{JOB, JOB_LIST, NEW_JOB};
use crate::{
    Caller, JobDocument, Problem, Scope, Service,
    body::Unread,
    etag::{self, IfMatch},
    frame::accept,
    named::Named,
    query::Query,
    route::{Asks, Route, Who},
};

pub(crate) const PATH: &str = "/api/v1/jobs";
pub(crate) const ONE: &str = "/api/v1/jobs/{scheduleId}";
const TOML: &str = "application/toml";

pub(crate) fn routes() -> Vec<Route> {
    let (read, manage) = (Who::Scope(Scope::Read), Who::Scope(Scope::Manage));
    vec![
        Route::get(PATH, "listJobs", read, list)
            .query(&["q", "repositoryId", "enabled", "running", "limit", "cursor"])
            .json(200, &JOB_LIST),
        Route::post(PATH, "addJob", manage, add).asks(Asks::JsonOrToml(&NEW_JOB)).json(201, &JOB),
        Route::get(ONE, "showJob", read, show).json(200, &JOB).other(200, TOML),
        Route::put(ONE, "replaceJob", manage, replace).asks(Asks::JsonOrToml(&NEW_JOB)).json(200, &JOB),
        Route::delete(ONE, "deleteJob", manage, remove).empty(204),
    ]
}

async fn list(
    State(service): State<Service>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Read)?;
    let list = JobList {
        organization: caller.organization.clone(),
        text: query.text("q").filter(|text| !text.is_empty()),
        repository: query.text("repositoryId"),
        enabled: query.read("enabled", truth),
        running: query.read("running", truth),
        after: None,
    };
    let page = query.page(&format!("jobs {}", caller.organization), |place| serde_json::from_str(place).ok());
    query.finish()?;
    service.take_facts(&caller.organization).await?;
    service.runner.catch_up().await;
    let is_first = page.after.is_none();
    let found = service.store.list_jobs(&JobList { after: page.after.clone(), ..list }, page.at_most).await;
    let found = found.map_err(|error| service.failed(&error))?;
    let place = |listed: &ListedJob| json!([listed.job.name, listed.job.schedule]).to_string();
    let mut answer = page.answer(found, place, |listed| {
        service.show_job(listed).unwrap_or_else(|reason| {
            tracing::warn!(job = %listed.job.schedule, "the definition of a job cannot be read: {reason}");
            Value::Null
        })
    });
    if let Some(items) = answer["items"].as_array_mut() {
        items.retain(|item| !item.is_null());
    }
    if is_first {
        // The files are the operator's.
        let is_theirs = caller.organization == Default::default();
        let problems = if is_theirs { service.runner.file_problems() } else { Vec::new() };
        let problems = problems
            .iter()
            .map(|problem| json!({"file": problem.file, "line": problem.line, "error": problem.error}));
        answer["problems"] = problems.collect();
    }
    Ok(Json(answer))
}

fn truth(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "it is true or false".to_owned())
}

async fn add(
    State(service): State<Service>,
    caller: Caller,
    query: Query,
    body: Unread,
) -> Result<Response, Problem> {
    caller.needs(Scope::Manage)?;
    let document = body.job().await?;
    nothing_wrong(&service, &caller, query, &document, None).await?;
    let saved = service.create_job(&caller, &document).await?;
    let listed = service.job_of(&caller, saved.schedule.as_str()).await?;
    let path = format!("{PATH}/{}", saved.schedule);
    Ok(service.at(&path, StatusCode::CREATED, answer(&service, &listed)?))
}

async fn show(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.needs(Scope::Read)?;
    let listed = service.job_of(&caller, &id).await?;
    query.finish()?;
    if accept::quality(&headers, TOML) > accept::quality(&headers, "application/json") {
        return export(&service, &listed);
    }
    answer(&service, &listed)
}

/// The job and its tag.
fn answer(service: &Service, listed: &ListedJob) -> Result<Response, Problem> {
    let shown = service.show_job(listed).map_err(|reason| service.internal(&reason))?;
    Ok(etag::tagged(listed.job.revision, shown))
}

fn export(service: &Service, listed: &ListedJob) -> Result<Response, Problem> {
    let file = service.forms.export(listed.job.definition.expose());
    let file = file.map_err(|reason| service.internal(&reason))?;
    let headers = [
        (header::CONTENT_TYPE, TOML.to_owned()),
        (header::ETAG, etag::of(listed.job.revision)),
        (header::CONTENT_DISPOSITION, disposition(&listed.job.name)),
    ];
    Ok((headers, file).into_response())
}

/// The file's name twice where it is not plain ASCII (RFC 6266 §4.3, RFC 8187).
pub(crate) fn disposition(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " ._-()".contains(c);
    let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut text = format!("attachment; filename=\"{plain}.toml\"");
    if plain != name {
        let is_attribute = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let encoded = name.bytes().map(|byte| match is_attribute(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        });
        text.push_str(&format!("; filename*=UTF-8''{}.toml", encoded.collect::<String>()));
    }
    text
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
    let listed = service.job_of(&caller, &id).await?;
    let document = body.job().await?;
    let wanted = IfMatch::required(&headers);
    let wanted = wanted.and_then(|wanted| wanted.allows(listed.job.revision).map(|_| wanted));
    if wanted.is_err() {
        // TOML that is none comes first.
        service.job_faults(&caller, &document, Some(&listed.job)).await?;
    }
    let wanted = wanted?;
    nothing_wrong(&service, &caller, query, &document, Some(&listed.job)).await?;
    service.replace_job(&caller, listed.job, &document, &wanted).await?;
    answer(&service, &service.job_of(&caller, &id).await?)
}

/// Goes on if the query has no fault; what is wrong with the document is told beside it.
async fn nothing_wrong(
    service: &Service,
    caller: &Caller,
    query: Query,
    document: &JobDocument,
    stored: Option<&StoredJob>,
) -> Result<(), Problem> {
    let mut faults = query.faults();
    if faults.is_empty() {
        return Ok(());
    }
    faults.extend(service.job_faults(caller, document, stored).await?);
    Err(Problem::invalid(faults))
}

async fn remove(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    caller.needs(Scope::Manage)?;
    let listed = service.job_of(&caller, &id).await?;
    let expected = IfMatch::expected(&headers, listed.job.revision)?;
    query.finish()?;
    service.delete_job(&caller, listed, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_file_is_called_as_its_job() {
        assert_eq!(disposition("postgres data"), "attachment; filename=\"postgres data.toml\"");
        assert_eq!(
            disposition("a\"b/ü"),
            "attachment; filename=\"a_b__.toml\"; filename*=UTF-8''a%22b%2F%C3%BC.toml"
        );
    }
}

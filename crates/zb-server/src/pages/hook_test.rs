//! Sending a hook for real, after asking: what will go out, secrets masked, and what the receiver answered.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use hook_core::{Phase, RunStatus};
use http::Uri;
use job_store::StoredJob;
use serde_json::Value;

use super::{
    form::Form,
    icon,
    shell::{Place, Shell},
    visitor::Visitor,
    words::duration,
};
use crate::{
    Problem, Scope, Service,
    auth::Action,
    body::Unread,
    named::{Named, not_found},
};

/// So much of an answer fits into the cookie that takes it to the next page.
const MOST_BYTES: usize = 2000;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/backups/{scheduleId}/hooks/{phase}/test", get(show).post(send))
        .route("/backups/{scheduleId}/hooks/post/clear", post(clear))
}

#[derive(Template)]
#[template(path = "hook_test.html")]
struct HookTestPage {
    shell: Shell,
    id: String,
    name: String,
    phase: &'static str,
    path: String,
    host: String,
    headers: Vec<(String, String)>,
    body: String,
    has_other: bool,
}

async fn show(
    State(service): State<Service>,
    visitor: Visitor,
    Named((id, phase)): Named<(String, String)>,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Run)?;
    let phase = read(&phase)?;
    let listed = service.job_of(&visitor.caller, &id).await?;
    let document = service.document(&listed)?;
    let job = listed.job;
    let hook = &document["webhooks"][phase.as_str()];
    if hook.is_null() {
        return Err(not_found());
    }
    let title = format!("Test the {}-backup webhook", phase.as_str());
    let shell = service.shell(&visitor, Place::Backups, title).await?;
    visitor.page(&service, &page(shell, &job, phase, &document, hook))
}

async fn send(
    State(service): State<Service>,
    visitor: Visitor,
    Named((id, phase)): Named<(String, String)>,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Run)?;
    let phase = read(&phase)?;
    let job = service.stored_job(&visitor, &id).await?;
    Form::read(body, &visitor.csrf).await?;
    service.count_hook(&job.organization, &job.schedule)?;
    let sent = service.runner.test_hook(&job.organization, &job.schedule, phase, RunStatus::Success).await;
    let sent = sent.map_err(|refused| service.hook_refused(refused))?;
    service.note(&visitor.caller, Action::HookSent, job.schedule.as_str()).await?;
    let text = told(phase, &sent.result);
    Ok(service.done(&visitor.client, &format!("/backups/{id}/hooks/{}/test", phase.as_str()), &text))
}

async fn clear(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs(Scope::Run)?;
    let job = service.stored_job(&visitor, &id).await?;
    Form::read(body, &visitor.csrf).await?;
    let cleared = service.runner.clear_test(&job.organization, &job.schedule).await;
    cleared.map_err(|refused| service.run_refused(refused))?;
    service.note(&visitor.caller, Action::HookCleared, job.schedule.as_str()).await?;
    Ok(service.done(&visitor.client, &format!("/backups/{id}"), "Noted that the service runs again."))
}

fn read(phase: &str) -> Result<Phase, Problem> {
    match phase {
        "pre" => Ok(Phase::Pre),
        "post" => Ok(Phase::Post),
        _ => Err(not_found()),
    }
}

fn page(shell: Shell, job: &StoredJob, phase: Phase, document: &Value, hook: &Value) -> HookTestPage {
    let url: Uri = hook["url"].as_str().unwrap_or_default().parse().unwrap_or_default();
    let host = url.authority().map_or("", |authority| authority.as_str());
    let host = host.rsplit('@').next().unwrap_or_default().to_owned();
    let body = hook["body"].as_str().unwrap_or_default();
    let other = if phase == Phase::Pre { "post" } else { "pre" };
    HookTestPage {
        shell,
        id: job.schedule.to_string(),
        name: job.name.clone(),
        phase: phase.as_str(),
        path: url.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        host,
        headers: headers(hook),
        body: if body.is_empty() { context(job, phase, document) } else { body.to_owned() },
        has_other: !document["webhooks"][other].is_null(),
    }
}

fn headers(hook: &Value) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    if hook["body"].as_str().unwrap_or_default().is_empty() {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    let typed = hook["headers"].as_str().unwrap_or_default().lines();
    headers.extend(typed.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_owned(), value.trim().to_owned()))
    }));
    let taken = hook["headersFrom"].as_object().into_iter().flatten();
    headers.extend(taken.map(|(name, _)| (name.clone(), "••••••••".to_owned())));
    headers.push(("webhook-id".to_owned(), "msg_… (new for each test)".to_owned()));
    headers
}

/// The default body, as it will be but for the id of the test.
fn context(job: &StoredJob, phase: Phase, document: &Value) -> String {
    let (event, status) = match phase {
        Phase::Pre => ("backup.pre", ""),
        Phase::Post => ("backup.post", r#","status":"success""#),
    };
    format!(
        r#"{{"phase":"{}","event":"{event}","jobId":"job_…","scheduleId":"{}","organizationId":"{}","sourcePath":{}{status}}}"#,
        phase.as_str(),
        job.schedule,
        job.organization,
        document["sourcePath"]
    )
}

/// What came of it, and below it what the receiver said.
fn told(phase: Phase, result: &Value) -> String {
    let Some(attempt) = result["attempts"].as_array().and_then(|attempts| attempts.last()) else {
        return format!("The {} hook was not sent.", phase.as_str());
    };
    let took = attempt["durationMs"].as_u64().map(|ms| format!(" in {}", duration(ms))).unwrap_or_default();
    let phase = phase.as_str();
    let first = match (attempt["outcome"].as_str(), attempt["httpStatus"].as_u64()) {
        (Some("ok"), Some(status)) => format!("The {phase} hook answered {status}{took}."),
        (Some("rejected"), Some(status)) => format!("The {phase} hook failed: HTTP {status}{took}."),
        _ => format!("The {phase} hook failed{took}."),
    };
    let error = attempt["error"].as_str().map(|error| format!(" {error}.")).unwrap_or_default();
    let mut said = attempt["response"].as_str().unwrap_or_default().trim_end().to_owned();
    if said.len() > MOST_BYTES {
        said.truncate(said.floor_char_boundary(MOST_BYTES));
        said.push('…');
    }
    format!("{first}{error}\n{said}").trim_end().to_owned()
}

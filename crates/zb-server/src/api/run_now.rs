//! A run by hand, which may be asked for again with the same key (`api.md` §3, "Idempotency-Key").

use axum::{Json, extract::State, response::Response};
use hook_core::{JobId, ScheduleId, event::Trigger};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use tokio::sync::Mutex;

use crate::{
    Caller, FieldError, Kind, Problem, Scope, Service,
    auth::Action,
    body::Unread,
    named::Named,
    query::Query,
    route::{Asks, Route, Who},
    schema::{Shape, object, request, text, words},
};

const KEY: &str = "Idempotency-Key";

/// Requests with a key take turns: two with the same one at the same moment begin one run.
static TURN: Mutex<()> = Mutex::const_new(());

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/jobs/{scheduleId}/runs", "startRun", Who::Scope(Scope::Run), start)
            .asks(Asks::Json(&NOTHING))
            .json(202, &QUEUED),
    ]
}

pub(crate) const NOTHING: Shape = Shape::new("Nothing", || request(&[], []));

const QUEUED: Shape = Shape::new("QueuedRun", || {
    object([("jobId", text()), ("scheduleId", text()), ("state", words(["queued"]))])
});

async fn start(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Problem> {
    caller.needs(Scope::Run)?;
    let schedule = service.job_of(&caller, &id).await?.job.schedule;
    body.fields_or_none().await?.finish(query, Some(()))?;
    let Some(key) = key(&headers)? else {
        let job = begin(&service, &caller, &schedule, service.fresh_run()).await?;
        return Ok(answer(&service, &schedule, &job, false));
    };
    let _turn = TURN.lock().await;
    let now = (service.around.clock)();
    let found = service.store.begun_by_key(&caller.organization, &key, now).await;
    match found.map_err(|error| service.failed(&error))? {
        Some((of, job)) if of == schedule => Ok(answer(&service, &schedule, &job, true)),
        Some(_) => {
            let detail = "this key began a run of another job: use a new one";
            Err(Problem::new(Kind::IdempotencyKeyReused, detail))
        }
        None => {
            // Before the run is there: so no death and no full disk can part them. Without the run the key is free.
            let fresh = service.fresh_run();
            let of = (schedule.clone(), fresh.clone());
            let kept = service.store.keep_key(&caller.organization, &key, of, now).await;
            kept.map_err(|error| service.failed(&error))?;
            let job = begin(&service, &caller, &schedule, fresh).await?;
            Ok(answer(&service, &schedule, &job, false))
        }
    }
}

async fn begin(
    service: &Service,
    caller: &Caller,
    schedule: &ScheduleId,
    fresh: JobId,
) -> Result<JobId, Problem> {
    let begun = service.runner.start(&caller.organization, schedule, fresh, Trigger::Api, &caller.by()).await;
    let job = begun.map_err(|refused| service.run_refused(refused))?;
    service.note(caller, Action::RunRequested, schedule.as_str()).await?;
    Ok(job)
}

impl Service {
    /// The id of a run to be.
    pub(crate) fn fresh_run(&self) -> JobId {
        let mut random = [0; 10];
        (self.around.random)(&mut random);
        JobId::from_parts(u64::try_from((self.around.clock)().as_millisecond()).unwrap_or_default(), random)
    }
}

fn answer(service: &Service, schedule: &ScheduleId, job: &JobId, is_replay: bool) -> Response {
    let body = Json(json!({"jobId": job, "scheduleId": schedule, "state": "queued"}));
    let mut response = service.at(&format!("/api/v1/runs/{job}"), StatusCode::ACCEPTED, body);
    if is_replay {
        response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    response
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let is_good = matches!(value.len(), 1..=255) && value.as_bytes().iter().all(u8::is_ascii_graphic);
    let text = value.to_str().ok().filter(|_| is_good);
    let fault = || Problem::invalid(vec![FieldError::new(KEY, "it is 1 to 255 visible ASCII characters")]);
    text.map(|text| Some(text.to_owned())).ok_or_else(fault)
}

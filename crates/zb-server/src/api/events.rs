//! What happens, as it happens: server-sent events (`api.md` §6).

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use event_bus::{Position, StreamId};
use hook_core::LifecycleEvent;
use http::{HeaderMap, StatusCode};

use super::runs::schedules;
use crate::{
    Caller, FieldError, Problem, Scope, Service,
    named::Named,
    query::Query,
    route::{Route, Who},
    stream::{Start, Streams, Viewer, Wanted, place},
};

const EVENTS: &str = "text/event-stream";

pub(crate) fn routes() -> Vec<Route> {
    let read = Who::Scope(Scope::Read);
    vec![
        Route::get("/api/v1/events", "watch", read, all).query(&["scheduleId", "after"]).other(200, EVENTS),
        Route::get("/api/v1/runs/{jobId}/events", "watchRun", read, of_run)
            .query(&["after"])
            .other(200, EVENTS)
            .empty(204),
    ]
}

/// From now, or from where the client was.
async fn all(
    State(service): State<Service>,
    Extension(streams): Extension<Streams>,
    caller: Caller,
    headers: HeaderMap,
    mut query: Query,
) -> Result<Response, Problem> {
    caller.needs(Scope::Read)?;
    let schedules = query.read("scheduleId", schedules);
    let start = match seen(&headers, query)? {
        Some(seen) => service.start_after(seen).await?,
        None => Start::Ready(service.bus.head().await.map_err(|error| service.failed(&error))?),
    };
    let viewer = Viewer::new(service, caller, Wanted::All { schedules }, streams.open()?);
    Ok(viewer.show(start, Vec::new(), start.after()))
}

/// From the run's start, or from where the client was, to the run's end.
async fn of_run(
    State(service): State<Service>,
    Extension(streams): Extension<Streams>,
    caller: Caller,
    Named(id): Named,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Problem> {
    caller.needs(Scope::Read)?;
    let run = service.run_of(&caller, &id).await?;
    let seen = seen(&headers, query)?;
    // In this order: what the history lacks comes after this head.
    let head = service.bus.head().await.map_err(|error| service.failed(&error))?;
    let stream = StreamId::from(run.job_id.as_str());
    let mut history = service.bus.history(&stream).await.map_err(|error| service.failed(&error))?;
    let is_over = history.iter().any(|told| matches!(told.event.event, LifecycleEvent::RunFinished { .. }));
    let after = history.last().map_or(head, |last| last.position.max(head));
    let start = match (seen, history.first()) {
        (Some(seen), _) => service.start_after(seen).await?,
        (None, Some(first)) => Start::Ready(Position::new(first.position.get().saturating_sub(1))),
        (None, None) => Start::Ready(head),
    };
    history.retain(|told| told.position > start.after());
    if is_over && history.is_empty() && matches!(start, Start::Ready(_)) {
        // A browser would come again and again.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let wanted = Wanted::Run { job: run.job_id, is_over };
    Ok(Viewer::new(service, caller, wanted, streams.open()?).show(start, history, after))
}

/// The last event that the client has: by the header, else by the query.
fn seen(headers: &HeaderMap, mut query: Query) -> Result<Option<Position>, Problem> {
    let malformed = || "it is no id of an event".to_owned();
    let after = query.read("after", |text| place(text).ok_or_else(malformed));
    let mut faults = query.faults();
    let header = headers.get("last-event-id").map(|id| id.to_str().ok().and_then(place));
    if header == Some(None) {
        faults.push(FieldError::new("Last-Event-ID", malformed()));
    }
    if faults.is_empty() { Ok(header.flatten().or(after)) } else { Err(Problem::invalid(faults)) }
}

impl Service {
    /// From where a client goes on that has seen this event.
    async fn start_after(&self, seen: Position) -> Result<Start, Problem> {
        let head = self.bus.head().await.map_err(|error| self.failed(&error))?;
        // A history that was put back from a copy has less than the client saw.
        if seen > head {
            return Ok(Start::Reset(head));
        }
        if head == Position::START {
            return Ok(Start::Ready(seen));
        }
        let first = self.bus.tail(Position::START).next().await.map_err(|error| self.failed(&error))?;
        let is_known = seen.get().saturating_add(1) >= first.position.get();
        Ok(if is_known { Start::Ready(seen) } else { Start::Reset(head) })
    }
}

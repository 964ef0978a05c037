//! The next times of a schedule, before it is kept (`api.md` §3).

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::{
    Caller, FieldError, Problem, Scope, Service,
    query::Query,
    route::{Route, Who},
    schema::{Shape, array, object, text, time},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/schedule/preview", "previewSchedule", Who::Scope(Scope::Read), preview)
            .query(&["schedule", "timezone"])
            .json(200, &PREVIEW),
    ]
}

const PREVIEW: Shape = Shape::new("SchedulePreview", || {
    object([("text", text()), ("timezone", text()), ("times", array(time()))])
});

async fn preview(
    State(service): State<Service>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Read)?;
    let (schedule, zone) = (query.text("schedule"), query.text("timezone"));
    let mut faults = query.faults();
    let now = (service.around.clock)();
    let Some(schedule) = schedule else {
        faults.push(FieldError::new("?schedule", "it is needed"));
        return Err(Problem::invalid(faults));
    };
    match service.forms.preview(&schedule, zone.as_deref().filter(|zone| !zone.is_empty()), now) {
        Ok(preview) if faults.is_empty() => {
            Ok(Json(json!({"text": preview.text, "timezone": preview.timezone, "times": preview.times})))
        }
        read => {
            faults.extend(read.err().unwrap_or_default());
            Err(Problem::invalid(faults))
        }
    }
}

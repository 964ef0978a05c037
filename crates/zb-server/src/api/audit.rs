//! Who did what in the organization that an owner's session acts in (`api.md` §2).

use axum::{Json, extract::State};
use jiff::Timestamp;
use job_store::{AuditEntry, AuditFilter, AuditPlace};
use serde_json::{Value, json};

use crate::{
    Action, Caller, Problem, Service,
    nearest::unknown,
    query::Query,
    route::{Route, Who},
    schema::{Shape, nullable, object, text, time, words},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/audit", "listAudit", Who::Owner, list)
            .query(&["since", "until", "action"])
            .list(&ENTRY),
    ]
}

const ENTRY: Shape = Shape::new("AuditEntry", || {
    let actor = [("userId", nullable(text())), ("username", nullable(text())), ("tokenId", nullable(text()))];
    object([
        ("time", time()),
        ("action", words(Action::ALL.iter().map(|action| action.as_str()))),
        ("actor", object(actor)),
        ("target", nullable(text())),
        ("address", nullable(text())),
    ])
});

async fn list(
    State(service): State<Service>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs_owner()?;
    let filter = AuditFilter {
        since: query.time("since"),
        until: query.time("until"),
        actions: query.several("action", action),
        before: None,
    };
    let page = query.page(&format!("audit {}", caller.organization), place);
    query.finish()?;
    let filter = AuditFilter { before: page.after, ..filter };
    let found = service.store.audit(&caller.organization, filter, page.at_most).await;
    let found = found.map_err(|error| service.failed(&error))?;
    Ok(Json(page.answer(
        found,
        |((time, id), _)| format!("{} {id}", time.as_microsecond()),
        |(_, entry)| show(entry),
    )))
}

fn action(text: &str) -> Result<String, String> {
    let all = || Action::ALL.iter().map(|action| action.as_str());
    if all().any(|action| action == text) { Ok(text.to_owned()) } else { Err(unknown("action", text, all())) }
}

fn place(text: &str) -> Option<AuditPlace> {
    let (time, id) = text.split_once(' ')?;
    Some((Timestamp::from_microsecond(time.parse().ok()?).ok()?, id.parse().ok()?))
}

fn show(entry: &AuditEntry) -> Value {
    let actor = &entry.actor;
    json!({"time": entry.time, "action": entry.action,
           "actor": {"userId": actor.user, "username": actor.username, "tokenId": actor.token},
           "target": entry.target, "address": entry.address})
}

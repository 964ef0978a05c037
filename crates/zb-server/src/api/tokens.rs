//! API tokens of the organization that a session acts in (`api.md` §2): a user's own, for an owner all.

use axum::{Json, extract::State};
use http::StatusCode;
use job_store::{Role, Token};
use serde_json::{Value, json};

use super::account_fields::{label, later_than, scope};
use crate::{
    Caller, Kind, Problem, Scope, Service,
    auth::Action,
    body::Unread,
    named::{Named, not_found},
    query::Query,
    route::{Asks, Route, Who},
    schema::{Shape, nullable, object, request, text, time, words},
};

pub(crate) fn routes() -> Vec<Route> {
    const PATH: &str = "/api/v1/tokens";
    vec![
        Route::get(PATH, "listTokens", Who::Session, list).list(&TOKEN),
        Route::post(PATH, "addToken", Who::Session, add).asks(Asks::Json(&NEW)).json(201, &NEW_TOKEN),
        Route::delete("/api/v1/tokens/{tokenId}", "revokeToken", Who::Session, remove).empty(204),
    ]
}

const NEW: Shape = Shape::new("TokenRequest", || {
    request(&["name", "scope"], [("name", text()), ("scope", scopes()), ("expiresAt", nullable(time()))])
});

const TOKEN: Shape = Shape::new("Token", || object(members()));

const NEW_TOKEN: Shape = Shape::new("NewToken", || {
    let mut schema = object(members());
    schema["properties"]["token"] = text();
    schema["required"] =
        schema["properties"].as_object().into_iter().flat_map(|all| all.keys().cloned()).collect();
    schema
});

fn members() -> [(&'static str, Value); 9] {
    [
        ("tokenId", text()),
        ("name", text()),
        ("prefix", text()),
        ("scope", scopes()),
        ("userId", text()),
        ("organizationId", text()),
        ("createdAt", time()),
        ("lastUsedAt", nullable(time())),
        ("expiresAt", nullable(time())),
    ]
}

fn scopes() -> Value {
    words(Scope::ALL.map(Scope::as_str))
}

async fn list(
    State(service): State<Service>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs_session()?;
    let page = query.page(&format!("tokens {}", caller.organization), |id| Some(id.to_owned()));
    query.finish()?;
    let (organization, before) = (&caller.organization, page.after.as_deref());
    let found = service.store.tokens(organization, whose(&caller), before, page.at_most).await;
    let found = found.map_err(|error| service.failed(&error))?;
    Ok(Json(page.answer(found, |token| token.id.clone(), show)))
}

async fn add(
    State(service): State<Service>,
    caller: Caller,
    query: Query,
    body: Unread,
) -> Result<(StatusCode, Json<Value>), Problem> {
    caller.needs_session()?;
    let now = (service.around.clock)();
    let mut fields = body.fields().await?;
    let (name, scope) = (fields.required("name", label), fields.required("scope", scope));
    let expires_at = fields.optional("expiresAt", later_than(now));
    let (name, scope) = fields.finish(query, name.zip(scope))?;
    if scope > caller.role.scope() {
        let detail = format!("a {} may have tokens of the scope read only", caller.role.as_str());
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    let accounts = service.accounts();
    let minted = accounts.add_token(&caller.user_id, &caller.organization, &name, scope, expires_at).await;
    let minted = minted.map_err(|error| service.failed(&error))?;
    service.note(&caller, Action::TokenCreated, &minted.thing.id).await?;
    let mut shown = show(&minted.thing);
    shown["token"] = minted.secret.expose().into();
    Ok((StatusCode::CREATED, Json(shown)))
}

async fn remove(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
) -> Result<StatusCode, Problem> {
    caller.needs_session()?;
    query.finish()?;
    let deleted = service.store.delete_token(&caller.organization, whose(&caller), &id).await;
    if !deleted.map_err(|error| service.failed(&error))? {
        return Err(not_found());
    }
    service.note(&caller, Action::TokenDeleted, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whose tokens the caller sees; nothing: everybody's.
fn whose(caller: &Caller) -> Option<&str> {
    (caller.role != Role::Owner).then_some(&*caller.user_id)
}

fn show(token: &Token) -> Value {
    json!({"tokenId": token.id, "name": token.name, "prefix": token.prefix, "scope": token.scope,
           "userId": token.user, "organizationId": token.organization, "createdAt": token.created_at,
           "lastUsedAt": token.last_used_at, "expiresAt": token.expires_at})
}

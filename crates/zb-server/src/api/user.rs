//! The user who calls (`api.md` §2).

use axum::{Json, extract::State};
use hook_core::Secret;
use serde_json::Value;

use super::account_fields::{label, password, secret};
use crate::{
    FieldError, Problem, Role, Scope, Service,
    auth::{Action, Client, Guess, SignedIn, hash_password, is_password},
    body::Unread,
    query::Query,
    route::{Asks, Route, Who},
    schema::{Shape, array, boolean, nullable, object, request, text, words},
};

pub(crate) fn routes() -> Vec<Route> {
    const PATH: &str = "/api/v1/user";
    vec![
        Route::get(PATH, "showUser", Who::Scope(Scope::Read), show).json(200, &USER),
        Route::patch(PATH, "changeUser", Who::Session, change).asks(Asks::Json(&CHANGE)).json(200, &USER),
    ]
}

pub(super) const USER: Shape = Shape::new("User", || {
    let role = || words(Role::ALL.map(Role::as_str));
    let membership = object([("organizationId", text()), ("name", text()), ("role", role())]);
    object([
        ("userId", text()),
        ("username", text()),
        ("name", nullable(text())),
        ("organizationId", nullable(text())),
        ("role", nullable(role())),
        ("scope", nullable(words(Scope::ALL.map(Scope::as_str)))),
        ("operator", boolean()),
        ("organizations", array(membership)),
    ])
});

const CHANGE: Shape = Shape::new("UserChange", || {
    request(&[], [("name", nullable(text())), ("currentPassword", text()), ("newPassword", text())])
});

async fn show(State(service): State<Service>, who: SignedIn, query: Query) -> Result<Json<Value>, Problem> {
    query.finish()?;
    Ok(Json(who.user(&service).await?))
}

async fn change(
    State(service): State<Service>,
    who: SignedIn,
    client: Client,
    query: Query,
    body: Unread,
) -> Result<Json<Value>, Problem> {
    who.needs_session()?;
    let mut fields = body.fields().await?;
    let name = fields.nullable("name", label);
    let current = fields.optional("currentPassword", secret);
    let new = fields.optional("newPassword", password);
    for (there, other) in [("currentPassword", "newPassword"), ("newPassword", "currentPassword")] {
        if fields.has(there) && !fields.has(other) {
            fields.missing(other, &format!("it is needed with {there}"));
        }
    }
    fields.finish(query, Some(()))?;
    if let Some((current, new)) = current.zip(new) {
        change_password(&service, &who, &client, current, new).await?;
    }
    if let Some(name) = name {
        let renamed = service.store.rename_user(&who.identity.user, name).await;
        renamed.map_err(|error| service.failed(&error))?;
        service.note_self(&who, Action::UserReplaced).await?;
    }
    Ok(Json(who.user(&service).await?))
}

async fn change_password(
    service: &Service,
    who: &SignedIn,
    client: &Client,
    current: Secret,
    new: Secret,
) -> Result<(), Problem> {
    let guess = Guess::begin(service, &client.network(), Some(&who.identity.username))?;
    let user = &who.identity.user;
    let kept = service.store.password(user).await.map_err(|error| service.failed(&error))?;
    if !is_password(service, current, kept).await? {
        return Err(Problem::invalid(vec![FieldError::new("/currentPassword", "it is not your password")]));
    }
    guess.was_right();
    let hashed = hash_password(service, new).await?;
    let kept = service.store.set_password(user, hashed, Some(who.digest)).await;
    kept.map_err(|error| service.failed(&error))?;
    service.note_self(who, Action::UserPasswordChanged).await
}

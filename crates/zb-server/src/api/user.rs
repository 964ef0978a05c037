//! The user who calls (`api.md` §2).

use axum::{Json, Router, extract::State, routing::get};
use hook_core::Secret;
use serde_json::Value;

use super::account_fields::{label, password, secret};
use crate::{
    FieldError, Problem, Service,
    auth::{Action, Client, Guess, SignedIn, hash_password, is_password},
    body::Unread,
    query::Query,
};

pub(crate) fn routes() -> Router<Service> {
    Router::new().route("/api/v1/user", get(show).patch(change))
}

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

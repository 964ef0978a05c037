//! Signing in and out, and switching the organization (`api.md` §2).

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http::{StatusCode, header};
use serde_json::Value;

use super::account_fields::{secret, text};
use crate::{
    Problem, Service,
    auth::{Client, Guess, Open, SignedIn, clear_cookie},
    body::Unread,
    named::not_found,
    query::Query,
};

pub(crate) fn routes() -> Router<Service> {
    Router::new().route("/api/v1/session", post(sign_in).patch(switch).delete(sign_out))
}

async fn sign_in(
    State(service): State<Service>,
    Open(client): Open,
    query: Query,
    body: Unread,
) -> Result<Response, Problem> {
    Guess::may(&service, &client.network())?;
    let mut fields = body.fields().await?;
    let (username, password) = (fields.required("username", text), fields.required("password", secret));
    let (username, password) = fields.finish(query, username.zip(password))?;
    let begun = service.sign_in(&username, password, &client).await?;
    let user = begun.who.user(&service).await?;
    Ok(([(header::SET_COOKIE, begun.cookie)], Json(user)).into_response())
}

async fn switch(
    State(service): State<Service>,
    who: SignedIn,
    client: Client,
    query: Query,
    body: Unread,
) -> Result<Json<Value>, Problem> {
    who.needs_session()?;
    let mut fields = body.fields().await?;
    let organization = fields.required("organizationId", text);
    let organization = fields.finish(query, organization)?;
    // What is no id at all is nobody's either.
    let organization = organization.parse().map_err(|_| not_found())?;
    let switched = service.store.switch_session(who.digest, &organization).await;
    if !switched.map_err(|error| service.failed(&error))? {
        return Err(not_found());
    }
    Ok(Json(service.session(who.digest, &client).await?.user(&service).await?))
}

async fn sign_out(
    State(service): State<Service>,
    who: SignedIn,
    client: Client,
    query: Query,
) -> Result<Response, Problem> {
    who.needs_session()?;
    query.finish()?;
    service.store.end_session(who.digest).await.map_err(|error| service.failed(&error))?;
    let cookie = clear_cookie(&service.settings, &client);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

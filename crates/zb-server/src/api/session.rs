//! Signing in and out, and switching the organization (`api.md` §2).

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde_json::Value;

use super::{
    account_fields::{secret, text},
    user::USER,
};
use crate::{
    Problem, Service,
    auth::{Client, MayGuess, Open, SignedIn, clear_cookie},
    body::Unread,
    named::not_found,
    query::Query,
    route::{Asks, Route, Who},
    schema::{Shape, request, text as string},
};

pub(crate) fn routes() -> Vec<Route> {
    const PATH: &str = "/api/v1/session";
    vec![
        Route::post(PATH, "signIn", Who::Anyone, sign_in).asks(Asks::Json(&SIGN_IN)).json(200, &USER),
        Route::patch(PATH, "switchOrganization", Who::Session, switch)
            .asks(Asks::Json(&SWITCH))
            .json(200, &USER),
        Route::delete(PATH, "signOut", Who::Session, sign_out).empty(204),
    ]
}

const SIGN_IN: Shape = Shape::new("SignIn", || {
    request(&["username", "password"], [("username", string()), ("password", string())])
});

const SWITCH: Shape = Shape::new("Switch", || request(&["organizationId"], [("organizationId", string())]));

async fn sign_in(
    State(service): State<Service>,
    _: MayGuess,
    Open(client): Open,
    query: Query,
    body: Unread,
) -> Result<Response, Problem> {
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

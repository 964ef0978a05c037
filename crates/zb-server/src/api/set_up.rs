//! Set-up links used (`api.md` §2): the one route that answers before there is an account.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use job_store::LinkFor;

use super::{
    account_fields::{label, password, text, username},
    user::USER,
};
use crate::{
    Problem, Service,
    auth::{Guess, MayGuess, OwnSite},
    body::Unread,
    query::Query,
    route::{Asks, Route, Who},
    schema::{Shape, request, text as string},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/set-up", "useSetUpLink", Who::Anyone, set_up)
            .asks(Asks::Json(&SET_UP))
            .json(201, &USER),
    ]
}

const SET_UP: Shape = Shape::new("SetUp", || {
    request(
        &["token", "password"],
        [("token", string()), ("username", string()), ("password", string()), ("organizationName", string())],
    )
});

async fn set_up(
    State(service): State<Service>,
    _: MayGuess,
    OwnSite(client): OwnSite,
    query: Query,
    body: Unread,
) -> Result<Response, Problem> {
    let mut fields = body.fields().await?;
    let Some(token) = fields.required("token", text) else {
        for member in ["username", "password", "organizationName"] {
            fields.optional(member, text);
        }
        return fields.finish(query, None);
    };
    let guess = Guess::begin(&service, &client.network(), None)?;
    let (link, what) = service.link_for(&token).await?;
    guess.was_right();
    let password = fields.required("password", password);
    let begun = match what {
        LinkFor::FirstAccount => {
            let (username, name) =
                (fields.required("username", username), fields.required("organizationName", label));
            let read = username.zip(password).zip(name);
            let ((username, password), name) = fields.finish(query, read)?;
            service.first_account(link, username, password, name, &client).await?
        }
        LinkFor::Password { username, .. } => {
            let password = fields.finish(query, password)?;
            service.password_by_link(link, &username, password, &client).await?
        }
    };
    let user = begun.who.user(&service).await?;
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, begun.cookie)], Json(user)).into_response())
}

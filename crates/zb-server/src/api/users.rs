//! Accounts, which are the operators' affair (`api.md` §2).

use axum::{Json, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use job_store::{Account, DeleteUser};
use serde_json::{Value, json};

use super::account_fields::{label, username};
use crate::{
    AddUser, Caller, FieldError, Kind, Minted, Problem, Service,
    auth::{Action, Client},
    body::Unread,
    named::{Named, not_found},
    query::Query,
    route::{Asks, Route, Who},
    schema::{Shape, nullable, object, request, text, time},
};

pub(crate) fn routes() -> Vec<Route> {
    const PATH: &str = "/api/v1/users";
    let add_asks = Asks::Json(&NEW_ACCOUNT);
    vec![
        Route::get(PATH, "listUsers", Who::Operator, list).list(&ACCOUNT),
        Route::post(PATH, "addUser", Who::Operator, add).asks(add_asks).json(201, &LINKED_ACCOUNT),
        Route::delete("/api/v1/users/{userId}", "deleteUser", Who::Operator, remove).empty(204),
        Route::post("/api/v1/users/{userId}/set-up-link", "renewSetUpLink", Who::Operator, link)
            .json(201, &LINKED_ACCOUNT),
    ]
}

const NEW_ACCOUNT: Shape =
    Shape::new("NewAccount", || request(&["username"], [("username", text()), ("name", nullable(text()))]));

const ACCOUNT: Shape = Shape::new("Account", || {
    object([
        ("userId", text()),
        ("username", text()),
        ("name", nullable(text())),
        ("lastSeenAt", nullable(time())),
    ])
});

const LINKED_ACCOUNT: Shape = Shape::new("LinkedAccount", || {
    object([
        ("userId", text()),
        ("username", text()),
        ("name", nullable(text())),
        ("lastSeenAt", nullable(time())),
        ("setUpUrl", text()),
        ("setUpExpiresAt", time()),
    ])
});

async fn list(
    State(service): State<Service>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs_operator()?;
    let page = query.page("users", |username| Some(username.to_owned()));
    query.finish()?;
    let found = service.store.users(page.after.as_deref(), page.at_most).await;
    let found = found.map_err(|error| service.failed(&error))?;
    Ok(Json(page.answer(found, |account| account.username.clone(), show)))
}

async fn add(
    State(service): State<Service>,
    caller: Caller,
    client: Client,
    query: Query,
    body: Unread,
) -> Result<(StatusCode, Json<Value>), Problem> {
    caller.needs_operator()?;
    let mut fields = body.fields().await?;
    let (username, name) = (fields.required("username", username), fields.optional("name", label));
    let username = fields.finish(query, username)?;
    let added = service.accounts().add_user(&username, name).await;
    let AddUser::Added(minted) = added.map_err(|error| service.failed(&error))? else {
        return Err(Problem::invalid(vec![FieldError::new("/username", "another account has it")]));
    };
    let Minted { thing: (account, expires_at), secret } = minted;
    service.note_operator(&caller, Action::UserCreated, &account.id).await?;
    Ok((StatusCode::CREATED, Json(with_link(&account, secret.expose(), expires_at, &client))))
}

async fn link(
    State(service): State<Service>,
    caller: Caller,
    client: Client,
    Named(user): Named,
    query: Query,
    body: Unread,
) -> Result<(StatusCode, Json<Value>), Problem> {
    caller.needs_operator()?;
    let found = service.store.user(&user).await.map_err(|error| service.failed(&error))?;
    let account = found.ok_or_else(not_found)?;
    body.fields_or_none().await?.finish(query, Some(()))?;
    let renewed = service.accounts().renew_link(&user).await.map_err(|error| service.failed(&error))?;
    let Minted { thing: expires_at, secret } = renewed.ok_or_else(not_found)?;
    service.note_operator(&caller, Action::UserLinked, &user).await?;
    Ok((StatusCode::CREATED, Json(with_link(&account, secret.expose(), expires_at, &client))))
}

async fn remove(
    State(service): State<Service>,
    caller: Caller,
    Named(user): Named,
    query: Query,
) -> Result<StatusCode, Problem> {
    caller.needs_operator()?;
    let found = service.store.user(&user).await.map_err(|error| service.failed(&error))?;
    found.ok_or_else(not_found)?;
    query.finish()?;
    match service.store.delete_user(&user).await.map_err(|error| service.failed(&error))? {
        DeleteUser::Deleted => {}
        DeleteUser::NotFound => return Err(not_found()),
        DeleteUser::LastOwner(organization) => {
            let detail = format!("{organization} has no other owner: make another member its owner first");
            return Err(Problem::new(Kind::LastOwner, detail));
        }
    }
    service.note_operator(&caller, Action::UserDeleted, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn show(account: &Account) -> Value {
    json!({"userId": account.id, "username": account.username, "name": account.name,
           "lastSeenAt": account.last_seen_at})
}

/// `setUpUrl` this once: nobody else ever knows a password.
fn with_link(account: &Account, token: &str, expires_at: Timestamp, client: &Client) -> Value {
    let mut shown = show(account);
    shown["setUpUrl"] = format!("{}/set-up?token={token}", client.base_url).into();
    shown["setUpExpiresAt"] = json!(expires_at);
    shown
}

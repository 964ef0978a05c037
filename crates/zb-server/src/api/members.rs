//! The members of an organization (`api.md` §2).

use axum::{Json, extract::State};
use hook_core::OrganizationId;
use http::StatusCode;
use job_store::{Account, PutMember, RemoveMember, Role};
use serde_json::{Value, json};

use super::account_fields::role;
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
    const ONE: &str = "/api/v1/organizations/{organizationId}/members/{username}";
    let read = Who::Scope(Scope::Read);
    vec![
        Route::get("/api/v1/organizations/{organizationId}/members", "listMembers", read, list).list(&MEMBER),
        Route::put(ONE, "putMember", Who::Owner, keep)
            .asks(Asks::Json(&MEMBERSHIP))
            .json(200, &MEMBER)
            .json(201, &MEMBER),
        Route::delete(ONE, "removeMember", Who::Owner, remove).empty(204),
    ]
}

const MEMBERSHIP: Shape =
    Shape::new("Membership", || request(&["role"], [("role", words(Role::ALL.map(Role::as_str)))]));

const MEMBER: Shape = Shape::new("Member", || {
    object([
        ("userId", text()),
        ("username", text()),
        ("name", nullable(text())),
        ("role", words(Role::ALL.map(Role::as_str))),
        ("lastSeenAt", nullable(time())),
    ])
});

async fn list(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Read)?;
    // An operator who is no member sees that it is there, and not who is in it.
    let (id, role) = service.seen(&caller, &id).await?;
    role.ok_or_else(not_found)?;
    let page = query.page(&format!("members {id}"), |username| Some(username.to_owned()));
    query.finish()?;
    let found = service.store.members(&id, page.after.as_deref(), page.at_most).await;
    let found = found.map_err(|error| service.failed(&error))?;
    Ok(Json(page.answer(
        found,
        |member| member.account.username.clone(),
        |member| show(&member.account, member.role),
    )))
}

async fn keep(
    State(service): State<Service>,
    caller: Caller,
    Named((id, username)): Named<(String, String)>,
    query: Query,
    body: Unread,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let id = owned(&service, &caller, &id).await?;
    let there = service.store.user_named(&username).await.map_err(|error| service.failed(&error))?;
    there.ok_or_else(not_found)?;
    let mut fields = body.fields().await?;
    let role = fields.required("role", role);
    let role = fields.finish(query, role)?;
    let put = service.store.put_member(&id, &username, role).await.map_err(|error| service.failed(&error))?;
    let (status, action, account) = match put {
        PutMember::Added(account) => (StatusCode::CREATED, Action::MemberCreated, account),
        PutMember::Changed(account) => (StatusCode::OK, Action::MemberReplaced, account),
        PutMember::NotFound => return Err(not_found()),
        PutMember::LastOwner => return Err(last_owner()),
    };
    service.note_in(&id, &caller, action, &username).await?;
    Ok((status, Json(show(&account, role))))
}

async fn remove(
    State(service): State<Service>,
    caller: Caller,
    Named((id, username)): Named<(String, String)>,
    query: Query,
) -> Result<StatusCode, Problem> {
    let id = owned(&service, &caller, &id).await?;
    query.finish()?;
    match service.store.remove_member(&id, &username).await.map_err(|error| service.failed(&error))? {
        RemoveMember::Removed(_) => {}
        RemoveMember::NotFound => return Err(not_found()),
        RemoveMember::LastOwner => return Err(last_owner()),
    }
    service.note_in(&id, &caller, Action::MemberDeleted, &username).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The organization of a path, for a session of one of its owners.
///
/// # Errors
/// 403, 404.
async fn owned(service: &Service, caller: &Caller, id: &str) -> Result<OrganizationId, Problem> {
    caller.needs_session()?;
    let (id, role) = service.seen(caller, id).await?;
    match role {
        Some(Role::Owner) => Ok(id),
        Some(role) => {
            let detail = format!("the role owner is needed, and you are {}", role.as_str());
            Err(Problem::new(Kind::Forbidden, detail))
        }
        None => Err(not_found()),
    }
}

fn last_owner() -> Problem {
    Problem::new(Kind::LastOwner, "an organization needs an owner: make another member its owner first")
}

fn show(account: &Account, role: Role) -> Value {
    json!({"userId": account.id, "username": account.username, "name": account.name, "role": role,
           "lastSeenAt": account.last_seen_at})
}

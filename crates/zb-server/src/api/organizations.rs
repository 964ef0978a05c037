//! Organizations (`api.md` §2): a token sees its own, a session its user's, an operator's session all.

use axum::{Json, extract::State};
use hook_core::OrganizationId;
use http::StatusCode;
use job_store::{DeleteOrganization, Organization, OrganizationChange, Role};
use serde_json::{Value, json};

use super::account_fields::{label, roots};
use crate::{
    Caller, Credential, Kind, Problem, Scope, Service,
    auth::Action,
    body::Unread,
    named::{Named, not_found},
    query::Query,
    route::{Asks, Route, Who},
    schema::{Shape, array, integer, nullable, object, request, text},
};

pub(crate) fn routes() -> Vec<Route> {
    const PATH: &str = "/api/v1/organizations";
    const ONE: &str = "/api/v1/organizations/{organizationId}";
    vec![
        Route::get(PATH, "listOrganizations", Who::Scope(Scope::Read), list).list(&ORGANIZATION),
        Route::post(PATH, "addOrganization", Who::Operator, add)
            .asks(Asks::Json(&NEW))
            .json(201, &ORGANIZATION),
        Route::patch(ONE, "changeOrganization", Who::Session, change)
            .asks(Asks::Json(&CHANGE))
            .json(200, &ORGANIZATION),
        Route::delete(ONE, "deleteOrganization", Who::Operator, remove).empty(204),
    ]
}

const ORGANIZATION: Shape = Shape::new("Organization", || {
    object([
        ("organizationId", text()),
        ("name", text()),
        ("roots", nullable(array(text()))),
        ("jobs", integer()),
        ("members", integer()),
    ])
});

const NEW: Shape = Shape::new("NewOrganization", || {
    request(&["name", "roots"], [("name", text()), ("roots", nullable(array(text())))])
});

const CHANGE: Shape =
    Shape::new("OrganizationChange", || request(&[], [("name", text()), ("roots", nullable(array(text())))]));

async fn list(
    State(service): State<Service>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Read)?;
    let is_session = caller.credential == Credential::Session;
    let of = if is_session { &*caller.user_id } else { caller.organization.as_str() };
    let page = query.page(&format!("organizations {of}"), |id| Some(id.to_owned()));
    query.finish()?;
    let found = if !is_session {
        let own = service.store.organization(&caller.organization).await;
        own.map(|own| own.into_iter().filter(|_| page.after.is_none()).collect())
    } else {
        let of = (!caller.operator).then_some(&*caller.user_id);
        service.store.organizations(of, page.after.as_deref(), page.at_most).await
    };
    let found = found.map_err(|error| service.failed(&error))?;
    Ok(Json(page.answer(found, |organization| organization.id.to_string(), show)))
}

async fn add(
    State(service): State<Service>,
    caller: Caller,
    query: Query,
    body: Unread,
) -> Result<(StatusCode, Json<Value>), Problem> {
    caller.needs_operator()?;
    let mut fields = body.fields().await?;
    let (name, roots) = (fields.required("name", label), fields.nullable("roots", roots));
    if !fields.has("roots") {
        fields.missing("roots", "it is needed: a list of directories, or null: no limit");
    }
    let (name, roots) = fields.finish(query, name.zip(roots))?;
    let added = service.accounts().add_organization(&name, roots, &caller.user_id).await;
    let id = added.map_err(|error| service.failed(&error))?;
    let made = service.store.organization(&id).await.map_err(|error| service.failed(&error))?;
    let made = made.ok_or_else(not_found)?;
    service.note_operator(&caller, Action::OrganizationCreated, id.as_str()).await?;
    Ok((StatusCode::CREATED, Json(show(&made))))
}

async fn change(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
    body: Unread,
) -> Result<Json<Value>, Problem> {
    caller.needs_session()?;
    let (id, role) = service.seen(&caller, &id).await?;
    let is_owner = role == Some(Role::Owner);
    if !is_owner && !caller.operator {
        return Err(Problem::new(Kind::Forbidden, "the role owner is needed, or an operator"));
    }
    let mut fields = body.fields().await?;
    let (name, roots) = (fields.optional("name", label), fields.nullable("roots", roots));
    if !is_owner && fields.has("name") {
        return Err(Problem::new(Kind::Forbidden, "the role owner is needed to change the name"));
    }
    if !caller.operator && fields.has("roots") {
        return Err(Problem::new(Kind::Forbidden, "an operator is needed to change the roots"));
    }
    fields.finish(query, Some(()))?;
    let changed = service.store.change_organization(&id, OrganizationChange { name, roots }).await;
    let changed = changed.map_err(|error| service.failed(&error))?.ok_or_else(not_found)?;
    service.note_in(&id, &caller, Action::OrganizationReplaced, id.as_str()).await?;
    Ok(Json(show(&changed)))
}

async fn remove(
    State(service): State<Service>,
    caller: Caller,
    Named(id): Named,
    query: Query,
) -> Result<StatusCode, Problem> {
    caller.needs_session()?;
    let (id, _) = service.seen(&caller, &id).await?;
    caller.needs_operator()?;
    query.finish()?;
    match service.store.delete_organization(&id).await.map_err(|error| service.failed(&error))? {
        DeleteOrganization::Deleted => {}
        DeleteOrganization::NotFound => return Err(not_found()),
        DeleteOrganization::InUse => {
            let detail = "an organization with jobs, and org_default, cannot be deleted";
            return Err(Problem::new(Kind::InUse, detail));
        }
    }
    service.note_operator(&caller, Action::OrganizationDeleted, id.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Service {
    /// The organization of a path, if the caller may know of it, and what they are there: a token's is its own; a
    /// session's are its user's, and for an operator all.
    ///
    /// # Errors
    /// 404.
    pub(super) async fn seen(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<(OrganizationId, Option<Role>), Problem> {
        let id: OrganizationId = id.parse().map_err(|_| not_found())?;
        if caller.credential != Credential::Session {
            return if id == caller.organization { Ok((id, Some(caller.role))) } else { Err(not_found()) };
        }
        let role = self.store.role(&id, &caller.user_id).await.map_err(|error| self.failed(&error))?;
        if role.is_none() && !caller.operator {
            return Err(not_found());
        }
        let there = self.store.organization(&id).await.map_err(|error| self.failed(&error))?;
        there.map(|_| (id, role)).ok_or_else(not_found)
    }
}

fn show(organization: &Organization) -> Value {
    json!({"organizationId": organization.id, "name": organization.name, "roots": organization.roots,
           "jobs": organization.jobs, "members": organization.members})
}

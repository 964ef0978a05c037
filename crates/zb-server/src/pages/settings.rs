//! What a person sets: their name and password, their tokens, the organisation they act in; and who is in it.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use job_store::{Member, Membership, Role, Token};

use super::{
    form::Form,
    icon,
    shell::{Place, Shell},
    visitor::Visitor,
    words::Times,
};
use crate::{
    Kind, Problem, Scope, Service,
    api::is_password,
    auth::{Action, Guess, hash_password, is_password as is_theirs},
    body::Unread,
    is_label,
    named::{Named, not_found},
};

/// More than anybody has.
const ALL: u32 = 1000;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/settings", get(show))
        .route("/settings/password", post(change_password))
        .route("/settings/organization", post(switch))
        .route("/settings/tokens", post(add_token))
        .route("/settings/tokens/{tokenId}/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    shell: Shell,
    username: String,
    role: &'static str,
    memberships: Vec<Membership>,
    organization: String,
    members: Vec<Member>,
    tokens: Vec<Token>,
    /// The scopes that a token of this person may have.
    scopes: Vec<&'static str>,
    times: Times,
    /// A token that was made this moment: shown once.
    fresh: Option<String>,
    /// What is wrong: the field's id, its name, and why.
    wrong: Vec<(&'static str, &'static str, String)>,
    is_session: bool,
}

impl SettingsPage {
    fn error(&self, field: &str) -> Option<&str> {
        self.wrong.iter().find(|(id, ..)| *id == field).map(|(_, _, reason)| &**reason)
    }

    fn moment(&self, at: &Option<jiff::Timestamp>) -> String {
        at.map_or_else(|| "never".to_owned(), |at| self.times.day(at))
    }
}

async fn show(State(service): State<Service>, visitor: Visitor) -> Result<Response, Problem> {
    let page = page(&service, &visitor).await?;
    visitor.page(&service, &page)
}

async fn page(service: &Service, visitor: &Visitor) -> Result<SettingsPage, Problem> {
    let caller = &visitor.caller;
    let whose = (caller.role != Role::Owner).then_some(&*caller.user_id);
    let (memberships, members, tokens) = tokio::join!(
        service.store.memberships(&caller.user_id),
        service.store.members(&caller.organization, None, ALL),
        service.store.tokens(&caller.organization, whose, None, ALL)
    );
    let failed = |error| service.failed(&error);
    let is_session = caller.needs_session().is_ok();
    let may = |scope: &Scope| *scope <= caller.role.scope();
    Ok(SettingsPage {
        shell: service.shell(visitor, Place::Settings, "Settings").await?,
        username: caller.username.clone(),
        role: caller.role.as_str(),
        memberships: memberships.map_err(failed)?,
        organization: caller.organization.to_string(),
        members: members.map_err(failed)?,
        tokens: if is_session { tokens.map_err(failed)? } else { Vec::new() },
        scopes: Scope::ALL.iter().filter(|scope| may(scope)).map(|scope| scope.as_str()).collect(),
        times: service.times(),
        fresh: None,
        wrong: Vec::new(),
        is_session,
    })
}

async fn add_token(
    State(service): State<Service>,
    visitor: Visitor,
    body: Unread,
) -> Result<Response, Problem> {
    let caller = &visitor.caller;
    caller.needs_session()?;
    let form = Form::read(body, &visitor.csrf).await?;
    let name = form.text("name").trim();
    let scope = Scope::named(form.text("scope")).unwrap_or(Scope::Read);
    if scope > caller.role.scope() {
        let detail = format!("a {} may have tokens of the scope read only", caller.role.as_str());
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    if !is_label(name) {
        let mut page = page(&service, &visitor).await?;
        page.wrong = vec![("token-name", "Name of the new token", "It has 1 to 128 characters.".to_owned())];
        return service.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let minted = service.accounts().add_token(&caller.user_id, &caller.organization, name, scope, None).await;
    let minted = minted.map_err(|error| service.failed(&error))?;
    service.note(caller, Action::TokenCreated, &minted.thing.id).await?;
    // Not by way of a redirection: the secret would stand in a cookie.
    let mut page = page(&service, &visitor).await?;
    page.fresh = Some(minted.secret.expose().to_owned());
    service.page(StatusCode::OK, &page)
}

async fn revoke(
    State(service): State<Service>,
    visitor: Visitor,
    Named(id): Named,
    body: Unread,
) -> Result<Response, Problem> {
    let caller = &visitor.caller;
    caller.needs_session()?;
    Form::read(body, &visitor.csrf).await?;
    let whose = (caller.role != Role::Owner).then_some(&*caller.user_id);
    let deleted = service.store.delete_token(&caller.organization, whose, &id).await;
    if !deleted.map_err(|error| service.failed(&error))? {
        return Err(not_found());
    }
    service.note(caller, Action::TokenDeleted, &id).await?;
    Ok(service.done(&visitor.client, "/settings", "The token was revoked."))
}

async fn switch(State(service): State<Service>, visitor: Visitor, body: Unread) -> Result<Response, Problem> {
    visitor.caller.needs_session()?;
    let form = Form::read(body, &visitor.csrf).await?;
    let organization = form.text("organization").parse().map_err(|_| not_found())?;
    let switched = service.store.switch_session(visitor.caller.digest, &organization).await;
    if !switched.map_err(|error| service.failed(&error))? {
        return Err(not_found());
    }
    Ok(service.done(&visitor.client, "/", "You act in another organisation now."))
}

async fn change_password(
    State(service): State<Service>,
    visitor: Visitor,
    body: Unread,
) -> Result<Response, Problem> {
    let caller = &visitor.caller;
    caller.needs_session()?;
    let form = Form::read(body, &visitor.csrf).await?;
    let (current, new) = (form.text("current"), form.text("new"));
    let mut wrong = Vec::new();
    let guess = Guess::begin(&service, &visitor.client.network(), Some(&caller.username))?;
    let kept = service.store.password(&caller.user_id).await.map_err(|error| service.failed(&error))?;
    if is_theirs(&service, current.to_owned().into(), kept).await? {
        guess.was_right();
    } else {
        wrong.push(("current", "Current password", "It is not your password.".to_owned()));
    }
    if !is_password(new) {
        wrong.push(("new", "New password", "It has 12 to 1024 characters.".to_owned()));
    }
    if !wrong.is_empty() {
        let mut page = page(&service, &visitor).await?;
        page.wrong = wrong;
        return service.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let hashed = hash_password(&service, new.to_owned().into()).await?;
    let kept = service.store.set_password(&caller.user_id, hashed, Some(caller.digest)).await;
    kept.map_err(|error| service.failed(&error))?;
    service.note(caller, Action::UserPasswordChanged, &caller.user_id).await?;
    let text = "The password was changed. Your other sessions have ended.";
    Ok(service.done(&visitor.client, "/settings", text))
}

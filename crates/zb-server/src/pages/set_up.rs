//! The first account, and a new password: by a link that works once.

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use http::{HeaderMap, StatusCode, header};
use job_store::{Digest, LinkFor};

use super::{assets::STYLE_PATH, csrf::Guard, form::Form, icon};
use crate::{
    Kind, Problem, Service,
    api::{is_label, is_password, is_username},
    auth::{Client, Guess, OwnSite},
    body::Unread,
    query::Query,
};

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/set-up", get(show).post(set_up))
}

/// What was typed, with what is wrong with it.
#[derive(Default)]
struct Typed {
    username: String,
    username_error: Option<&'static str>,
    password_error: Option<&'static str>,
    organization: String,
    organization_error: Option<&'static str>,
}

impl Typed {
    fn is_good(&self) -> bool {
        self.username_error.is_none() && self.password_error.is_none() && self.organization_error.is_none()
    }

    /// Each field that is wrong: its id, its name and what is wrong.
    fn errors(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let all = [
            ("username", "Username", self.username_error),
            ("password", "Password", self.password_error),
            ("organization", "Organisation", self.organization_error),
        ];
        all.into_iter().filter_map(|(id, name, error)| Some((id, name, error?))).collect()
    }
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct SetUpPage<'s> {
    base: &'s str,
    style: &'s str,
    csrf: &'s str,
    token: &'s str,
    /// Whose password the link sets; nobody's where it makes the first account.
    whose: Option<&'s str>,
    typed: Typed,
}

/// Where there is no link, or one that does not work.
#[derive(Template)]
#[template(path = "set_up_link.html")]
struct LinkPage<'s> {
    base: &'s str,
    style: &'s str,
    is_first: bool,
    was_tried: bool,
}

async fn show(
    State(service): State<Service>,
    OwnSite(client): OwnSite,
    headers: HeaderMap,
    mut query: Query,
) -> Result<Response, Problem> {
    let guard = Guard::of(&service, &client, &headers);
    let token = query.text("token").unwrap_or_default();
    let Some((_, what)) = link(&service, &client, &token).await? else {
        return no_link(&service, !token.is_empty()).await;
    };
    let mut response =
        service.page(StatusCode::OK, &page(&service, &guard, &token, &what, Typed::default()))?;
    if let Some(cookie) = guard.cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn set_up(
    State(service): State<Service>,
    OwnSite(client): OwnSite,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Problem> {
    let guard = Guard::of(&service, &client, &headers);
    let form = Form::read(body, &guard.field).await?;
    let token = form.text("token");
    let Some((digest, what)) = link(&service, &client, token).await? else {
        return no_link(&service, true).await;
    };
    let password = form.text("password");
    let mut typed = Typed {
        password_error: (!is_password(password)).then_some("It has 12 to 1024 characters."),
        ..Typed::default()
    };
    if matches!(what, LinkFor::FirstAccount) {
        let name = form.text("organization").trim();
        form.text("username").clone_into(&mut typed.username);
        name.clone_into(&mut typed.organization);
        typed.username_error =
            (!is_username(&typed.username)).then_some("It has 1 to 64 of a-z 0-9 . _ - in lower case.");
        typed.organization_error =
            (!name.is_empty() && !is_label(name)).then_some("It has at most 128 characters.");
    }
    if !typed.is_good() {
        let page = page(&service, &guard, token, &what, typed);
        return service.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let password = password.to_owned().into();
    let begun = match what {
        LinkFor::FirstAccount => {
            let name = if typed.organization.is_empty() { "Home".to_owned() } else { typed.organization };
            service.first_account(digest, typed.username, password, name, &client).await?
        }
        LinkFor::Password { username, .. } => {
            service.password_by_link(digest, &username, password, &client).await?
        }
    };
    let mut response = service.see("/");
    response.headers_mut().append(header::SET_COOKIE, begun.cookie);
    Ok(response)
}

/// What a link is for; nothing where it does not work.
///
/// # Errors
/// 429 after too many that did not.
async fn link(service: &Service, client: &Client, token: &str) -> Result<Option<(Digest, LinkFor)>, Problem> {
    if token.is_empty() {
        return Ok(None);
    }
    let guess = Guess::begin(service, &client.network(), None)?;
    match service.link_for(token).await {
        Ok(found) => {
            guess.was_right();
            Ok(Some(found))
        }
        Err(problem) if problem.kind == Kind::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

async fn no_link(service: &Service, was_tried: bool) -> Result<Response, Problem> {
    let is_first = service.needs_account().await.is_err();
    let status = if was_tried { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let (base, style) = (&*service.settings.base_path, &**STYLE_PATH);
    service.page(status, &LinkPage { base, style, is_first, was_tried })
}

fn page<'s>(
    service: &'s Service,
    guard: &'s Guard,
    token: &'s str,
    what: &'s LinkFor,
    typed: Typed,
) -> SetUpPage<'s> {
    let whose = match what {
        LinkFor::FirstAccount => None,
        LinkFor::Password { username, .. } => Some(&**username),
    };
    let base = &service.settings.base_path;
    SetUpPage { base, style: &STYLE_PATH, csrf: &guard.field, token, whose, typed }
}

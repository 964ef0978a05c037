//! Signing in and out.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header};

use super::{assets::STYLE_PATH, csrf::Guard, form::Form, icon, response::see_other, visitor::Visitor};
use crate::{
    Kind, Problem, Service,
    auth::{Client, Open, clear_cookie},
    body::Unread,
    query::Query,
};

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/sign-in", get(show).post(sign_in)).route("/sign-out", post(sign_out))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'s> {
    base: &'s str,
    style: &'s str,
    csrf: &'s str,
    next: &'s str,
    username: &'s str,
    error: Option<&'s str>,
}

async fn show(
    State(service): State<Service>,
    Open(client): Open,
    headers: HeaderMap,
    mut query: Query,
) -> Result<Response, Problem> {
    let guard = Guard::of(&service, &client, &headers);
    let next = query.text("next").unwrap_or_default();
    let page = page(&service, &guard, &next, "", None);
    let mut response = service.page(StatusCode::OK, &page)?;
    if let Some(cookie) = guard.cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn sign_in(
    State(service): State<Service>,
    Open(client): Open,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Problem> {
    let guard = Guard::of(&service, &client, &headers);
    let form = Form::read(body, &guard.field).await?;
    let (username, next) = (form.text("username"), form.text("next"));
    let begun = match service.sign_in(username, form.text("password").to_owned().into(), &client).await {
        Ok(begun) => begun,
        Err(problem) if matches!(problem.kind, Kind::InvalidCredentials | Kind::RateLimited) => {
            let (status, error) = match problem.kind {
                Kind::RateLimited => {
                    (StatusCode::TOO_MANY_REQUESTS, format!("Too many wrong passwords: {}.", problem.detail))
                }
                _ => (StatusCode::UNPROCESSABLE_ENTITY, "The username or the password is wrong.".to_owned()),
            };
            return service.page(status, &page(&service, &guard, next, username, Some(&error)));
        }
        Err(problem) => return Err(problem),
    };
    let mut response = if is_path_of_ours(next) { see_other(next) } else { service.see("/") };
    response.headers_mut().append(header::SET_COOKIE, begun.cookie);
    Ok(response)
}

async fn sign_out(
    State(service): State<Service>,
    visitor: Visitor,
    client: Client,
    body: Unread,
) -> Result<Response, Problem> {
    visitor.caller.needs_session()?;
    Form::read(body, &visitor.csrf).await?;
    let ended = service.store.end_session(visitor.caller.digest).await;
    ended.map_err(|error| service.failed(&error))?;
    let mut response = service.see("/sign-in");
    response.headers_mut().append(header::SET_COOKIE, clear_cookie(&service.settings, &client));
    Ok(response)
}

fn page<'s>(
    service: &'s Service,
    guard: &'s Guard,
    next: &'s str,
    username: &'s str,
    error: Option<&'s str>,
) -> SignInPage<'s> {
    SignInPage {
        base: &service.settings.base_path,
        style: &STYLE_PATH,
        csrf: &guard.field,
        next,
        username,
        error,
    }
}

/// Whether `next` leads nowhere else: browsers take `//` and `\` for another host (`api.md` §9).
fn is_path_of_ours(next: &str) -> bool {
    next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::is_path_of_ours;

    #[test]
    fn next_stays_here() {
        for next in ["/", "/runs/job_1", "/runs?status=error,warning", "/zb/backups/new#hooks"] {
            assert!(is_path_of_ours(next), "{next}");
        }
        for next in [
            "",
            "runs",
            "//evil.example",
            "/\\evil.example",
            "\\",
            "https://evil.example",
            "/\t/evil",
            "/a b",
        ] {
            assert!(!is_path_of_ours(next), "{next}");
        }
    }
}

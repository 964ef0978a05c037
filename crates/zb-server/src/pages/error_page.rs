//! What a page's route answers where it cannot show the page: a problem becomes the way to sign in, to set up, or a page
//! that says it.

use askama::Template;
use axum::{
    extract::{OriginalUri, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use form_urlencoded::byte_serialize;
use http::{HeaderMap, Method, StatusCode};

use super::{
    assets::STYLE_PATH,
    cross_site::{Again, is_link_from_elsewhere},
};
use crate::{Kind, Problem, Service, frame::accept};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'s> {
    base: &'s str,
    style: &'s str,
    status: u16,
    title: &'s str,
    detail: &'s str,
    reference: Option<&'s str>,
}

/// Around every page's route.
pub(super) async fn show(
    State(service): State<Service>,
    OriginalUri(uri): OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    let (method, asked) = (request.method().clone(), request.headers().clone());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let problem = service.referenced(problem);
        let page = instead(&service, &method, &asked, path, &problem);
        response = page.unwrap_or_else(IntoResponse::into_response);
        response.headers_mut().extend(problem.more.headers.clone());
    }
    response
}

/// What a path answers that nothing has: to a browser a page, below `/api/` and to everything else a problem.
pub(crate) fn nowhere(service: &Service, path: &str, asked: &HeaderMap, problem: Problem) -> Response {
    let wants_page = accept::quality(asked, "text/html") > accept::quality(asked, "application/problem+json");
    if path.starts_with("/api/") || !wants_page {
        return problem.into_response();
    }
    let page = instead(service, &Method::GET, asked, path, &problem);
    page.unwrap_or_else(IntoResponse::into_response)
}

fn instead(
    service: &Service,
    method: &Method,
    asked: &HeaderMap,
    path: &str,
    problem: &Problem,
) -> Result<Response, Problem> {
    let base = &*service.settings.base_path;
    match problem.kind {
        Kind::SetUpRequired => return Ok(service.see("/set-up")),
        Kind::Unauthenticated if is_link_from_elsewhere(method, asked) => {
            return service.page(StatusCode::OK, &Again::new(base));
        }
        Kind::Unauthenticated if method.is_safe() => {
            // A slash may stand in a query as it is (RFC 3986 §3.4).
            let next: String = byte_serialize(path.as_bytes()).collect();
            let next = next.replace("%2F", "/");
            return Ok(service.see(&format!("/sign-in?next={next}")));
        }
        Kind::Unauthenticated => return Ok(service.see("/sign-in")),
        _ => {}
    }
    let status = problem.kind.status();
    let page = ErrorPage {
        base,
        style: &STYLE_PATH,
        status,
        title: title(problem.kind),
        detail: &problem.detail,
        reference: problem.more.members.get("reference").and_then(|reference| reference.as_str()),
    };
    service.page(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &page)
}

/// What is so, for a person.
fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::NotFound => "There is no such page",
        Kind::Forbidden => "You may not do this",
        Kind::CrossSite => "The form was not sent from here",
        Kind::Storage => "zb cannot use its data directory",
        Kind::ShuttingDown => "zb is shutting down",
        Kind::Internal => "zb could not do this",
        Kind::AlreadyRunning => "A run of this backup is in progress",
        Kind::Finished => "The run is over",
        Kind::NotOwed => "Nothing is owed any more",
        Kind::RateLimited => "Too often in a short time",
        other => other.title(),
    }
}

//! Around every request: what is too large or too slow is cut off, a handler that panics is an answer too, and every
//! answer has the headers of `api.md` §8.

pub(crate) mod accept;
mod deadline;
pub(crate) mod headers;

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Uri};

use crate::{Kind, Problem, Service, body::MOST_BYTES, pages, stream::Streams};

/// The most that a URL may have (`api.md` §8).
const MOST_URL: usize = 8 * 1024;

/// The most that a head may have.
const MOST_HEAD: usize = 32 * 1024;

/// Puts the frame around routes.
pub(crate) fn frame(service: Service, routes: Router<Service>) -> Router {
    let routes = routes
        .fallback(async |State(service): State<Service>, uri: Uri, headers: HeaderMap| {
            pages::nowhere(&service, uri.path(), &headers, not_found())
        })
        .method_not_allowed_fallback(async || method_not_allowed())
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(Extension(Streams::of(&service)))
        .with_state(service.clone());
    // The base path goes before a route is looked for.
    Router::new().fallback_service(routes).layer(from_fn_with_state(service, around))
}

async fn around(State(service): State<Service>, request: Request, next: Next) -> Response {
    let response = match admit(request, &service.settings.base_path) {
        Ok(request) => match unless_it_panics(next.run(request)).await {
            Some(response) => response,
            None => service.internal("a handler panicked").into_response(),
        },
        Err(problem) => problem.into_response(),
    };
    let mut response = referenced(&service, response);
    headers::complete(response.headers_mut());
    response
}

fn referenced(service: &Service, mut response: Response) -> Response {
    let problem = response.extensions_mut().remove::<Problem>();
    match problem.filter(|problem| problem.kind.status() >= 500) {
        Some(problem) => service.referenced(problem).into_response(),
        None => response,
    }
}

/// The request as the routes know it.
fn admit(request: Request, base_path: &str) -> Result<Request, Problem> {
    let (mut parts, body) = request.into_parts();
    let url = parts.uri.path_and_query().map_or(0, |url| url.as_str().len());
    if url > MOST_URL {
        return Err(Problem::new(Kind::UriTooLong, "a URL has at most 8 KiB"));
    }
    if url + size(&parts.headers) > MOST_HEAD {
        return Err(Problem::new(Kind::HeadTooLarge, "the head of a request has at most 32 KiB"));
    }
    parts.uri = below(&parts.uri, base_path).ok_or_else(not_found)?;
    Ok(Request::from_parts(parts, deadline::timely(body)))
}

/// As on the wire: `name: value`, and a line end.
fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

/// What follows the base path.
fn below(uri: &Uri, base_path: &str) -> Option<Uri> {
    if base_path.is_empty() {
        return Some(uri.clone());
    }
    let path = uri.path().strip_prefix(base_path)?;
    let path = match path {
        "" => "/",
        path if path.starts_with('/') => path,
        _ => return None,
    };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{path}{query}").parse().ok()
}

/// Nothing where it panics; what it had is dropped.
async fn unless_it_panics<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let done = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Ready(done)) => Poll::Ready(Some(done)),
        Ok(Poll::Pending) => Poll::Pending,
        // What it says is told by the process's panic hook.
        Err(_) => Poll::Ready(None),
    });
    done.await
}

fn not_found() -> Problem {
    Problem::new(Kind::NotFound, "there is nothing at this path")
}

fn method_not_allowed() -> Problem {
    Problem::new(Kind::MethodNotAllowed, "the path has other methods: see Allow")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_goes_before() {
        let table = [
            ("/zb", Some("/")),
            ("/zb/", Some("/")),
            ("/zb/healthz?a=b", Some("/healthz?a=b")),
            ("/zb?a=b", Some("/?a=b")),
            ("/zbx/healthz", None),
            ("/healthz", None),
        ];
        for (uri, expected) in table {
            let found = below(&uri.parse().unwrap(), "/zb");
            assert_eq!(found.map(|uri| uri.to_string()).as_deref(), expected, "{uri}");
        }
        assert_eq!(below(&"/a?b".parse().unwrap(), "").unwrap(), "/a?b");
    }

    #[tokio::test]
    async fn a_panic_is_nothing() {
        assert_eq!(unless_it_panics(async { 7 }).await, Some(7));
        let panics = unless_it_panics(async {
            tokio::task::yield_now().await;
            panic!("on purpose");
        });
        assert_eq!(panics.await, None::<()>);
    }
}

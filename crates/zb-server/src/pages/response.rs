//! A template or a redirection as an answer.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::{Problem, Service};

impl Service {
    /// A page.
    ///
    /// # Errors
    /// The template cannot be written out: a fault of ours.
    pub(super) fn page(&self, status: StatusCode, page: &impl Template) -> Result<Response, Problem> {
        let html = page.render().map_err(|error| self.internal(&format!("a page: {error}")))?;
        Ok((status, Html(html)).into_response())
    }

    /// To a path of ours, after a form or for want of something.
    pub(super) fn see(&self, path: &str) -> Response {
        see_other(&format!("{}{path}", self.settings.base_path))
    }
}

/// 303, to a path with its base path. What is no header text leads to the beginning.
pub(super) fn see_other(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

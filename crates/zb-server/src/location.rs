//! `Location`: where what was made, or what is awaited, is found.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::Service;

impl Service {
    /// An answer that says where: `path` without the base path, which is put before it (`api.md` §1).
    pub(crate) fn at(&self, path: &str, status: StatusCode, answer: impl IntoResponse) -> Response {
        let mut response = (status, answer).into_response();
        // Ids and a base path that was checked with the configuration are always header text.
        if let Ok(location) = HeaderValue::try_from(format!("{}{path}", self.settings.base_path)) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

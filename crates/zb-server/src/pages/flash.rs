//! What the last press did, told once on the page that follows (`role=status`).

use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};

use super::csrf::{cookie, set_cookie};
use crate::{Service, auth::Client};

const COOKIE: &str = "zb_flash";

impl Service {
    /// To a path of ours, where `text` is told.
    pub(super) fn done(&self, client: &Client, path: &str, text: &str) -> Response {
        let mut response = self.see(path);
        let value = URL_SAFE_NO_PAD.encode(text);
        let cookie = set_cookie(self, client.https, COOKIE, &value, 60);
        response.headers_mut().append(header::SET_COOKIE, cookie);
        response
    }

    /// Forgets what was told.
    pub(super) fn told(&self, client: &Client, response: &mut Response) {
        let cookie = set_cookie(self, client.https, COOKIE, "", 0);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// What there is to tell.
pub(super) fn of(headers: &HeaderMap) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cookie(headers, COOKIE)?).ok()?;
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

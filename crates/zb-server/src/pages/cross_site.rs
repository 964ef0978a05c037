//! The page that a link in a message leads to: a browser keeps a `SameSite=Strict` cookie from that first request, and
//! sends it when the page loads itself again (`api.md` §9).

use askama::Template;
use http::{HeaderMap, Method};

use super::{assets::STYLE_PATH, csrf::cookie};

/// Loads itself again, once: the second request comes from zb's own page.
#[derive(Template)]
#[template(path = "again.html")]
pub(super) struct Again<'s> {
    base: &'s str,
    style: &'s str,
}

impl<'s> Again<'s> {
    pub(super) fn new(base: &'s str) -> Self {
        Self { base, style: &STYLE_PATH }
    }
}

/// Whether a browser may have kept the session's cookie.
pub(super) fn is_link_from_elsewhere(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::GET
        && headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
        && cookie(headers, "zb_session").is_none()
}

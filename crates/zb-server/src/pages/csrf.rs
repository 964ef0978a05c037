//! The `csrf` field of forms (`api.md` §2): known to zb's own pages alone, and made of the session without being kept.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest as _, Sha256};

use crate::{
    Kind, Problem, Service,
    auth::{Client, digest},
};

/// Where there is no session yet, a cookie is what the field is made of.
const COOKIE: &str = "zb_form";

/// The field's value for whoever holds the secret of this digest.
pub(super) fn field(of: job_store::Digest) -> String {
    let mut hash = Sha256::new();
    hash.update(b"zb form\0");
    hash.update(of);
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// Goes on if a form came from a page of ours.
///
/// # Errors
/// 403.
pub(super) fn check(found: &str, expected: &str) -> Result<(), Problem> {
    if found == expected {
        return Ok(());
    }
    let detail = "the form is not from a page of this session: open it again and send it from there";
    Err(Problem::new(Kind::CrossSite, detail))
}

/// The guard of a form that needs no session.
pub(super) struct Guard {
    /// The field's value.
    pub(super) field: String,
    /// For `Set-Cookie`, where there was no cookie.
    pub(super) cookie: Option<HeaderValue>,
}

impl Guard {
    /// Of the cookie that a request brings, or of a new one.
    pub(super) fn of(service: &Service, client: &Client, headers: &HeaderMap) -> Self {
        if let Some(secret) = cookie(headers, COOKIE) {
            return Self { field: field(digest(secret)), cookie: None };
        }
        let secret = service.accounts().secret();
        Self {
            field: field(digest(&secret)),
            cookie: Some(set_cookie(service, client.https, COOKIE, &secret, 24 * 60 * 60)),
        }
    }
}

/// A cookie of a request.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// `Set-Cookie` of a page's cookie, for so many seconds. `value` is base64.
pub(super) fn set_cookie(
    service: &Service,
    https: bool,
    name: &str,
    value: &str,
    seconds: u32,
) -> HeaderValue {
    let base = &*service.settings.base_path;
    let path = if base.is_empty() { "/" } else { base };
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

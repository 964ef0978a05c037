//! The cookie of a session (`api.md` §2).

use http::{HeaderMap, HeaderValue, header};

use super::Client;
use crate::ServerSettings;

const NAME: &str = "zb_session";

/// 30 days, in seconds.
const MAX_AGE: u32 = 30 * 24 * 60 * 60;

/// What a request brings: the secret of its session.
pub(super) fn of(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).map(|(_, value)| value)
}

/// `Set-Cookie` for a new session.
pub(crate) fn set_cookie(settings: &ServerSettings, client: &Client, secret: &str) -> HeaderValue {
    cookie(settings, client, secret, MAX_AGE)
}

/// `Set-Cookie` that takes it away.
pub(crate) fn clear_cookie(settings: &ServerSettings, client: &Client) -> HeaderValue {
    cookie(settings, client, "", 0)
}

fn cookie(settings: &ServerSettings, client: &Client, secret: &str, max_age: u32) -> HeaderValue {
    let path = if settings.base_path.is_empty() { "/" } else { &settings.base_path };
    let secure = if client.https { "; Secure" } else { "" };
    let text = format!("{NAME}={secret}; Path={path}; HttpOnly; SameSite=Strict; Max-Age={max_age}{secure}");
    // A base path that is no header text was refused with the configuration.
    let mut value = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(https: bool) -> Client {
        Client { address: None, https, base_url: String::new() }
    }

    #[test]
    fn it_is_for_zb_alone() {
        let mut settings = ServerSettings::default();
        let plain = "zb_session=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000";
        assert_eq!(set_cookie(&settings, &client(false), "abc"), plain);
        settings.base_path = "/zb".to_owned();
        let secure = "zb_session=; Path=/zb; HttpOnly; SameSite=Strict; Max-Age=0; Secure";
        assert_eq!(clear_cookie(&settings, &client(true)), secure);
    }

    #[test]
    fn it_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(of(&headers), None);
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; xzb_session=no"));
        headers.append(header::COOKIE, HeaderValue::from_static("b=2;zb_session=yes=; c=3"));
        assert_eq!(of(&headers), Some("yes="));
    }
}

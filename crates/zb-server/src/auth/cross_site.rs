//! Requests that another site's page makes in a signed-in person's browser (`api.md` §2, "Cross-site").

use http::{HeaderMap, Method, header};

/// Whether a browser says that the request is another site's doing. What is safe is nobody's doing; and what says nothing
/// is no browser.
pub(super) fn is_cross_site(method: &Method, headers: &HeaderMap, public_url: Option<&str>) -> bool {
    if method.is_safe() {
        return false;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let Ok(origin) = origin.to_str() else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_host = host.is_some_and(|host| {
        ["http://", "https://"].iter().any(|scheme| is_same(origin, &format!("{scheme}{host}")))
    });
    !is_host && !public_url.is_some_and(|url| is_same(origin, url.trim_end_matches('/')))
}

fn is_same(origin: &str, own: &str) -> bool {
    origin.eq_ignore_ascii_case(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way in which a browser may say where it is, and the methods.
    #[test]
    fn only_zbs_own_pages_and_no_browsers_may_change_things() {
        const SITES: [(&str, bool); 5] =
            [("same-origin", false), ("same-site", true), ("cross-site", true), ("none", true), ("", true)];
        const ORIGINS: [(&str, bool); 8] = [
            ("http://zb.lan:4097", false),
            ("https://zb.lan:4097", false),
            ("HTTP://ZB.LAN:4097", false),
            ("https://zb.example.org", false),
            ("http://zb.lan", true),
            ("http://evil.example", true),
            ("https://zb.example.org.evil.example", true),
            ("null", true),
        ];
        let public = Some("https://zb.example.org/");
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::GET, Method::HEAD] {
            let safe = method.is_safe();
            let mut bare = HeaderMap::new();
            bare.insert(header::HOST, "zb.lan:4097".parse().unwrap());
            assert!(!is_cross_site(&method, &bare, public), "no browser");
            for (origin, refused) in ORIGINS {
                let mut headers = bare.clone();
                headers.insert(header::ORIGIN, origin.parse().unwrap());
                assert_eq!(is_cross_site(&method, &headers, public), refused && !safe, "{method} {origin}");
                for (site, refused) in SITES {
                    headers.insert("sec-fetch-site", site.parse().unwrap());
                    assert_eq!(is_cross_site(&method, &headers, public), refused && !safe, "{method} {site}");
                }
            }
        }
    }
}

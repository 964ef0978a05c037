//! What holds for every text that is read as an allowlist or as a hook's URL: for the property tests, the corpus
//! and the fuzzer alike.

use hook_core::{AllowedOrigins, HookUrl};

/// Panics where `text` breaks a law of `spec.md` §2, "Origin allowlist".
pub(crate) fn hold_for(text: &str) {
    match AllowedOrigins::parse(text) {
        Ok((allowed, warnings)) => {
            printed_it_is_the_same_list(&allowed);
            assert!(warnings.iter().all(|warning| allowed.permit_origin(&warning.origin)));
        }
        Err(error) => {
            let shown = error.to_string();
            assert!(shown.contains(&error.entry), "{shown:?} does not quote {:?}", error.entry);
            assert!(!shown.contains(char::is_control), "{shown:?} could write to a terminal");
        }
    }
    if let Ok(url) = text.parse::<HookUrl>() {
        its_origin_is_what_to_add_to_the_list(&url);
        what_is_shown_is_no_secret(&url);
    }
}

fn printed_it_is_the_same_list(allowed: &AllowedOrigins) {
    let printed: Vec<_> = allowed.iter().map(ToString::to_string).collect();
    assert_eq!(AllowedOrigins::parse(&printed.join(",")), Ok((allowed.clone(), Vec::new())));
}

fn its_origin_is_what_to_add_to_the_list(url: &HookUrl) {
    let list = url.origin().to_string();
    let (allowed, warnings) = AllowedOrigins::parse(&list).unwrap_or_default();
    assert!(allowed.permit_origin(url.origin()), "{list:?} does not permit {url}");
    assert_eq!((allowed.iter().count(), warnings.len()), (1, 0), "for {list:?}");
}

fn what_is_shown_is_no_secret(url: &HookUrl) {
    let sent = url.url();
    assert!(sent.username().is_empty() && sent.password().is_none() && sent.fragment().is_none());
    let query = if sent.query().is_some() { "?…" } else { "" };
    assert_eq!(url.to_string(), format!("{}{}{query}", url.origin(), sent.path()));
}

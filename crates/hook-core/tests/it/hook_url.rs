//! What a hook's URL may be, and what of it is shown.

use hook_core::{HookUrl, InvalidUrl, limits};

#[test]
fn what_is_refused_before_a_parser_could_mend_it() {
    for (text, expected) in [
        ("", InvalidUrl::Empty),
        ("http://host/hooks\n/stop", InvalidUrl::Control('\n')),
        ("http://ho\tst/", InvalidUrl::Control('\t')),
        ("http://host/\u{0}", InvalidUrl::Control('\0')),
        ("http://host/\u{9f}", InvalidUrl::Control('\u{9f}')),
        (" http://host/", InvalidUrl::Space(' ')),
        ("http://host/ ", InvalidUrl::Space(' ')),
        ("http://host/a b", InvalidUrl::Space(' ')),
        ("http://host/\u{a0}", InvalidUrl::Space('\u{a0}')),
        ("http:\\\\host\\x", InvalidUrl::Backslash),
        ("http://good\\@evil/", InvalidUrl::Backslash),
        ("ftp://host/", InvalidUrl::NotHttp),
        ("blob:http://host/x", InvalidUrl::NotHttp),
        ("host:9000/hooks/x", InvalidUrl::NotHttp),
        ("http:/host", InvalidUrl::NotHttp),
        ("http://", InvalidUrl::NoHost),
        ("http:///hooks/x", InvalidUrl::NoHost),
        ("http://host/#", InvalidUrl::Fragment),
        ("http://user:p#w@host/", InvalidUrl::Malformed(url::ParseError::InvalidPort)),
        ("http://user#w@host/", InvalidUrl::Fragment),
        ("http://a,b/", InvalidUrl::HostCharacter),
        ("http://host:99999/", InvalidUrl::Malformed(url::ParseError::InvalidPort)),
    ] {
        assert_eq!(text.parse::<HookUrl>(), Err(expected), "for {text:?}");
    }
}

#[test]
fn the_length_is_that_of_the_text_as_it_was_written() {
    // The parser would make each of these characters six bytes long, or drop the whole segment.
    let of = |bytes: usize| format!("http://host/é/../{}", "x".repeat(bytes - 18));
    assert_eq!(of(limits::URL_BYTES).parse::<HookUrl>().map(|url| url.url().path().len()), Ok(8192 - 17));
    assert_eq!(of(8193).parse::<HookUrl>(), Err(InvalidUrl::TooLong { bytes: 8193 }));
    assert!(format!("http://host/{}", "é".repeat(4090)).parse::<HookUrl>().is_ok());
}

#[test]
fn credentials_and_queries_are_kept_and_not_shown() {
    let url: HookUrl = "http://us%20er:pl%40nted@Host:80/hooks/x?token=planted".parse().unwrap();
    assert_eq!(url.credentials(), Some(("us%20er", "pl%40nted")));
    assert_eq!(url.url().as_str(), "http://host/hooks/x?token=planted");
    assert_eq!(url.to_string(), "http://host/hooks/x?…");
    assert_eq!(format!("{url:?}"), "HookUrl(http://host/hooks/x?…)");
}

#[test]
fn half_of_the_credentials_is_enough() {
    for (text, expected) in [
        ("http://host/", None),
        ("http://@host/", None),
        ("http://:@host/", None),
        ("http://user@host/", Some(("user", ""))),
        ("http://:pw@host/", Some(("", "pw"))),
        ("http://user:p:w@host/", Some(("user", "p%3Aw"))),
    ] {
        assert_eq!(text.parse::<HookUrl>().unwrap().credentials(), expected, "for {text:?}");
    }
}

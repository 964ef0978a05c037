//! `spec.md` §2, "Origin allowlist": entries, comparison, permission.

use std::time::Duration;

use hook_core::{AllowedOrigins, HookConfig, HookSpec, HookUrl, Origin, Phase, Resolved};
use proptest::{collection::vec, prelude::*, sample::select};
use url::Url;

use crate::allowlist_laws;

/// A hook without values from elsewhere lacks none.
fn whole(hook: &HookSpec) -> Resolved<'_> {
    hook.resolve(&|from| Err(format!("{from} was asked for"))).unwrap()
}

fn hook(url: &str) -> HookSpec {
    HookSpec::new(HookConfig::new(url, Duration::from_secs(60))).unwrap()
}

#[track_caller]
fn origins(list: &str) -> Vec<String> {
    let (allowed, warnings) = AllowedOrigins::parse(list).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    allowed.iter().map(ToString::to_string).collect()
}

#[test]
fn entries_are_trimmed_and_normalised() {
    for (list, expected) in [
        ("", vec![]),
        (" , ,, '' \"\"", vec![]),
        ("http://host.docker.internal:9000", vec!["http://host.docker.internal:9000"]),
        (" http://b , https://a ,http://b/", vec!["http://b", "https://a"]),
        ("\"http://a,http://b:9000\"", vec!["http://a", "http://b:9000"]),
        ("' \"http://a\" '", vec!["http://a"]),
        ("http://a,\n  http://b\n", vec!["http://a", "http://b"]),
        ("HTTP://Host:80", vec!["http://host"]),
        ("https://host:443,https://host:80", vec!["https://host:80", "https://host"]),
        ("http://127.1", vec!["http://127.0.0.1"]),
        ("http://[0:0::1]:9000", vec!["http://[::1]:9000"]),
        ("https://bücher.example", vec!["https://xn--bcher-kva.example"]),
    ] {
        assert_eq!(origins(list), expected, "for {list:?}");
    }
}

#[test]
fn a_path_is_ignored_with_a_warning() {
    let (allowed, warnings) = AllowedOrigins::parse("http://a/,'http://host:9000/hooks/x'").unwrap();
    assert_eq!(allowed.iter().count(), 2);
    assert_eq!(
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["the path of \"http://host:9000/hooks/x\" is ignored: every path of http://host:9000 is allowed"]
    );
}

#[test]
fn anything_else_is_an_error_that_quotes_the_entry() {
    const NO_HTTP: &str = "it does not begin with http:// or https://";
    for (entry, reason) in [
        ("ftp://host", NO_HTTP),
        ("blob:http://host:9000/x", NO_HTTP),
        ("file:///etc/passwd", NO_HTTP),
        ("data:text/plain,", NO_HTTP),
        ("null", NO_HTTP),
        ("host", NO_HTTP),
        ("host:9000", NO_HTTP),
        ("//host", NO_HTTP),
        ("http:host", NO_HTTP),
        ("http:/host", NO_HTTP),
        ("http://", "it has no host"),
        ("http:///host", "it has no host"),
        ("http://:9000", "empty host"),
        ("http://host:port", "invalid port number"),
        ("http://host:65536", "invalid port number"),
        ("http://1.2.3.256", "invalid IPv4 address"),
        ("http://user@host", "an origin has no user and no password"),
        ("http://@host", "an origin has no user and no password"),
        ("http://host?", "an origin has no query"),
        ("http://host:9000/?x=1", "an origin has no query"),
        ("http://host#", "it has a fragment, which is never sent; write # as %23"),
        ("*", "a wildcard is not supported"),
        ("http://*", "a wildcard is not supported"),
        ("http://*.example.com", "a wildcard is not supported"),
        ("http://host:*", "a wildcard is not supported"),
        ("http://host/*", "a wildcard is not supported"),
        (
            "http://%2a.example.com",
            "its host contains a character other than letters, digits, '.', '-' and '_'",
        ),
        ("http://a;b", "its host contains a character other than letters, digits, '.', '-' and '_'"),
        ("http://a http://b", "it contains a space (U+0020); inside a path write %20"),
        ("http:\\\\host", "it contains a backslash"),
    ] {
        let list = format!("http://good, \"{entry}\" ,http://other");
        // A comma ends the entry, whatever it stands in.
        let quoted = entry.split(',').next().unwrap();
        let error = AllowedOrigins::parse(&list).unwrap_err();
        let expected = format!("\"{quoted}\" is no origin such as http://host:9000: {reason}");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn an_error_shows_neither_a_password_nor_control_characters() {
    for (entry, quoted) in [
        ("http://user:pl@nt:ed@host", "http://user:••••••••@host"),
        ("ftp://user:planted@host/x", "ftp://user:••••••••@host/x"),
        ("user:planted@host", "user:••••••••@host"),
        ("http://user:pla#nted@host", "http://user:••••••••@host"),
        ("http://a\u{1b}[2Jb", "http://a\\u{1b}[2Jb"),
    ] {
        assert_eq!(AllowedOrigins::parse(entry).unwrap_err().entry, quoted);
    }
}

#[test]
fn permission_is_a_proof_and_refusal_says_what_to_add() {
    let hook = hook("http://host:9000/hooks/stop?token=planted");
    let (allowed, _) = AllowedOrigins::parse("http://HOST:9000").unwrap();
    assert_eq!(allowed.permit(Phase::Pre, whole(&hook)).unwrap().hook(), &hook);

    for list in ["", "https://host:9000", "http://host", "http://host.:9000", "http://host.example:9000"] {
        let (allowed, _) = AllowedOrigins::parse(list).unwrap();
        let refusal = allowed.permit(Phase::Pre, whole(&hook)).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "pre webhook URL origin is not allowed. Add http://host:9000 to WEBHOOK_ALLOWED_ORIGINS."
        );
    }
    let refusal = AllowedOrigins::default().permit(Phase::Post, whole(&hook)).unwrap_err();
    assert!(refusal.to_string().starts_with("post webhook URL origin is not allowed."));
}

#[test]
fn only_http_and_https_have_an_origin() {
    for opaque in ["blob:http://host:9000/x", "ftp://host", "ws://host", "data:,x", "file:///x"] {
        assert_eq!(Origin::of(&Url::parse(opaque).unwrap()), None, "{opaque}");
    }
    assert!(Origin::of(&Url::parse("https://host/x").unwrap()).is_some());
}

/// An origin as a model, and the spellings that the WHATWG standard takes for it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Model {
    https: bool,
    host: usize,
    port: u16,
}

const HOSTS: [&[&str]; 7] = [
    &["host", "HOST", "hOsT", "%68ost"],
    &["host.", "HOST."],
    &["host.docker.internal", "Host.Docker.Internal"],
    &["127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "%31%32%37.0.0.1", "127.0.0.1."],
    &["[::1]", "[0:0:0:0:0:0:0:1]", "[0::0001]"],
    &["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "bu\u{308}cher.example"],
    &["0.0.0.0", "0"],
];

fn spelled() -> impl Strategy<Value = (Model, String)> {
    let scheme = select(vec![(false, "http"), (false, "HTTP"), (true, "https"), (true, "hTTps")]);
    let host = (0..HOSTS.len()).prop_flat_map(|host| (Just(host), select(HOSTS[host])));
    let port = select(vec!["", ":", ":80", ":443", ":9000", ":09000"]);
    (scheme, host, port).prop_map(|((https, scheme), (host, name), port)| {
        let default = if https { 443 } else { 80 };
        let model = Model { https, host, port: port.trim_start_matches(':').parse().unwrap_or(default) };
        (model, format!("{scheme}://{name}{port}"))
    })
}

proptest! {
    #[test]
    fn normalised_forms_are_equal_and_nothing_else_is((a, entry) in spelled(), (b, address) in spelled()) {
        let (allowed, _) = AllowedOrigins::parse(&entry).unwrap();
        let url: HookUrl = format!("{address}/hooks/x").parse().unwrap();
        prop_assert_eq!(allowed.permit_origin(url.origin()), a == b, "{} and {}", entry, address);
    }

    #[test]
    fn the_laws_hold_for_any_text(text in any::<String>()) {
        allowlist_laws::hold_for(&text);
    }

    #[test]
    fn the_laws_hold_where_pieces_of_addresses_meet(
        pieces in vec(select(vec![
            "http://", "https://", "host", "127.1", "[::1]", ":9000", ":80", "/", "?", "#", "@", ":", ",", " ", "'",
            "\"", "*", "ü", "%2c", "\\", "\n", "user:pw@", "ftp://",
        ]), 0..8),
    ) {
        allowlist_laws::hold_for(&pieces.concat());
    }
}

//! `headers_from`: names are checked as they stand, values when they are read, and no secret is shown (`spec.md` §5).

use std::{cell::RefCell, time::Duration};

use hook_core::{
    HeaderFrom, HookConfig, HookField, HookSpec, Resolved, Secret, Unresolved, ValueFrom, limits,
};

fn env(name: &str) -> HeaderFrom {
    HeaderFrom { name: name.to_owned(), from: ValueFrom::Env("HOOK_SECRET".to_owned()), sealed: None }
}

fn config(headers: &str, from: impl IntoIterator<Item = HeaderFrom>) -> HookConfig {
    let plain = HookConfig::new("http://host:9000/hooks/stop", Duration::from_secs(60));
    HookConfig { headers: headers.to_owned(), headers_from: from.into_iter().collect(), ..plain }
}

fn hook(headers: &str, from: impl IntoIterator<Item = HeaderFrom>) -> HookSpec {
    HookSpec::new(config(headers, from)).unwrap()
}

fn gives(value: &str) -> impl Fn(&ValueFrom) -> Result<Secret, String> {
    move |_| Ok(Secret::from(value.to_owned()))
}

fn nothing(_: &ValueFrom) -> Result<Secret, String> {
    Err("it is not set".to_owned())
}

fn printed(resolved: Result<Resolved<'_>, Unresolved>) -> String {
    resolved.unwrap().headers().to_string()
}

#[test]
fn values_stand_behind_the_users_own_headers_in_the_users_spelling() {
    let hook = hook("X-A: 1", [env("X-Hook-SECRET")]);
    assert_eq!(printed(hook.resolve(&gives("planted"))), "X-A: 1\nX-Hook-SECRET: planted\n");
    assert_eq!(hook.headers().to_string(), "X-A: 1\n", "the hook itself knows no value");
    assert!(hook.names(&"x-hook-secret".parse().unwrap()) && hook.names(&"x-a".parse().unwrap()));
    assert!(!hook.names(&"x-b".parse().unwrap()));
}

#[test]
fn each_value_is_asked_for_where_it_is() {
    let file = HeaderFrom { from: ValueFrom::File("/run/secrets/b".into()), ..env("X-B") };
    let hook = hook("", [env("X-A"), file]);
    let asked = RefCell::new(Vec::new());
    let read = |from: &ValueFrom| {
        asked.borrow_mut().push(from.to_string());
        Ok(Secret::from("v".to_owned()))
    };
    hook.resolve(&read).unwrap();
    assert_eq!(*asked.borrow(), ["$HOOK_SECRET", "/run/secrets/b"]);
}

#[test]
fn names_are_refused_before_any_value_is_read() {
    #[track_caller]
    fn refused(headers: &str, names: &[&str], header: &str, reason: &str) {
        let error = HookSpec::new(config(headers, names.iter().map(|name| env(name)))).unwrap_err();
        assert_eq!((error.field(), error.header()), (HookField::HeadersFrom, Some(header)));
        assert_eq!(error.to_string(), reason);
    }
    refused("X-A: 1", &["x-a"], "x-a", "x-a is there already, here or in headers");
    refused("", &["X-A", "X-B", "x-a"], "x-a", "x-a is there already, here or in headers");
    refused("", &["Host"], "Host", "Host frames or routes the message, and a hook may not set it");
    refused("", &["Proxy-X"], "Proxy-X", "Proxy-X frames or routes the message, and a hook may not set it");
    refused("", &["X A"], "X A", "the name contains a character that is not allowed in a header name");
    refused("", &[""], "", "there is no name before the colon");
    let lines: String = (1..limits::HEADERS).map(|n| format!("X-{n}: 1\n")).collect();
    assert!(HookSpec::new(config(&lines, [env("X-A")])).is_ok());
    refused(&lines, &["X-A", "X-B"], "X-B", "there are more than 32 headers");
}

#[test]
fn a_value_that_cannot_be_sent_is_told_of_and_not_repeated() {
    let hook = hook("X-A: 1", [env("X-B")]);
    let reason = |value: &str| hook.resolve(&gives(value)).unwrap_err();
    for (value, expected) in [
        ("", "it is empty"),
        (" \t\r\n", "it is empty"),
        ("planted\nX-C: 1", "the value contains the control character U+000A"),
        ("planted\r", "the value contains the control character U+000D"),
        ("planted\tplanted", "the value contains the control character U+0009"),
        ("plantedé", "the value contains a character that is not ASCII"),
    ] {
        let error = reason(value);
        assert_eq!(
            error.to_string(),
            format!("the header X-B cannot be taken from $HOOK_SECRET: {expected}")
        );
        assert!(!format!("{error:?}").contains("planted"));
    }
    let error = hook.resolve(&nothing).unwrap_err();
    assert_eq!(error.to_string(), "the header X-B cannot be taken from $HOOK_SECRET: it is not set");

    // Names and values together: X-A, 1 and X-B are seven bytes.
    assert!(hook.resolve(&gives(&"v".repeat(limits::HEADER_BYTES - 7))).is_ok());
    let error = reason(&"v".repeat(limits::HEADER_BYTES - 6));
    assert_eq!(error.reason, "names and values have more than 8192 bytes in all");
}

#[test]
fn the_sealed_copy_is_for_who_finds_no_value() {
    let sealed = hook("", [env("X-B")]).sealed(&gives("then"));
    assert_eq!(printed(sealed.resolve(&gives("now"))), "X-B: now\n", "a rotated secret is used");
    for none in [&nothing as hook_core::ReadValue<'_>, &gives(""), &gives("two\nlines")] {
        assert_eq!(printed(sealed.resolve(none)), "X-B: then\n");
    }
    for illegal in [&nothing as hook_core::ReadValue<'_>, &gives(""), &gives("two\nlines")] {
        let unsealed = hook("", [env("X-B")]).sealed(illegal);
        assert_eq!(unsealed.headers_from()[0].sealed, None, "what cannot be sent is not kept");
        assert!(unsealed.resolve(&nothing).is_err());
    }
}

#[test]
fn a_sealed_hook_comes_back_with_its_copy_and_shows_none() {
    let sealed = hook("", [env("X-B")]).sealed(&gives("planted"));
    let text = serde_json::to_string(sealed.config()).unwrap();
    let opened = HookSpec::new(serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(opened, sealed);
    let resolved = opened.resolve(&nothing).unwrap();
    for shown in [format!("{sealed:?}"), format!("{opened:#?}"), format!("{resolved:?}")] {
        assert!(!shown.contains("planted"), "{shown}");
    }
    assert_eq!(resolved.headers().masked(), "X-B: ••••••••\n");
}

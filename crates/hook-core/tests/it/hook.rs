//! A hook that exists is within the limits (`spec.md` §2), and shows no secret.

use std::{path::Path, time::Duration};

use hook_core::{HookBody, HookConfig, HookField, HookSpec};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn config() -> HookConfig {
    HookConfig::new("http://host:9000/hooks/stop", Duration::from_secs(60))
}

#[test]
fn what_a_job_leaves_out_has_its_default() {
    let hook = HookSpec::new(config()).unwrap();
    assert_eq!(hook.origin().to_string(), "http://host:9000");
    assert_eq!(hook.headers().iter().count(), 0);
    assert_eq!(hook.body(), &HookBody::Context);
    assert_eq!((hook.attempts(), hook.timeout()), (1, Duration::from_secs(60)));
    assert_eq!(hook.reject_body(), "Hook rules were not satisfied.");
    assert!(!hook.insecure_tls() && hook.ca_file().is_none() && hook.signing_secret().is_none());
}

#[test]
fn what_a_job_says_is_what_the_hook_has() {
    let mut config = config();
    config.headers = "X-A: 1".to_owned();
    config.insecure_tls = true;
    config.ca_file = Some("/etc/ca.pem".into());
    config.reject_body = String::new();
    config.attempts = 10;
    config.signing_secret = Some(SECRET.to_owned());
    let hook = HookSpec::new(config.clone()).unwrap();
    assert_eq!(hook.headers().to_string(), "X-A: 1\n");
    assert!(hook.insecure_tls());
    assert_eq!(hook.ca_file(), Some(Path::new("/etc/ca.pem")));
    assert_eq!((hook.reject_body(), hook.attempts()), ("", 10));
    assert_eq!(hook.signing_secret().map(|secret| secret.key().len()), Some(24));
    assert_eq!(hook.config(), &config);
}

#[test]
fn a_body_is_sent_byte_for_byte_and_only_the_empty_one_is_none() {
    let body_of = |text: &str| {
        let mut config = config();
        config.body = text.to_owned();
        HookSpec::new(config).unwrap().body_for("context").to_owned()
    };
    assert_eq!(body_of(""), "context");
    for custom in [" ", "\n", "{\"a\": 1}\r\n", "é\u{0}", "null"] {
        assert_eq!(body_of(custom), custom);
    }
    assert_eq!(body_of(&"é".repeat(32 * 1024)).len(), 64 * 1024);
}

#[test]
fn each_limit_names_its_field_and_reason() {
    #[track_caller]
    fn refused(change: impl FnOnce(&mut HookConfig), field: HookField, reason: &str) {
        let mut config = config();
        change(&mut config);
        let error = HookSpec::new(config).unwrap_err();
        assert_eq!((error.field(), &error.to_string()[..]), (field, reason));
    }
    refused(|c| c.url.clear(), HookField::Url, "it is empty");
    refused(
        |c| c.headers = "\nHost: x".into(),
        HookField::Headers,
        "line 2: Host frames or routes the message, and a hook may not set it",
    );
    refused(|c| c.body = "x".repeat(65_537), HookField::Body, "it has 65537 bytes, and 65536 are allowed");
    refused(|c| c.attempts = 0, HookField::Attempts, "0 is not from 1 to 10");
    refused(|c| c.attempts = 11, HookField::Attempts, "11 is not from 1 to 10");
    refused(|c| c.timeout = Duration::ZERO, HookField::Timeout, "0ns is not from 1 to 86400 whole seconds");
    refused(
        |c| c.timeout = Duration::from_millis(1500),
        HookField::Timeout,
        "1.5s is not from 1 to 86400 whole seconds",
    );
    refused(
        |c| c.timeout = Duration::from_secs(86_401),
        HookField::Timeout,
        "86401s is not from 1 to 86400 whole seconds",
    );
    refused(
        |c| c.signing_secret = Some("x".into()),
        HookField::SigningSecret,
        "it does not begin with whsec_",
    );
    assert_eq!(HookField::SigningSecret.to_string(), "signing_secret");
}

#[test]
fn debug_shows_no_secret_valid_or_not() {
    let mut valid = config();
    valid.url = "http://planted:planted@host:9000/hooks/stop?planted=planted".to_owned();
    valid.headers = "X-Secret: planted".to_owned();
    valid.body = "planted".to_owned();
    valid.signing_secret = Some(SECRET.to_owned());
    let hook = HookSpec::new(valid.clone()).unwrap();
    let mut invalid = valid.clone();
    invalid.url.insert(0, 'x');
    invalid.headers.push('\u{1}');
    for shown in
        [format!("{valid:?}"), format!("{hook:?}"), format!("{invalid:#?}"), format!("{:?}", hook.body())]
    {
        assert!(!shown.contains("planted") && !shown.contains(SECRET), "{shown}");
    }
    assert!(format!("{valid:?}").contains("http://host:9000/hooks/stop?…"));
    assert!(format!("{valid:?}").contains("X-Secret: ••••••••"));
}

#[test]
fn a_sealed_hook_comes_back_as_it_was() {
    let mut config = config();
    config.headers = "X-A: 1\r\n".to_owned();
    config.timeout = Duration::from_secs(90);
    config.ca_file = Some("/etc/ca.pem".into());
    let sealed = serde_json::to_value(&config).unwrap();
    assert_eq!(sealed["timeout"], 90);
    assert_eq!(serde_json::from_value::<HookConfig>(sealed).unwrap(), config);
}

#[test]
fn a_hook_that_an_older_zb_sealed_is_read_with_todays_defaults() {
    let mut sealed = serde_json::to_value(config()).unwrap();
    for later in ["payload", "headers_from"] {
        sealed.as_object_mut().unwrap().remove(later).unwrap();
    }
    assert_eq!(serde_json::from_value::<HookConfig>(sealed).unwrap(), config());
}

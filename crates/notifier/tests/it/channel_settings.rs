//! What is refused when a configuration is read, in words, and what is read at each send.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hook_core::{HeaderFrom, SigningSecret, ValueFrom};
use notifier::{Channel, ChannelKind, InvalidSetting, Retry, SecretValue, Settings};
use serde_json::{Value, json};

use crate::channel_server::{Server, answers, finding, http, send, settings, transport};

fn refused(kind: &str, given: &Value) -> InvalidSetting {
    Channel::new(kind.parse().unwrap(), settings(given)).unwrap_err()
}

#[test]
fn a_setting_that_cannot_be_used_is_named_with_its_reason() {
    let mail = |url: &str| json!({ "url": url, "from": "zb@example.org", "to": ["a@example.org"] });
    let url = "https://host.example/path-secret";
    for (kind, given, setting, reason) in [
        ("webhook", json!({}), "url", "it is missing: it is the address to send to"),
        ("slack", json!({ "url": "ftp://host/x" }), "url", "it does not begin with http:// or https://"),
        (
            "discord",
            json!({ "url": "https://ho st/x" }),
            "url",
            "it contains a space (U+0020); inside a path write %20",
        ),
        ("healthchecks", json!({ "url": "" }), "url", "it is empty"),
        ("slack", json!({ "url": url, "token": "x" }), "token", "slack has no such setting"),
        ("slack", json!({ "url": url, "to": ["x"] }), "to", "slack has no such setting"),
        ("slack", json!({ "url": url, "ca_file": "ca.pem" }), "ca_file", "it is no absolute path"),
        (
            "webhook",
            json!({ "url": url, "headers": "Host: x" }),
            "headers",
            "line 1: Host frames or routes the message, and a hook may not set it",
        ),
        (
            "webhook",
            json!({ "url": url, "signing_secret": "abc" }),
            "signing_secret",
            "it does not begin with whsec_",
        ),
        (
            "ntfy",
            json!({ "url": "https://ntfy.sh" }),
            "url",
            "its path does not end in a topic, which is 1 to 64 of A-Z a-z 0-9 _ -",
        ),
        (
            "ntfy",
            json!({ "url": "https://ntfy.sh/a?up=1" }),
            "url",
            "it has a query, and ntfy's address has none",
        ),
        (
            "ntfy",
            json!({ "url": "https://a:b@ntfy.sh/a", "token": "tk_1" }),
            "token",
            "the url has a user and password already",
        ),
        (
            "ntfy",
            json!({ "url": "https://ntfy.sh/a", "token": "a b" }),
            "token",
            "it contains a space, or another character that no token has",
        ),
        ("gotify", json!({ "url": url }), "token", "it is missing: it is the token of an application"),
        (
            "telegram",
            json!({ "token": "abc", "chat_id": "1" }),
            "token",
            "it is no token of a bot, such as 123456:ABC-def",
        ),
        (
            "telegram",
            json!({ "token": "1:a/../b", "chat_id": "1" }),
            "token",
            "it is no token of a bot, such as 123456:ABC-def",
        ),
        (
            "telegram",
            json!({ "token": "1:a", "chat_id": "ana" }),
            "chat_id",
            "it is neither a number nor @ and the name of a channel",
        ),
        ("pushover", json!({ "token": "a" }), "user", "it is missing: it is the key of a user or group"),
        (
            "email",
            json!({ "url": "smtps://h" , "from": "a@b.example" }),
            "to",
            "it has 0 addresses, and 1 to 50 are possible",
        ),
        (
            "email",
            json!({ "url": "smtps://h" , "to": ["ana"] }),
            "to",
            "\"ana\" is no address in ASCII, such as ana@example.org",
        ),
        (
            "email",
            json!({ "url": "smtps://h" , "to": ["a@b.example"] }),
            "from",
            "it is missing, and the url's user is no address",
        ),
        ("email", mail("https://h"), "url", "it does not begin with smtps:// or smtp://"),
        ("email", mail("smtp://h?tls=no"), "url", "its query is not tls=none, with smtp"),
        ("email", mail("smtps://h?tls=none"), "url", "its query is not tls=none, with smtp"),
        ("email", mail("smtps://a:b@h"), "url", "it has a password, which belongs into token"),
        ("email", mail("smtps://h/inbox"), "url", "it has more than a host and a port"),
        ("email", mail("smtps://ana@h"), "token", "it is missing: it is the password of the url's user"),
    ] {
        let error = refused(kind, &given);
        assert_eq!((error.setting, error.to_string().as_str()), (setting, reason), "{kind} {given}");
        assert!(!format!("{error:?}").contains("path-secret"));
    }
    let mut clear = mail("smtp://ana@h?tls=none");
    clear["token"] = json!("password");
    assert_eq!(refused("email", &clear).to_string(), "with tls=none anybody could read it on its way");
    let mut nobody = mail("smtp://h");
    nobody["token"] = json!("password");
    assert_eq!(refused("email", &nobody).setting, "token");
    assert_eq!("fax".parse::<ChannelKind>().unwrap_err().to_string(), "\"fax\" is no kind of destination");
}

#[test]
fn what_a_person_may_see_has_no_secret() {
    for (kind, given, shown) in [
        (
            "email",
            json!({ "url": "smtp://ana@mail.example", "token": "x", "from": "z@b.example", "to": ["Ana <a@b.example>", "c@d.example"] }),
            "email smtp://mail.example:587 to a@b.example, c@d.example",
        ),
        (
            "email",
            json!({ "url": "smtps://[::1]", "from": "z@b.example", "to": ["a@b.example"] }),
            "email smtps://[::1]:465 to a@b.example",
        ),
        (
            "slack",
            json!({ "url": "https://hooks.slack.com/services/T/B/x" }),
            "slack https://hooks.slack.com/••••••••",
        ),
        (
            "ntfy",
            json!({ "url": "https://u:p@ntfy.example:8443/topic" }),
            "ntfy https://ntfy.example:8443/••••••••",
        ),
    ] {
        let channel = Channel::new(kind.parse().unwrap(), settings(&given)).unwrap();
        assert_eq!(channel.describe(), shown);
    }
    let elsewhere = Settings { url: Some(ValueFrom::Env("HC_URL".to_owned()).into()), ..Settings::default() };
    let channel = Channel::new(ChannelKind::Healthchecks, elsewhere).unwrap();
    assert_eq!(channel.describe(), "healthchecks $HC_URL");
}

#[tokio::test]
async fn a_value_that_is_elsewhere_is_read_at_each_send() {
    let server = Server::start(answers(http(200, "", ""))).await;
    let variable = |name: &str| ValueFrom::Env(name.to_owned());
    let settings = Settings {
        url: Some(variable("URL").into()),
        signing_secret: Some(SecretValue::from("whsec_c2lnbmluZy1zZWNyZXQ=".to_owned())),
        headers: "X-Here: here".to_owned(),
        headers_from: vec![HeaderFrom { name: "X-There".to_owned(), from: variable("THERE"), sealed: None }],
        ..Settings::default()
    };
    let channel = Channel::new(ChannelKind::Webhook, settings).unwrap();
    let (sends, url) = (Arc::new(AtomicUsize::new(0)), format!("{}/zb", server.origin()));
    let count = Arc::clone(&sends);
    let transport = finding(server.origin(), move |from| match from {
        ValueFrom::Env(name) if name == "URL" => Ok(format!("{url}\n").into()),
        ValueFrom::Env(name) if name == "THERE" => {
            Ok(format!("value-{}", count.fetch_add(1, Ordering::Relaxed)).into())
        }
        other => Err(format!("{other} was asked for")),
    });
    for expected in ["value-0", "value-1"] {
        send(&transport, &channel).await.unwrap();
        let request = server.seen().pop().unwrap();
        assert_eq!(request.path, "/zb");
        assert_eq!(
            (request.headers["x-here"].as_str(), request.headers["x-there"].as_str()),
            ("here", expected)
        );
        let header = |name: &str| request.headers[name].as_bytes().to_vec();
        let key: SigningSecret = "whsec_c2lnbmluZy1zZWNyZXQ=".parse().unwrap();
        let signature = key.sign(&header("webhook-id"), &header("webhook-timestamp"), &request.body);
        assert_eq!(signature, Some(request.headers["webhook-signature"].clone()));
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_told_without_it_and_tried_again() {
    let elsewhere =
        Settings { url: Some(ValueFrom::File("/run/secrets/slack".into()).into()), ..Settings::default() };
    let channel = Channel::new(ChannelKind::Slack, elsewhere).unwrap();
    for (found, reason) in [
        (Err("it is not set".to_owned()), "it is not set"),
        (Ok("not a url, but path-secret"), "it contains a space (U+0020); inside a path write %20"),
    ] {
        let transport = finding("", move |_| found.clone().map(|text| text.to_owned().into()));
        let failed = send(&transport, &channel).await.unwrap_err();
        assert_eq!(failed.retry, Retry::Later);
        assert_eq!(failed.reason, format!("url cannot be taken from /run/secrets/slack: {reason}"));
    }
}

/// A value with a line end would be one header more.
#[tokio::test]
async fn a_header_from_elsewhere_cannot_add_another() {
    let settings = Settings {
        url: Some("http://127.0.0.1:1/".to_owned().into()),
        headers_from: vec![HeaderFrom {
            name: "X-Key".to_owned(),
            from: ValueFrom::Env("KEY".to_owned()),
            sealed: None,
        }],
        ..Settings::default()
    };
    let channel = Channel::new(ChannelKind::Webhook, settings).unwrap();
    let transport = finding("http://127.0.0.1:1", |_| Ok("a\r\nX-Other: header-secret".to_owned().into()));
    let failed = send(&transport, &channel).await.unwrap_err();
    let reason =
        "the header X-Key cannot be taken from $KEY: the value contains the control character U+000D";
    assert_eq!(failed.reason, reason);
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_told() {
    let given = json!({ "url": "https://127.0.0.1:1/x", "ca_file": "/nowhere/ca.pem" });
    let channel = Channel::new(ChannelKind::Slack, settings(&given)).unwrap();
    let failed = send(&transport("https://127.0.0.1:1"), &channel).await.unwrap_err();
    assert!(failed.reason.contains("the CA file /nowhere/ca.pem cannot be read"), "{failed}");
}

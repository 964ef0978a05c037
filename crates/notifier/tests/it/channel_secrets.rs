//! What a person trusted zb with is in no error, no answer and no Debug, however a send ends and whatever a service
//! repeats.

use notifier::{Channel, ChannelKind};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::channel_server::{
    IMPATIENCE, Server, answers, http, read_request, send, settings, transport, whole_settings,
};

/// All of `whole_settings`, as they are and as they are written in base64.
const SECRETS: [&str; 11] = [
    "path-secret",
    "query-secret",
    "token-secret",
    "user-secret",
    "header-secret",
    "path-user",
    "path-password",
    "cGF0aC11c2VyOnBhdGgtcGFzc3dvcmQ",
    "c2lnbmluZy1zZWNyZXQ",
    "signing-secret",
    "login-secret",
];

async fn tell_nothing(kind: ChannelKind, origin: &str) {
    let given = settings(&whole_settings(kind, origin));
    let channel = Channel::new(kind, given.clone()).unwrap();
    for allowed in [origin, ""] {
        let transport = transport(allowed).within(IMPATIENCE * 10);
        let sent = send(&transport, &channel).await;
        let failed = sent.as_ref().err().map(ToString::to_string);
        let told = format!("{sent:?} {failed:?} {channel:?} {channel} {transport:?} {given:?}");
        for secret in SECRETS {
            assert!(!told.contains(secret), "{kind}: {secret} in {told}");
        }
    }
}

/// Repeats all that it was sent, as an answer.
async fn echo(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let Some(seen) = read_request(&mut socket).await else { continue };
            let body = String::from_utf8_lossy(&seen.body).into_owned();
            let answer = format!("HTTP/1.1 {status}\r\n\r\n{} {:?} {body}", seen.path, seen.headers);
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    origin
}

#[tokio::test]
async fn no_ending_tells_a_secret() {
    let head = "HTTP/1.1 302 F\r\nLocation: /path-secret\r\ncontent-length: 0\r\n\r\n";
    let redirect = Server::start(answers(head)).await;
    let cut = Server::start(answers("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\ntoken-secret")).await;
    let garbled = Server::start(answers("token-secret header-secret\r\n")).await;
    let reset = Server::start(|socket: TcpStream| async move { socket.set_zero_linger().unwrap() }).await;
    let origins = [
        echo("200 OK").await,
        echo("400 Bad").await,
        echo("500 Bad").await,
        redirect.origin().to_owned(),
        cut.origin().to_owned(),
        garbled.origin().to_owned(),
        reset.origin().to_owned(),
        "http://127.0.0.1:1".to_owned(),
        "https://127.0.0.1:1".to_owned(),
        "http://nobody.invalid".to_owned(),
    ];
    for origin in &origins {
        for &kind in ChannelKind::ALL.iter().filter(|kind| **kind != ChannelKind::Email) {
            tell_nothing(kind, origin).await;
        }
    }
}

/// A word of a header, and a token that JSON writes otherwise.
#[tokio::test]
async fn a_secret_that_is_repeated_in_part_or_quoted_is_masked() {
    let origin = echo("400 Bad").await;
    for (kind, given, secret) in [
        ("webhook", json!({ "url": origin, "headers": "Authorization: Bearer abc-secret" }), "abc-secret"),
        ("pushover", json!({ "url": origin, "user": "u", "token": "abc\"def-secret" }), "def-secret"),
    ] {
        let channel = Channel::new(kind.parse().unwrap(), settings(&given)).unwrap();
        let failed = send(&transport(&origin), &channel).await.unwrap_err();
        assert_eq!(failed.http_status, Some(400));
        assert!(!failed.reason.contains(secret), "{failed}");
    }
    let header_alone = Server::start(answers(http(400, "", "what is abc-secret?"))).await;
    let given = json!({ "url": header_alone.origin(), "headers": "Authorization: Bearer abc-secret" });
    let channel = Channel::new(ChannelKind::Webhook, settings(&given)).unwrap();
    let failed = send(&transport(header_alone.origin()), &channel).await.unwrap_err();
    assert!(failed.reason.ends_with("answered HTTP 400: what is ••••••••?"), "{failed}");
}

/// Takes no login, and repeats what it was told.
#[tokio::test]
async fn a_mail_server_that_repeats_a_login_tells_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (reader, mut writer) = socket.split();
            let mut lines = BufReader::new(reader).lines();
            writer.write_all(b"220 login-secret token-secret\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                if writer.write_all(format!("554 {line} token-secret\r\n").as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    let mut given = whole_settings(ChannelKind::Email, &format!("http://127.0.0.1:{port}"));
    given["url"] = format!("smtp://ana@127.0.0.1:{port}").into();
    given["token"] = "token-secret".into();
    let channel = Channel::new(ChannelKind::Email, settings(&given)).unwrap();
    let failed = send(&transport(""), &channel).await.unwrap_err();
    assert!(failed.reason.contains("answered 554"), "{failed}");
    for told in [format!("{failed:?}"), format!("{channel:?}"), format!("{:?}", settings(&given))] {
        assert!(!told.contains("token-secret"), "{told}");
    }
}

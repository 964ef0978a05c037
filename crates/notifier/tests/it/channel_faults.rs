//! Servers that misbehave, and addresses that nobody allowed.

use hook_core::MASK;
use notifier::{ChannelKind, Retry};
use serde_json::json;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};

use crate::channel_server::{
    IMPATIENCE, Server, answers, channel, http, message, send, transport, whole_settings,
};

async fn fails(server: &Server, reason: &str) {
    let channel = channel("ntfy", &json!({ "url": format!("{}/topic", server.origin()) }));
    let failed = send(&transport(server.origin()).within(IMPATIENCE), &channel).await.unwrap_err();
    assert_eq!((failed.http_status, failed.retry), (None, Retry::Later), "{failed}");
    assert_eq!(failed.reason, format!("ntfy at {} could not be reached: {reason}", server.origin()));
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_at_the_deadline() {
    let server = Server::start(|socket: TcpStream| async move {
        let _open = socket;
        std::future::pending().await
    })
    .await;
    fails(&server, "there was no whole answer within 0.3 s").await;
}

#[tokio::test]
async fn a_server_that_drips_is_left_at_the_deadline() {
    let server = Server::start(|mut socket: TcpStream| async move {
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await.unwrap();
        while socket.write_all(b".").await.is_ok() {
            tokio::time::sleep(IMPATIENCE / 30).await;
        }
    })
    .await;
    fails(&server, "there was no whole answer within 0.3 s").await;
}

/// Such a flood is read without a pause: whoever waits on the same thread would wait for ever.
#[tokio::test]
async fn a_flood_of_interim_answers_holds_nobody() {
    let server = Server::start(|mut socket: TcpStream| async move {
        let many = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
        while socket.write_all(&many).await.is_ok() {}
    })
    .await;
    fails(&server, "there was no whole answer within 0.3 s").await;
}

#[tokio::test]
async fn half_an_answer_is_none() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nha",
        "HTTP/1.1 200",
        "",
        "this is no HTTP\r\n\r\n",
    ] {
        let server = Server::start(answers(answer)).await;
        let channel = channel("ntfy", &json!({ "url": format!("{}/topic", server.origin()) }));
        let failed = send(&transport(server.origin()), &channel).await.unwrap_err();
        assert_eq!((failed.http_status, failed.retry), (None, Retry::Later), "{answer:?}: {failed}");
    }
}

#[tokio::test]
async fn a_connection_that_is_refused_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let channel = channel("gotify", &json!({ "url": origin, "token": "abc" }));
    let failed = send(&transport(&origin), &channel).await.unwrap_err();
    assert_eq!(failed.retry, Retry::Later);
    assert_eq!(failed.reason, format!("gotify at {origin} could not be reached: connection refused"));
}

#[tokio::test]
async fn of_a_long_answer_a_part_is_read_and_less_is_kept() {
    let long = format!("{}end", "x".repeat(200_000));
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", long.len()),
    ] {
        let server = Server::start(answers(format!("{head}{long}"))).await;
        let channel = channel("slack", &json!({ "url": format!("{}/x", server.origin()) }));
        let answer = send(&transport(server.origin()), &channel).await.unwrap();
        assert_eq!(answer.said.as_deref(), Some("x".repeat(1024).as_str()));
    }
    // What is longer than is read may stall.
    let server = Server::start(|mut socket: TcpStream| async move {
        let part = format!("HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n{}", "x".repeat(64 * 1024));
        socket.write_all(part.as_bytes()).await.unwrap();
        std::future::pending().await
    })
    .await;
    let channel = channel("slack", &json!({ "url": format!("{}/x", server.origin()) }));
    send(&transport(server.origin()), &channel).await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let trap = Server::start(answers(http(200, "", ""))).await;
    let head = format!("location: {}/\r\n", trap.origin());
    let server = Server::start(answers(http(307, &head, ""))).await;
    let channel = channel("ntfy", &json!({ "url": format!("{}/topic", server.origin()) }));
    let both = format!("{},{}", server.origin(), trap.origin());
    assert_eq!(send(&transport(&both), &channel).await.unwrap_err().http_status, Some(307));
    assert_eq!(trap.seen().len(), 0);
}

/// Each kind whose address a person types.
#[tokio::test]
async fn an_origin_that_is_not_allowed_is_not_contacted() {
    for &kind in ChannelKind::ALL.iter().filter(|kind| **kind != ChannelKind::Email) {
        let server = Server::start(answers(http(200, "", "OK"))).await;
        let channel = channel(kind.as_str(), &whole_settings(kind, server.origin()));
        let failed = send(&transport("https://elsewhere.example"), &channel).await.unwrap_err();
        let expected = format!(
            "notification URL origin is not allowed. Add {} to WEBHOOK_ALLOWED_ORIGINS.",
            server.origin()
        );
        assert_eq!((failed.reason, failed.retry), (expected, Retry::Later), "{kind}");
        assert_eq!(server.seen().len(), 0, "{kind}");
        let sent = send(&transport(server.origin()), &channel).await;
        assert!(sent.is_ok(), "{kind}: {sent:?}");
        assert_eq!(server.seen().len(), 1, "{kind}");
    }
}

/// A name that no DNS has: were it asked, the failure would be another.
#[tokio::test]
async fn nothing_is_looked_up_before_the_list_is_asked() {
    let channel = channel("ntfy", &json!({ "url": "https://nobody.invalid/topic" }));
    let failed = send(&transport(""), &channel).await.unwrap_err();
    assert!(failed.reason.ends_with("Add https://nobody.invalid to WEBHOOK_ALLOWED_ORIGINS."), "{failed}");
}

/// Dropping the future ends the exchange, so that a sender may have a deadline of its own.
#[tokio::test]
async fn an_abandoned_exchange_closes_its_connection() {
    let (closed, mut was_closed) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut socket: TcpStream| {
        let closed = closed.clone();
        async move {
            closed.send("arrived").unwrap();
            let _ = tokio::io::AsyncReadExt::read(&mut socket, &mut [0; 8]).await;
            closed.send("closed").unwrap();
        }
    })
    .await;
    let channel = channel("ntfy", &json!({ "url": format!("{}/topic", server.origin()) }));
    let transport = transport(server.origin());
    let sending = tokio::spawn(async move { transport.send(&channel, &message(), "dlv_1").await });
    assert_eq!(was_closed.recv().await, Some("arrived"));
    sending.abort();
    assert_eq!(was_closed.recv().await, Some("closed"));
}

#[test]
fn the_addresses_of_services_are_fixed_and_need_no_permission() {
    let telegram = channel("telegram", &json!({ "token": "1:a", "chat_id": "@zb_alerts" }));
    assert_eq!(telegram.describe(), "telegram https://api.telegram.org");
    let pushover = channel("pushover", &json!({ "token": "abc", "user": "def" }));
    assert_eq!(pushover.describe(), "pushover https://api.pushover.net");
    let ntfy = channel("ntfy", &json!({ "url": "https://ntfy.sh/topic" }));
    assert_eq!(ntfy.to_string(), format!("ntfy https://ntfy.sh/{MASK}"));
}

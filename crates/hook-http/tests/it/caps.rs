//! How much of an answer is read, how much is kept, and how it looks.

use std::future::pending;

use hook_core::{
    OutcomeKind,
    limits::{RESPONSE_KEPT_BYTES, RESPONSE_READ_BYTES},
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::server::{Server, answers, send};

async fn response(body: impl Into<Vec<u8>>) -> Option<String> {
    let body = body.into();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let server = Server::start(answers([head.into_bytes(), body].concat())).await;
    let outcome = send(server.hook()).await;
    assert_eq!(outcome.kind, OutcomeKind::Ok, "{outcome:?}");
    outcome.response
}

#[tokio::test]
async fn the_first_4_kib_are_kept() {
    assert_eq!(response("").await, None);
    assert_eq!(response("stopped\n").await.as_deref(), Some("stopped\n"));
    for bytes in [RESPONSE_KEPT_BYTES - 1, RESPONSE_KEPT_BYTES, RESPONSE_KEPT_BYTES + 1, RESPONSE_READ_BYTES]
    {
        let kept = response("x".repeat(bytes)).await.unwrap();
        assert_eq!(kept.len(), bytes.min(RESPONSE_KEPT_BYTES), "{bytes}");
    }
}

#[tokio::test]
async fn a_character_that_the_cut_would_split_is_left_out() {
    let kept = response(format!("x{}", "é".repeat(RESPONSE_KEPT_BYTES))).await.unwrap();
    assert_eq!(kept, format!("x{}", "é".repeat(RESPONSE_KEPT_BYTES / 2 - 1)));
}

#[tokio::test]
async fn control_characters_are_visible_and_bytes_that_are_no_text_are_replaced() {
    assert_eq!(
        response(b"\x1b[31mred\r\n\tnext\xff".to_vec()).await.unwrap(),
        "\\u{1b}[31mred\\r\n\tnext\u{fffd}"
    );
}

#[tokio::test]
async fn nothing_is_decompressed() {
    let gzip = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00";
    let server = Server::start(answers(gzip)).await;
    let outcome = send(server.hook()).await;
    assert_eq!(
        (outcome.kind, outcome.response.as_deref()),
        (OutcomeKind::Ok, Some("\\u{1f}\u{fffd}\\u{8}\\u{0}"))
    );
}

#[tokio::test]
async fn a_failures_body_is_kept_too_and_is_not_in_its_error() {
    let server = Server::start(answers("HTTP/1.1 500 no\r\ncontent-length: 9\r\n\r\nno docker")).await;
    let outcome = send(server.hook()).await;
    assert_eq!(outcome.response.as_deref(), Some("no docker"));
    assert_eq!(outcome.error.as_deref(), Some("pre webhook returned HTTP 500"));
}

#[tokio::test]
async fn a_longer_body_is_dropped_without_failing_the_hook() {
    // It never ends: only a client that stops reading comes back with success.
    let server = Server::start(|mut socket: TcpStream| async move {
        socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        while socket.write_all(&[b'x'; 1024]).await.is_ok() {}
    })
    .await;
    let outcome = send(server.hook()).await;
    assert_eq!(outcome.kind, OutcomeKind::Ok, "{outcome:?}");
    assert_eq!(outcome.response.unwrap().len(), RESPONSE_KEPT_BYTES);
    assert_eq!(server.requests().len(), 1);
}

/// A length in the head says that more would come: nothing is waited for.
#[tokio::test]
async fn a_longer_body_that_stalls_at_the_limit_is_dropped_too() {
    let server = Server::start(|mut socket: TcpStream| async move {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", RESPONSE_READ_BYTES + 1);
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(&[b'x'; RESPONSE_READ_BYTES]).await.unwrap();
        pending().await
    })
    .await;
    let outcome = send(server.hook()).await;
    assert_eq!(outcome.kind, OutcomeKind::Ok, "{outcome:?}");
    assert_eq!(outcome.response.unwrap().len(), RESPONSE_KEPT_BYTES);
}

#[tokio::test]
async fn a_reject_body_is_found_in_all_that_is_read() {
    let words = "x".repeat(RESPONSE_KEPT_BYTES * 2);
    let server = Server::start(answers(format!("HTTP/1.1 200 OK\r\n\r\n{words}"))).await;
    let mut hook = server.hook();
    hook.reject_body = words;
    assert_eq!(send(hook).await.kind, OutcomeKind::Rejected);
}

//! One deadline over everything, and the user's word: both told apart by whether the request may have arrived.

use std::{
    future::pending,
    io::{Read, Write},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use hook_core::OutcomeKind;
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::Notify};
use tokio_util::sync::CancellationToken;

use crate::server::{Server, hook, impatient, send, send_until};

const TIMED_OUT: &str = "pre webhook timed out after 1 s; the request was sent, no whole answer came";

#[tokio::test]
async fn silence_runs_into_the_deadline() {
    let server = Server::start(|socket: TcpStream| async move {
        let _open = socket;
        pending().await
    })
    .await;
    let outcome = send(impatient(server.hook())).await;
    assert_eq!((outcome.kind, outcome.http_status), (OutcomeKind::NoAnswer, None));
    assert_eq!(outcome.error.as_deref(), Some(TIMED_OUT));
    assert!(outcome.duration >= Duration::from_secs(1), "{:?}", outcome.duration);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_body_that_stalls_runs_into_the_deadline() {
    let server = Server::start(|mut socket: TcpStream| async move {
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok").await.unwrap();
        pending().await
    })
    .await;
    let outcome = send(impatient(server.hook())).await;
    assert_eq!((outcome.kind, outcome.http_status), (OutcomeKind::NoAnswer, Some(200)));
    assert_eq!(outcome.error.as_deref(), Some(TIMED_OUT));
}

#[tokio::test]
async fn neither_a_head_nor_a_body_that_drips_outlives_the_deadline() {
    for start in ["HTTP/1.1 200 OK\r\nX-Drip: ", "HTTP/1.1 200 OK\r\n\r\n"] {
        let server = Server::start(move |mut socket: TcpStream| async move {
            socket.write_all(start.as_bytes()).await.unwrap();
            while socket.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        let outcome = send(impatient(server.hook())).await;
        assert_eq!(outcome.kind, OutcomeKind::NoAnswer, "{start:?}: {outcome:?}");
        assert_eq!(outcome.error.as_deref(), Some(TIMED_OUT));
    }
}

/// hyper reads informational answers without yielding: on the caller's one thread they would stop every clock,
/// and with it whatever else the program does. So a clock is what this test watches.
#[tokio::test(flavor = "current_thread")]
async fn a_flood_of_100_continue_holds_nobody_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let flood = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.read_exact(&mut [0; 64]).unwrap(); // of the request: an answer before it would be refused
        let block = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(4096);
        while socket.write_all(&block).is_ok() {}
    });
    let ticks = Arc::new(AtomicU32::new(0));
    let ticking = Arc::clone(&ticks);
    let clock = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            ticking.fetch_add(1, Ordering::Relaxed);
        }
    });
    let outcome = send(impatient(hook(&url))).await;
    let ticks = ticks.load(Ordering::Relaxed);
    clock.abort();
    assert_eq!(outcome.kind, OutcomeKind::NoAnswer);
    assert_eq!(outcome.error.as_deref(), Some(TIMED_OUT));
    assert!(ticks >= 5, "the caller's runtime stood still: {ticks} ticks");
    flood.join().unwrap(); // the connection is closed in the end, so the flood's writes fail
}

#[tokio::test]
async fn a_deadline_before_a_connection_stands_is_not_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let mut hook = impatient(hook(&origin));
    hook.insecure_tls = true;
    let outcome = send(hook).await;
    assert_eq!(outcome.kind, OutcomeKind::NotSent);
    let error = format!("pre webhook could not connect to {origin} within 1 s; nothing was sent");
    assert_eq!(outcome.error, Some(error));
}

#[tokio::test]
async fn a_cancel_before_a_connection_stands_is_not_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut hook = hook(&format!("https://{}", listener.local_addr().unwrap()));
    hook.insecure_tls = true;
    let cancel = CancellationToken::new();
    let sending = tokio::spawn({
        let cancel = cancel.clone();
        async move { send_until(hook, &cancel).await }
    });
    let (socket, _) = listener.accept().await.unwrap(); // a connection of TCP, not yet of TLS
    cancel.cancel();
    let outcome = sending.await.unwrap();
    assert_eq!((outcome.kind, outcome.http_status), (OutcomeKind::NotSent, None));
    assert_eq!(outcome.error.as_deref(), Some("pre webhook was cancelled before it was sent"));
    drop(socket);
}

#[tokio::test]
async fn a_cancel_before_everything_makes_no_connection() {
    let server = Server::start(|_| async {}).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let outcome = send_until(server.hook(), &cancel).await;
    assert_eq!(outcome.kind, OutcomeKind::NotSent);
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cancel_after_the_request_left_may_have_taken_effect() {
    let arrived = Arc::new(Notify::new());
    let server = Server::start({
        let arrived = Arc::clone(&arrived);
        move |socket: TcpStream| {
            arrived.notify_one();
            async move {
                let _open = socket;
                pending().await
            }
        }
    })
    .await;
    let hook = server.hook();
    let cancel = CancellationToken::new();
    let sending = tokio::spawn({
        let cancel = cancel.clone();
        async move { send_until(hook, &cancel).await }
    });
    arrived.notified().await;
    cancel.cancel();
    let outcome = sending.await.unwrap();
    assert_eq!(outcome.kind, OutcomeKind::Cancelled);
    assert_eq!(
        outcome.error.as_deref(),
        Some("pre webhook was cancelled after the request was sent; it may have taken effect")
    );
    assert_eq!(server.requests().len(), 1);
}

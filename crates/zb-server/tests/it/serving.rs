//! Real connections: what is slow is cut off, what is busy may end (`api.md` §8).

use std::net::SocketAddr;

use hook_core::OutcomeKind;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    task::JoinHandle,
    time::{Duration, Instant},
};
use zb_server::{Listener, serve};

use crate::{
    told::{Told, job},
    world::World,
};

/// The world at an address; it is over when the world ends.
async fn served(world: &World) -> (SocketAddr, JoinHandle<()>) {
    let listener = Listener::tcp("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.address().unwrap().unwrap();
    (address, tokio::spawn(serve(listener, world.router(), world.service.ending.clone())))
}

/// What comes until the end of the connection.
async fn rest(mut stream: impl AsyncRead + Unpin) -> String {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(stream).await
}

fn get(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: zb.lan\r\nConnection: close\r\n{more}\r\n")
}

#[tokio::test]
async fn a_stream_goes_over_the_wire_and_ends() {
    let world = World::empty();
    let token = world.owner().await;
    let (address, _server) = served(&world).await;
    let told = Told::new(1, "a");
    let mut events = told.whole(OutcomeKind::Ok);
    let later = events.split_off(4);
    told.tell(&world, events).await;
    let path = format!("/api/v1/runs/{}/events", job(1));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = get(&path, &format!("Authorization: Bearer {token}\r\n"));
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    while !text.contains("restic.started") {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.unwrap();
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    assert!(
        text.starts_with("HTTP/1.1 200 OK\r\n") && !text.to_lowercase().contains("\r\nserver:"),
        "{text}"
    );
    told.tell(&world, later).await;
    assert!(rest(stream).await.contains("event: run.finished"));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_told_so() {
    let world = World::empty();
    let (address, _server) = served(&world).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let large = ask(stream, &get("/healthz", &format!("X-Filler: {}\r\n", "a".repeat(40 * 1024)))).await;
    assert!(large.starts_with("HTTP/1.1 431 ") && large.contains("urn:zb:problem:head-too-large"), "{large}");
    let stream = TcpStream::connect(address).await.unwrap();
    let larger = ask(stream, &get("/healthz", &format!("X-Filler: {}\r\n", "a".repeat(80 * 1024)))).await;
    assert!(!larger.contains("200 OK"), "{larger}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_is_cut_off() {
    let world = World::empty();
    let (address, _server) = served(&world).await;
    for begun in ["", "GET /healthz HTTP/1.1\r\nHost: zb"] {
        let (began, stream) = (Instant::now(), TcpStream::connect(address).await.unwrap());
        let answer = ask(stream, begun).await;
        assert!(!answer.contains(" 200 "), "{answer}");
        assert!(began.elapsed() >= Duration::from_secs(10), "{begun:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_cut_off() {
    let world = World::empty();
    world.owner().await;
    let (address, _server) = served(&world).await;
    let (began, stream) = (Instant::now(), TcpStream::connect(address).await.unwrap());
    let begun = "POST /api/v1/session HTTP/1.1\r\nHost: zb.lan\r\nContent-Type: application/json\r\n\
                 Content-Length: 100\r\n\r\n{\"username\":";
    let answer = ask(stream, begun).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("the body was cut off"), "{answer}");
    assert!(began.elapsed() >= Duration::from_secs(30));
}

#[tokio::test]
async fn the_end_waits_for_nobody_who_is_idle_and_ends_streams() {
    let world = World::empty();
    let token = world.owner().await;
    let (address, server) = served(&world).await;
    let idle = TcpStream::connect(address).await.unwrap();
    let mut watching = TcpStream::connect(address).await.unwrap();
    let request = get("/api/v1/events", &format!("Authorization: Bearer {token}\r\n"));
    watching.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    while !text.contains("event: ready") {
        let mut bytes = [0; 1024];
        let count = watching.read(&mut bytes).await.unwrap();
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    world.service.ending.cancel();
    server.await.unwrap();
    assert_eq!(rest(idle).await, "");
    rest(watching).await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody is let in");
}

#[tokio::test]
async fn a_unix_socket_is_as_good() {
    let world = World::empty();
    let path = world.dir.path().join("zb.sock");
    let listener = Listener::unix(&path).await.unwrap();
    let server = tokio::spawn(serve(listener, world.router(), world.service.ending.clone()));
    let answer = ask(UnixStream::connect(&path).await.unwrap(), &get("/healthz", "")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok"), "{answer}");
    world.service.ending.cancel();
    server.await.unwrap();
    assert!(!path.exists());
}

/// The time that a head has is no time for an answer.
#[tokio::test(start_paused = true)]
async fn a_silent_stream_outlives_every_limit() {
    let world = World::empty();
    let token = world.owner().await;
    let (address, _server) = served(&world).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = get("/api/v1/events", &format!("Authorization: Bearer {token}\r\n"));
    stream.write_all(request.as_bytes()).await.unwrap();
    let (began, mut text) = (Instant::now(), String::new());
    while text.matches("event: heartbeat").count() < 10 {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "{text}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    assert!(began.elapsed() >= Duration::from_secs(50));
}

/// Clients that send all before they read are told what is wrong, not cut off by a reset.
#[tokio::test]
async fn whoever_sends_too_much_is_told_so() {
    let world = World::empty();
    let token = world.owner().await;
    let (address, _server) = served(&world).await;
    let body = "a".repeat(8 * 1024 * 1024);
    for (path, expected) in [("/api/v1/jobs", "HTTP/1.1 413"), ("/nowhere", "HTTP/1.1 404")] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: zb.lan\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = ask(TcpStream::connect(address).await.unwrap(), &request).await;
        assert!(answer.starts_with(expected), "{path}: {answer}");
    }
}

/// Also where the HTTP library answers by itself.
#[tokio::test]
async fn every_answer_has_the_headers_that_every_answer_has() {
    let world = World::empty();
    let (address, _server) = served(&world).await;
    let many: String = (0..150).map(|number| format!("x-{number}: a\r\n")).collect();
    for (request, status) in [
        (get("/healthz", ""), 200),
        (get("/nowhere", ""), 404),
        (get(&format!("/{}", "a".repeat(9_000)), ""), 414),
        (get(&format!("/{}", "a".repeat(70_000)), ""), 414),
        (get("/healthz", &format!("x: {}\r\n", "a".repeat(40_000))), 431),
        (get("/healthz", &format!("x: {}\r\n", "a".repeat(300_000))), 431),
        (get("/healthz", &many), 431),
        (get("/healthz", "no colon\r\n"), 400),
        ("no request\r\n\r\n".to_owned(), 400),
    ] {
        let stream = TcpStream::connect(address).await.unwrap();
        let (reads, mut writes) = stream.into_split();
        let sends = tokio::spawn(async move { writes.write_all(request.as_bytes()).await });
        let answer = rest(reads).await.to_ascii_lowercase();
        let _ = sends.await;
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{answer}");
        for header in [
            "x-content-type-options: nosniff",
            "content-security-policy: default-src 'none'",
            "cache-control: no-store",
        ] {
            assert_eq!(answer.matches(header).count(), 1, "{status} {answer}");
        }
    }
}

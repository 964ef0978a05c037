//! Servers that answer, well or badly, each with the one outcome that it must have, for one request and no more.

use hook_core::OutcomeKind::{self, NoAnswer, Ok, Rejected};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};

use crate::server::{Server, answers, hook, impatient, send};

/// Its name, the bytes, and what they come to: kind, status, and how the error ends.
type Answer = (&'static str, &'static [u8], OutcomeKind, Option<u16>, &'static str);

/// Answers that end with the connection.
const ANSWERS: &[Answer] = &[
    ("whole", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Ok, Some(200), ""),
    ("without a body", b"HTTP/1.1 204 No Content\r\n\r\n", Ok, Some(204), ""),
    ("the last of the 2xx", b"HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n", Ok, Some(299), ""),
    (
        "chunked",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        Ok,
        Some(200),
        "",
    ),
    ("ended by the close", b"HTTP/1.1 200 OK\r\n\r\nok", Ok, Some(200), ""),
    ("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\nok", Ok, Some(200), ""),
    (
        "after a 100",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        Ok,
        Some(200),
        "",
    ),
    (
        "an error",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops",
        Rejected,
        Some(500),
        "returned HTTP 500",
    ),
    ("not found", b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", Rejected, Some(404), "returned HTTP 404"),
    (
        "unknown class",
        b"HTTP/1.1 600 What\r\nContent-Length: 0\r\n\r\n",
        Rejected,
        Some(600),
        "returned HTTP 600",
    ),
    (
        "rules not satisfied",
        b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nHook rules were not satisfied.",
        Rejected,
        Some(200),
        "answered HTTP 200 with \"Hook rules were not satisfied.\", which reject_body names as a failure (if the \
         receiver is adnanh/webhook, it ran nothing: check the secret header there, and set \
         trigger-rule-mismatch-http-response-code)",
    ),
    (
        "rules not satisfied, and said with a status",
        b"HTTP/1.1 403 No\r\nContent-Length: 30\r\n\r\nHook rules were not satisfied.",
        Rejected,
        Some(403),
        "returned HTTP 403",
    ),
    (
        "those words elsewhere",
        b"HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n.Hook rules were not satisfied.",
        Ok,
        Some(200),
        "",
    ),
    (
        "nothing",
        b"",
        NoAnswer,
        None,
        ": connection closed before message completed; the request may have arrived",
    ),
    ("half a head", b"HTTP/1.1 200 OK\r\nContent-Le", NoAnswer, None, "; the request may have arrived"),
    ("only a 100", b"HTTP/1.1 100 Continue\r\n\r\n", NoAnswer, None, "; the request may have arrived"),
    (
        "a body too short",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        NoAnswer,
        Some(200),
        "; the request may have arrived",
    ),
    (
        "an error cut short",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\nok",
        NoAnswer,
        Some(500),
        "; the request may have arrived",
    ),
    (
        "chunks without an end",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        NoAnswer,
        Some(200),
        "; the request may have arrived",
    ),
    (
        "chunks that are none",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nok\r\n0\r\n\r\n",
        NoAnswer,
        Some(200),
        "; the request may have arrived",
    ),
    (
        "another protocol, which nobody asked for",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        NoAnswer,
        None,
        ": HTTP 101 is no final answer; the request may have arrived",
    ),
    ("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n", NoAnswer, None, "; the request may have arrived"),
    ("TLS", b"\x15\x03\x01\x00\x02\x02\x46", NoAnswer, None, "; the request may have arrived"),
    (
        "two lengths",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk",
        NoAnswer,
        None,
        "; the request may have arrived",
    ),
];

#[tokio::test]
async fn each_answer_has_its_outcome() {
    for &(name, answer, kind, status, error) in ANSWERS {
        let server = Server::start(answers(answer)).await;
        let outcome = send(server.hook()).await;
        assert_eq!((outcome.kind, outcome.http_status), (kind, status), "{name}: {outcome:?}");
        match outcome.error {
            None => assert_eq!(kind, Ok, "{name}"),
            Some(said) => {
                assert_ne!(kind, Ok, "{name}: {said}");
                assert!(said.starts_with("pre webhook ") && said.ends_with(error), "{name}: {said}");
            }
        }
        assert_eq!(server.requests().len(), 1, "{name}: one request is one attempt");
    }
}

#[tokio::test]
async fn the_words_that_reject_can_be_others_or_none() {
    let body = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nHook rules were not satisfied.";
    for (words, kind) in
        [("", Ok), ("denied", Ok), ("Hook rules", Rejected), ("Hook rules were not satisfied. ", Ok)]
    {
        let server = Server::start(answers(body)).await;
        let mut hook = server.hook();
        hook.reject_body = words.to_owned();
        assert_eq!(send(hook).await.kind, kind, "{words:?}");
    }
}

#[tokio::test]
async fn long_words_that_reject_are_cut_and_made_visible() {
    for (words, quoted) in [
        ("é".repeat(100), format!("\"{}\"", "é".repeat(100))),
        ("é".repeat(101), format!("\"{}\"…", "é".repeat(100))),
        ("no\n\u{1b}".to_owned(), r#""no\n\u{1b}""#.to_owned()),
    ] {
        let body = format!("HTTP/1.1 200 OK\r\n\r\n{words}");
        let server = Server::start(answers(body)).await;
        let mut hook = server.hook();
        hook.reject_body = words;
        let error = send(hook).await.error.unwrap();
        let start =
            format!("pre webhook answered HTTP 200 with {quoted}, which reject_body names as a failure (");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_its_location_is_never_contacted() {
    let elsewhere = Server::start(answers("HTTP/1.1 200 OK\r\n\r\n")).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/hooks/stop", elsewhere.origin());
        let server = Server::start(answers(format!(
            "HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        )))
        .await;
        let outcome = send(server.hook()).await;
        assert_eq!((outcome.kind, outcome.http_status), (Rejected, Some(status)));
        let error = format!("pre webhook returned HTTP {status}; redirects are not followed");
        assert_eq!(outcome.error, Some(error));
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!(elsewhere.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn more_than_100_headers_are_no_answer() {
    for (headers, kind) in [(99, Ok), (101, NoAnswer)] {
        let lines: String = (0..headers).map(|n| format!("X-{n}: x\r\n")).collect();
        let server =
            Server::start(answers(format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n"))).await;
        assert_eq!(send(server.hook()).await.kind, kind, "{headers}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_head_of_a_megabyte_is_no_answer() {
    let head = format!("HTTP/1.1 200 OK\r\nX-Huge: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(1 << 20));
    let server = Server::start(answers(head)).await;
    let outcome = send(server.hook()).await;
    assert_eq!((outcome.kind, outcome.http_status), (NoAnswer, None));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_reset_is_no_answer() {
    let server = Server::start(|socket: TcpStream| async move { socket.set_zero_linger().unwrap() }).await;
    let outcome = send(server.hook()).await;
    assert_eq!(outcome.kind, NoAnswer, "{outcome:?}");
    let error = format!(
        "pre webhook got no whole answer from {}: connection reset by peer; the request may have arrived",
        server.origin()
    );
    assert_eq!(outcome.error, Some(error));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_reset_inside_of_the_body_is_no_answer() {
    let server = Server::start(|mut socket: TcpStream| async move {
        socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok").await.unwrap();
        socket.set_zero_linger().unwrap();
    })
    .await;
    assert_eq!(send(server.hook()).await.kind, NoAnswer);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_connection_that_is_dropped_unread_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let accepted = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 1]).await;
        drop(socket);
        listener
    });
    // The receiver may have acted on the first byte that it read.
    assert_eq!(send(hook(&url)).await.kind, NoAnswer);
    drop(accepted.await.unwrap());
}

#[tokio::test]
async fn a_closed_port_is_not_sent() {
    // Bound but not listening: refuses, and nobody else can take the port meanwhile.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let origin = format!("http://{}", socket.local_addr().unwrap());
    let outcome = send(hook(&format!("{origin}/hooks/stop"))).await;
    assert_eq!((outcome.kind, outcome.http_status), (OutcomeKind::NotSent, None));
    assert_eq!(outcome.error, Some(format!("pre webhook could not connect to {origin}: connection refused")));
}

#[tokio::test]
async fn a_host_that_does_not_exist_is_not_sent() {
    // RFC 6761 §6.4. Where the resolver hangs, the deadline ends it, and nothing was sent either.
    let outcome = send(impatient(hook("http://nobody.invalid:9000/hooks/stop"))).await;
    assert_eq!((outcome.kind, outcome.http_status), (OutcomeKind::NotSent, None));
    let error = outcome.error.unwrap();
    assert!(error.starts_with("pre webhook could not "), "{error}");
    assert!(error.contains("http://nobody.invalid:9000"), "{error}");
}

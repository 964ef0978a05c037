//! What a person reads when TLS fails: words, and nothing of a program's insides.

use hook_core::{HookOutcome, OutcomeKind};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    server::{hook, send},
    tls_server::TlsServer,
};

/// Sends to a port that answers the first bytes of a handshake with these and closes. Gives the origin too.
async fn handshake_with(answer: &'static [u8]) -> (String, HookOutcome) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.read_exact(&mut [0; 16]).await.unwrap();
        socket.write_all(answer).await.unwrap();
        // What the client had sent must be read, or the close would be a reset that overtakes the answer.
        let _ = socket.shutdown().await;
        let _ = socket.read_to_end(&mut Vec::new()).await;
    });
    let mut hook = hook(&origin);
    hook.insecure_tls = true;
    (origin, send(hook).await)
}

/// No `Debug` of a value: no camel case, no path, no fields, no link to a manual.
fn is_plain(error: &str) -> bool {
    let camel = error
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase));
    !camel && !error.contains("::") && !error.contains('{') && !error.contains("docs.rs")
}

#[tokio::test]
async fn what_is_no_tls_is_told_in_words() {
    const CUT: &str = "the server closed the connection too early";
    const NO_TLS: &str = "the server does not speak TLS (is it an http:// address?)";
    let cases: &[(&[u8], &str)] = &[
        (b"", CUT),
        (b"\x16", CUT),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", NO_TLS),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", NO_TLS),
        (b"\0\0\0\0\0\0\0\0", NO_TLS),
        (b"\x15\x03\x03\x00\x02\x02\x28", "the server ended TLS with the alert \"handshake failure\""),
        (b"\x15\x03\x03\x00\x02\x02\x46", "the server accepts neither TLS 1.2 nor TLS 1.3"),
        (b"\x15\x03\x03\x00\x02\x02\x70", "the server does not know this host name"),
        (b"\x15\x03\x03\x00\x02\x02\x07", "the server ended TLS with the alert 7"),
        (b"\x16\x03\x03\xff\xff", "the server sent what is no TLS: message too large"),
        (
            b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00",
            "the server breaks the rules of TLS: inappropriate handshake message",
        ),
        (b"\x17\x03\x03\x00\x01x", "the server breaks the rules of TLS: inappropriate message"),
    ];
    for &(answer, reason) in cases {
        let (origin, outcome) = handshake_with(answer).await;
        assert_eq!((outcome.kind, outcome.http_status), (OutcomeKind::NotSent, None), "{outcome:?}");
        let error = outcome.error.unwrap();
        let expected = format!("pre webhook could not connect to {origin}: {reason}");
        assert_eq!(error, expected, "{answer:?}");
        assert!(is_plain(&error), "{error}");
    }
}

#[tokio::test]
async fn http_to_a_port_that_speaks_tls_is_told_in_words() {
    let server = TlsServer::start("127.0.0.1", &[]).await;
    let outcome = send(hook(&server.origin.replace("https:", "http:"))).await;
    assert_eq!(outcome.kind, OutcomeKind::NoAnswer, "{outcome:?}");
    let error = outcome.error.unwrap();
    let reason =
        ": the server does not speak HTTP (is it an https:// address?); the request may have arrived";
    assert!(error.ends_with(reason), "{error}");
    assert!(is_plain(&error), "{error}");
}

#[tokio::test]
async fn a_cut_inside_of_tls_is_told_in_words() {
    let server = TlsServer::start("127.0.0.1", &[]).await;
    let mut hook = hook(&format!("{}/cut", server.origin));
    hook.insecure_tls = true;
    let outcome = send(hook).await;
    assert_eq!(outcome.kind, OutcomeKind::NoAnswer, "{outcome:?}");
    let error = outcome.error.unwrap();
    let reason = ": the server closed the connection too early; the request may have arrived";
    assert!(error.ends_with(reason), "{error}");
}

//! TLS: who is trusted, what happens to who is not, and HTTP/2.

use hook_core::{HookSpec, OutcomeKind};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    server::{Server, answers, client, hook, send, whole},
    tls_server::TlsServer,
};

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_not_sent() {
    let mut server = TlsServer::start("127.0.0.1", &[]).await;
    let outcome = send(server.hook()).await;
    assert_eq!((outcome.kind, outcome.http_status), (OutcomeKind::NotSent, None));
    assert_eq!(
        outcome.error,
        Some(format!(
            "pre webhook could not verify the TLS certificate of {}: no authority that this machine trusts has \
             signed it (if it is the right server, give its certificate as ca_file)",
            server.origin
        ))
    );
    server.no_request_came();
}

#[tokio::test]
async fn a_ca_file_vouches_for_its_own_and_for_no_other() {
    let mut server = TlsServer::start("127.0.0.1", &[]).await;
    let mut trusting = server.hook();
    trusting.ca_file = Some(server.ca_file("our own authority\n"));
    let outcome = send(trusting).await;
    assert_eq!(
        (outcome.kind, outcome.response.as_deref()),
        (OutcomeKind::Ok, Some("stopped")),
        "{outcome:?}"
    );
    let request = server.requests.recv().await.unwrap();
    assert!(request.starts_with("POST /hooks/stop HTTP/1.1\r\n"), "{request}");

    let mut other = TlsServer::start("127.0.0.1", &[]).await;
    let mut mistaken = other.hook();
    mistaken.ca_file = Some(server.ca_file(""));
    let ca_file = mistaken.ca_file.clone().unwrap();
    let outcome = send(mistaken).await;
    assert_eq!(outcome.kind, OutcomeKind::NotSent);
    let reason = format!("it is not in {}, and no authority there has signed it", ca_file.display());
    assert!(outcome.error.as_ref().unwrap().ends_with(&reason), "{outcome:?}");
    other.no_request_came();
}

#[tokio::test]
async fn a_certificate_of_another_name_is_not_sent() {
    let mut server = TlsServer::start("elsewhere.example", &[]).await;
    let mut hook = server.hook();
    hook.ca_file = Some(server.ca_file(""));
    let outcome = send(hook).await;
    assert_eq!(outcome.kind, OutcomeKind::NotSent);
    let error = outcome.error.unwrap();
    let origin = &server.origin;
    assert_eq!(
        error,
        format!(
            "pre webhook could not verify the TLS certificate of {origin}: it is not for 127.0.0.1, but for \
             elsewhere.example"
        )
    );
    server.no_request_came();
}

#[tokio::test]
async fn insecure_tls_takes_any_certificate_for_that_hook_alone() {
    let mut server = TlsServer::start("elsewhere.example", &[]).await;
    let mut careless = server.hook();
    careless.insecure_tls = true;
    assert_eq!(send(careless).await.kind, OutcomeKind::Ok);
    server.requests.recv().await.unwrap();

    assert_eq!(send(server.hook()).await.kind, OutcomeKind::NotSent);
    server.no_request_came();
}

#[tokio::test]
async fn http_2_where_tls_negotiates_it() {
    let mut server = TlsServer::start("127.0.0.1", &[b"h2", b"http/1.1"]).await;
    let mut hook = server.hook();
    hook.ca_file = Some(server.ca_file(""));
    let outcome = send(hook).await;
    assert_eq!(
        (outcome.kind, outcome.response.as_deref()),
        (OutcomeKind::Ok, Some("stopped")),
        "{outcome:?}"
    );
    let request = server.requests.recv().await.unwrap();
    assert_eq!(request, format!("POST {}/hooks/stop {{\"phase\":\"pre\"}}", server.origin));
    server.no_request_came();
}

/// "I have done nothing with it": the one answer after which an HTTP library feels free to send again.
#[tokio::test]
async fn a_request_that_http_2_refuses_is_not_sent_again() {
    let mut server = TlsServer::start("127.0.0.1", &[b"h2"]).await;
    let mut hook = hook(&format!("{}/refuse", server.origin));
    hook.insecure_tls = true;
    let outcome = send(hook).await;
    assert_eq!(outcome.kind, OutcomeKind::NoAnswer, "{outcome:?}");
    server.requests.recv().await.unwrap();
    server.no_request_came();
}

#[tokio::test]
async fn https_to_a_port_that_speaks_http_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.read_exact(&mut [0; 16]).await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let mut hook = hook(&origin);
    hook.insecure_tls = true;
    let outcome = send(hook).await;
    assert_eq!(outcome.kind, OutcomeKind::NotSent);
    let error = format!(
        "pre webhook could not connect to {origin}: the server does not speak TLS (is it an http:// address?)"
    );
    assert_eq!(outcome.error, Some(error));
}

#[tokio::test]
async fn a_handshake_that_is_cut_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut hook = hook(&format!("https://{}", listener.local_addr().unwrap()));
    hook.insecure_tls = true;
    tokio::spawn(async move { drop(listener.accept().await.unwrap()) });
    assert_eq!(send(hook).await.kind, OutcomeKind::NotSent);
}

#[tokio::test]
async fn http_to_a_port_that_speaks_tls_is_no_answer() {
    let server = TlsServer::start("127.0.0.1", &[]).await;
    let outcome = send(hook(&server.origin.replace("https:", "http:"))).await;
    assert_eq!(outcome.kind, OutcomeKind::NoAnswer, "{outcome:?}");
}

#[test]
fn a_ca_file_that_cannot_be_used_fails_the_check_and_names_it() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("ca.pem");
    let mut config = hook("https://127.0.0.1:9/");
    config.ca_file = Some(path.clone());
    let hook = HookSpec::new(config).unwrap();
    let unusable = format!("the CA file {} holds no certificate that can be used", path.display());

    let error = client().prepare(&hook).unwrap_err();
    assert_eq!(error.to_string(), format!("the CA file {} cannot be read", path.display()));
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "No such file or directory (os error 2)");

    for content in [
        "",
        "no certificate at all\n",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(&path, content).unwrap();
        assert_eq!(client().prepare(&hook).unwrap_err().to_string(), unusable, "{content:?}");
    }
}

#[tokio::test]
async fn what_was_prepared_is_what_is_sent_with() {
    let server = TlsServer::start("127.0.0.1", &[]).await;
    let mut config = server.hook();
    config.ca_file = Some(server.ca_file(""));
    let hook = HookSpec::new(config).unwrap();
    let client = client();
    client.prepare(&hook).unwrap();
    server.directory.close().unwrap(); // the pre hook may unmount what the file is on
    let (allowed, _) = hook_core::AllowedOrigins::parse(&server.origin).unwrap();
    let permitted = allowed.permit(hook_core::Phase::Pre, whole(&hook)).unwrap();
    let outcome = client.send(&permitted, &crate::server::call(), &Default::default()).await;
    assert_eq!(outcome.kind, OutcomeKind::Ok, "{outcome:?}");
}

#[tokio::test]
async fn a_ca_file_that_is_gone_and_was_never_read_is_refused_and_nothing_is_sent() {
    let server = Server::start(answers("")).await;
    let mut config = hook(&server.origin().replace("http:", "https:"));
    config.ca_file = Some("/nonexistent/ca.pem".into());
    let outcome = send(config).await;
    assert_eq!(outcome.kind, OutcomeKind::Refused);
    let error = "pre webhook cannot be sent: the CA file /nonexistent/ca.pem cannot be read: No such file or \
                 directory (os error 2)";
    assert_eq!(outcome.error.as_deref(), Some(error));
    assert_eq!(server.requests(), Vec::<String>::new());
}

//! Whose certificate a destination's server may show.

use std::sync::Arc;

use notifier::{Answer, Failed, Retry};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, split},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::channel_server::{channel, http, read_request, send, transport};

fn params(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).unwrap()
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = params("authority.lan");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What a server with a certificate for this name by that authority accepts with, and where.
async fn listen(name: &str, authority: &CertifiedIssuer<'static, KeyPair>) -> (TcpListener, TlsAcceptor) {
    let key = KeyPair::generate().unwrap();
    let certificate = params(name).signed_by(&key, authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    (TcpListener::bind("127.0.0.1:0").await.unwrap(), TlsAcceptor::from(Arc::new(config)))
}

/// A server that takes everything: its origin.
async fn server(name: &str, authority: &CertifiedIssuer<'static, KeyPair>) -> String {
    let (listener, acceptor) = listen(name, authority).await;
    let origin = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // A client that does not trust us ends the handshake.
            let Ok(mut stream) = acceptor.accept(socket).await else { continue };
            if read_request(&mut stream).await.is_some() {
                stream.write_all(http(200, "", "taken").as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        }
    });
    origin
}

async fn send_trusting(origin: &str, pem: Option<&str>) -> Result<Answer, Failed> {
    let folder = TempDir::new().unwrap();
    let mut settings = json!({ "url": format!("{origin}/message"), "token": "abc" });
    if let Some(pem) = pem {
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, pem).unwrap();
        settings["ca_file"] = json!(path);
    }
    send(&transport(origin), &channel("gotify", &settings)).await
}

#[tokio::test]
async fn a_ca_file_vouches_for_what_its_authority_has_signed_and_for_nothing_else() {
    let (ours, other) = (authority(), authority());
    let origin = server("127.0.0.1", &ours).await;
    let answer = send_trusting(&origin, Some(&ours.pem())).await.unwrap();
    assert_eq!(answer.said.as_deref(), Some("taken"));

    let elsewhere = server("gotify.lan", &ours).await;
    for (origin, pem, reason) in [
        (&origin, None, "no authority that this machine trusts has signed it"),
        (&origin, Some(other.pem()), "its signature does not fit"),
        (&elsewhere, Some(ours.pem()), "certificate not valid for name"),
        (&origin, Some("no certificate".to_owned()), "holds no certificate that can be used"),
    ] {
        let failed = send_trusting(origin, pem.as_deref()).await.unwrap_err();
        assert_eq!(failed.retry, Retry::Later);
        assert!(failed.reason.contains(reason), "{failed}");
    }
}

/// A login goes in base64.
#[tokio::test]
async fn a_mail_server_that_repeats_a_login_tells_nothing() {
    let authority = authority();
    let (listener, acceptor) = listen("127.0.0.1", &authority).await;
    let url = format!("smtps://ana@{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let (reader, mut writer) = split(acceptor.accept(socket).await.unwrap());
        let mut lines = BufReader::new(reader).lines();
        writer.write_all(b"220 hello\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match line.as_str() {
                line if line.starts_with("EHLO") => "250 AUTH PLAIN\r\n".to_owned(),
                line => format!("535 {line}\r\n"),
            };
            writer.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, authority.pem()).unwrap();
    let settings = json!({
        "url": url,
        "token": "login-secret",
        "ca_file": path,
        "from": "zb@example.org",
        "to": ["ana@example.org"],
    });
    let failed = send(&transport(""), &channel("email", &settings)).await.unwrap_err();
    assert!(failed.reason.ends_with("right?): AUTH PLAIN ••••••••"), "{failed}");
}

//! A collector behind TLS, which shows a certificate that only `OTEL_EXPORTER_OTLP_CERTIFICATE` can vouch for.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use telemetry::{Export, Sent, Signal, Transport};
use tokio::{io::AsyncWriteExt, net::TcpListener};
use tokio_rustls::TlsAcceptor;

use crate::collector::{client, read};

/// Serves one connection; the address, and the certificate as PEM.
async fn serve_once() -> (Export, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}/v1/traces", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // A client that does not trust it breaks off.
        let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await else { return };
        read(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        stream.shutdown().await.unwrap();
    });
    (Export::to(address.parse().unwrap()), cert.pem())
}

async fn sent(trusted: Option<&str>, export: Export) -> Sent {
    let folder = tempfile::tempdir().unwrap();
    let mut export = export;
    if let Some(pem) = trusted {
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, pem).unwrap();
        export.certificate = Some(file);
    }
    client(export).send(Signal::Traces, b"spans".to_vec()).await
}

#[tokio::test]
async fn a_collector_whose_certificate_the_file_vouches_for_is_trusted() {
    let (export, certificate) = serve_once().await;
    assert_eq!(sent(Some(&certificate), export).await, Sent::Taken);
}

#[tokio::test]
async fn any_other_collector_gets_nothing() {
    let (_, of_another) = serve_once().await;
    for trusted in [None, Some(of_another.as_str())] {
        let (export, _) = serve_once().await;
        let Sent::Later { why, .. } = sent(trusted, export).await else { panic!("{trusted:?} was trusted") };
        assert!(why.contains("certificate"), "{why}");
    }
}

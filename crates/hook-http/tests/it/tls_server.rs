//! A server that speaks TLS, with whatever certificate a test wants to show.

use std::{path::PathBuf, sync::Arc};

use hook_core::HookConfig;
use http::{Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::{
    ServerConfig, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign,
};
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::server::{hook, read_request};

/// A server with a certificate of its own making. Tells what was asked of it, inside of TLS.
pub(crate) struct TlsServer {
    pub(crate) origin: String,
    /// PEM.
    pub(crate) certificate: String,
    pub(crate) requests: mpsc::UnboundedReceiver<String>,
    pub(crate) directory: TempDir,
}

impl TlsServer {
    /// With a certificate for one name, which is no authority's.
    pub(crate) async fn start(name: &str, protocols: &[&[u8]]) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        Self::showing(&cert.pem(), &signing_key, rustls::ALL_VERSIONS, protocols).await
    }

    /// With this certificate (PEM), whether or not it fits the key.
    pub(crate) async fn showing(
        certificate: &str,
        key: &KeyPair,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&[u8]],
    ) -> Self {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Shows::new(certificate, key)));
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("https://{}", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::unbounded_channel();
        tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), sender));
        Self { origin, certificate: certificate.to_owned(), requests, directory: TempDir::new().unwrap() }
    }

    pub(crate) fn hook(&self) -> HookConfig {
        hook(&format!("{}/hooks/stop", self.origin))
    }

    /// A CA file with these words around the server's certificate.
    pub(crate) fn ca_file(&self, before: &str) -> PathBuf {
        let path = self.directory.path().join("ca.pem");
        std::fs::write(&path, format!("{before}{}", self.certificate)).unwrap();
        path
    }

    pub(crate) fn no_request_came(&mut self) {
        assert_eq!(self.requests.try_recv().ok(), None);
    }
}

/// One certificate, for everybody who asks.
#[derive(Debug)]
struct Shows(Arc<sign::CertifiedKey>);

impl Shows {
    fn new(certificate: &str, key: &KeyPair) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Self(Arc::new(sign::CertifiedKey::new(chain, ring::sign::any_supported_type(&key).unwrap())))
    }
}

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, requests: mpsc::UnboundedSender<String>) {
    while let Ok((socket, _)) = listener.accept().await {
        // A client that does not trust us ends the handshake.
        let Ok(stream) = acceptor.accept(socket).await else { continue };
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            tokio::spawn(answer_http2(stream, requests.clone()));
        } else {
            tokio::spawn(answer_http1(stream, requests.clone()));
        }
    }
}

async fn answer_http1(mut stream: TlsStream<TcpStream>, requests: mpsc::UnboundedSender<String>) {
    let request = read_request(&mut stream).await;
    let cut = request.starts_with("POST /cut ");
    requests.send(request).unwrap();
    if cut {
        return; // in the middle of TLS, without its own goodbye
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nstopped").await.unwrap();
    stream.shutdown().await.unwrap();
}

async fn answer_http2(stream: TlsStream<TcpStream>, requests: mpsc::UnboundedSender<String>) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let requests = requests.clone();
        async move {
            assert_eq!(request.version(), Version::HTTP_2);
            let what = format!("{} {}", request.method(), request.uri());
            let body = request.into_body().collect().await.unwrap().to_bytes();
            requests.send(format!("{what} {}", String::from_utf8_lossy(&body))).unwrap();
            if what.ends_with("/refuse") {
                return Err(h2::Error::from(h2::Reason::REFUSED_STREAM));
            }
            Ok(Response::new(Full::new(Bytes::from_static(b"stopped"))))
        }
    });
    // The client closes the connection as it likes when it has its answer.
    let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

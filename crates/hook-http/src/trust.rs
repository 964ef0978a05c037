//! Which certificates a hook's server may show, and the client that holds to that.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use hook_core::HookSpec;
use reqwest::{Client, ClientBuilder, redirect, retry};
use thiserror::Error;
use tower::util::AndThenLayer;

use crate::{ca_file::CaFile, departure::embark, lookup::InPlace};

/// What a server must show. Two hooks with the same demands can share a client.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Trust {
    /// `http`: nothing. No roots are loaded, which would cost 20 ms.
    Plain,
    /// A certificate that the platform trusts.
    Platform,
    /// A certificate that this file (PEM), and nothing else, vouches for.
    Only(PathBuf),
    /// Any certificate: `insecure_tls`, for this hook alone.
    Anyone,
}

impl Trust {
    /// What a hook asks for.
    pub(crate) fn of(hook: &HookSpec) -> Self {
        match (hook.url().url().scheme(), hook.insecure_tls(), hook.ca_file()) {
            ("http", ..) => Self::Plain,
            (_, true, _) => Self::Anyone,
            (_, false, Some(file)) => Self::Only(file.to_owned()),
            (_, false, None) => Self::Platform,
        }
    }

    /// Reads what it takes. Blocking: roots and files are read here, and never again.
    pub(crate) fn client(&self) -> Result<Client, PrepareError> {
        // Another provider that the program installed before will do as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = match self {
            Self::Plain => builder().tls_certs_only([]),
            Self::Platform => builder(),
            Self::Only(path) => return only(path),
            Self::Anyone => builder().tls_certs_only([]).tls_danger_accept_invalid_certs(true),
        };
        builder.build().map_err(|source| PrepareError::Tls { source: source.into() })
    }
}

fn only(path: &Path) -> Result<Client, PrepareError> {
    let pem =
        fs::read(path).map_err(|source| PrepareError::CaFileUnreadable { path: path.to_owned(), source })?;
    let unusable = || PrepareError::CaFileWithoutCertificate { path: path.to_owned() };
    let verifier = CaFile::from_pem(&pem).ok_or_else(unusable)?;
    let mut tls = rustls::ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    // What reqwest offers where it sets TLS up itself.
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    builder().tls_backend_preconfigured(tls).build().map_err(|_| unusable())
}

/// One request, to the hook's own origin, as it is written (`spec.md` §2): no proxy, whatever the environment
/// says, no redirect, no `Referer`, nothing sent twice, no connection kept for another request. Cookies and
/// decompression are not compiled in.
pub(crate) fn builder() -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
        .pool_max_idle_per_host(0)
        .dns_resolver(Arc::new(InPlace))
        .connector_layer(AndThenLayer::new(embark))
}

/// Why a hook cannot be sent from this machine as it is configured: a failed check, before anything is paused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// `ca_file` is missing, or may not be read.
    #[error("the CA file {} cannot be read", .path.display())]
    CaFileUnreadable {
        /// As the hook has it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// `ca_file` has no PEM block `CERTIFICATE`, or one that is damaged.
    #[error("the CA file {} holds no certificate that can be used", .path.display())]
    CaFileWithoutCertificate {
        /// As the hook has it.
        path: PathBuf,
    },
    /// TLS cannot be set up, as on a machine without root certificates.
    #[error("TLS cannot be set up")]
    Tls {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

//! Which certificates a destination's server may show, and the client that holds to that.

use std::{fs, path::PathBuf};

use reqwest::{Certificate, Client, redirect, retry};
use url::Url;

use crate::Channel;

/// What a server must show. Two channels with the same demands can share a client.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Trust {
    /// `http`: nothing. No roots are loaded, which takes time.
    Plain,
    /// A certificate that the platform trusts.
    Platform,
    /// A certificate that an authority of this file (PEM) has signed.
    Only(PathBuf),
}

impl Trust {
    pub(super) fn of(channel: &Channel, url: &Url) -> Self {
        match (url.scheme(), channel.ca_file()) {
            ("http", _) => Self::Plain,
            (_, Some(file)) => Self::Only(file.to_owned()),
            (_, None) => Self::Platform,
        }
    }

    /// Reads what it takes. Blocking. The error is the reason.
    pub(super) fn client(&self) -> Result<Client, String> {
        // Another provider that the program installed before will do as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .pool_max_idle_per_host(0);
        let builder = match self {
            Self::Plain => builder.tls_certs_only([]),
            Self::Platform => builder,
            Self::Only(path) => builder.tls_certs_only(authorities(path)?),
        };
        builder.build().map_err(|_| "TLS cannot be set up on this machine".to_owned())
    }
}

fn authorities(path: &PathBuf) -> Result<Vec<Certificate>, String> {
    let name = path.display();
    let pem = fs::read(path).map_err(|error| format!("the CA file {name} cannot be read: {error}"))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(format!("the CA file {name} holds no certificate that can be used")),
    }
}

//! OTLP over HTTP: one POST with a protobuf body, one deadline, and what the answer means.
//!
//! The rules are those of the OpenTelemetry Protocol specification, "OTLP/HTTP".

use std::{error::Error, fmt, fs, io, iter, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use http::{HeaderValue, header};
use reqwest::{Certificate, Client, redirect, retry};
use thiserror::Error;
use tokio::sync::OnceCell;

use crate::{Export, Sent, Signal, Transport, answer};

/// A collector, as the settings name it. Clones are the same one.
///
/// No proxy, whatever the environment says, no redirect, nothing sent twice, no connection kept. Nothing is read or
/// connected before the first request. Needs a tokio runtime with I/O and time; any will do, another one each time.
#[derive(Clone, Debug)]
pub struct Collector {
    user_agent: HeaderValue,
    traces: Option<Arc<Door>>,
    metrics: Option<Arc<Door>>,
}

/// One signal's way in.
struct Door {
    export: Export,
    client: OnceCell<Client>,
}

impl Collector {
    /// With a door for each signal that is on. `user_agent` is sent as it is, as `zb/1.0.0`.
    #[must_use]
    pub fn new(user_agent: HeaderValue, traces: Option<Export>, metrics: Option<Export>) -> Self {
        let door = |export| Arc::new(Door { export, client: OnceCell::new() });
        Self { user_agent, traces: traces.map(door), metrics: metrics.map(door) }
    }
}

#[async_trait]
impl Transport for Collector {
    async fn send(&self, signal: Signal, request: Vec<u8>) -> Sent {
        let door = match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
        };
        match door {
            Some(door) => door.send(&self.user_agent, request).await,
            None => Sent::Refused(format!("no collector is set for {signal}")),
        }
    }
}

impl Door {
    async fn send(&self, user_agent: &HeaderValue, request: Vec<u8>) -> Sent {
        let origin = self.export.origin();
        let client = match self.client.get_or_try_init(async || client(&self.export)).await {
            Ok(client) => client,
            Err(error) => return later(&origin, &error),
        };
        let mut headers = self.export.headers.clone();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        headers.entry(header::USER_AGENT).or_insert_with(|| user_agent.clone());
        let post = client.post(self.export.endpoint.clone()).headers(headers);
        let sending = post.body(request).timeout(self.export.timeout).send();
        match sending.await {
            Ok(response) => answer::judge(&origin, response).await,
            Err(error) if error.is_timeout() => {
                let limit = self.export.timeout;
                Sent::Later { after: None, why: format!("{origin} did not answer within {limit:?}") }
            }
            Err(error) => later(&origin, &error.without_url()),
        }
    }
}

fn later(origin: &str, error: &(dyn Error + 'static)) -> Sent {
    let chain = iter::successors(Some(error), |&error| error.source());
    let reasons: Vec<_> = chain.map(ToString::to_string).collect();
    Sent::Later { after: None, why: format!("{origin} cannot be reached: {}", reasons.join(": ")) }
}

fn client(export: &Export) -> Result<Client, NoClient> {
    // Another provider that the program installed before will do as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
        // A kept connection belongs to the runtime that opened it, which may be asleep when another one asks.
        .pool_max_idle_per_host(0);
    let builder = match &export.certificate {
        _ if export.endpoint.scheme() == "http" => builder.tls_certs_only([]), // roots would cost 20 ms
        Some(path) => builder.tls_certs_only(authorities(path)?),
        None => builder,
    };
    Ok(builder.build()?)
}

fn authorities(path: &PathBuf) -> Result<Vec<Certificate>, NoClient> {
    let pem = fs::read(path).map_err(|source| NoClient::Unreadable { path: path.clone(), source })?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(some) if !some.is_empty() => Ok(some),
        _ => Err(NoClient::NoCertificate { path: path.clone() }),
    }
}

/// Why no request can be made from this machine, now.
#[derive(Debug, Error)]
enum NoClient {
    #[error("{} of OTEL_EXPORTER_OTLP_CERTIFICATE cannot be read", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} of OTEL_EXPORTER_OTLP_CERTIFICATE holds no certificate", .path.display())]
    NoCertificate { path: PathBuf },
    #[error("TLS cannot be set up")]
    Tls(#[from] reqwest::Error),
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.export.fmt(f)
    }
}

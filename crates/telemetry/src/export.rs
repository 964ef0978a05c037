//! Where a signal goes, and with what: the OTLP exporter's part of the settings.

use std::{fmt, path::PathBuf, time::Duration};

use hook_core::Origin;
use http::HeaderMap;
use reqwest::Url;

/// The limit of one request where nobody sets another (OpenTelemetry Protocol Exporter, "Configuration Options").
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// What is sent, each to an address of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// Spans: an `ExportTraceServiceRequest`.
    Traces,
    /// Metrics: an `ExportMetricsServiceRequest`.
    Metrics,
}

impl Signal {
    /// `traces` or `metrics`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where one signal goes. Address and headers may hold secrets: Debug shows the origin and the headers' names.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Export {
    /// The whole address, path included; `http` or `https`.
    pub endpoint: Url,
    /// Sent with every request.
    pub headers: HeaderMap,
    /// One deadline over connection, request and answer.
    pub timeout: Duration,
    /// PEM: the only authorities that the collector's certificate may come from. Without it the platform's.
    pub certificate: Option<PathBuf>,
}

impl Export {
    /// To an address, with the default limit and nothing else.
    #[must_use]
    pub fn to(endpoint: Url) -> Self {
        Self { endpoint, headers: HeaderMap::new(), timeout: DEFAULT_TIMEOUT, certificate: None }
    }

    /// What may be shown of the address.
    #[must_use]
    pub fn origin(&self) -> String {
        Origin::of(&self.endpoint).map_or_else(|| "the collector".to_owned(), |origin| origin.to_string())
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export")
            .field("origin", &self.origin())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("timeout", &self.timeout)
            .field("certificate", &self.certificate)
            .finish()
    }
}

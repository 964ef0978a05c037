//! OpenTelemetry, as the environment configures it.

use std::{sync::Arc, time::Duration};

use http::HeaderValue;
use telemetry::{Collector, OwnSpans, Resource, Settings, Transport};

use crate::{config::Surroundings, host};

/// How long zb's own spans are waited for at the end of a command.
pub(crate) const OWN_SPANS: Duration = Duration::from_millis(750);

/// What the variables say, and the collector that they name.
#[derive(Clone, Debug)]
pub(crate) struct Otel {
    pub(crate) settings: Settings,
    /// What cannot be used of the variables.
    pub(crate) warnings: Vec<String>,
    collector: Collector,
}

impl Otel {
    /// Reads the variables `OTEL_…`.
    #[must_use]
    pub(crate) fn read(around: &Surroundings) -> Self {
        let host = host::name();
        let zb = Resource::zb(env!("CARGO_PKG_VERSION"), Some(&host));
        let get =
            |name: &str| around.variables.get(std::ffi::OsStr::new(name))?.to_str().map(ToOwned::to_owned);
        let (settings, warnings) = Settings::read(&get, zb);
        let user_agent = HeaderValue::from_static(concat!("zb/", env!("CARGO_PKG_VERSION")));
        let collector = Collector::new(user_agent, settings.traces.clone(), settings.metrics.clone());
        let warnings = warnings.iter().map(ToString::to_string).collect();
        Self { settings, warnings, collector }
    }

    /// Where requests go.
    #[must_use]
    pub(super) fn collector(&self) -> Arc<dyn Transport> {
        Arc::new(self.collector.clone())
    }
}

/// What sends zb's own spans, where traces are wanted.
#[must_use]
pub(crate) fn own_spans(otel: &Otel) -> Option<OwnSpans> {
    otel.settings.traces.as_ref()?;
    Some(OwnSpans::start(otel.collector(), otel.settings.resource.clone(), otel.settings.sampler))
}

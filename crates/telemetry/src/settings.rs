//! The standard variables, `OTEL_…`, as the OpenTelemetry specification has them ("OpenTelemetry Environment Variable
//! Specification", "OpenTelemetry Protocol Exporter").

mod exporter;
mod pairs;
mod variables;
mod who;

pub use variables::Warning;

use crate::{Export, Resource, Sampler, Signal};
use variables::Variables;

/// What the environment says about telemetry. By default everything is off.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Where traces go; nothing while they are off.
    pub traces: Option<Export>,
    /// Where metrics go; nothing while they are off.
    pub metrics: Option<Export>,
    /// Who sends them.
    pub resource: Resource,
    /// Which traces are sent.
    pub sampler: Sampler,
}

impl Settings {
    /// Reads the variables with `get`; an empty one is as good as none. `zb` is who sends where nothing else is said.
    ///
    /// Never fails: telemetry stops no run. What cannot be used is a warning, and is ignored; where the address of a
    /// signal cannot be used, the signal is off.
    #[must_use]
    pub fn read(get: &dyn Fn(&str) -> Option<String>, zb: Resource) -> (Self, Vec<Warning>) {
        let mut variables = Variables::new(get);
        let settings = if variables.flag("OTEL_SDK_DISABLED") {
            Self { traces: None, metrics: None, resource: zb, sampler: Sampler::default() }
        } else {
            Self::enabled(&mut variables, zb)
        };
        (settings, variables.into_warnings())
    }

    fn enabled(variables: &mut Variables<'_>, zb: Resource) -> Self {
        let traces = exporter::read(variables, Signal::Traces);
        let metrics = exporter::read(variables, Signal::Metrics);
        if traces.is_none() && metrics.is_none() {
            return Self { traces, metrics, resource: zb, sampler: Sampler::default() };
        }
        Self { traces, metrics, resource: who::resource(variables, zb), sampler: who::sampler(variables) }
    }
}

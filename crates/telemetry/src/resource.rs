//! Who speaks: the attributes that every span and every metric shares.

use opentelemetry_proto::tonic::resource::v1 as proto;

use crate::attribute::attribute;

/// The attributes of a resource (OpenTelemetry Resource semantic conventions): who sends telemetry, and from where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resource(Vec<(String, String)>);

impl Resource {
    /// zb of a version, on a host: `service.name` is `zb`, and the environment may say otherwise.
    #[must_use]
    pub fn zb(version: &str, host: Option<&str>) -> Self {
        let mut resource = Self(Vec::new());
        resource.set("service.name", "zb");
        resource.set("service.version", version);
        if let Some(host) = host {
            resource.set("host.name", host);
        }
        resource.set("telemetry.sdk.language", "rust");
        resource.set("telemetry.sdk.name", "zb");
        resource.set("telemetry.sdk.version", version);
        resource
    }

    /// Sets an attribute, in the place of one with the same name.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// The attribute of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// As OTLP has it.
    #[must_use]
    pub fn to_proto(&self) -> proto::Resource {
        let attributes = self.0.iter().map(|(name, value)| attribute(name, value.as_str())).collect();
        proto::Resource { attributes, ..proto::Resource::default() }
    }
}

//! Who sends, and which traces.

use super::{pairs::pairs, variables::Variables};
use crate::{Resource, Sampler};

/// `zb`, `OTEL_RESOURCE_ATTRIBUTES` over it, `OTEL_SERVICE_NAME` over that.
pub(super) fn resource(variables: &mut Variables<'_>, zb: Resource) -> Resource {
    let mut resource = zb;
    if let Some(attributes) = variables.get("OTEL_RESOURCE_ATTRIBUTES") {
        match pairs(&attributes.value).collect::<Result<Vec<_>, _>>() {
            Ok(pairs) => pairs.into_iter().for_each(|(name, value)| resource.set(name, value)),
            // Resource SDK: "the entire environment variable value SHOULD be discarded".
            Err(entry) => variables.warn(
                &attributes,
                format!("has an entry {entry} that is no name=value, percent-encoded: zb ignores all of it"),
            ),
        }
    }
    if let Some(name) = variables.get("OTEL_SERVICE_NAME") {
        resource.set("service.name", name.value);
    }
    resource
}

/// `OTEL_TRACES_SAMPLER` with its argument. A run is the root of its trace, so what a parent would say is never asked.
pub(super) fn sampler(variables: &mut Variables<'_>) -> Sampler {
    let Some(sampler) = variables.get("OTEL_TRACES_SAMPLER") else { return Sampler::ALL };
    match sampler.value.strip_prefix("parentbased_").unwrap_or(&sampler.value) {
        "always_on" => Sampler::ALL,
        "always_off" => Sampler::NONE,
        "traceidratio" => ratio(variables),
        _ => {
            let known = "always_on, always_off and traceidratio, each also with parentbased_ before it";
            variables.warn(&sampler, format!("is no sampler that zb has ({known}): zb sends every trace"));
            Sampler::ALL
        }
    }
}

fn ratio(variables: &mut Variables<'_>) -> Sampler {
    let Some(share) = variables.get("OTEL_TRACES_SAMPLER_ARG") else { return Sampler::ALL };
    share.value.parse().ok().and_then(Sampler::share).unwrap_or_else(|| {
        variables.warn(&share, "is no number from 0 to 1: zb sends every trace");
        Sampler::ALL
    })
}

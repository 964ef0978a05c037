//! Spans as one OTLP request.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::InstrumentationScope,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;

use crate::Resource;

/// The scope of all that this crate sends.
pub(crate) fn scope() -> InstrumentationScope {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    InstrumentationScope { name: "zb".to_owned(), version, ..InstrumentationScope::default() }
}

pub(crate) fn trace_request(resource: &Resource, spans: Vec<Span>) -> Vec<u8> {
    let of_scope = ScopeSpans { scope: Some(scope()), spans, ..ScopeSpans::default() };
    let resource = Some(resource.to_proto());
    let of_resource = ResourceSpans { resource, scope_spans: vec![of_scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![of_resource] }.encode_to_vec()
}

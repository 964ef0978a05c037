//! One signal's exporter: whether it is on, where it goes, and with what.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use reqwest::Url;

use super::{
    pairs::pairs,
    variables::{Variable, Variables},
};
use crate::{DEFAULT_TIMEOUT, Export, Signal};

/// Where a collector listens by default, for OTLP over HTTP.
const DEFAULT_BASE: &str = "http://localhost:4318";

/// The longest limit of a request.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// What frames a request, and what says how its body is to be read: zb's own.
const FRAMING: [HeaderName; 8] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::TE,
    header::EXPECT,
];

/// Nothing for a signal that is off: it is on where an address is set for it or `OTEL_…_EXPORTER` is `otlp`.
pub(super) fn read(variables: &mut Variables<'_>, signal: Signal) -> Option<Export> {
    let asked = exporter(variables, signal);
    if asked == Some(false) {
        return None;
    }
    let endpoint = endpoint(variables, signal, asked == Some(true))?;
    protocol(variables, signal);
    compression(variables, signal);
    let certificate = option(variables, signal, "CERTIFICATE").map(|path| path.value.into());
    client_certificate(variables, signal);
    let (headers, timeout) = (headers(variables, signal), timeout(variables, signal));
    Some(Export { endpoint, headers, timeout, certificate })
}

/// `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER`: on, off, or nothing said.
fn exporter(variables: &mut Variables<'_>, signal: Signal) -> Option<bool> {
    let exporters = variables.get(&format!("OTEL_{}_EXPORTER", upper(signal)))?;
    let mut asked = None;
    for name in exporters.value.split(',').map(str::trim) {
        match name {
            "otlp" => asked = Some(true),
            "none" => asked = asked.or(Some(false)),
            _ => {
                variables.warn(&exporters, "names an exporter that zb does not have: zb knows otlp and none")
            }
        }
    }
    asked
}

/// The option of the signal, else the one of all signals.
fn option(variables: &Variables<'_>, signal: Signal, name: &str) -> Option<Variable> {
    let of_signal = variables.get(&format!("OTEL_EXPORTER_OTLP_{}_{name}", upper(signal)));
    of_signal.or_else(|| variables.get(&format!("OTEL_EXPORTER_OTLP_{name}")))
}

fn upper(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "TRACES",
        Signal::Metrics => "METRICS",
    }
}

/// The signal's own address as it is, or the address of all with `v1/traces` or `v1/metrics` below it.
fn endpoint(variables: &mut Variables<'_>, signal: Signal, wanted: bool) -> Option<Url> {
    if let Some(own) = variables.get(&format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", upper(signal))) {
        return address(variables, &own, signal);
    }
    let mut url = match variables.get("OTEL_EXPORTER_OTLP_ENDPOINT") {
        Some(base) => address(variables, &base, signal)?,
        None => Url::parse(DEFAULT_BASE).ok().filter(|_| wanted)?,
    };
    url.set_path(&format!("{}/v1/{signal}", url.path().trim_end_matches('/')));
    Some(url)
}

/// The warning does not repeat the address, which can hold a password or a key.
fn address(variables: &mut Variables<'_>, text: &Variable, signal: Signal) -> Option<Url> {
    let url = Url::parse(&text.value).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if url.is_none() {
        variables
            .warn(text, format!("is no address that begins with http:// or https://: zb sends no {signal}"));
    }
    url
}

fn protocol(variables: &mut Variables<'_>, signal: Signal) {
    let Some(protocol) = option(variables, signal, "PROTOCOL") else { return };
    match protocol.value.as_str() {
        "http/protobuf" => {}
        "grpc" => variables.warn(
            &protocol,
            "is grpc, which zb does not speak: it sends http/protobuf, which a collector takes on port 4318",
        ),
        _ => variables.warn(&protocol, "is no protocol that zb speaks: it sends http/protobuf"),
    }
}

fn compression(variables: &mut Variables<'_>, signal: Signal) {
    if let Some(compression) = option(variables, signal, "COMPRESSION").filter(|it| it.value != "none") {
        variables.warn(&compression, "asks for what zb does not do: it sends a few kilobytes, uncompressed");
    }
}

fn client_certificate(variables: &mut Variables<'_>, signal: Signal) {
    for name in ["CLIENT_CERTIFICATE", "CLIENT_KEY"] {
        if let Some(unknown) = option(variables, signal, name) {
            variables.warn(&unknown, "is set, but zb shows no certificate of its own to a collector");
        }
    }
}

fn timeout(variables: &mut Variables<'_>, signal: Signal) -> Duration {
    let Some(timeout) = option(variables, signal, "TIMEOUT") else { return DEFAULT_TIMEOUT };
    let limit = timeout.value.parse().ok().map(Duration::from_millis);
    limit.filter(|limit| !limit.is_zero() && *limit <= LONGEST).unwrap_or_else(|| {
        let (longest, default) = (LONGEST.as_millis(), DEFAULT_TIMEOUT.as_millis());
        variables
            .warn(&timeout, format!("is no number of milliseconds from 1 to {longest}: zb waits {default}"));
        DEFAULT_TIMEOUT
    })
}

/// Values are secrets: they are marked so, and no warning repeats an entry.
fn headers(variables: &mut Variables<'_>, signal: Signal) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(text) = option(variables, signal, "HEADERS") else { return headers };
    for (index, entry) in pairs(&text.value).enumerate() {
        match entry.ok().and_then(|(name, value)| header(&name, &value)) {
            Some((name, _)) if FRAMING.contains(&name) => {
                variables
                    .warn(&text, format!("has a header {name}, which zb sets itself: zb ignores that one"));
            }
            Some((name, value)) => _ = headers.insert(name, value),
            None => variables.warn(
                &text,
                format!("has an entry {} that is no header as name=value: zb ignores that entry", index + 1),
            ),
        }
    }
    headers
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some((name.parse().ok()?, value))
}

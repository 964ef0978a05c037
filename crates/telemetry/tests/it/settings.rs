//! The variables, each with what it means and what is said where it means nothing.

use std::{path::Path, time::Duration};

use hook_core::{JobId, trace_id};
use telemetry::{Export, Resource, Sampler, Settings, Signal};

/// What the environment of these variables says, and the warnings.
fn read(variables: &[(&str, &str)]) -> (Settings, Vec<String>) {
    let get = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|it| it.1.to_owned());
    let (settings, warnings) = Settings::read(&get, Resource::zb("1.2.3", Some("host1")));
    (settings, warnings.iter().map(ToString::to_string).collect())
}

fn silently(variables: &[(&str, &str)]) -> Settings {
    let (settings, warnings) = read(variables);
    assert!(warnings.is_empty(), "{variables:?}: {warnings:?}");
    settings
}

fn address(export: &Option<Export>) -> &str {
    export.as_ref().map_or("off", |export| export.endpoint.as_str())
}

const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const OWN: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

#[test]
fn addresses_are_made_as_the_specification_says() {
    let (traces, metrics) = ("OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER");
    let local = "http://localhost:4318/v1/traces";
    for (variables, expected) in [
        (&[][..], ["off", "off"]),
        (&[(BASE, "")], ["off", "off"]),
        (&[(BASE, "http://c:4318")], ["http://c:4318/v1/traces", "http://c:4318/v1/metrics"]),
        (&[(BASE, "http://c:4318/")], ["http://c:4318/v1/traces", "http://c:4318/v1/metrics"]),
        (&[(BASE, " https://c/my/otlp/ ")], ["https://c/my/otlp/v1/traces", "https://c/my/otlp/v1/metrics"]),
        (&[(OWN, "http://c/as/it/is")], ["http://c/as/it/is", "off"]),
        (&[(OWN, "http://c")], ["http://c/", "off"]),
        (&[(OWN, "http://own/"), (BASE, "http://all")], ["http://own/", "http://all/v1/metrics"]),
        (&[(traces, "otlp")], [local, "off"]),
        (&[(traces, "otlp"), (BASE, "http://c")], ["http://c/v1/traces", "http://c/v1/metrics"]),
        (&[(traces, "none"), (BASE, "http://c")], ["off", "http://c/v1/metrics"]),
        (&[(metrics, "none"), (BASE, "http://c")], ["http://c/v1/traces", "off"]),
        (&[("OTEL_SDK_DISABLED", "TRUE"), (BASE, "http://c"), (traces, "otlp")], ["off", "off"]),
        (
            &[("OTEL_SDK_DISABLED", "false"), (BASE, "http://c")],
            ["http://c/v1/traces", "http://c/v1/metrics"],
        ),
    ] {
        let settings = silently(variables);
        assert_eq!([address(&settings.traces), address(&settings.metrics)], expected, "{variables:?}");
    }
}

#[test]
fn options_of_a_signal_go_before_those_of_all() {
    let settings = silently(&[
        (BASE, "http://c"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=2"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "c=3"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/ca.pem"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
    ]);
    let (traces, metrics) = (settings.traces.unwrap(), settings.metrics.unwrap());
    assert_eq!([traces.timeout, metrics.timeout], [1, 2500].map(Duration::from_millis));
    assert_eq!(traces.certificate.as_deref(), Some(Path::new("/etc/ca.pem")));
    let names = |export: &Export| export.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        (names(&traces), names(&metrics)),
        (vec!["a".to_owned(), "b".to_owned()], vec!["c".to_owned()])
    );
    let default = silently(&[(BASE, "http://c")]).traces.unwrap();
    assert_eq!(
        (default.timeout, default.headers.len(), default.certificate),
        (Duration::from_secs(10), 0, None)
    );
}

#[test]
fn headers_are_percent_decoded_and_secret() {
    let value = "authorization=Basic%20cGxhbnRlZA%3D%3D, x-scope = a=b ,,tenant=";
    let settings = silently(&[(BASE, "http://c"), ("OTEL_EXPORTER_OTLP_HEADERS", value)]);
    let headers = settings.traces.as_ref().unwrap().headers.clone();
    assert_eq!(headers["authorization"], "Basic cGxhbnRlZA==");
    assert_eq!((&headers["x-scope"], &headers["tenant"]), (&"a=b".parse().unwrap(), &"".parse().unwrap()));
    assert!(headers.values().all(http::HeaderValue::is_sensitive));
    assert!(!format!("{settings:?}").contains("cGxhbnRlZA"), "{settings:?}");
}

#[test]
fn the_resource_is_zb_unless_the_environment_says_otherwise() {
    let who = |variables: &[(&str, &str)]| silently(&[variables, &[(BASE, "http://c")]].concat()).resource;
    let plain = who(&[]);
    for (name, expected) in [("service.name", "zb"), ("service.version", "1.2.3"), ("host.name", "host1")] {
        assert_eq!(plain.get(name), Some(expected));
    }
    let attributes =
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=backup,deployment.environment.name=a%2Cb,host.name=h2");
    let named = who(&[attributes]);
    assert_eq!(named.get("service.name"), Some("backup"));
    assert_eq!(named.get("deployment.environment.name"), Some("a,b"));
    assert_eq!(named.get("host.name"), Some("h2"));
    assert_eq!(who(&[attributes, ("OTEL_SERVICE_NAME", "nightly")]).get("service.name"), Some("nightly"));
    assert_eq!(Resource::zb("1", None).get("host.name"), None);
}

#[test]
fn samplers_take_all_none_or_a_share() {
    let half = Sampler::share(0.5).unwrap();
    for (variables, expected) in [
        (&[][..], Sampler::ALL),
        (&[("OTEL_TRACES_SAMPLER", "always_on")], Sampler::ALL),
        (&[("OTEL_TRACES_SAMPLER", "always_off")], Sampler::NONE),
        (&[("OTEL_TRACES_SAMPLER", "parentbased_always_off")], Sampler::NONE),
        (&[("OTEL_TRACES_SAMPLER", "traceidratio")], Sampler::ALL),
        (&[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.5")], half),
        (&[("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.5")], half),
        (&[("OTEL_TRACES_SAMPLER_ARG", "0.5")], Sampler::ALL),
    ] {
        let all = [variables, &[(BASE, "http://c")]].concat();
        assert_eq!(silently(&all).sampler, expected, "{variables:?}");
    }
    let job: JobId = "job_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    assert!(Sampler::ALL.takes(trace_id(&job)) && !Sampler::NONE.takes(trace_id(&job)));
}

/// Each bad value is told of once, by its variable and without itself, and the rest holds.
#[test]
fn what_cannot_be_used_is_said_and_ignored() {
    let no_address = "is no address that begins with http:// or https://: zb sends no";
    let planted = "planted-secret";
    for (variable, value, expected) in [
        ("OTEL_SDK_DISABLED", "yes", vec!["is neither true nor false: zb takes it for false".to_owned()]),
        (OWN, "collector:4318", vec![format!("{no_address} traces")]),
        (OWN, "http://planted-secret:x/", vec![format!("{no_address} traces")]),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", vec![
            "is grpc, which zb does not speak: it sends http/protobuf, which a collector takes on port 4318".to_owned(),
        ]),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", vec![
            "is no protocol that zb speaks: it sends http/protobuf".to_owned(),
        ]),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip", vec![
            "asks for what zb does not do: it sends a few kilobytes, uncompressed".to_owned(),
        ]),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", vec![
            "is no number of milliseconds from 1 to 3600000: zb waits 10000".to_owned(),
        ]),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", vec![
            "is no number of milliseconds from 1 to 3600000: zb waits 10000".to_owned(),
        ]),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1,planted-secret,b%0A=planted-secret,c=%ff", vec![
            "has an entry 2 that is no header as name=value: zb ignores that entry".to_owned(),
            "has an entry 3 that is no header as name=value: zb ignores that entry".to_owned(),
            "has an entry 4 that is no header as name=value: zb ignores that entry".to_owned(),
        ]),
        ("OTEL_EXPORTER_OTLP_HEADERS", "Content-Length=3", vec![
            "has a header content-length, which zb sets itself: zb ignores that one".to_owned(),
        ]),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/etc/key.pem", vec![
            "is set, but zb shows no certificate of its own to a collector".to_owned(),
        ]),
        ("OTEL_TRACES_EXPORTER", "zipkin", vec![
            "names an exporter that zb does not have: zb knows otlp and none".to_owned(),
        ]),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=1,planted-secret", vec![
            "has an entry 2 that is no name=value, percent-encoded: zb ignores all of it".to_owned(),
        ]),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote", vec![
            "is no sampler that zb has (always_on, always_off and traceidratio, each also with parentbased_ before it): \
             zb sends every trace".to_owned(),
        ]),
    ] {
        let (settings, warnings) = read(&[(variable, value), (BASE, "http://c")]);
        let expected: Vec<_> = expected.into_iter().map(|problem| format!("{variable} {problem}")).collect();
        assert_eq!(warnings, expected, "{variable}={value}");
        assert!(!format!("{settings:?} {warnings:?}").contains(planted), "{settings:?} {warnings:?}");
        let traces = if variable == OWN { "off" } else { "http://c/v1/traces" };
        assert_eq!([address(&settings.traces), address(&settings.metrics)], [traces, "http://c/v1/metrics"]);
        assert_eq!(settings.resource, Resource::zb("1.2.3", Some("host1")));
        assert_eq!(settings.sampler, Sampler::ALL);
    }
    let share =
        [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "50%"), (BASE, "http://c")];
    assert_eq!(read(&share).1, ["OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1: zb sends every trace"]);
}

/// Who does not use telemetry is not told about its variables.
#[test]
fn nothing_is_said_while_all_is_off() {
    for off in [("OTEL_SDK_DISABLED", "true"), ("UNRELATED", "1")] {
        let settings =
            silently(&[off, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_TRACES_SAMPLER", "x")]);
        assert_eq!((settings.traces, settings.metrics), (None, None));
    }
}

#[test]
fn signals_have_the_words_of_their_addresses() {
    assert_eq!([Signal::Traces, Signal::Metrics].map(|signal| signal.to_string()), ["traces", "metrics"]);
}

//! `zb config`: every setting in effect, with the layer that it came from.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::config::{KEYS, Layered, Place, SERVICE_KEYS, ServiceSettings, Settings};

/// Writes a line for each key, aligned, or one JSON object.
///
/// # Errors
/// Those of `to`.
pub fn print(settings: &Settings, as_json: bool, to: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<_> = rows(settings).into_iter().chain(service_rows(&settings.service)).collect();
    if as_json {
        let object = rows.into_iter().map(|row| {
            let value =
                json!({ "value": row.json, "layer": row.place.layer(), "from": row.place.to_string() });
            (row.key.to_owned(), value)
        });
        return writeln!(to, "{:#}", Value::Object(object.collect::<Map<_, _>>()));
    }
    let key_width = rows.iter().map(|row| row.key.len()).max().unwrap_or_default();
    let text_width = rows.iter().map(|row| row.text.chars().count()).max().unwrap_or_default();
    rows.iter()
        .try_for_each(|row| writeln!(to, "{:key_width$}  {:text_width$}  {}", row.key, row.text, row.place))
}

struct Row<'a> {
    key: &'static str,
    text: String,
    json: Value,
    place: &'a Place,
}

/// In the order of [`KEYS`].
fn rows(settings: &Settings) -> [Row<'_>; KEYS.len()] {
    let origins: Vec<_> = settings.allowed_origins.value.iter().map(ToString::to_string).collect();
    let seconds = settings.webhook_timeout.value.as_secs();
    let data_dir = settings.data_dir.value.display().to_string();
    let restic = settings.restic_command.value.as_ref().map(|path| path.display().to_string());
    let format = settings.log_format.value.as_str();
    let metrics = settings.metrics_file.value.as_ref().map(|path| path.display().to_string());
    let notify: Vec<_> = settings.notify.value.iter().map(|to| to.name.clone()).collect();
    let [k_origins, k_timeout, k_data_dir, k_restic, k_format, k_metrics, k_notify] = KEYS;
    [
        row(k_origins, or(origins.join(","), "(none)"), json!(origins), &settings.allowed_origins),
        row(k_timeout, format!("{seconds} s"), json!(seconds), &settings.webhook_timeout),
        row(k_data_dir, data_dir.clone(), json!(data_dir), &settings.data_dir),
        row(k_restic, restic.clone().unwrap_or("restic".to_owned()), json!(restic), &settings.restic_command),
        row(k_format, format.to_owned(), json!(format), &settings.log_format),
        row(
            k_metrics,
            metrics.clone().unwrap_or("(none)".to_owned()),
            json!(metrics),
            &settings.metrics_file,
        ),
        row(k_notify, or(notify.join(", "), "(none)"), json!(notify), &settings.notify),
    ]
}

/// In the order of [`SERVICE_KEYS`].
fn service_rows(service: &ServiceSettings) -> [Row<'_>; SERVICE_KEYS.len()] {
    let listen = service.listen.value.to_string();
    let jobs_dir = service.jobs_dir.value.as_ref().map(|path| path.display().to_string());
    let (max_runs, shutdown) = (service.max_runs.value, service.shutdown.value.as_str());
    let base_path = &service.base_path.value;
    let public_url = &service.public_url.value;
    let proxies = &service.trusted_proxies.value;
    let [k_listen, k_jobs_dir, k_max_runs, k_shutdown, k_base_path, k_public_url, k_proxies] = SERVICE_KEYS;
    [
        row(k_listen, listen.clone(), json!(listen), &service.listen),
        row(k_jobs_dir, jobs_dir.clone().unwrap_or("(none)".to_owned()), json!(jobs_dir), &service.jobs_dir),
        row(k_max_runs, max_runs.to_string(), json!(max_runs), &service.max_runs),
        row(k_shutdown, shutdown.to_owned(), json!(shutdown), &service.shutdown),
        row(k_base_path, or(base_path.clone(), "(none)"), json!(base_path), &service.base_path),
        row(
            k_public_url,
            public_url.clone().unwrap_or("(none)".to_owned()),
            json!(public_url),
            &service.public_url,
        ),
        row(k_proxies, or(proxies.join(", "), "(none)"), json!(**proxies), &service.trusted_proxies),
    ]
}

fn row<'a, T>(key: &'static str, text: String, json: Value, set: &'a Layered<T>) -> Row<'a> {
    Row { key, text, json, place: &set.place }
}

fn or(text: String, nothing: &str) -> String {
    if text.is_empty() { nothing.to_owned() } else { text }
}

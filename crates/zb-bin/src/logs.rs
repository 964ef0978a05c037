//! Logs go to standard error: as much as `RUST_LOG` says, as text or JSON.

use std::io::{self, IsTerminal};

use telemetry::OwnSpans;
use tracing::Level;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::{Layer, SubscriberExt},
    registry,
    util::SubscriberInitExt,
};

use crate::{
    config::{LogFormat, Surroundings},
    stderr::{self, Stderr},
};

/// Starts logging, and sending zb's own spans where that is wanted; a second call changes nothing.
pub(crate) fn start(format: LogFormat, around: &Surroundings, own_spans: Option<&OwnSpans>) {
    stderr::speak(format);
    let plain = around.variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let layer = tracing_subscriber::fmt::layer().with_writer(|| Stderr).with_target(false);
    let layer = match format {
        LogFormat::Text => layer.with_ansi(!plain && io::stderr().is_terminal()).without_time().boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    let logs = registry().with(layer.with_filter(wanted(around)));
    let _ = logs.with(own_spans.map(OwnSpans::layer)).try_init();
}

/// Warnings, unless `RUST_LOG` asks for more or less. A text that is no filter is passed over: it is a debugging aid.
fn wanted(around: &Surroundings) -> Targets {
    let asked = around.variable("RUST_LOG").and_then(|text| text.to_str()).and_then(|text| text.parse().ok());
    asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::from_level(Level::WARN)))
}

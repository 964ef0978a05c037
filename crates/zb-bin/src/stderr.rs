//! One line to the person at the terminal, outside the run's own output; where logs are JSON, one object.

use std::{
    io::{self, Write},
    sync::OnceLock,
};

use serde_json::json;

use crate::config::LogFormat;

static FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// How lines are written from now on. The first word counts.
pub(crate) fn speak(format: LogFormat) {
    let _ = FORMAT.set(format);
}

/// Writes a line to standard error; that nobody reads it is no reason to stop.
pub(crate) fn line(text: &str) {
    let _ = match FORMAT.get() {
        Some(LogFormat::Json) => writeln!(io::stderr(), "{}", json!({ "level": "INFO", "message": text })),
        _ => writeln!(io::stderr(), "{text}"),
    };
}

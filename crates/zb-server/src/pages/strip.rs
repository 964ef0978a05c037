//! The last runs of a backup, a bar each: the taller, the worse.

use askama::Template;
use hook_core::RunStatus;
use job_store::RunGlance;

use super::words::count;

/// So many places.
pub(super) const PLACES: usize = 30;

#[derive(Template)]
#[template(path = "strip.html")]
pub(super) struct Strip {
    label: String,
    bars: Vec<Bar>,
}

struct Bar {
    x: usize,
    kind: &'static str,
}

impl Strip {
    /// Of runs, the newest first.
    pub(super) fn of(runs: &[RunGlance]) -> Self {
        let runs = &runs[..runs.len().min(PLACES)];
        let empty = PLACES - runs.len();
        let kinds = std::iter::repeat_n("none", empty).chain(runs.iter().rev().map(kind));
        let bars = kinds.enumerate().map(|(at, kind)| Bar { x: at * 9, kind }).collect();
        Self { label: label(runs), bars }
    }
}

fn kind(run: &RunGlance) -> &'static str {
    match run.status {
        None => "run",
        Some(RunStatus::Success) => "ok",
        Some(RunStatus::Warning) => "warn",
        Some(RunStatus::Error) => "err",
        Some(RunStatus::Cancelled) => "off",
    }
}

fn label(runs: &[RunGlance]) -> String {
    if runs.is_empty() {
        return "No runs yet".to_owned();
    }
    let of = |wanted: &str| runs.iter().filter(|run| kind(run) == wanted).count() as u64;
    let mut parts = vec![format!("{} good", of("ok"))];
    let others = [("warn", "warning", "warnings"), ("err", "error", "errors")];
    for (wanted, one, several) in others {
        parts.extend(Some(of(wanted)).filter(|n| *n > 0).map(|n| count(n, one, several)));
    }
    parts.extend(Some(of("off")).filter(|n| *n > 0).map(|n| format!("{n} cancelled")));
    parts.extend((of("run") > 0).then(|| "running now".to_owned()));
    format!("Last {}: {}", count(runs.len() as u64, "run", "runs"), parts.join(", "))
}

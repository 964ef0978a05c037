//! The state as it is kept: JSON with a version.

use event_bus::Position;
use serde::{Deserialize, Serialize};

use super::Metrics;

/// Raise it whenever the state changes its form or its meaning: an older state is then counted anew.
const VERSION: u16 = 1;

#[derive(Serialize)]
struct Written<'a> {
    version: u16,
    metrics: &'a Metrics,
}

#[derive(Deserialize)]
struct Version {
    version: u16,
}

#[derive(Deserialize)]
struct Read {
    metrics: Metrics,
}

/// Why a state that was kept is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DamagedMetrics {
    /// It is not what was written.
    #[error("the metrics that were kept cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// Another zb wrote it.
    #[error("the metrics that were kept have version {0}, not {VERSION}")]
    OtherVersion(u16),
    /// It was kept beside a position that is not its own.
    #[error("the metrics that were kept are as of event {0}, not {1}")]
    OtherPosition(Position, Position),
}

impl Metrics {
    /// The state in the form that is kept.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Nothing in it can fail to be written: numbers, texts, times, and keys that are texts.
        serde_json::to_vec(&Written { version: VERSION, metrics: self }).unwrap_or_default()
    }

    /// Reads what [`Metrics::to_json`] wrote.
    ///
    /// # Errors
    /// It is damaged, or of another version: count anew, from the beginning of the journal.
    pub fn from_json(json: &[u8]) -> Result<Self, DamagedMetrics> {
        let Version { version } = serde_json::from_slice(json).map_err(DamagedMetrics::Unreadable)?;
        if version != VERSION {
            return Err(DamagedMetrics::OtherVersion(version));
        }
        let Read { metrics } = serde_json::from_slice(json).map_err(DamagedMetrics::Unreadable)?;
        Ok(metrics)
    }
}

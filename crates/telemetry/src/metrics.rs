//! Metrics: a state folded from events, and what is made of it. [`Metrics`] is the state, [`MetricsKeeper`] brings it
//! up to date across processes, [`Metrics::to_prometheus`] and [`Metrics::to_otlp`] are pure functions of it,
//! [`write_textfile`] is for node_exporter.

mod debts;
mod histogram;
mod job;
mod open_run;
mod organization;
mod state;

mod keeper;
mod kept;

mod catalogue;
mod families;
mod figures;
mod view;

mod otlp;
mod prometheus;
mod push;
mod textfile;

pub use catalogue::{Metric, MetricKind};
pub use families::METRICS;
pub use keeper::{KeepError, MetricsKeeper, MetricsMemory};
pub use kept::DamagedMetrics;
pub use push::push;
pub use state::{MAX_JOBS, MAX_OPEN_RUNS, Metrics};
pub use textfile::{TextfileError, write_textfile};
pub use view::Scrape;

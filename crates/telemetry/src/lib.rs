#![doc = include_str!("../README.md")]

mod attribute;
mod export;
mod resource;
mod sampler;
mod transport;

mod answer;
mod collector;

mod request;
mod run_trace;
mod trace_observer;

mod own_spans;

mod settings;

pub use collector::Collector;
pub use export::{DEFAULT_TIMEOUT, Export, Signal};
pub use own_spans::{OwnSpans, hang_below_run};
pub use resource::Resource;
pub use run_trace::{RunSpan, run_spans};
pub use sampler::Sampler;
pub use settings::{Settings, Warning};
pub use trace_observer::TraceObserver;
pub use transport::{Sent, Transport};

pub mod metrics;

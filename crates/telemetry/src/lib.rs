#![doc = include_str!("../README.md")]

mod attribute;
mod export;
mod resource;
mod sampler;
mod transport;

mod answer;
mod collector;

pub use collector::Collector;
pub use export::{DEFAULT_TIMEOUT, Export, Signal};
pub use resource::Resource;
pub use sampler::Sampler;
pub use transport::{Sent, Transport};

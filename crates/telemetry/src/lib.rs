#![doc = include_str!("../README.md")]

mod export;
mod transport;

mod answer;
mod collector;

pub use collector::Collector;
pub use export::{DEFAULT_TIMEOUT, Export, Signal};
pub use transport::{Sent, Transport};

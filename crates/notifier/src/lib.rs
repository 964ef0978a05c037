#![doc = include_str!("../README.md")]

mod answer;
mod memory;
mod message;
mod occasion;
mod outbox;

#[cfg(feature = "test-util")]
pub mod conformance;

pub use answer::{Answer, Failed, Retry};
pub use memory::MemoryOutbox;
pub use message::{Message, Ping, RunFacts, Severity, Topic};
pub use occasion::{InvalidOccasion, Occasion};
pub use outbox::{Delivery, DeliveryState, Filing, NewDelivery, Outbox, Standing};

#![doc = include_str!("../README.md")]

mod message;
mod occasion;
mod outbox;

#[cfg(feature = "channels")]
mod answer;

#[cfg(feature = "channels")]
pub use answer::{Answer, Failed, Retry};
pub use message::{Message, Ping, RunFacts, Severity, Topic};
pub use occasion::{InvalidOccasion, Occasion};
pub use outbox::{Delivery, DeliveryState, Filing, NewDelivery, Outbox, Standing};

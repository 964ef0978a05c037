#![doc = include_str!("../README.md")]

mod answer;
mod carrier;
mod memory;
mod message;
mod occasion;
mod outbox;

#[cfg(feature = "channels")]
mod channel;
#[cfg(feature = "channels")]
mod transport;

#[cfg(feature = "test-util")]
pub mod conformance;

pub use answer::{Answer, Failed, Retry};
pub use carrier::Carrier;
#[cfg(feature = "channels")]
pub use channel::{Channel, ChannelKind, InvalidKind, InvalidSetting, SecretValue, Settings};
pub use memory::MemoryOutbox;
pub use message::{Message, Ping, RunFacts, Severity, Topic};
pub use occasion::{InvalidOccasion, Occasion};
pub use outbox::{Delivery, DeliveryState, Filing, NewDelivery, Outbox, Standing};
#[cfg(feature = "channels")]
pub use transport::{Route, Transport};

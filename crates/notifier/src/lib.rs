#![doc = include_str!("../README.md")]

mod answer;
mod carrier;
mod destination;
mod id;
mod ledger;
mod memory;
mod message;
mod notifier;
mod observer;
mod occasion;
mod outbox;
mod policy;
mod roster;
mod send_now;
mod sender;
mod story;
mod words;

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
pub use destination::{Destination, Job};
pub use memory::MemoryOutbox;
pub use message::{Message, Ping, RunFacts, Severity, Topic};
pub use notifier::{Jitter, Limits, Notifier, NotifierStatus, Outlet};
pub use occasion::{InvalidOccasion, Occasion};
pub use outbox::{Delivery, DeliveryState, Filing, NewDelivery, Outbox, Standing};
pub use roster::{Directory, Outlets};
pub use send_now::{Sent, send_now};
pub use sender::SenderStatus;
pub use story::{Debt, Fault, HookFault, Story};
#[cfg(feature = "channels")]
pub use transport::{Route, Transport};
pub use words::test_message;

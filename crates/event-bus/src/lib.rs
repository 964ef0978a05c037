#![doc = include_str!("../README.md")]

mod event;
mod position;

mod journal;
mod memory;

mod bus;
mod tail;

mod observer;

mod backoff;

mod observe;

mod courier;

mod gate;
mod live;

#[cfg(feature = "test-util")]
pub mod conformance;

pub use backoff::{Backoff, GiveUp};
pub use bus::Bus;
pub use event::Event;
pub use gate::Gate;
pub use journal::{AppendError, BoxError, Clock, Journal, Recorded, StorageError};
pub use live::Live;
pub use memory::MemoryJournal;
pub use observe::{ObserverStatus, Observing};
pub use observer::{Observer, Rejected};
pub use position::{Position, StreamId, Version};
pub use tail::Tail;
